// Permutation test, Kolmogorov and Smirnov's, Fisher's and Holm's: published values, SciPy, slow twins, wrong findings.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { kolmogorovTail } from "../../src/statistics/kolmogorov-smirnov.ts";
import { cliffsDelta, fisherExact, holm, kolmogorovSmirnov, permutationTest } from "../../src/statistics/index.ts";
import { countChoices } from "../../src/statistics/splits.ts";
import { mostByChance, noises, Sampler, splits } from "./kit.ts";
import golden from "./scipy/values.json" with { type: "json" };

const none = new Float64Array(0);
const few = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 9 });
const cases = [5, 10, 30].flatMap((count) =>
  (["normal", "lognormal", "tied"] as const).map((kind) => [count, kind] as const),
);

/** P-values of 1,000 pairs of samples that are of one distribution. */
function alike(
  name: string,
  [count, kind]: (typeof cases)[number],
  test: (base: Float64Array, next: Float64Array) => { readonly pValue: number },
): number[] {
  const sampler = new Sampler(`${name}/${count}/${kind}`);
  const draw = (): Float64Array => Float64Array.from({ length: count }, () => noises[kind](sampler));
  return Array.from({ length: 1000 }, () => test(draw(), draw()).pValue);
}

describe("permutation test", () => {
  test.each(golden.permutation)("SciPy finds the same over all splits: $pValue", ({ base, next, pValue }) => {
    const found = permutationTest(Float64Array.from(base), Float64Array.from(next), { seed: 1 });
    expect(found.isExact).toBe(true);
    expect(found.pValue).toBeCloseTo(pValue, 12);
  });

  test("is the share of splits with means at least as far apart; 0.1 makes as much of a difference as 1", () => {
    fc.assert(
      fc.property(few, fc.nat(), fc.constantFrom(1, 0.1, 1e-300, 1e300), (pooled, pick, unit) => {
        const chosen = 1 + (pick % (pooled.length - 1));
        // Whole numbers: compared without rounding, over a common denominator.
        const apart = ([one, other]: readonly [readonly number[], readonly number[]]): number => {
          const sums = [one, other].map((side) => side.reduce((sum, value) => sum + value, 0));
          return Math.abs(sums[0]! * other.length - sums[1]! * one.length);
        };
        const observed = apart([pooled.slice(0, chosen), pooled.slice(chosen)]);
        const all = Array.from(splits(pooled, chosen), apart);
        const sides = [pooled.slice(0, chosen), pooled.slice(chosen)].map((side) =>
          Float64Array.from(side, (value) => value * unit),
        );
        const { pValue, isExact } = permutationTest(sides[0]!, sides[1]!, { seed: 1 });
        expect(isExact).toBe(true);
        expect(pValue).toBeCloseTo(all.filter((other) => other >= observed).length / all.length, 12);
      }),
    );
  });

  test("splits by seed come near all splits, and the same seed gives the same", () => {
    const sampler = new Sampler("splits");
    for (const shift of [0, 0.5, 1.5]) {
      const [base, next] = [sampler.normals(8), sampler.normals(7, shift)];
      const all = permutationTest(base, next, { seed: 1, permutationCount: 6435 });
      expect(all.isExact).toBe(true);
      const some = permutationTest(base, next, { seed: 1, permutationCount: 6434 });
      expect(some.isExact).toBe(false);
      const spread = Math.sqrt((all.pValue * (1 - all.pValue)) / 6434);
      expect(Math.abs(some.pValue - all.pValue)).toBeLessThan(4 * spread + 1 / 6435);
      expect(permutationTest(base, next, { seed: 1, permutationCount: 6434 })).toEqual(some);
      if (shift === 0) expect(permutationTest(base, next, { seed: 2, permutationCount: 6434 })).not.toEqual(some);
    }
  });

  test("no p-value by seed is below 1 / (m + 1)", () => {
    const base = Float64Array.from({ length: 20 }, (_, index) => index);
    const next = base.map((value) => value + 1000);
    expect(permutationTest(base, next, { seed: 3, permutationCount: 99 }).pValue).toBe(0.01);
  });

  test.each([
    ["nothing", none, none],
    ["one side", none, Float64Array.of(1)],
    ["one and one", Float64Array.of(1), Float64Array.of(2)],
    ["all equal", new Float64Array(40).fill(0.1), new Float64Array(40).fill(0.1)],
    ["zeros of both signs", Float64Array.of(0, -0), Float64Array.of(-0, 0)],
  ])("%s: 1", (_, base, next) => expect(permutationTest(base, next, { seed: 1 }).pValue).toBe(1));

  test("the ends of the range of numbers are told apart", () => {
    const base = new Float64Array(4).fill(-Number.MAX_VALUE);
    expect(permutationTest(base, base.map(Math.abs), { seed: 1 }).pValue).toBeCloseTo(2 / 70, 12);
    const tiny = new Float64Array(4).fill(Number.MIN_VALUE);
    expect(permutationTest(new Float64Array(4), tiny, { seed: 1 }).pValue).toBeCloseTo(2 / 70, 12);
  });

  test.each(cases)("%i samples a side of one distribution (%s): no more findings than alpha", (...which) => {
    const pValues = alike("permutation", which, (base, next) =>
      permutationTest(base, next, { seed: 5, permutationCount: 299 }),
    );
    expect(pValues.filter((pValue) => pValue <= 0.05).length).toBeLessThanOrEqual(mostByChance(1000, 0.05));
    if (which[0] === 30) expect(pValues.filter((pValue) => pValue <= 0.05).length).toBeGreaterThan(20);
  });
});

