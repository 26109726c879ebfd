import type { Moment } from "../clock.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** Names under which recorders keep a sample's moment, and how many of its unit make a second. */
const timeFields: readonly (readonly [string, number])[] = [
  ["t_us", 1e6],
  ["time_us", 1e6],
  ["timestamp_us", 1e6],
  ["t_ms", 1e3],
  ["time_ms", 1e3],
  ["timestamp_ms", 1e3],
  ["t_ns", 1e9],
  ["time_ns", 1e9],
  ["t_run_s", 1],
  ["t_s", 1],
  ["time_s", 1],
  ["unix_time", 1],
  ["t", 1],
  ["time", 1],
];
export const timeNames: ReadonlySet<string> = new Set(timeFields.map(([name]) => name));

const maxSecond = 2 ** 40;
/** Seconds since 1970 of 2001: smaller numbers count from something else. */
export const firstDateSecond = 1e9;

/** A moment in so many parts of a second; undefined for what is no moment. */
function momentIn(value: number, perSecond: number): Moment | undefined {
  const second = Math.floor(value / perSecond);
  if (!(second >= 0 && second < maxSecond)) return undefined;
  // The remainder is exact where the number is whole.
  const nanosecond = Math.round((value - second * perSecond) * (1e9 / perSecond));
  return nanosecond < 1e9 ? { second, nanosecond } : { second: second + 1, nanosecond: 0 };
}

/** The moment of a sample by the field that holds it; numbers may be texts. */
export function momentOf(sample: JsonObject): Moment | undefined {
  for (const [name, perSecond] of timeFields) {
    const value = sample[name];
    if (typeof value === "number") return momentIn(value, perSecond);
    if (typeof value === "string" && /^\d{1,16}(\.\d{1,12})?$/.test(value)) return momentIn(Number(value), perSecond);
  }
  return undefined;
}

/** The time stamp of one of QEMU's events. */
export function stampOf(message: JsonObject): Moment | undefined {
  const stamp = message["timestamp"] as JsonObject | undefined;
  const second = stamp?.["seconds"];
  const microsecond = stamp?.["microseconds"];
  if (typeof second !== "number" || typeof microsecond !== "number") return undefined;
  if (!Number.isInteger(second) || !Number.isInteger(microsecond)) return undefined;
  if (second < 0 || second > maxSecond || microsecond < 0 || microsecond >= 1e6) return undefined;
  return { second, nanosecond: microsecond * 1000 };
}
