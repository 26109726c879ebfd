// The same samples as Go's benchstat was given (test/fixtures/statistics/make-benchstat.go): its p-values and intervals.
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { mannWhitney, median, medianInterval } from "../../src/statistics/index.ts";

interface Summary {
  readonly median: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly confidence: number;
}
interface Said {
  readonly p: number;
  readonly base: Summary;
  readonly next: Summary;
}

const read = (name: string): unknown => JSON.parse(readFileSync(`test/fixtures/statistics/${name}`, "utf8"));
const { cases } = read("scipy.json") as {
  cases: Readonly<Record<string, { base: readonly number[]; next: readonly number[] }>>;
};
const said = Object.entries(read("benchstat.json") as Readonly<Record<string, Said>>);

describe.each(said)("%s", (name, { p, ...sides }) => {
  test("p-value", () => {
    const { base, next } = cases[name]!;
    const { pValue } = mannWhitney(Float64Array.from(base), Float64Array.from(next));
    expect(Math.abs(pValue - p)).toBeLessThan(1e-9);
  });

  test.each(["base", "next"] as const)("median and its interval, %s", (side) => {
    const values = Float64Array.from(cases[name]![side]);
    const { low, high, confidence } = medianInterval(values);
    const expected = sides[side];
    expect(median(values)).toBeCloseTo(expected.median, 9);
    expect(Number.isFinite(low) ? low : null).toBe(expected.low);
    expect(Number.isFinite(high) ? high : null).toBe(expected.high);
    // From 50 samples on it takes the normal curve for what is attained; ours is counted. The ends are the same.
    expect(confidence).toBeCloseTo(expected.confidence, values.length < 50 ? 9 : 2);
  });
});

test("all of SciPy's samples were given to it", () => {
  expect(said.map(([name]) => name).toSorted()).toEqual(Object.keys(cases).toSorted());
});
