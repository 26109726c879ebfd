// Changes of series: none where there is none, steps where they are.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { bestSplit, createStretch } from "../../src/statistics/energy.ts";
import { changePoints } from "../../src/statistics/index.ts";
import { mostByChance, noises, Sampler } from "./kit.ts";

const indices = (values: Float64Array, seed = 1): number[] => changePoints(values, { seed }).map(({ index }) => index);

/** The statistic as the paper writes it: every pair of values, in doubled loops. */
function slowEnergy(values: readonly number[], at: number): number {
  const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  const left = values.slice(0, at);
  const right = values.slice(at);
  const within = (side: readonly number[]): number[] =>
    side.flatMap((one, index) => side.slice(index + 1).map((other) => Math.abs(one - other)));
  const between = left.flatMap((one) => right.map((other) => Math.abs(one - other)));
  const energy = 2 * mean(between) - mean(within(left)) - mean(within(right));
  return ((left.length * right.length) / values.length) * energy;
}

test("the best split has the largest statistic of all", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 4, maxLength: 25 }),
      fc.integer({ min: 2, max: 6 }),
      (values, minSegment) => {
        const stretch = createStretch(Float64Array.from(values));
        const { at, energy } = bestSplit(stretch, stretch.ranks, minSegment);
        const all: number[] = [];
        for (let left = minSegment; left <= values.length - minSegment; left++) all.push(slowEnergy(values, left));
        if (all.length === 0) expect(at).toBe(-1);
        else {
          expect(energy).toBeCloseTo(Math.max(...all), 9);
          expect(slowEnergy(values, at)).toBeCloseTo(energy, 9);
        }
      },
    ),
  );
});

describe("steps", () => {
  // Measured over 1,000: all within 1, 987 at the step itself, 9 with another change beside it, as alpha allows.
  test("one step of five standard deviations is found where it is, and nothing else but for alpha's share", () => {
    const sampler = new Sampler("step");
    let othersCount = 0;
    for (let seed = 0; seed < 200; seed++) {
      const at = 15 + 5 * (seed % 6);
      const values = Float64Array.of(...sampler.normals(at, 100), ...sampler.normals(60 - at, 105));
      const found = changePoints(values, { seed });
      const step = found.find(({ index }) => Math.abs(index - at) <= 1);
      expect(step?.pValue).toBe(1 / 200);
      if (found.length > 1) othersCount++;
      else
        for (const [level, near] of [
          [step!.before, 100],
          [step!.after, 105],
        ] as const)
          expect(Math.abs(level - near)).toBeLessThan(1.5);
    }
    expect(othersCount).toBeLessThanOrEqual(mostByChance(200, 0.01));
  });

  test("two steps are found, each with the medians of its own segments", () => {
    const sampler = new Sampler("two steps");
    const values = Float64Array.of(...sampler.normals(30, 50), ...sampler.normals(40, 60), ...sampler.normals(30, 53));
    const found = changePoints(values, { seed: 2 });
    expect(found.map(({ index }) => index)).toEqual([30, 70]);
    expect(found.map(({ before, after }) => [before, after].map(Math.round))).toEqual([
      [50, 60],
      [60, 53],
    ]);
  });

  test("a noiseless step is found at its first value, at any magnitude", () => {
    for (const unit of [1, 1e-300, 1e300, Number.MIN_VALUE]) {
      const values = new Float64Array(24).fill(0).fill(unit, 11);
      expect(changePoints(values, { seed: 1 })).toEqual([{ index: 11, pValue: 1 / 200, before: 0, after: unit }]);
    }
  });

  test("another spread is a change, too", () => {
    const sampler = new Sampler("spread");
    const found = indices(Float64Array.of(...sampler.normals(100, 50, 1), ...sampler.normals(100, 50, 8)));
    expect(found.length).toBe(1);
    expect(Math.abs(found[0]! - 100)).toBeLessThan(12);
  });

  test("a ramp is cut into few parts, all upwards", () => {
    const sampler = new Sampler("ramp");
    const found = changePoints(
      Float64Array.from({ length: 60 }, (_, index) => index / 6 + sampler.normal()),
      { seed: 1 },
    );
    expect(found.length).toBeGreaterThanOrEqual(1);
    expect(found.length).toBeLessThanOrEqual(6);
    for (const { before, after } of found) expect(after).toBeGreaterThan(before);
  });

  test("no segment is shorter than asked for", () => {
    const values = Float64Array.from({ length: 40 }, (_, index) => Math.floor(index / 4) * 100);
    for (const minSegment of [2, 5, 10]) {
      const bounds = [0, ...changePoints(values, { seed: 1, minSegment }).map(({ index }) => index), 40];
      for (let place = 1; place < bounds.length; place++) {
        expect(bounds[place]! - bounds[place - 1]!).toBeGreaterThanOrEqual(minSegment);
      }
    }
  });

  test("5,000 values with steps take seconds at most, the same by the same seed", () => {
    const sampler = new Sampler("long");
    const values = sampler
      .normals(5000)
      .map((value, index) => value + (index >= 1000 ? 1 : 0) + (index >= 3500 ? 1 : 0));
    const start = performance.now();
    const found = indices(values);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(found.length).toBe(2);
    for (const [order, at] of [1000, 3500].entries()) expect(Math.abs(found[order]! - at)).toBeLessThan(10);
    expect(indices(values)).toEqual(found);
  });
});

describe("no change", () => {
  test.each(["normal", "lognormal", "tied"] as const)(
    "is seen in %s noise, but for alpha's share of series",
    (kind) => {
      const sampler = new Sampler(`noise/${kind}`);
      let wrongCount = 0;
      for (let seed = 0; seed < 340; seed++) {
        const values = Float64Array.from({ length: 60 }, () => noises[kind](sampler));
        if (indices(values, seed).length > 0) wrongCount++;
      }
      // 3.4 expected; 8 at most.
      expect(wrongCount).toBeLessThanOrEqual(mostByChance(340, 0.01));
    },
  );

  test.each([
    ["nothing", new Float64Array(0)],
    ["one value", Float64Array.of(1)],
    ["too few", Float64Array.of(1, 1, 1, 1, 9, 9, 9, 9, 9)],
    ["equal values", new Float64Array(60).fill(0.1)],
    ["zeros of both signs", Float64Array.from({ length: 60 }, (_, index) => (index < 30 ? 0 : -0))],
  ])("is seen in %s", (_, values) => expect(changePoints(values, { seed: 1 })).toEqual([]));

  test("segments without a spread are refused", () => {
    expect(() => changePoints(new Float64Array(20), { seed: 1, minSegment: 1 })).toThrow(/no spread/);
  });
});
