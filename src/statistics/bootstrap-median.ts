import { createPrng } from "../base/index.ts";
import { median, quantileOfSorted } from "./order-statistics.ts";

export interface MedianDifference {
  /** Median of the new less that of the base. */
  readonly delta: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapMedianOptions {
  readonly seed: number;
  readonly replicateCount?: number;
  readonly confidence?: number;
}

/** Assumed: 25 replicates then lie beyond each end of a 95 % interval. */
const defaultReplicateCount = 1000;

/** A random word is below this. */
const wordSpan = 2 ** 32;

/** A sample's median when its values are drawn with return: of sorted values the draws' middle places. */
class Resampler {
  readonly #sorted: Float64Array;
  readonly #drawn: Uint32Array;
  readonly #random: () => number;

  constructor(values: Float64Array, random: () => number) {
    this.#sorted = values.toSorted();
    this.#drawn = new Uint32Array(values.length);
    this.#random = random;
  }

  median(): number {
    const { length } = this.#sorted;
    this.#drawn.fill(0);
    for (let draw = 0; draw < length; draw++) {
      const index = Math.floor((this.#random() / wordSpan) * length);
      this.#drawn[index] = this.#drawn[index]! + 1;
    }
    return (this.#at((length - 1) >> 1) + this.#at(length >> 1)) / 2;
  }

  /** The drawn value at a place in their order. */
  #at(place: number): number {
    let seen = 0;
    for (let index = 0; ; index++) {
      seen += this.#drawn[index]!;
      if (seen > place) return this.#sorted[index]!;
    }
  }
}

/**
 * By how much medians differ, with a percentile interval by bootstrap: both sides drawn anew, with return.
 *
 * Shape    NaN where a side is empty; the same seed gives the same
 * Source   Efron and Tibshirani, An Introduction to the Bootstrap (1993), 13.3
 */
export function medianDifference(
  base: Float64Array,
  next: Float64Array,
  { seed, replicateCount = defaultReplicateCount, confidence = 0.95 }: BootstrapMedianOptions,
): MedianDifference {
  const delta = median(next) - median(base);
  if (base.length === 0 || next.length === 0) return { delta, low: NaN, high: NaN };
  const random = createPrng(seed);
  const older = new Resampler(base, random);
  const newer = new Resampler(next, random);
  const replicates = Float64Array.from({ length: replicateCount }, () => newer.median() - older.median()).sort();
  const tail = (1 - confidence) / 2;
  return { delta, low: quantileOfSorted(replicates, tail), high: quantileOfSorted(replicates, 1 - tail) };
}
