import { msNs, secNs, usNs } from "../../base/index.ts";
import type { Call, Source } from "./evidence.ts";

/** Lengths that systemd says its start took, one after the other from the start of the kernel's CLOCK_MONOTONIC. */
export interface Startup {
  /** kernel, initrd, userspace; firmware and loader come before the clock and are left out. */
  readonly parts: readonly { readonly name: string; readonly ns: number }[];
  readonly source: Source;
  /** Units by CLOCK_MONOTONIC, of `systemd-analyze plot --json`. */
  readonly units: readonly Call[];
}

const unitNs: Readonly<Record<string, number>> = { us: usNs, ms: msNs, s: secNs, min: 60 * secNs, h: 3600 * secNs };
const maxUnits = 20_000;

/** "1min 2.345s", "612ms". systemd src/basic/time-util.c format_timespan() */
function parseTimespan(text: string): number | undefined {
  let ns = 0;
  for (const word of text.trim().split(" ")) {
    const match = /^(\d{1,9}(?:\.\d{1,9})?)(us|ms|s|min|h)$/.exec(word);
    if (!match) return undefined;
    ns += Number(match[1]) * unitNs[match[2]!]!;
  }
  return Math.round(ns);
}

const startupPattern = /Startup finished in (.{1,300})/;

/** "Startup finished in 1.5s (kernel) + 2.1s (userspace) = 3.6s", of systemd-analyze or of a journal. */
export function parseStartup(line: string, source: Source): Startup | undefined {
  const sum = startupPattern.exec(line)?.[1]?.split(" = ")[0];
  if (sum === undefined) return undefined;
  const parts: { name: string; ns: number }[] = [];
  for (const part of sum.split(" + ")) {
    const match = /^([\w. ]{1,60}) \((\w{1,20})\)\.?\s*$/.exec(part);
    const ns = match && parseTimespan(match[1]!);
    if (!match || ns === undefined || ns === null) return undefined;
    const name = match[2]!;
    if (name !== "firmware" && name !== "loader") parts.push({ name, ns });
  }
  return parts.length > 0 ? { parts, source, units: [] } : undefined;
}

/** Units of `systemd-analyze plot --json=short`: when each began to start, and how long that took, in us. */
export function parseUnits(value: unknown, file: string): Startup | undefined {
  if (!Array.isArray(value)) return undefined;
  const units: Call[] = [];
  for (const [index, unit] of value.entries()) {
    const { name, activating, time } = (unit ?? {}) as Record<string, unknown>;
    if (typeof name !== "string" || !isMicroseconds(activating) || !isMicroseconds(time)) continue;
    const startNs = activating * usNs;
    units.push({ name: name.slice(0, 120), startNs, endNs: startNs + time * usNs, source: { file, line: index + 1 } });
    if (units.length === maxUnits) break;
  }
  return units.length > 0 ? { parts: [], source: { file, line: 1 }, units } : undefined;
}

function isMicroseconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 1e13;
}
