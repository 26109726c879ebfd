export interface KolmogorovSmirnovResult {
  /** Largest distance between the shares of the two samples below a value, 0 to 1. */
  readonly distance: number;
  /** Two-sided. */
  readonly pValue: number;
  /** Whether the p-value counts all orders, or follows from the limit of large samples. */
  readonly isExact: boolean;
}

/** Pairs of values up to which all orders are counted: 100 a side. */
export const exactPairLimit = 10_000;

/** What the pooled values say: the distance in steps of 1 / (n·m), and after which of them the next value is another. */
interface Steps {
  readonly distance: number;
  /** Index: values gone through. 1 where both shares may be read. */
  readonly isBetween: Uint8Array;
}

function stepsOf(base: Float64Array, next: Float64Array): Steps {
  const low = base.toSorted();
  const high = next.toSorted();
  const isBetween = new Uint8Array(low.length + high.length + 1);
  let distance = 0;
  let fromBase = 0;
  let fromNext = 0;
  while (fromBase < low.length || fromNext < high.length) {
    const value = Math.min(low[fromBase] ?? Infinity, high[fromNext] ?? Infinity);
    while (low[fromBase] === value) fromBase++;
    while (high[fromNext] === value) fromNext++;
    isBetween[fromBase + fromNext] = 1;
    distance = Math.max(distance, Math.abs(fromBase * high.length - fromNext * low.length));
  }
  return { distance, isBetween };
}

/**
 * Share of the ways through a grid, one step a value, that are at least `distance` off the diagonal somewhere between
 * unequal values.
 *
 * Those that are off are counted, and not those that stay near: a small share of 1 would be lost in its rounding.
 *
 * Source   J. L. Hodges, The significance probability of the Smirnov two-sample test, Arkiv för Matematik 3 (1958)
 */
function shareOff({ distance, isBetween }: Steps, baseCount: number, nextCount: number): number {
  const row = new Float64Array(nextCount + 1);
  for (let bases = 0; bases <= baseCount; bases++) {
    for (let news = 0; news <= nextCount; news++) {
      const gone = bases + news;
      const isOff = isBetween[gone] === 1 && Math.abs(bases * nextCount - news * baseCount) >= distance;
      if (isOff) row[news] = 1;
      // The last value is a base one in a share bases / gone of all orders of these.
      else if (gone > 0) row[news] = (bases * row[news]! + (news > 0 ? news * row[news - 1]! : 0)) / gone;
    }
  }
  return row[nextCount]!;
}

/** Below this the series for large distances needs many terms, above it the one for small ones does. */
const seriesFrom = 1;

/**
 * Chance that Kolmogorov's limit is above x.
 *
 * Source   A. Kolmogorov, Giornale dell'Istituto Italiano degli Attuari 4 (1933); W. Feller, Annals of Mathematical
 *          Statistics 19 (1948)
 */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < seriesFrom) {
    for (let odd = 1; odd <= 19; odd += 2) sum += Math.exp(-((odd * Math.PI) ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let term = 1; term <= 10; term++) sum += (term % 2 === 1 ? 2 : -2) * Math.exp(-2 * (term * x) ** 2);
  return sum;
}

/**
 * Kolmogorov and Smirnov's test of whether two samples are of one distribution: it sees spread and shape, too.
 *
 * All orders are counted, ties as they are, up to 10,000 pairs; beyond, the limit of large samples, which with ties gives
 * too large a p-value.
 *
 * Shape    finite values in any order; distance 0 and 1 where a side is empty
 */
export function kolmogorovSmirnov(base: Float64Array, next: Float64Array): KolmogorovSmirnovResult {
  const pairCount = base.length * next.length;
  if (pairCount === 0) return { distance: 0, pValue: 1, isExact: true };
  const steps = stepsOf(base, next);
  const distance = steps.distance / pairCount;
  if (steps.distance === 0) return { distance, pValue: 1, isExact: true };
  if (pairCount <= exactPairLimit) {
    return { distance, pValue: Math.min(1, shareOff(steps, base.length, next.length)), isExact: true };
  }
  const scaled = distance * Math.sqrt(pairCount / (base.length + next.length));
  return { distance, pValue: kolmogorovTail(scaled), isExact: false };
}
