import type { Cell, Change, Verdict } from "./difference.ts";
import type { Metric } from "./metric.ts";

/** Which way a difference goes, seen from the base. */
export function directionOf(metric: Pick<Metric, "polarity">, delta: number): Verdict {
  if (delta === 0) return "same";
  if (metric.polarity === "neutral") return "different";
  return delta < 0 === (metric.polarity === "lower") ? "better" : "worse";
}

/** The largest difference that is none. */
export function floorOf({ floor, floorRatio }: Metric, base: number): number {
  return Math.max(floor, floorRatio * Math.abs(base));
}

export function ratioOf(delta: number, base: number): number | null {
  return base === 0 ? null : delta / Math.abs(base);
}

const untested = { deltaLow: null, deltaHigh: null, test: null } as const;

/** A change without numbers: one side or both have none, so that nothing says that it is small. */
export function undecided(verdict: Verdict, reason: string): Change {
  return { verdict, reason, isBeyondFloor: true, delta: null, deltaRatio: null, ...untested };
}

/** What is said where one side or both have no value. */
export function judgeUnfinished(base: Cell, next: Cell): Change | undefined {
  if (base.median !== null && next.median !== null) return undefined;
  if (base.median === null && next.median === null) return undecided("same", "neither finished");
  return next.median === null
    ? undecided("did-not-finish", "the base finished, the new did not")
    : undecided("better", "the base did not finish");
}

function sameSamples(base: Float64Array, next: Float64Array): boolean {
  if (base.length !== next.length) return false;
  const left = base.toSorted();
  const right = next.toSorted();
  return left.every((value, index) => value === right[index]);
}

/** The first of the measures of location in which two lists differ; they are lists of draws, or of what was put together. */
function shiftOf(base: Cell, next: Cell): { readonly delta: number; readonly of: string } {
  const inMedian = next.median! - base.median!;
  if (inMedian !== 0)
    return { delta: inMedian, of: base.values.length === 1 && next.values.length === 1 ? "" : "median" };
  return { delta: next.mean! - base.mean!, of: "mean" };
}

/**
 * Compares values that the same inputs would have made equal: any difference beyond the metric's floor is real.
 *
 * Shape    of several values (a sweep's draws, rows put together) equal lists are the same; else their medians decide, else
 *          their means
 */
export function judgeExact(metric: Metric, base: Cell, next: Cell): Change {
  const unfinished = judgeUnfinished(base, next);
  if (unfinished) return unfinished;
  if (next.failedCount > base.failedCount) {
    return undecided("did-not-finish", `${next.failedCount - base.failedCount} more did not finish`);
  }
  if (sameSamples(base.values, next.values)) {
    return { ...undecided("same", "equal"), isBeyondFloor: false, delta: 0, deltaRatio: ratioOf(0, base.median!) };
  }
  const { delta, of } = shiftOf(base, next);
  const deltaRatio = ratioOf(delta, base.median!);
  if (Math.abs(delta) <= floorOf(metric, base.median!) && delta !== 0) {
    return { ...undecided("same", "within the floor"), isBeyondFloor: false, delta, deltaRatio };
  }
  const verdict = delta === 0 ? "different" : directionOf(metric, delta);
  const reason =
    delta === 0 ? "other values with the same median and mean" : of === "" ? "exact" : `exact, by the ${of}`;
  return { ...undecided(verdict, reason), delta, deltaRatio };
}
