// Series of which it is known where they change.
import { expect, test } from "vitest";

import { createPrng } from "../../src/base/index.ts";
import { changePoints } from "../../src/statistics/index.ts";

/** Normal noise about a level that may change with the place. */
function series(count: number, seed: number, level: (index: number) => number): Float64Array {
  const next = createPrng(seed);
  const uniform = (): number => next() / 2 ** 32;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return Float64Array.from({ length: count }, (_, index) => level(index) + normal());
}

test("one step is found where it is, give or take one", () => {
  let near = 0;
  for (let seed = 0; seed < 50; seed++) {
    const found = changePoints(
      series(50, seed, (index) => (index >= 30 ? 103 : 100)),
      { seed: 1 },
    );
    if (found.some(({ index }) => Math.abs(index - 30) <= 1)) near++;
  }
  expect(near).toBeGreaterThanOrEqual(45);
});

test("two steps are two points, with the medians of the stretches", () => {
  const found = changePoints(
    series(90, 5, (index) => (index < 30 ? 100 : index < 60 ? 105 : 97)),
    { seed: 1 },
  );
  expect(found).toHaveLength(2);
  for (const [place, { index }] of found.entries()) expect(Math.abs(index - 30 * (place + 1))).toBeLessThanOrEqual(1);
  expect(Math.round(found[0]!.before)).toBe(100);
  expect(Math.round(found[0]!.after)).toBe(105);
  expect(Math.round(found[1]!.after)).toBe(97);
});

test("a change of spread alone is found too", () => {
  const noise = series(120, 3, () => 0);
  const values = noise.map((value, index) => (index < 60 ? value : value * 8));
  expect(changePoints(values, { seed: 1 }).some(({ index }) => Math.abs(index - 60) <= 6)).toBe(true);
});

test("of 300 quiet series at most so many have a point as one in a hundred allows", () => {
  let alarms = 0;
  for (let seed = 0; seed < 300; seed++)
    if (
      changePoints(
        series(60, seed, () => 0),
        { seed },
      ).length > 0
    )
      alarms++;
  // 99.9 % of the time, with 3 expected.
  expect(alarms).toBeLessThanOrEqual(9);
});

test("a long series with one step has one point, within seconds", () => {
  const startMs = performance.now();
  const found = changePoints(
    series(5000, 5, (index) => (index >= 2500 ? 101 : 100)),
    { seed: 1 },
  );
  expect(found).toHaveLength(1);
  expect(Math.abs(found[0]!.index - 2500)).toBeLessThanOrEqual(5);
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

test("nothing is found in what is short, constant, or one outlier", () => {
  const options = { seed: 1 };
  expect(changePoints(Float64Array.of(), options)).toEqual([]);
  expect(changePoints(Float64Array.of(1, 9, 1, 9), options)).toEqual([]);
  expect(changePoints(new Float64Array(100).fill(42), options)).toEqual([]);
  expect(
    changePoints(
      series(40, 9, (index) => (index === 20 ? 8 : 0)),
      options,
    ),
  ).toEqual([]);
});

test("large numbers keep their digits: a step of one in a day of ns", () => {
  const values = Float64Array.from({ length: 60 }, (_, index) => 86_400e9 + (index >= 30 ? 4 : 0) + (index % 3));
  expect(changePoints(values, { seed: 1 }).map(({ index }) => index)).toEqual([30]);
});

test("energy equals the sums over all pairs", () => {
  // A step in twelve values, against the definition written out.
  const values = [1, 2, 1, 3, 2, 1, 9, 8, 9, 7, 9, 8];
  const found = changePoints(Float64Array.from(values), { seed: 1, permutationCount: 999 });
  expect(found.map(({ index }) => index)).toEqual([slowBest(values)]);
});

/** The best split by its definition. */
function slowBest(values: readonly number[]): number {
  const within = (part: readonly number[]): number => {
    let sum = 0;
    for (let i = 0; i < part.length; i++) for (let j = 0; j < i; j++) sum += Math.abs(part[i]! - part[j]!);
    return (2 * sum) / (part.length * (part.length - 1));
  };
  const energy = (index: number): number => {
    const [left, right] = [values.slice(0, index), values.slice(index)];
    const between = left.reduce((sum, x) => sum + right.reduce((own, y) => own + Math.abs(x - y), 0), 0);
    const [m, n] = [left.length, right.length];
    return ((m * n) / (m + n)) * ((2 * between) / (m * n) - within(left) - within(right));
  };
  const places = Array.from({ length: values.length - 9 }, (_, index) => index + 5);
  return places.reduce((best, index) => (energy(index) > energy(best) ? index : best), 5);
}
