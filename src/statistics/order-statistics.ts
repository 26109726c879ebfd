import { percentile } from "../sensitivity/index.ts";

/**
 * The value with a share of the sample below it, straight between the two that are nearest: type 7 of Hyndman and Fan
 * (The American Statistician 50, 1996), the default of R and NumPy.
 *
 * Shape    finite values in any order, share from 0 to 1; NaN of no values
 */
export function quantile(values: Float64Array, share: number): number {
  return values.length === 0 ? NaN : percentile(values.toSorted(), share);
}

export function median(values: Float64Array): number {
  return quantile(values, 0.5);
}

/** Share of n tosses of a coin in which exactly floor(n / 2) are heads. */
export function middleShare(count: number): number {
  let share = 1;
  // Of an odd number: the same as of one toss more.
  for (let pair = 1; pair <= Math.ceil(count / 2); pair++) share *= (2 * pair - 1) / (2 * pair);
  return share;
}

export interface MedianInterval {
  /** Values of the sample; -Infinity and Infinity where there are too few of them. */
  readonly low: number;
  readonly high: number;
  /** What is really attained: at least what was asked for. */
  readonly confidence: number;
}

/**
 * An interval that holds the median of what was sampled, whatever its distribution, as benchstat gives it: from one value
 * of the sample to another.
 *
 * As many values are below the median as a coin shows heads. Gaps between neighbouring values are taken from the middle
 * outwards until their shares come to the confidence; of two as likely gaps the lower one goes first. Binomial at any
 * size, where benchstat takes the normal curve above 30.
 *
 * Source   golang.org/x/perf, benchmath (AssumeNothing); H. A. David, Order Statistics, 2.5
 */
export function medianInterval(values: Float64Array, confidence: number): MedianInterval {
  const count = values.length;
  const sorted = values.toSorted();
  // Gap k has k values below it.
  let lowGap = Math.floor(count / 2);
  let gapCount = 1;
  let attained = middleShare(count);
  let lowShare = attained;
  let highShare = attained;
  while (attained < confidence && gapCount <= count) {
    gapCount++;
    const nextLow = Math.floor((count + 1 - gapCount) / 2);
    if (nextLow < lowGap) {
      lowShare *= lowGap / (count - lowGap + 1);
      attained += lowShare;
    } else {
      const highGap = lowGap + gapCount - 1;
      highShare *= (count - highGap + 1) / highGap;
      attained += highShare;
    }
    lowGap = nextLow;
  }
  const isAll = gapCount > count;
  return {
    low: sorted[lowGap - 1] ?? -Infinity,
    high: sorted[lowGap + gapCount - 1] ?? Infinity,
    confidence: isAll ? 1 : attained,
  };
}
