import { normalCdf } from "../sensitivity/index.ts";
import { rank } from "./ranks.ts";

export interface MannWhitney {
  /** How many pairs have the new value above the base's, ties counting one half. */
  readonly u: number;
  /** Two-sided. */
  readonly pValue: number;
  /** True: from the exact distribution; false: from the normal curve. */
  readonly isExact: boolean;
}

/** Samples a side up to which all orders are counted, without ties and with some. */
const exactLimit = 50;
const exactTiesLimit = 25;

/** By each twice-sum of ranks, how many of the ways to choose `chosen` of the values have it. */
function countSums(twiceRank: Uint32Array, chosen: number): Float64Array {
  const total = twiceRank.reduce((sum, each) => sum + each, 0);
  const size = total + 1;
  const counts = new Float64Array((chosen + 1) * size);
  counts[0] = 1;
  let reach = 0;
  for (const [index, each] of twiceRank.entries()) {
    reach += each;
    for (let taken = Math.min(chosen, index + 1); taken > 0; taken--) {
      const row = taken * size;
      const before = row - size;
      for (let sum = reach; sum >= each; sum--) counts[row + sum] = counts[row + sum]! + counts[before + sum - each]!;
    }
  }
  return counts.subarray(chosen * size);
}

/** Distributions without ties, by both counts: each is made once. */
const untied = new Map<number, Float64Array>();

function countUntied(baseCount: number, nextCount: number, twiceRank: Uint32Array): Float64Array {
  const key = baseCount * 1024 + nextCount;
  const found = untied.get(key);
  if (found) return found;
  const counts = countSums(twiceRank, nextCount);
  untied.set(key, counts);
  return counts;
}

/** Twice the smaller of both tails, the observed one within. */
function exactPValue(counts: Float64Array, sum: number): number {
  let [below, above] = [0, 0];
  for (let at = 0; at < counts.length; at++) {
    if (at <= sum) below += counts[at]!;
    if (at >= sum) above += counts[at]!;
  }
  const all = below + above - counts[sum]!;
  return Math.min(1, (2 * Math.min(below, above)) / all);
}

/** By the normal curve, with a correction for ties and one for continuity. */
function normalPValue(u: number, [n1, n2]: readonly [number, number], ties: readonly number[]): number {
  const count = n1 + n2;
  const tied = ties.reduce((sum, run) => sum + (run ** 3 - run), 0);
  const variance = ((n1 * n2) / 12) * (count + 1 - tied / (count * (count - 1)));
  const distance = Math.abs(u - (n1 * n2) / 2) - 0.5;
  if (!(variance > 0) || distance <= 0) return 1;
  return Math.min(1, 2 * normalCdf(-distance / Math.sqrt(variance)));
}

/**
 * Whether values of one side tend to be larger than those of the other: Mann and Whitney's test, two-sided.
 *
 * Shape    exact up to 50 samples a side, up to 25 where some are equal; else by the normal curve. 1 where all are equal, and
 *          where a side is empty
 * Source   Mann and Whitney, Annals of Mathematical Statistics 18 (1947); with ties the distribution over all ways to deal
 *          out the ranks at hand: Lehmann, Nonparametrics (1975), 1.4
 */
export function mannWhitney(base: Float64Array, next: Float64Array): MannWhitney {
  const [n1, n2] = [base.length, next.length];
  if (n1 === 0 || n2 === 0) return { u: 0, pValue: 1, isExact: true };
  const { twiceRank, isNext, ties } = rank(base, next);
  let twiceSum = 0;
  for (const [index, each] of twiceRank.entries()) if (isNext[index] === 1) twiceSum += each;
  const u = twiceSum / 2 - (n2 * (n2 + 1)) / 2;
  const hasTies = ties.length < n1 + n2;
  if (ties.length === 1) return { u, pValue: 1, isExact: true };
  const limit = hasTies ? exactTiesLimit : exactLimit;
  if (Math.max(n1, n2) > limit) return { u, pValue: normalPValue(u, [n1, n2], ties), isExact: false };
  const counts = hasTies ? countSums(twiceRank, n2) : countUntied(n1, n2, twiceRank);
  return { u, pValue: exactPValue(counts, twiceSum), isExact: true };
}

/** The smallest p-value that so many samples can have: two of all orders are the most extreme. */
export function smallestPValue(n1: number, n2: number): number {
  let share = 1;
  for (let each = 1; each <= n2; each++) share *= each / (n1 + each);
  return Math.min(1, 2 * share);
}

/** Fewest samples a side that can have so small a p-value. */
export function neededSamples(pValue: number): number {
  let count = 1;
  while (smallestPValue(count, count) > pValue) count++;
  return count;
}
