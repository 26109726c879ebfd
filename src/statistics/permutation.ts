import { createPrng } from "../base/index.ts";

export interface PermutationTest {
  readonly pValue: number;
  /** True: all ways to deal the samples out; false: random ones. */
  readonly isExact: boolean;
}

export interface PermutationOptions {
  readonly seed: number;
  readonly permutationCount?: number;
}

/** Assumed: p-values then have steps of a ten-thousandth. */
const defaultPermutationCount = 9999;

/** A random word is below this. */
const wordSpan = 2 ** 32;

/** Sums of the same numbers in another order may differ by so much of their size. */
const rounding = 1e-10;

function countWays(all: number, chosen: number): number {
  let ways = 1;
  for (let each = 1; each <= chosen; each++) ways = (ways * (all - chosen + each)) / each;
  return ways;
}

/** Sums of every choice of `chosen` values. */
function forEachSum(values: Float64Array, chosen: number, visit: (sum: number) => void): void {
  const place = Uint32Array.from({ length: chosen }, (_, index) => index);
  for (;;) {
    let sum = 0;
    for (const index of place) sum += values[index]!;
    visit(sum);
    let last = chosen - 1;
    while (last >= 0 && place[last] === values.length - chosen + last) last--;
    if (last < 0) return;
    place[last] = place[last]! + 1;
    for (let each = last + 1; each < chosen; each++) place[each] = place[each - 1]! + 1;
  }
}

/** The sum of `chosen` values that are drawn without return: the first so many of a shuffle. */
function drawSum(values: Float64Array, chosen: number, random: () => number): number {
  let sum = 0;
  for (let each = 0; each < chosen; each++) {
    const other = each + Math.floor((random() / wordSpan) * (values.length - each));
    const value = values[other]!;
    values[other] = values[each]!;
    values[each] = value;
    sum += value;
  }
  return sum;
}

/** Samples less their mean, over their largest distance from it: sums of them lose no digits. */
function centred(base: Float64Array, next: Float64Array): Float64Array {
  const values = new Float64Array(base.length + next.length);
  values.set(base);
  values.set(next, base.length);
  const first = values[0]!;
  const mean = values.reduce((sum, value) => sum + (value - first), 0) / values.length;
  const most = values.reduce((size, value) => Math.max(size, Math.abs(value - first - mean)), 0);
  return most === 0 ? values.fill(0) : values.map((value) => (value - first - mean) / most);
}

/**
 * Whether means differ: how often samples that are dealt out anew have means at least as far apart. Two-sided.
 *
 * Shape    all ways where there are no more than `permutationCount`, else so many random ones, where what was observed
 *          counts as one more; the same seed gives the same
 * Source   Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010): (b + 1) / (m + 1)
 */
export function permutationTest(
  base: Float64Array,
  next: Float64Array,
  { seed, permutationCount = defaultPermutationCount }: PermutationOptions,
): PermutationTest {
  if (base.length === 0 || next.length === 0) return { pValue: 1, isExact: true };
  const values = centred(base, next);
  const chosen = next.length;
  let observed = 0;
  for (let index = base.length; index < values.length; index++) observed += values[index]!;
  // All together are zero: the distance of means grows with the size of the one side's sum alone.
  const limit = Math.abs(observed) - rounding * values.length;
  let extreme = 0;
  const isExtreme = (sum: number): boolean => Math.abs(sum) >= limit;
  const ways = countWays(values.length, chosen);
  if (ways <= permutationCount) {
    forEachSum(values, chosen, (sum) => (extreme += isExtreme(sum) ? 1 : 0));
    return { pValue: extreme / Math.round(ways), isExact: true };
  }
  // A counter's numbers cost twenty times as much, and nobody asks for one permutation alone.
  const random = createPrng(seed);
  for (let permutation = 0; permutation < permutationCount; permutation++) {
    if (isExtreme(drawSum(values, chosen, random))) extreme++;
  }
  return { pValue: (extreme + 1) / (permutationCount + 1), isExact: false };
}
