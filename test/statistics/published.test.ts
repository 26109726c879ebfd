// Statistics beside what others have published or computed: tables, R's documentation, and SciPy (test/fixtures/statistics).
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import {
  cliffsDelta,
  fisherExact,
  holm,
  kolmogorovSmirnov,
  mannWhitney,
  median,
  medianDifference,
  neededSamples,
  permutationTest,
  quantile,
  smallestPValue,
} from "../../src/statistics/index.ts";

interface Case {
  readonly base: readonly number[];
  readonly next: readonly number[];
  readonly u: number;
  readonly p: number;
  readonly exact: boolean;
  readonly ks_distance: number;
  readonly ks_p: number | null;
  readonly cliff: number;
  readonly median_difference: number;
}

const scipy = JSON.parse(readFileSync("test/fixtures/statistics/scipy.json", "utf8")) as {
  readonly cases: Readonly<Record<string, Case>>;
  readonly permutation: Readonly<Record<string, number>>;
  readonly fisher: readonly { readonly table: readonly [number, number, number, number]; readonly p: number }[];
  readonly quantiles: readonly { readonly values: readonly number[]; readonly share: number; readonly value: number }[];
};

/** Equal to so many digits, also where the value is small. */
function expectDigits(value: number, expected: number, digits: number): void {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(Math.abs(expected) * 0.5 * 10 ** (1 - digits) + 1e-15);
}

const of = (...values: readonly number[]): Float64Array => Float64Array.from(values);

describe.each(Object.entries(scipy.cases))("SciPy, %s", (_, { base, next, ...expected }) => {
  const [x, y] = [Float64Array.from(base), Float64Array.from(next)];

  test("Mann-Whitney", () => {
    const { u, pValue, isExact } = mannWhitney(x, y);
    expect(u).toBe(expected.u);
    expect(isExact).toBe(expected.exact);
    expectDigits(pValue, expected.p, 9);
  });

  test("Kolmogorov-Smirnov", () => {
    const { distance, pValue } = kolmogorovSmirnov(x, y);
    expectDigits(distance, expected.ks_distance, 12);
    if (expected.ks_p !== null) expectDigits(pValue, expected.ks_p, 8);
  });

  test("Cliff's delta and the medians' difference", () => {
    expect(cliffsDelta(x, y)).toBeCloseTo(expected.cliff, 12);
    const { delta, low, high } = medianDifference(x, y, { seed: 1 });
    expect(delta).toBeCloseTo(expected.median_difference, 9);
    expect(low).toBeLessThanOrEqual(delta);
    expect(high).toBeGreaterThanOrEqual(delta);
  });
});

test("permutation tests agree with SciPy's: exactly where all ways are counted, else to two digits", () => {
  for (const [name, p] of Object.entries(scipy.permutation)) {
    const { base, next } = scipy.cases[name]!;
    const { pValue, isExact } = permutationTest(Float64Array.from(base), Float64Array.from(next), { seed: 1 });
    expect(isExact).toBe(name === "5 and 5");
    if (isExact) expectDigits(pValue, p, 9);
    // Of 9,999 permutations: four standard errors.
    else expect(Math.abs(pValue - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 9999));
  }
});

test("Fisher's test agrees with SciPy's", () => {
  for (const { table, p } of scipy.fisher) expectDigits(fisherExact(...table), p, 7);
});

test("quantiles agree with NumPy's (type 7)", () => {
  for (const { values, share, value } of scipy.quantiles) {
    expect(quantile(Float64Array.from(values), share)).toBeCloseTo(value, 9);
  }
});

test("Fisher's tea taster and R's convictions of twins", () => {
  // Fisher, The Design of Experiments (1935): 0.486 two-sided; R, example of fisher.test: 0.0005367.
  expectDigits(fisherExact(3, 1, 1, 3), 0.4857, 4);
  expectDigits(fisherExact(2, 10, 15, 3), 0.0005367, 4);
  // What never succeeds on either side is no news.
  expect(fisherExact(0, 5, 0, 7)).toBeCloseTo(1, 12);
  expect(fisherExact(0, 0, 3, 4)).toBe(1);
  expect(fisherExact(1_000_000, 0, 0, 1_000_000)).toBe(0);
});

test("R's example of wilcox.test: permeability of membranes (Hollander and Wolfe 1973, p. 69)", () => {
  const term = of(0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46);
  const early = of(1.15, 0.88, 0.9, 0.74, 1.21);
  const { u, pValue, isExact } = mannWhitney(early, term);
  expect({ u, isExact }).toEqual({ u: 35, isExact: true });
  // One-sided 0.1272 there; twice that.
  expectDigits(pValue, 0.2544, 4);
});

test("critical values of U at 5 %, two-sided, as in the usual tables", () => {
  // Largest U that is significant: Siegel, Nonparametric Statistics (1956), table K.
  const critical = [
    [4, 4, 0],
    [5, 5, 2],
    [5, 8, 6],
    [8, 8, 13],
    [10, 10, 23],
    [12, 15, 49],
    [15, 15, 64],
    [20, 20, 127],
  ] as const;
  for (const [n1, n2, most] of critical) {
    expect(leastPValueWith(n1, n2, most)).toBeLessThanOrEqual(0.05);
    expect(leastPValueWith(n1, n2, most + 1)).toBeGreaterThan(0.05);
  }
});

/** The p-value of samples without ties whose U is the one given. */
function leastPValueWith(n1: number, n2: number, u: number): number {
  // Each new value lies above so many of the base's that these counts are together u.
  const base = Float64Array.from({ length: n1 }, (_, index) => index + 1);
  let left = u;
  const next = Float64Array.from({ length: n2 }, (_, index) => {
    const above = Math.min(n1, left);
    left -= above;
    return above + 0.5 - index * 1e-6;
  });
  const found = mannWhitney(base, next);
  expect(found.u).toBe(u);
  return found.pValue;
}

test("Holm's correction: R's p.adjust", () => {
  // p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"): 0.05 0.08 0.09 0.09 0.09
  expect([...holm(of(0.01, 0.02, 0.03, 0.04, 0.05))].map((p) => Number(p.toFixed(10)))).toEqual([
    0.05, 0.08, 0.09, 0.09, 0.09,
  ]);
  expect([...holm(of(0.5, 0.001, 0.9))]).toEqual([1, 0.003, 1]);
  expect([...holm(of())]).toEqual([]);
});

test("the smallest p-value that samples can have: two orders of all", () => {
  expect(smallestPValue(5, 5)).toBeCloseTo(2 / 252, 12);
  expect(smallestPValue(1, 1)).toBe(1);
  expect(neededSamples(0.05)).toBe(4);
  expect(neededSamples(0.01)).toBe(5);
});

test("critical distances of Kolmogorov and Smirnov, 5 %", () => {
  // Massey's table (1951): at n1 = n2 = 10 the gap of 7 tenths is significant at 5 %, that of 6 is not.
  const base = Float64Array.from({ length: 10 }, (_, index) => index);
  const shifted = (by: number) => base.map((value) => value + by - 0.5);
  expect(kolmogorovSmirnov(base, shifted(7))).toMatchObject({ distance: 0.7, isExact: true });
  expect(kolmogorovSmirnov(base, shifted(7)).pValue).toBeLessThan(0.05);
  expect(kolmogorovSmirnov(base, shifted(6)).pValue).toBeGreaterThan(0.05);
});

test("medians lie between the two middle values, and equal values stay two", () => {
  expect(median(of(3, 1, 2))).toBe(2);
  expect(median(of(4, 1, 1, 2))).toBe(1.5);
  expect(median(of())).toBeNaN();
});
