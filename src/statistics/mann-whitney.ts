import { normalCdf } from "../sensitivity/index.ts";
import { rankTogether } from "./ranks.ts";
import { countChoices } from "./splits.ts";

export interface MannWhitneyResult {
  /** Pairs in which the new value is above the base one; a pair of equals is half a pair. */
  readonly u: number;
  /** Two-sided. */
  readonly pValue: number;
  /** Whether the p-value counts all orders, or follows from the normal curve. */
  readonly isExact: boolean;
}

/** Samples of the larger side up to which all orders are counted: as benchstat does (golang.org/x/perf). */
export const exactLimit = 50;
export const exactLimitWithTies = 25;

/** By sizes: no distribution up to the limit needs more than 10 KB, all together less than 4 MB. */
const tails = new Map<number, Float64Array>();

/**
 * Shares of orders without ties in which U is at most 0, 1, ... up to the middle.
 *
 * The topmost value is a new one, which is above all of base, or it is a base one: from this follow the numbers of orders
 * for one sample more from those for one less.
 *
 * Source   Mann and Whitney, Annals of Mathematical Statistics 18 (1947)
 */
function countTail(baseCount: number, nextCount: number): Float64Array {
  const middle = Math.floor((baseCount * nextCount) / 2);
  let rows = Array.from({ length: baseCount + 1 }, () => Float64Array.of(1));
  for (let news = 1; news <= nextCount; news++) {
    const grown = [Float64Array.of(1)];
    for (let bases = 1; bases <= baseCount; bases++) {
      const orders = new Float64Array(Math.min(middle, bases * news) + 1);
      orders.set(grown[bases - 1]!);
      const without = rows[bases]!;
      const until = Math.min(orders.length, without.length + bases);
      for (let u = bases; u < until; u++) orders[u] = orders[u]! + without[u - bases]!;
      grown.push(orders);
    }
    rows = grown;
  }
  const total = countChoices(baseCount + nextCount, baseCount);
  let sum = 0;
  return rows[baseCount]!.map((orders) => (sum += orders) / total);
}

function tailOf(baseCount: number, nextCount: number): Float64Array {
  const fewer = Math.min(baseCount, nextCount);
  const more = Math.max(baseCount, nextCount);
  const key = fewer * (exactLimit + 1) + more;
  const known = tails.get(key);
  if (known) return known;
  const made = countTail(fewer, more);
  tails.set(key, made);
  return made;
}

/**
 * Share of the ways to give tied values to two samples in which 2·U is at most `bound`; U counts pairs of a high one above
 * a low one.
 *
 * Goes up through the groups of equals: of a group of t, j are low ones in C(t, j) ways; its high ones are above the low
 * ones so far, and beside j.
 *
 * Source   J. H. Klotz, The Wilcoxon, Ties, and the Computer, JASA 61 (1966)
 */
function tiedTail(groups: readonly number[], lowCount: number, highCount: number, bound: number): number {
  const width = bound + 1;
  // Row: low ones so far. Rows are made anew in place, from the last down, since each needs none above.
  const ways = new Float64Array((lowCount + 1) * width);
  ways[0] = 1;
  let before = 0;
  for (const size of groups) {
    const choices = Array.from({ length: size + 1 }, (_, taken) => countChoices(size, taken));
    for (let low = Math.min(before + size, lowCount); low >= 0; low--) {
      const to = low * width;
      const step = Math.min(width, 2 * size * low);
      ways.copyWithin(to + step, to, to + width - step);
      ways.fill(0, to, before + size - low <= highCount ? to + step : to + width);
      for (let taken = Math.max(1, low - before); taken <= Math.min(size, low); taken++) {
        if (before + size - low <= highCount) addShifted(ways, low, taken, { width, size, before, choices });
      }
    }
    before += size;
  }
  let sum = 0;
  for (let at = lowCount * width; at < ways.length; at++) sum += ways[at]!;
  return sum / countChoices(lowCount + highCount, lowCount);
}

interface TiedGroup {
  readonly width: number;
  readonly size: number;
  /** Values of the groups below. */
  readonly before: number;
  /** Index: low ones taken of the group. */
  readonly choices: readonly number[];
}

/** Adds to the row of `low` what follows from the row of `low - taken` by taking so many of a group as low ones. */
function addShifted(ways: Float64Array, low: number, taken: number, { width, size, before, choices }: TiedGroup): void {
  const had = low - taken;
  const step = (size - taken) * (2 * had + taken);
  const from = had * width;
  const to = low * width + step;
  // No order of those below has more pairs.
  const until = Math.min(width - step, 2 * had * (before - had) + 1);
  const times = choices[taken]!;
  for (let at = 0; at < until; at++) ways[to + at] = ways[to + at]! + ways[from + at]! * times;
}

/** Normal curve, with the correction for ties and the half step towards the middle. */
function normalPValue(off: number, groups: readonly number[], baseCount: number, nextCount: number): number {
  const count = baseCount + nextCount;
  let tied = 0;
  for (const size of groups) tied += size ** 3 - size;
  const variance = ((baseCount * nextCount) / 12) * (count + 1 - tied / (count * (count - 1)));
  return Math.min(1, 2 * normalCdf(-Math.max(0, off - 0.5) / Math.sqrt(variance)));
}

/**
 * Mann and Whitney's test of whether values of one sample tend to be above those of the other.
 *
 * All orders are counted up to 50 samples a side, with ties up to 25; beyond these, the normal curve with the corrections
 * for ties and continuity. Two-sided: twice the tail on the side of the middle where U lies, at most 1.
 *
 * Shape    finite values in any order; 1 where a side is empty or all values are equal
 */
export function mannWhitney(base: Float64Array, next: Float64Array): MannWhitneyResult {
  const { above, groups, hasTies } = rankTogether(base, next);
  const pairCount = base.length * next.length;
  const larger = Math.max(base.length, next.length);
  const isExact = larger <= (hasTies ? exactLimitWithTies : exactLimit);
  if (pairCount === 0 || groups.length === 1) return { u: above, pValue: 1, isExact: true };
  const off = Math.abs(above - pairCount / 2);
  if (!isExact) return { u: above, pValue: normalPValue(off, groups, base.length, next.length), isExact };
  // The middle belongs to both tails, which together would be more than everything.
  if (off === 0) return { u: above, pValue: 1, isExact };
  const isLow = above < pairCount / 2;
  const lesser = isLow ? above : pairCount - above;
  let tail: number;
  if (!hasTies) tail = tailOf(base.length, next.length)[lesser]!;
  // With ties and unlike sizes one tail is not the other's mirror: pairs are counted from the side that has fewer.
  else if (isLow) tail = tiedTail(groups, base.length, next.length, 2 * lesser);
  else tail = tiedTail(groups, next.length, base.length, 2 * lesser);
  return { u: above, pValue: Math.min(1, 2 * tail), isExact };
}

/** The least p-value that two samples of these sizes can come to: all of one side above all of the other. */
export function smallestPValue(baseCount: number, nextCount: number): number {
  return Math.min(1, 2 / countChoices(baseCount + nextCount, baseCount));
}

/** Fewest samples a side with which a p-value this small can be reached; infinite for 0. */
export function neededSamples(pValue: number): number {
  if (!(pValue > 0)) return Infinity;
  let count = 1;
  while (smallestPValue(count, count) > pValue) count++;
  return count;
}