describe("Kolmogorov and Smirnov", () => {
  test.each(golden.kolmogorovSmirnov)(
    "SciPy finds the same: $distance, p $pValue",
    ({ base, next, distance, pValue }) => {
      const found = kolmogorovSmirnov(Float64Array.from(base), Float64Array.from(next));
      expect(found.isExact).toBe(true);
      expect(found.distance).toBeCloseTo(distance, 12);
      expect(Math.abs(found.pValue / pValue - 1)).toBeLessThan(1e-9);
    },
  );

  test.each(golden.kolmogorovTail)("SciPy finds the same limit at $x", ({ x, tail }) => {
    expect(Math.abs(kolmogorovTail(x) - tail)).toBeLessThan(1e-13);
  });

  test.each([
    [1.2238, 0.1],
    [1.3581, 0.05],
    [1.6276, 0.01],
    [1.9495, 0.001],
  ])("the limit's published critical value %f has %f above", (x, alpha) => {
    expect(kolmogorovTail(x) / alpha).toBeCloseTo(1, 3);
  });

  // Gnedenko and Korolyuk's sum for samples of one size.
  test.each([5, 10, 17, 100])("two samples of %i: every distance has the p-value of the closed form", (count) => {
    for (let off = 1; off <= count; off++) {
      const base = Float64Array.from({ length: count }, (_, index) => index);
      const next = base.map((value) => value + off - 0.5);
      let sum = 0;
      for (let turn = 1; turn * off <= count; turn++) {
        sum += (turn % 2 === 1 ? 2 : -2) * countChoices(2 * count, count - turn * off);
      }
      const { distance, pValue } = kolmogorovSmirnov(base, next);
      expect(distance).toBeCloseTo(off / count, 12);
      expect(pValue).toBeCloseTo(Math.min(1, sum / countChoices(2 * count, count)), 9);
    }
  });

  test("with ties the p-value is the share of splits that are at least as far apart", () => {
    fc.assert(
      fc.property(few, fc.nat(), (pooled, pick) => {
        const chosen = 1 + (pick % (pooled.length - 1));
        const apart = ([one, other]: readonly [readonly number[], readonly number[]]): number => {
          const below = (side: readonly number[], value: number): number => side.filter((own) => own <= value).length;
          return Math.max(
            ...pooled.map((value) => Math.abs(below(one, value) * other.length - below(other, value) * one.length)),
          );
        };
        const observed = apart([pooled.slice(0, chosen), pooled.slice(chosen)]);
        const all = Array.from(splits(pooled, chosen), apart);
        const sides = [Float64Array.from(pooled.slice(0, chosen)), Float64Array.from(pooled.slice(chosen))] as const;
        const { distance, pValue } = kolmogorovSmirnov(...sides);
        expect(distance).toBeCloseTo(observed / (chosen * (pooled.length - chosen)), 12);
        expect(pValue).toBeCloseTo(all.filter((other) => other >= observed).length / all.length, 12);
        expect(kolmogorovSmirnov(sides[1], sides[0]).pValue).toBeCloseTo(pValue, 12);
      }),
    );
  });

  test("beyond 10,000 pairs the limit is taken, and near", () => {
    const sampler = new Sampler("ks");
    const base = sampler.normals(100);
    const next = sampler.normals(100, 0.3);
    const counted = kolmogorovSmirnov(base, next);
    const limit = kolmogorovSmirnov(Float64Array.of(...base, 1e6), Float64Array.of(...next, 1e6));
    expect([counted.isExact, limit.isExact]).toEqual([true, false]);
    expect(Math.abs(limit.pValue - counted.pValue)).toBeLessThan(0.02);
  });

  test.each([
    ["nothing", none, none],
    ["one side", Float64Array.of(1), none],
    ["all equal", new Float64Array(5).fill(3), new Float64Array(9).fill(3)],
    ["all equal, many", new Float64Array(500).fill(3), new Float64Array(900).fill(3)],
    ["zeros of both signs", Float64Array.of(0), Float64Array.of(-0)],
  ])("%s: distance 0, p 1", (_, base, next) => {
    expect(kolmogorovSmirnov(base, next)).toMatchObject({ distance: 0, pValue: 1 });
  });

  test.each(cases)("%i samples a side of one distribution (%s): no more findings than alpha", (...which) => {
    const pValues = alike("ks", which, kolmogorovSmirnov);
    expect(pValues.filter((pValue) => pValue <= 0.05).length).toBeLessThanOrEqual(mostByChance(1000, 0.05));
  });
});

