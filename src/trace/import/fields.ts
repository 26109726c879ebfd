import { secNs } from "../../base/index.ts";
import type { TimeUnit } from "../source/columnar/column-values.ts";

/** Numbers from the bytes of a field. */

const zero = 48;
const point = 46;
const lowerX = 120;

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= zero && byte <= 57;

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - zero;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN;
}

/** Units of a second. */
const perSecond: Readonly<Record<TimeUnit, number>> = { s: 1, ms: 1e3, us: 1e6, ns: secNs };

/** A whole number from 0 below 2^53, decimal or with 0x hexadecimal; NaN for anything else. */
export function parseWhole(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  if (end - start > 2 && bytes[start] === zero && (bytes[start + 1]! | 32) === lowerX) {
    for (let offset = start + 2; offset < end; offset++) value = value * 16 + hexDigit(bytes[offset]!);
    return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
  }
  let offset = start;
  for (; offset < end && isDigit(bytes[offset]); offset++) value = value * 10 + bytes[offset]! - zero;
  if (offset === start) return Number.NaN;
  // Programs that know only floating-point columns write 5.0 for 5.
  if (bytes[offset] === point && offset < end) {
    for (offset++; offset < end; offset++) if (bytes[offset] !== zero) return Number.NaN;
  }
  return offset === end && value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}

/** A moment: whole seconds, and ns within the second. */
export interface Moment {
  second: number;
  nanosecond: number;
}

/** Sets a moment from a whole number of `unit`. */
export function setMoment(moment: Moment, value: number, unit: TimeUnit): void {
  const scale = perSecond[unit];
  const second = Math.floor(value / scale);
  moment.second = second;
  moment.nanosecond = (value - second * scale) * (secNs / scale);
}

/** Sets a moment from a number of `unit` with a fraction, rounded to ns. */
export function setRealMoment(moment: Moment, value: number, unit: TimeUnit): void {
  const scale = perSecond[unit];
  let second = Math.floor(value / scale);
  let nanosecond = Math.round((value / scale - second) * secNs);
  // The fraction of a large number of ms or us is exact only as long as it is not divided.
  if (unit !== "s") nanosecond = Math.round((value - second * scale) * (secNs / scale));
  if (nanosecond >= secNs) {
    second++;
    nanosecond -= secNs;
  }
  moment.second = second;
  moment.nanosecond = nanosecond;
}

/** Sets a moment from a 64-bit number of ns in two words, which may be beyond 2^53. */
export function setWordMoment(moment: Moment, low: number, high: number): void {
  // Long division by 10^9, 16 bits at a time, so that each step stays below 2^53.
  const upper = high * 65_536 + (low >>> 16);
  const quotient = Math.floor(upper / secNs);
  const rest = (upper - quotient * secNs) * 65_536 + (low & 0xffff);
  const lower = Math.floor(rest / secNs);
  moment.second = quotient * 65_536 + lower;
  moment.nanosecond = rest - lower * secNs;
}

function digitsOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let offset = start; offset < end; offset++) value = value * 10 + bytes[offset]! - zero;
  return value;
}

/** Sets a moment from a decimal number of `unit`; false for anything else. Digits below a ns are cut. */
export function parseMoment(bytes: Uint8Array, start: number, end: number, unit: TimeUnit, moment: Moment): boolean {
  let wholeEnd = start;
  while (wholeEnd < end && isDigit(bytes[wholeEnd])) wholeEnd++;
  if (wholeEnd === start) return false;
  if (unit === "ns" && wholeEnd - start > 15) {
    // Ns since 1970 do not fit into a double.
    if (wholeEnd - start > 22) return false;
    moment.second = digitsOf(bytes, start, wholeEnd - 9);
    moment.nanosecond = digitsOf(bytes, wholeEnd - 9, wholeEnd);
  } else {
    const value = digitsOf(bytes, start, wholeEnd);
    if (value > Number.MAX_SAFE_INTEGER) return false;
    setMoment(moment, value, unit);
  }
  if (wholeEnd === end) return true;
  if (bytes[wholeEnd] !== point) return false;
  // Ns that a digit behind the point stands for.
  let digitNs = secNs / perSecond[unit] / 10;
  for (let offset = wholeEnd + 1; offset < end; offset++, digitNs /= 10) {
    if (!isDigit(bytes[offset])) return false;
    if (digitNs >= 1) moment.nanosecond += (bytes[offset]! - zero) * digitNs;
  }
  return true;
}

const writes = new Set(["w", "wr", "write", "writes", "st", "store", "1", "true"]);

/** Whether an event's name says that it writes. */
export function isWrite(text: string): boolean {
  return writes.has(text.trim().toLowerCase());
}
