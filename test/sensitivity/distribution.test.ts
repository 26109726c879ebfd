// Intervals read as distributions.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createDistribution, type Interval, mean, quantile, shareWithin } from "../../src/sensitivity/distribution.ts";
import { UniformStream } from "../../src/sensitivity/draws.ts";
import { inverseNormal, millsRatio, normalCdf } from "../../src/sensitivity/normal.ts";

/** Values of SciPy 1.17.1 (special.ndtri and special.ndtr), of another algorithm. */
const quantiles: readonly (readonly [share: number, x: number])[] = [
  [1e-300, -37.0470962993612],
  [1e-20, -9.262340089798409],
  [1e-9, -5.9978070150076865],
  [0.0001, -3.7190164854556804],
  [0.01, -2.3263478740408408],
  [0.05, -1.6448536269514729],
  [0.2, -0.8416212335729142],
  [0.4, -0.2533471031357997],
  [0.5, 0],
  [0.6, 0.2533471031357997],
  [0.925, 1.4395314709384563],
  [0.975, 1.959963984540054],
  [0.999999, 4.753424308817087],
];
const shares: readonly (readonly [x: number, share: number])[] = [
  [-10, 7.61985302416047e-24],
  [-5, 2.866515718791933e-7],
  [-3, 0.0013498980316300933],
  [-2, 0.022750131948179195],
  [-1, 0.15865525393145707],
  [-0.3, 0.3820885778110474],
  [0, 0.5],
  [0.5, 0.6914624612740131],
  [1.9, 0.9712834401839981],
  [2.1, 0.9821355794371834],
  [4, 0.9999683287581669],
];

const isNear = (value: number, expected: number, ratio: number): void =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(ratio * Math.max(Math.abs(expected), 1e-300));

describe("the normal distribution", () => {
  test.each(quantiles)("has %d of it below the known point", (share, x) => isNear(inverseNormal(share), x, 1e-13));
  test.each(shares)("has the known share of it below %d", (x, share) => isNear(normalCdf(x), share, 1e-12));

  test("goes there and back", () => {
    for (let step = 1; step < 4000; step++) {
      const share = step / 4000;
      expect(Math.abs(normalCdf(inverseNormal(share)) - share)).toBeLessThan(1e-14);
    }
    expect([inverseNormal(0), inverseNormal(1)]).toEqual([-Infinity, Infinity]);
  });

  test("has no step where the series gives way to the fraction, and an end in the far tail", () => {
    isNear(millsRatio(2 - 1e-12), millsRatio(2), 1e-11);
    isNear(millsRatio(1e8), 1e-8, 1e-12);
  });
});

const intervals: readonly Interval[] = [
  { low: 2, high: 18 },
  { low: 2, high: 18, base: 5 },
  { low: 2, high: 18, base: 2 },
  { low: 0, high: 18, base: 5, kind: "lognormal" },
  { low: 0, high: 18, kind: "lognormal" },
  { low: 0, high: 18 },
  { low: 0, high: 18, base: 3 },
  { low: 0, high: 18, base: 0 },
  { low: 2, high: 18, kind: "normal" },
  { low: 2, high: 18, base: 4, kind: "normal" },
  { low: 7, high: 7 },
];
const ranges: readonly Interval[] = [
  { low: 2, high: 18, kind: "uniform" },
  { low: 2, high: 18, kind: "triangular" },
  { low: 2, high: 18, base: 4, kind: "triangular" },
  { low: 2, high: 18, base: 18, kind: "triangular" },
  { low: 7, high: 7, kind: "triangular" },
];

describe("an interval", () => {
  test.each(intervals)("%j is the 5th and 95th percentile, and its base the median", (interval) => {
    const distribution = createDistribution(interval);
    const [low, median, high] = [0.05, 0.5, 0.95].map((share) => quantile(distribution, share));
    // A percentile that is 0 is met up to what 18 leaves in the last bits.
    expect(Math.abs(low! - interval.low)).toBeLessThan(1e-14 * 18);
    isNear(high!, interval.high, 1e-14);
    expect(median).toBe(distribution.base);
    if (interval.base !== undefined) expect(median).toBe(interval.base);
  });

  test.each(ranges)("%j is the whole range", (interval) => {
    const distribution = createDistribution(interval);
    expect([quantile(distribution, 0), quantile(distribution, 1)]).toEqual([interval.low, interval.high]);
  });

  test("has its own middle without a base, and its own kind without one", () => {
    expect(createDistribution({ low: 2, high: 18 })).toMatchObject({ kind: "lognormal", base: 6 });
    expect(createDistribution({ low: 0, high: 18 })).toMatchObject({ kind: "normal", base: 9 });
    expect(createDistribution({ low: 2, high: 18, kind: "normal" }).base).toBe(10);
    expect(quantile(createDistribution({ low: 2, high: 18, base: 6, kind: "triangular" }), 0.25)).toBeCloseTo(6, 12);
  });

  test.each([...intervals, ...ranges])("%j has the mean that its draws have", (interval) => {
    const distribution = createDistribution(interval);
    const stream = new UniformStream(11, JSON.stringify(interval));
    const count = 100_000;
    let sum = 0;
    let squares = 0;
    for (let index = 0; index < count; index++) {
      const value = quantile(distribution, stream.at(index));
      sum += value;
      squares += value * value;
    }
    const sampled = sum / count;
    const standardError = Math.sqrt(Math.max(0, squares / count - sampled * sampled) / count);
    expect(Math.abs(sampled - mean(distribution))).toBeLessThanOrEqual(4 * standardError + 1e-9);
  });

  test("has finite quantiles from 0 on that never fall, of any kind", () => {
    const kinds = fc.constantFrom("lognormal", "normal", "uniform", "triangular", undefined);
    const number = fc.double({ min: 0, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(number, number, number), kinds, fc.boolean(), (numbers, kind, hasBase) => {
        const [low, base, high] = numbers.sort((left, right) => left - right);
        const distribution = createDistribution({ low, high, ...(hasBase ? { base } : {}), ...(kind ? { kind } : {}) });
        let before = 0;
        for (let step = 0; step <= 40; step++) {
          const value = quantile(distribution, step / 40);
          expect(value >= before * (1 - 1e-12)).toBe(true);
          before = value;
        }
        expect(Number.isNaN(mean(distribution))).toBe(false);
      }),
    );
  });

  test.each([
    { low: 3, high: 2 },
    { low: -1, high: 2 },
    { low: 1, high: 2, base: 3 },
    { low: NaN, high: 2 },
    { low: 0, high: Infinity },
  ])("%j is none", (interval) => expect(() => createDistribution(interval)).toThrow("no interval"));

  test("levels 0 and 1 within it are its ends", () => {
    expect([0, 1].map(shareWithin)).toEqual([0.05, 0.95]);
    expect(shareWithin(0.5)).toBeCloseTo(0.5, 15);
  });
});
