import { secNs } from "../../base/index.ts";
import type { LineScanner } from "../source/line-scanner.ts";

const dash = 45;
const plus = 43;
const colon = 58;
const minuteSeconds = 60;
const hourSeconds = 3600;

/** A number of exactly `digits` digits up to `max`; -1 where there is none. */
function digitsOf(scanner: LineScanner, digits: number, max: number): number {
  const start = scanner.at;
  if (!scanner.whole() || scanner.at - start !== digits || scanner.value > max) return -1;
  return scanner.value;
}

/** Seconds east of UTC, of `Z`, `+02:00` or `+0200`; NaN where there is none. */
function zoneOf(scanner: LineScanner): number {
  if (scanner.takeText("Z")) return 0;
  const sign = scanner.take(plus) ? 1 : scanner.take(dash) ? -1 : 0;
  if (sign === 0) return Number.NaN;
  const start = scanner.at;
  if (!scanner.whole()) return Number.NaN;
  if (scanner.at - start === 4) {
    return sign * (Math.floor(scanner.value / 100) * hourSeconds + (scanner.value % 100) * minuteSeconds);
  }
  const hours = scanner.value;
  if (scanner.at - start !== 2 || !scanner.take(colon)) return Number.NaN;
  const minutes = digitsOf(scanner, 2, 59);
  return minutes < 0 ? Number.NaN : sign * (hours * hourSeconds + minutes * minuteSeconds);
}

/**
 * Reads a date and time of ISO 8601 with its zone, as `2026-11-26T02:54:06,123456+00:00`, into the scanner's `second` (since
 * 1970) and `nanosecond`; gives false, and goes nowhere, where there is none. Without a zone nobody knows the moment.
 */
export function isoTime(scanner: LineScanner): boolean {
  const from = scanner.at;
  if (readIsoTime(scanner)) return true;
  scanner.at = from;
  return false;
}

function readIsoTime(scanner: LineScanner): boolean {
  const year = digitsOf(scanner, 4, 9999);
  if (year < 0 || !scanner.take(dash)) return false;
  const month = digitsOf(scanner, 2, 12);
  if (month < 1 || !scanner.take(dash)) return false;
  const day = digitsOf(scanner, 2, 31);
  if (day < 1 || (!scanner.takeText("T") && !scanner.takeText(" "))) return false;
  const hour = digitsOf(scanner, 2, 23);
  if (hour < 0 || !scanner.take(colon)) return false;
  const minute = digitsOf(scanner, 2, 59);
  if (minute < 0 || !scanner.take(colon)) return false;
  const second = digitsOf(scanner, 2, 60);
  if (second < 0) return false;
  let nanosecond = 0;
  if (scanner.takeText(".") || scanner.takeText(",")) {
    const start = scanner.at;
    if (!scanner.whole() || scanner.at - start > 9) return false;
    nanosecond = scanner.value * 10 ** (9 - scanner.at + start);
  }
  const east = zoneOf(scanner);
  if (Number.isNaN(east) || nanosecond >= secNs) return false;
  scanner.second = Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - east;
  scanner.nanosecond = nanosecond;
  return true;
}
