// Quantiles, intervals of the median, and the bootstrap of a difference of medians.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { resampledMedians } from "../../src/statistics/bootstrap-median.ts";
import { median, medianDifference, medianInterval, quantile } from "../../src/statistics/index.ts";
import { countChoices } from "../../src/statistics/splits.ts";
import { noises, Sampler } from "./kit.ts";
import golden from "./scipy/values.json" with { type: "json" };

const none = new Float64Array(0);
const rising = (count: number): Float64Array => Float64Array.from({ length: count }, (_, index) => index + 1);

describe("quantiles", () => {
  test.each(golden.quantiles)("NumPy finds $quantiles", ({ values, shares, quantiles }) => {
    for (const [index, share] of shares.entries()) {
      expect(quantile(Float64Array.from(values), share)).toBeCloseTo(quantiles[index]!, 10);
    }
  });

  test("of nothing are NaN, of the largest and the least numbers themselves", () => {
    expect(median(none)).toBeNaN();
    expect(median(Float64Array.of(Number.MAX_VALUE, -Number.MAX_VALUE))).toBe(0);
    expect(quantile(Float64Array.of(Number.MAX_VALUE, -Number.MAX_VALUE), 0)).toBe(-Number.MAX_VALUE);
    expect(median(new Float64Array(4).fill(Number.MAX_VALUE))).toBe(Number.MAX_VALUE);
    expect(median(new Float64Array(4).fill(Number.MIN_VALUE))).toBe(Number.MIN_VALUE);
    const values = Float64Array.of(3, 1, 2);
    expect(median(values)).toBe(2);
    expect([...values]).toEqual([3, 1, 2]);
  });
});

describe("interval of the median", () => {
  // Published for 95 %: the 2nd to the 9th of 10, the 6th to the 15th of 20, 10th to 21st of 30 (confidence 97.9, 95.9, 95.7).
  test.each([
    [6, 1, 6, 0.9688],
    [10, 2, 9, 0.9785],
    [20, 6, 15, 0.9586],
    [30, 10, 21, 0.9572],
  ])("of %i values it goes from the %ith to the %ith: %f", (count, low, high, confidence) => {
    const found = medianInterval(rising(count), 0.95);
    expect([found.low, found.high]).toEqual([low, high]);
    expect(found.confidence).toBeCloseTo(confidence, 4);
  });

  test("too few values leave ends open", () => {
    expect(medianInterval(none, 0.95)).toEqual({ low: -Infinity, high: Infinity, confidence: 1 });
    expect(medianInterval(rising(1), 0.95)).toEqual({ low: -Infinity, high: Infinity, confidence: 1 });
    expect(medianInterval(rising(5), 0.95)).toEqual({ low: -Infinity, high: 5, confidence: 0.968_75 });
    expect(medianInterval(rising(40), 1)).toEqual({ low: -Infinity, high: Infinity, confidence: 1 });
  });

  test("attains what its gaps come to, at least what was asked for, and no gap less would do", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.01, max: 0.999, noNaN: true }),
        (count, asked) => {
          const { low, high, confidence } = medianInterval(rising(count), asked);
          const from = low === -Infinity ? 0 : low;
          const to = high === Infinity ? count + 1 : high;
          const share = (gap: number): number => countChoices(count, gap) / 2 ** count;
          let sum = 0;
          for (let gap = from; gap < to; gap++) sum += share(gap);
          expect(confidence).toBeCloseTo(sum, 12);
          expect(confidence).toBeGreaterThanOrEqual(asked);
          expect(sum - Math.min(share(from), share(to - 1))).toBeLessThan(asked);
        },
      ),
    );
  });

  test.each(["normal", "lognormal"] as const)("holds the median of %s noise as often as it says", (kind) => {
    const sampler = new Sampler(`interval/${kind}`);
    const real = kind === "normal" ? 100 : 1;
    let heldCount = 0;
    for (let time = 0; time < 1000; time++) {
      const { low, high } = medianInterval(
        Float64Array.from({ length: 20 }, () => noises[kind](sampler)),
        0.95,
      );
      if (low <= real && real <= high) heldCount++;
    }
    // 95.9 %, three standard deviations of 0.63 %.
    expect(Math.abs(heldCount - 959)).toBeLessThan(19);
  });
});

/** Medians of all ways to draw as many values with return, and how many ways come to each. */
function allMedians(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  const wayCount = values.length ** values.length;
  for (let way = 0; way < wayCount; way++) {
    const drawn = Float64Array.from(
      values,
      (_, place) => values[Math.floor(way / values.length ** place) % values.length]!,
    );
    const found = median(drawn);
    counts.set(found, (counts.get(found) ?? 0) + 1 / wayCount);
  }
  return counts;
}

