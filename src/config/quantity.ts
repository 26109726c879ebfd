import { gibBytes, kibBytes, mibBytes, msNs, secNs, usNs } from "../base/index.ts";

const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  KiB: kibBytes,
  MiB: mibBytes,
  GiB: gibBytes,
  TiB: 1024 * gibBytes,
};

const timeUnits: Readonly<Record<string, number>> = { ns: 1, us: usNs, ms: msNs, s: secNs, min: 60 * secNs };

/** Number, optional space, unit. */
const quantity = /^(\d+(?:\.\d+)?) ?([A-Za-z]+(?:\/s)?)$/;

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = quantity.exec(text.trim());
  const unit = match ? units[match[2]!] : undefined;
  if (!match || unit === undefined) return undefined;
  const value = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** "16 GiB" as bytes; undefined if it is no such quantity. A bare number is none: a size names its unit. */
export function parseBytes(text: string): number | undefined {
  return parseQuantity(text, byteUnits);
}

const bitUnits: Readonly<Record<string, number>> = { "Mbit/s": 1e6 / 8, "Gbit/s": 1e9 / 8 };
const rateUnits: Readonly<Record<string, number>> = {
  ...bitUnits,
  ...Object.fromEntries(Object.entries(byteUnits).map(([unit, size]) => [`${unit}/s`, size])),
};

/** "128 MiB/s" or "10 Gbit/s" as bytes a second; undefined if it is no such quantity. */
export function parseRate(text: string): number | undefined {
  return parseQuantity(text, rateUnits);
}

/** "2.5 s" as ns; undefined if it is no such quantity. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, timeUnits);
}
