// Algebra, and slow twins that look at every order.
import fc from "fast-check";
import { expect, test } from "vitest";

import {
  cliffsDelta,
  fisherExact,
  holm,
  kolmogorovSmirnov,
  mannWhitney,
  medianDifference,
  permutationTest,
} from "../../src/statistics/index.ts";

/** Few values, so that many are equal. */
const side = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
const sides = fc.tuple(side, side);
const float = (values: readonly number[]): Float64Array => Float64Array.from(values);

/** Every way to deal the values out to sides of these sizes. */
function* deals(base: readonly number[], next: readonly number[]): Generator<[number[], number[]]> {
  const all = [...base, ...next];
  for (let mask = 0; mask < 1 << all.length; mask++) {
    const own = all.filter((_, index) => ((mask >> index) & 1) === 1);
    if (own.length === next.length) yield [all.filter((_, index) => ((mask >> index) & 1) === 0), own];
  }
}

function countPairs(base: readonly number[], next: readonly number[]): number {
  return base.reduce((sum, x) => sum + next.reduce((own, y) => own + (y > x ? 1 : y === x ? 0.5 : 0), 0), 0);
}

function largestDistance(base: readonly number[], next: readonly number[]): number {
  const share = (values: readonly number[], at: number): number =>
    values.filter((value) => value <= at).length / values.length;
  return Math.max(...[...base, ...next].map((at) => Math.abs(share(base, at) - share(next, at))));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Share of all deals of which a statistic says yes. */
function shareOf(
  base: readonly number[],
  next: readonly number[],
  says: (b: number[], n: number[]) => boolean,
): number {
  let [yes, all] = [0, 0];
  for (const [b, n] of deals(base, next)) {
    all++;
    if (says(b, n)) yes++;
  }
  return yes / all;
}

test("Mann-Whitney is the smaller tail of all deals, twice", () => {
  fc.assert(
    fc.property(sides, ([base, next]) => {
      const { u, pValue } = mannWhitney(float(base), float(next));
      expect(u).toBe(countPairs(base, next));
      const below = shareOf(base, next, (b, n) => countPairs(b, n) <= u);
      const above = shareOf(base, next, (b, n) => countPairs(b, n) >= u);
      expect(pValue).toBeCloseTo(Math.min(1, 2 * Math.min(below, above)), 10);
    }),
    { numRuns: 150 },
  );
});

test("Kolmogorov-Smirnov is the share of all deals with a distance as large", () => {
  fc.assert(
    fc.property(sides, ([base, next]) => {
      const { distance, pValue } = kolmogorovSmirnov(float(base), float(next));
      const expected = largestDistance(base, next);
      expect(distance).toBeCloseTo(expected, 12);
      expect(pValue).toBeCloseTo(
        shareOf(base, next, (b, n) => largestDistance(b, n) >= expected - 1e-9),
        10,
      );
    }),
    { numRuns: 150 },
  );
});

test("a permutation test of few samples is the share of all deals with means as far apart", () => {
  fc.assert(
    fc.property(sides, ([base, next]) => {
      const distance = Math.abs(mean(next) - mean(base));
      const expected = shareOf(base, next, (b, n) => Math.abs(mean(n) - mean(b)) >= distance - 1e-9);
      expect(permutationTest(float(base), float(next), { seed: 1 }).pValue).toBeCloseTo(expected, 10);
    }),
    { numRuns: 150 },
  );
});

test("nothing changes with the order of samples, nor with a scale and a shift; sides change the sign", () => {
  fc.assert(
    fc.property(
      sides,
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: -1000, max: 1000 }),
      ([b, n], scale, shift) => {
        const [base, next] = [float(b), float(n)];
        const [moved, movedNext] = [base.toReversed(), next.toReversed()].map((each) =>
          each.map((value) => value * scale + shift),
        );
        expect(mannWhitney(moved!, movedNext!).pValue).toBe(mannWhitney(base, next).pValue);
        expect(kolmogorovSmirnov(moved!, movedNext!).pValue).toBe(kolmogorovSmirnov(base, next).pValue);
        expect(cliffsDelta(moved!, movedNext!)).toBe(cliffsDelta(base, next));
        expect(cliffsDelta(next, base)).toBeCloseTo(-cliffsDelta(base, next), 12);
        expect(mannWhitney(next, base).pValue).toBeCloseTo(mannWhitney(base, next).pValue, 10);
      },
    ),
    { numRuns: 200 },
  );
});

test("Fisher's p-value does not hang on which side or which outcome is called first", () => {
  const count = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(count, count, count, count, (a, b, c, d) => {
      const p = fisherExact(a, b, c, d);
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThanOrEqual(1);
      expect(fisherExact(c, d, a, b)).toBeCloseTo(p, 9);
      expect(fisherExact(b, a, d, c)).toBeCloseTo(p, 9);
    }),
    { numRuns: 300 },
  );
});

test("Holm keeps the order, never lowers a p-value, and is never above Bonferroni", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (list) => {
      const adjusted = holm(float(list));
      for (const [index, p] of list.entries()) {
        expect(adjusted[index]!).toBeGreaterThanOrEqual(p);
        expect(adjusted[index]!).toBeLessThanOrEqual(Math.min(1, p * list.length) + 1e-15);
        for (const [other, q] of list.entries())
          if (p < q) expect(adjusted[index]!).toBeLessThanOrEqual(adjusted[other]!);
      }
    }),
  );
});

test("odd samples: none, one, all equal, large and small, signs of zero", () => {
  const none = float([]);
  const one = float([3]);
  expect(mannWhitney(none, one).pValue).toBe(1);
  expect(kolmogorovSmirnov(none, one).pValue).toBe(1);
  expect(permutationTest(none, one, { seed: 1 }).pValue).toBe(1);
  expect(cliffsDelta(none, one)).toBe(0);
  expect(medianDifference(none, one, { seed: 1 }).low).toBeNaN();
  expect(mannWhitney(one, one)).toEqual({ u: 0.5, pValue: 1, isExact: true });
  const equal = float(Array.from({ length: 200 }, () => 7));
  expect(mannWhitney(equal, equal).pValue).toBe(1);
  expect(permutationTest(equal, equal, { seed: 1 }).pValue).toBe(1);
  expect(medianDifference(equal, equal, { seed: 1 })).toEqual({ delta: 0, low: 0, high: 0 });
  expect(mannWhitney(float([0, -0, 0]), float([-0, 0, -0])).pValue).toBe(1);
  // A day in ns, apart by one: sums must not lose it.
  const day = 86_400e9;
  const [base, next] = [float([0, 1, 2, 3, 4].map((ns) => day + ns)), float([5, 6, 7, 8, 9].map((ns) => day + ns))];
  expect(permutationTest(base, next, { seed: 1 }).pValue).toBeCloseTo(2 / 252, 12);
  expect(mannWhitney(base, next).pValue).toBeCloseTo(2 / 252, 12);
});

test("the same seed gives the same numbers", () => {
  const [base, next] = [
    float(Array.from({ length: 20 }, (_, i) => i)),
    float(Array.from({ length: 20 }, (_, i) => i * 1.1)),
  ];
  expect(permutationTest(base, next, { seed: 4 })).toEqual(permutationTest(base, next, { seed: 4 }));
  expect(medianDifference(base, next, { seed: 4 })).toEqual(medianDifference(base, next, { seed: 4 }));
  expect(permutationTest(base, next, { seed: 5 }).pValue).not.toBe(permutationTest(base, next, { seed: 4 }).pValue);
});
