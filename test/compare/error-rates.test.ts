// How often a comparison is wrong, beside what it states: at most alpha false alarms in all comparisons of a thing with
// itself, however many metrics it has; and a shift of 2 % that is found as often as docs/compare.md says.
import { expect, test } from "vitest";

import { createPrng } from "../../src/base/index.ts";
import { compare, type Measurement } from "../../src/compare/index.ts";
import { measured, measurementOf } from "../kit/measurements.ts";

/** Uniform numbers from 0 to 1. */
function uniform(seed: number): () => number {
  const next = createPrng(seed);
  return () => next() / 2 ** 32;
}

/** Normal by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const noises: Readonly<Record<string, (random: () => number) => number>> = {
  normal: (random) => 1e9 * (1 + 0.05 * normal(random)),
  "with a long tail": (random) => 1e9 * Math.exp(0.3 * normal(random)),
  "of a coarse clock": (random) => 1e6 * Math.round(1000 + 3 * normal(random)),
};

/** Most false alarms in so many comparisons of which each has one with this chance: 99.9 % of the time. */
function mostAlarms(count: number, alpha: number): number {
  let [sum, term, most] = [0, (1 - alpha) ** count, 0];
  for (; sum + term < 0.999; most++) {
    sum += term;
    term *= ((count - most) / (most + 1)) * (alpha / (1 - alpha));
  }
  return most;
}

const isAlarm = (verdict: string): boolean => verdict === "better" || verdict === "worse";

test.each(Object.keys(noises))("1,000 comparisons of a thing with itself, noise %s", async (name) => {
  const random = uniform(7);
  const draw = (label: string): Measurement =>
    measured(
      label,
      Array.from({ length: 10 }, () => noises[name]!(random)),
      { floorRatio: 0 },
    );
  let alarms = 0;
  for (let trial = 0; trial < 1000; trial++) {
    const { rows } = await compare([draw("a"), draw("b")], { settings: { alpha: 0.05 } });
    if (isAlarm(rows[0]!.changes[0]!.verdict)) alarms++;
  }
  expect(alarms).toBeLessThanOrEqual(mostAlarms(1000, 0.05));
});

test("400 comparisons of 20 metrics each: the rate is of the whole comparison, not of a metric", async () => {
  const random = uniform(11);
  const draw = (label: string): Measurement =>
    measurementOf(
      label,
      Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [
          `m${index}_ns`,
          {
            metric: { floorRatio: 0 },
            rows: { "": Array.from({ length: 8 }, () => noises["normal"]!(random)) },
          },
        ]),
      ),
    );
  let alarms = 0;
  for (let trial = 0; trial < 400; trial++) {
    const { rows, testCount } = await compare([draw("a"), draw("b")], { settings: { alpha: 0.05 } });
    expect(testCount).toBe(20);
    if (rows.some(({ changes }) => isAlarm(changes[0]!.verdict))) alarms++;
  }
  expect(alarms).toBeLessThanOrEqual(mostAlarms(400, 0.05));
});

test("a shift of 2 % under noise of 1 % is found in 99 of 100 comparisons of 20 samples", async () => {
  const random = uniform(13);
  const draw = (label: string, middle: number): Measurement =>
    measured(
      label,
      Array.from({ length: 20 }, () => middle * (1 + 0.01 * normal(random))),
    );
  let found = 0;
  for (let trial = 0; trial < 200; trial++) {
    const { rows } = await compare([draw("a", 1e9), draw("b", 1.02e9)]);
    if (rows[0]!.changes[0]!.verdict === "worse") found++;
  }
  expect(found).toBeGreaterThanOrEqual(196);
});