describe("Fisher", () => {
  // R's fisher.test: TeaTasting and Convictions.
  test("tea and convictions", () => {
    expect(fisherExact(3, 1, 1, 3)).toBeCloseTo(0.4857, 4);
    expect(fisherExact(2, 10, 15, 3)).toBeCloseTo(0.000_536_7, 7);
  });

  test.each(golden.fisher)("SciPy finds the same of $table: $pValue", ({ table, pValue }) => {
    const found = fisherExact(...(table as [number, number, number, number]));
    // SciPy's logarithms lose digits of large counts.
    expect(Math.abs(found / pValue - 1)).toBeLessThan(1e-8);
  });

  test("is the share of tables with the same sums that are no likelier", () => {
    const count = fc.integer({ min: 0, max: 8 });
    fc.assert(
      fc.property(count, count, count, count, (a, b, c, d) => {
        const weight = (at: number): number => countChoices(a + b, at) * countChoices(c + d, a + c - at);
        let sum = 0;
        let all = 0;
        for (let at = Math.max(0, a - d); at <= Math.min(a + b, a + c); at++) {
          all += weight(at);
          if (weight(at) <= weight(a)) sum += weight(at);
        }
        expect(fisherExact(a, b, c, d)).toBeCloseTo(sum / all, 12);
        expect(fisherExact(c, d, a, b)).toBeCloseTo(sum / all, 12);
        expect(fisherExact(a, c, b, d)).toBeCloseTo(sum / all, 12);
      }),
    );
  });

  test("what cannot be by chance is 0 or next to it, and counts are whole", () => {
    expect(fisherExact(1e6, 0, 0, 1e6)).toBeLessThan(1e-290);
    expect(fisherExact(0, 0, 0, 0)).toBe(1);
    for (const count of [-1, 0.5, NaN, Infinity]) expect(() => fisherExact(count, 1, 1, 1)).toThrow(/no counts/);
  });
});

describe("Holm", () => {
  // R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") and the like.
  test.each([
    [
      [0.01, 0.02, 0.03, 0.04, 0.05],
      [0.05, 0.08, 0.09, 0.09, 0.09],
    ],
    [
      [0.04, 0.001, 0.5, 0.01],
      [0.08, 0.004, 0.5, 0.03],
    ],
    [
      [0.6, 0.7],
      [1, 1],
    ],
    [[0.03], [0.03]],
    [[], []],
  ])("of %j makes %j", (pValues, adjusted) => {
    expect(Array.from(holm(Float64Array.from(pValues)), (value) => Math.round(value * 1e12) / 1e12)).toEqual(adjusted);
  });

  test("finds at every alpha what rejecting step by step finds", () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(chance, { maxLength: 12 }), chance, (pValues, alpha) => {
        const sorted = pValues.toSorted((left, right) => left - right);
        const kept = sorted.findIndex((pValue, rank) => (sorted.length - rank) * pValue > alpha);
        const foundCount = kept < 0 ? sorted.length : kept;
        const adjusted = holm(Float64Array.from(pValues));
        expect(adjusted.filter((value) => value <= alpha).length).toBe(alpha === 1 ? sorted.length : foundCount);
        for (const [index, value] of adjusted.entries()) expect(value).toBeGreaterThanOrEqual(pValues[index]!);
      }),
    );
  });
});

test("Cliff's delta is 1 above, -1 below, 0 among, and counts pairs", () => {
  const base = Float64Array.of(3, 1, 2);
  expect(cliffsDelta(base, Float64Array.of(4, 5))).toBe(1);
  expect(cliffsDelta(base, Float64Array.of(0, -1))).toBe(-1);
  expect(cliffsDelta(base, base)).toBe(0);
  expect(cliffsDelta(base, Float64Array.of(2, 2.5))).toBeCloseTo((2 + 0.5 - (0.5 + 1) + 0 - 0.5 + 0.5) / 6, 12);
  expect(cliffsDelta(base, none)).toBeNaN();
});
