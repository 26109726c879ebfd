import { percentile, UniformStream } from "../sensitivity/index.ts";
import { median, middleShare } from "./order-statistics.ts";

export interface MedianDifferenceOptions {
  readonly seed: number;
  readonly replicateCount?: number;
  readonly confidence?: number;
}

export interface MedianDifference {
  /** Median of the new less that of the base. */
  readonly delta: number;
  readonly low: number;
  readonly high: number;
}

/** Assumed: the ends of a 95 % interval then rest on 25 replicates each. */
export const defaultMedianReplicateCount = 1000;

/** A term this much smaller than the sum adds nothing to it. */
const leastTerm = 1e-18;

/** Where the lower middle one of n values lies, drawn with return from n sorted ones, and whether the upper one lies there, too. */
interface MiddleRank {
  /** Index: rank. Chance that the lower middle value is of at most this rank. */
  readonly atMost: Float64Array;
  /** Index: rank. If the lower middle value is of this rank, the chance that the upper one is above. */
  readonly splits: Float64Array;
}

/** Chance of at least `least` heads in `count` tosses of a coin that shows heads with `chance`; `least` is about count / 2. */
function chanceOfAtLeast(least: number, count: number, chance: number, middle: number): number {
  if (chance >= 1) return 1;
  // Share of exactly `least`: that of a fair coin, tilted.
  const log = least * Math.log(2 * chance) + (count - least) * Math.log(2 * (1 - chance));
  let term = middle * Math.exp(log);
  let sum = 0;
  const odds = chance / (1 - chance);
  if (chance < 0.5) {
    for (let heads = least; heads <= count && term > sum * leastTerm; heads++) {
      sum += term;
      term *= ((count - heads) / (heads + 1)) * odds;
    }
    return sum;
  }
  for (let heads = least; heads > 0; heads--) {
    term *= heads / ((count - heads + 1) * odds);
    if (term <= sum * leastTerm) break;
    sum += term;
  }
  return 1 - sum;
}

/**
 * The distribution of the middle rank: a replicate then needs a number or two, and not as many as there are values.
 *
 * The k-th of n drawn values is of a rank of at most r where at least k of them are. The one after it is above r where k are
 * of at most r, and the k-th of rank r itself.
 *
 * Source   B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979), 3
 */
function middleRankOf(count: number): MiddleRank {
  const lower = Math.ceil(count / 2);
  // Of an odd number of tosses the two middle counts of heads are as likely.
  const middle = middleShare(count);
  const atMost = new Float64Array(count);
  const splits = new Float64Array(count);
  let before = 0;
  for (let rank = 0; rank < count; rank++) {
    const share = (rank + 1) / count;
    atMost[rank] = Math.min(1, Math.max(before, chanceOfAtLeast(lower, count, share, middle)));
    if (share < 1 && count % 2 === 0) {
      const exactly = middle * Math.exp(lower * Math.log(4 * share * (1 - share)));
      const own = exactly * (1 - (rank / (rank + 1)) ** lower);
      splits[rank] = Math.min(1, own / (atMost[rank]! - before));
    }
    before = atMost[rank]!;
  }
  return { atMost, splits };
}

/** By size: samples of a comparison are of few sizes. Larger ones are made anew. */
const middleRanks = new Map<number, MiddleRank>();
const largestKept = 1000;

function keptMiddleRank(count: number): MiddleRank {
  const known = middleRanks.get(count);
  if (known) return known;
  const made = middleRankOf(count);
  if (count <= largestKept) middleRanks.set(count, made);
  return made;
}

/** First rank with a chance above `share`. */
function rankOf(atMost: Float64Array, share: number): number {
  let low = 0;
  let high = atMost.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (atMost[middle]! > share) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** By replicate: ranks of the two middle values, the same one twice for an odd number of values. */
interface MiddleDraws {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

function drawMiddles(count: number, stream: UniformStream, replicateCount: number): MiddleDraws {
  const { atMost, splits } = keptMiddleRank(count);
  const low = new Uint32Array(replicateCount);
  const high = new Uint32Array(replicateCount);
  const last = count - 1;
  for (let replicate = 0; replicate < replicateCount; replicate++) {
    const rank = rankOf(atMost, stream.at(2 * replicate));
    low[replicate] = rank;
    high[replicate] = rank;
    if (count % 2 === 1) continue;
    const share = stream.at(2 * replicate + 1) / splits[rank]!;
    // The upper half's least rank, if all of them are above this one: the share that is left is uniform again.
    if (share < 1) high[replicate] = Math.min(last, Math.ceil(last - (last - rank) * share ** (2 / count)));
  }
  return { low, high };
}

/** The latest draws: a comparison's rows share their seed and mostly their sizes. */
const middleDraws = new Map<string, MiddleDraws>();
const keptDrawCount = 16;

function keptMiddles(count: number, name: string, seed: number, replicateCount: number): MiddleDraws {
  const key = `${count}/${seed}/${replicateCount}/${name}`;
  const known = middleDraws.get(key);
  if (known) return known;
  if (middleDraws.size >= keptDrawCount) middleDraws.clear();
  const made = drawMiddles(count, new UniformStream(seed, name), replicateCount);
  middleDraws.set(key, made);
  return made;
}

/** Medians of samples drawn anew, with return: one a replicate. */
export function resampledMedians(
  values: Float64Array,
  name: string,
  { seed, replicateCount }: { readonly seed: number; readonly replicateCount: number },
): Float64Array {
  const sorted = values.toSorted();
  const { low, high } = keptMiddles(values.length, name, seed, replicateCount);
  const medians = new Float64Array(replicateCount);
  for (let replicate = 0; replicate < replicateCount; replicate++) {
    const below = sorted[low[replicate]!]!;
    const above = sorted[high[replicate]!]!;
    // Halved first, since the sum may be too large; equal ones stay as they are, however small.
    medians[replicate] = below === above ? below : below / 2 + above / 2;
  }
  return medians;
}

/**
 * Difference of medians, with the percentile interval of its bootstrap: each sample is drawn anew by itself.
 *
 * Shape    finite values in any order; all NaN where a side is empty
 */
export function medianDifference(
  base: Float64Array,
  next: Float64Array,
  { seed, replicateCount = defaultMedianReplicateCount, confidence = 0.95 }: MedianDifferenceOptions,
): MedianDifference {
  if (base.length === 0 || next.length === 0) return { delta: NaN, low: NaN, high: NaN };
  const delta = median(next) - median(base);
  const baseMedians = resampledMedians(base, "median/base", { seed, replicateCount });
  const deltas = resampledMedians(next, "median/next", { seed, replicateCount });
  for (let replicate = 0; replicate < replicateCount; replicate++) {
    deltas[replicate] = deltas[replicate]! - baseMedians[replicate]!;
  }
  deltas.sort();
  const outside = (1 - confidence) / 2;
  return { delta, low: percentile(deltas, outside), high: percentile(deltas, 1 - outside) };
}
