import { createPrng } from "../base/index.ts";
import { normalize } from "./normalize.ts";
import { countChoices } from "./splits.ts";

export interface PermutationOptions {
  readonly seed: number;
  /** Splits that are looked at; all there are, where these are no more. */
  readonly permutationCount?: number;
}

export interface PermutationResult {
  /** Two-sided. */
  readonly pValue: number;
  /** Whether all splits were looked at, or some by seed. */
  readonly isExact: boolean;
}

/** Assumed: the least p-value is then 1 in 10,000. */
export const defaultPermutationCount = 9999;

/** A random word is below this. */
const wordSpan = 2 ** 32;

/** What adding up may lose, as a share of what is added. */
const sumTolerance = 1e-12;

/** Ways to choose `chosen` values whose sum is at least `limit` away from 0. */
function countAllExtreme(values: Float64Array, chosen: number, limit: number): number {
  let extremeCount = 0;
  const choose = (from: number, left: number, sum: number): void => {
    if (left === 0) {
      if (Math.abs(sum) >= limit) extremeCount++;
      return;
    }
    for (let at = from; at <= values.length - left; at++) choose(at + 1, left - 1, sum + values[at]!);
  };
  choose(0, chosen, 0);
  return extremeCount;
}

/** The same of `times` ways by seed; shuffles `values`. */
function countDrawnExtreme(values: Float64Array, chosen: number, limit: number, times: number, seed: number): number {
  // A generator and no stream of numbers by index: nobody asks for one split alone, and it is ten times as fast.
  const random = createPrng(seed);
  let extremeCount = 0;
  for (let time = 0; time < times; time++) {
    let sum = 0;
    for (let at = 0; at < chosen; at++) {
      const from = at + Math.floor((random() / wordSpan) * (values.length - at));
      const value = values[from]!;
      values[from] = values[at]!;
      values[at] = value;
      sum += value;
    }
    if (Math.abs(sum) >= limit) extremeCount++;
  }
  return extremeCount;
}

/**
 * Permutation test of the difference of means: the share of ways to split the values into two samples of these sizes whose
 * means are at least as far apart.
 *
 * Of splits by seed the observed one is counted among them, (b + 1) / (m + 1), so that no p-value is too small. What is as
 * extreme but for rounding is as extreme.
 *
 * Shape    finite values in any order; 1 where a side is empty
 * Source   Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010)
 */
export function permutationTest(
  base: Float64Array,
  next: Float64Array,
  { seed, permutationCount = defaultPermutationCount }: PermutationOptions,
): PermutationResult {
  if (base.length === 0 || next.length === 0) return { pValue: 1, isExact: true };
  const pooled = new Float64Array(base.length + next.length);
  pooled.set(base);
  pooled.set(next, base.length);
  const { values, rounding } = normalize(pooled);
  // All together come to 0, so the sum of either sample says how far apart the means are.
  let observed = 0;
  for (let index = 0; index < base.length; index++) observed += values[index]!;
  let size = 0;
  for (const value of values) size += Math.abs(value);
  const limit = Math.abs(observed) - size * sumTolerance - values.length * rounding;
  const chosen = Math.min(base.length, next.length);
  const splitCount = countChoices(values.length, chosen);
  if (splitCount <= permutationCount) {
    return { pValue: countAllExtreme(values, chosen, limit) / splitCount, isExact: true };
  }
  const extremeCount = countDrawnExtreme(values, chosen, limit, permutationCount, seed);
  return { pValue: (extremeCount + 1) / (permutationCount + 1), isExact: false };
}
