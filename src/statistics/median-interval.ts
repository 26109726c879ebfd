import { logFactorial } from "./log-factorial.ts";

/** Two of the samples between which the median of whatever they are drawn from lies. */
export interface MedianInterval {
  /** -Infinity where there are too few samples to say. */
  readonly low: number;
  /** Infinity where there are too few. */
  readonly high: number;
  /** What the interval really attains: at least what was asked for. */
  readonly confidence: number;
}

/** Share of n samples of which so many lie below the median: of n throws of a coin. */
function shareBelow(count: number, below: number): number {
  return Math.exp(logFactorial(count) - logFactorial(below) - logFactorial(count - below) - count * Math.LN2);
}

/**
 * Interval of a median from the order of the samples alone, whatever they are distributed as.
 *
 * Shape    the narrowest range of places around the middle that attains the confidence, grown by the likelier neighbour and
 *          on ties downwards
 * Source   Conover, Practical Nonparametric Statistics (1999), 3.2; grown as golang.org/x/perf's benchstat does
 */
export function medianInterval(values: Float64Array, confidence: number = 0.95): MedianInterval {
  const count = values.length;
  const sorted = values.toSorted();
  let from = count >> 1;
  let to = from;
  let attained = shareBelow(count, from);
  while (attained < confidence && (from > 0 || to < count)) {
    const lower = from > 0 ? shareBelow(count, from - 1) : -1;
    const upper = to < count ? shareBelow(count, to + 1) : -1;
    // Masses of an even coin are equal on both sides, but for the last digit.
    if (lower >= upper * (1 - 1e-9)) {
      from--;
      attained += lower;
    } else {
      to++;
      attained += upper;
    }
  }
  const low = from === 0 ? -Infinity : sorted[from - 1]!;
  const high = to === count ? Infinity : sorted[to]!;
  return { low, high, confidence: Math.min(1, attained) };
}
