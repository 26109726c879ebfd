import { secNs } from "../../../base/index.ts";
import type { Moment } from "../clock.ts";

/** damo's units of time (its format_time_ns_exact), in ns. */
const unitNs: Readonly<Record<string, number>> = {
  day: 86_400 * secNs,
  d: 86_400 * secNs,
  h: 3600 * secNs,
  m: 60 * secNs,
  s: secNs,
  ms: 1e6,
  us: 1000,
  ns: 1,
};
const maxChars = 80;

/** A whole number, which damo writes as a number or as text like `4,194,304`; undefined where it is none. */
export function countOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string" || value.length > maxChars || !/^\d{1,3}(,\d{3})+$|^\d+$/.test(value)) return undefined;
  const count = Number(value.replaceAll(",", ""));
  return Number.isSafeInteger(count) ? count : undefined;
}

/** `42 s 819 ms 4 us 333 ns`, where damo was not asked for raw numbers. */
function unitsOf(text: string): Moment | undefined {
  if (!/^[\d,.]+ [a-z]+( [\d,.]+ [a-z]+)*$/.test(text)) return undefined;
  let second = 0;
  let nanosecond = 0;
  for (const [, count, unit] of text.matchAll(/([\d,.]+) ([a-z]+)/g)) {
    const ns = unitNs[unit!];
    const value = Number(count!.replaceAll(",", ""));
    if (ns === undefined || !Number.isFinite(value)) return undefined;
    if (ns >= secNs) second += Math.floor(value) * (ns / secNs);
    nanosecond += Math.round((ns >= secNs ? value - Math.floor(value) : value) * ns);
  }
  second += Math.floor(nanosecond / secNs);
  return Number.isSafeInteger(second) ? { second, nanosecond: nanosecond % secNs } : undefined;
}

/** A time in ns, which may count from 1970 and then is too large for a double. */
export function momentOf(value: unknown): Moment | undefined {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) {
    const second = Math.floor(value / secNs);
    return Number.isSafeInteger(second) ? { second, nanosecond: Math.floor(value - second * secNs) } : undefined;
  }
  if (typeof value !== "string" || value.length > maxChars) return undefined;
  const [, digits] = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/.exec(value) ?? [];
  if (digits === undefined) return unitsOf(value);
  const whole = digits.replaceAll(",", "");
  const second = Number(whole.slice(0, -9));
  return Number.isSafeInteger(second) ? { second, nanosecond: Number(whole.slice(-9)) } : undefined;
}

/** An interval in us: a number, or text with units. */
export function microsecondsOf(value: unknown): number | undefined {
  const count = countOf(value);
  if (count !== undefined) return count;
  const moment = typeof value === "string" && value.length <= maxChars ? unitsOf(value) : undefined;
  return moment && moment.second * 1e6 + moment.nanosecond / 1000;
}