describe("bootstrap of the median", () => {
  test.each([1, 2, 3, 4, 5, 6])("of %i values draws every median as often as all ways do", (count) => {
    const values = Array.from({ length: count }, (_, index) => 2 ** index);
    const times = 40_000;
    const drawn = resampledMedians(Float64Array.from(values), "all", { seed: 11, replicateCount: times });
    const expected = allMedians(values);
    for (const value of drawn) expect(expected.has(value)).toBe(true);
    for (const [value, share] of expected) {
      const seen = drawn.filter((other) => other === value).length;
      expect(Math.abs(seen - times * share)).toBeLessThan(4.5 * Math.sqrt(times * share * (1 - share)) + 1);
    }
  });

  test.each([29, 30, 61, 1500])("of %i values has the mean and spread of drawing each value", (count) => {
    const sampler = new Sampler(`drawn/${count}`);
    const values = Float64Array.from({ length: count }, () => noises.lognormal(sampler));
    const times = 2000;
    const slow = Float64Array.from({ length: times }, () =>
      median(values.map(() => values[Math.floor(sampler.uniform() * count)]!)),
    );
    const fast = resampledMedians(values, "drawn", { seed: 12, replicateCount: times });
    const moments = (list: Float64Array): readonly [number, number] => {
      const mean = list.reduce((sum, value) => sum + value, 0) / times;
      return [mean, Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / times)];
    };
    const [slowMean, slowSpread] = moments(slow);
    const [fastMean, fastSpread] = moments(fast);
    expect(Math.abs(fastMean - slowMean)).toBeLessThan((4.5 * slowSpread * Math.SQRT2) / Math.sqrt(times));
    expect(Math.abs(fastSpread / slowSpread - 1)).toBeLessThan(0.12);
  });

  test("the difference is of medians, its interval around it, the same by the same seed", () => {
    const sampler = new Sampler("difference");
    const [base, next] = [sampler.normals(30, 100), sampler.normals(25, 103)];
    const found = medianDifference(base, next, { seed: 4 });
    expect(found.delta).toBe(median(next) - median(base));
    expect(found.low).toBeLessThan(found.delta);
    expect(found.high).toBeGreaterThan(found.delta);
    expect(medianDifference(base.toReversed(), next, { seed: 4 })).toEqual(found);
    expect(medianDifference(base, next, { seed: 5 })).not.toEqual(found);
    const narrow = medianDifference(base, next, { seed: 4, confidence: 0.5 });
    expect(narrow.high - narrow.low).toBeLessThan((found.high - found.low) * 0.6);
  });

  test("holds the real difference about as often as it says", () => {
    const sampler = new Sampler("coverage");
    let heldCount = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const { low, high } = medianDifference(sampler.normals(20, 100), sampler.normals(20, 102), { seed });
      if (low <= 2 && 2 <= high) heldCount++;
    }
    expect(heldCount).toBeGreaterThan(930);
    expect(heldCount).toBeLessThan(985);
  });

  test("what was asked before does not matter", () => {
    const sampler = new Sampler("before");
    const [base, next] = [sampler.normals(12), sampler.normals(13)];
    const first = medianDifference(base, next, { seed: 1 });
    for (let seed = 0; seed < 40; seed++) medianDifference(next, base, { seed, replicateCount: 10 + seed });
    expect(medianDifference(base, next, { seed: 1 })).toEqual(first);
  });

  test("degenerate samples", () => {
    expect(medianDifference(none, rising(3), { seed: 1 })).toEqual({ delta: NaN, low: NaN, high: NaN });
    expect(medianDifference(rising(1), Float64Array.of(5), { seed: 1 })).toEqual({ delta: 4, low: 4, high: 4 });
    const equal = new Float64Array(30).fill(0.1);
    expect(medianDifference(equal, equal, { seed: 1 })).toEqual({ delta: 0, low: 0, high: 0 });
    const tiny = new Float64Array(4).fill(Number.MIN_VALUE);
    const least = Number.MIN_VALUE;
    expect(medianDifference(new Float64Array(4), tiny, { seed: 1 })).toEqual({ delta: least, low: least, high: least });
    const huge = new Float64Array(6).fill(1e308);
    expect(medianDifference(huge, huge, { seed: 1 })).toEqual({ delta: 0, low: 0, high: 0 });
  });
});
