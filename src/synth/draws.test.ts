// Draws against what is known of them, and runs of a tick against a set of pages.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { GroupDraw, groupValues, meanOf, ShareKeeper } from "./groups.ts";
import { Random, seedOf } from "./random.ts";
import { Scatter } from "./scatter.ts";
import { TickRuns } from "./tick-runs.ts";
import { Zipf } from "./zipf.ts";

describe("zipf", () => {
  test.each([
    [0, 7],
    [0.5, 20],
    [1, 12],
    [1.7, 9],
    [4, 5],
  ])("with skew %f draws each of %i ranks as often as it should", (skew, count) => {
    const draws = 400_000;
    const [zipf, random, counts] = [new Zipf(count, skew), new Random(5), new Float64Array(count)];
    for (let draw = 0; draw < draws; draw++) counts[zipf.draw(random)]!++;
    const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -skew);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [rank, weight] of weights.entries()) {
      const chance = weight / total;
      const deviation = Math.sqrt(draws * chance * (1 - chance));
      expect(Math.abs(counts[rank]! - draws * chance), `rank ${rank + 1}`).toBeLessThan(4.5 * deviation);
    }
  });
});

test("scattered places are each taken once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (count, seed) => {
      const scatter = new Scatter(count, seed);
      const places = new Set(Array.from({ length: count }, (_, rank) => scatter.place(rank)));
      expect(places.size).toBe(count);
      expect(Math.max(...places)).toBe(count - 1);
    }),
    { numRuns: 60 },
  );
});

test("other draws have their means", () => {
  const random = new Random(seedOf(1, "draws"));
  const meanBy = (draw: () => number) => Array.from({ length: 100_000 }, draw).reduce((sum, one) => sum + one, 0) / 1e5;
  expect(meanBy(() => random.exponential(7))).toBeCloseTo(7, 0);
  expect(meanBy(() => random.geometric(8))).toBeCloseTo(8, 0);
  expect(meanBy(() => random.normal())).toBeCloseTo(0, 1);
  expect(meanBy(() => random.normal() ** 2)).toBeCloseTo(1, 1);
});

const runs = fc.array(
  fc.tuple(
    fc
      .constantFrom(0, 2040, 2 ** 22 - 4, 2 ** 31 - 2, 2 ** 32 - 200)
      .chain((base) => fc.nat(60).map((add) => base + add)),
    fc.integer({ min: 1, max: 20 }),
  ),
  { minLength: 1, maxLength: 80 },
);

test("runs of a tick are the pages that were added, each once, in order and as long as can be", () => {
  const tick = new TickRuns();
  fc.assert(
    fc.property(runs, (added) => {
      tick.clear();
      const pages = new Set<number>();
      for (const [start, count] of added) {
        tick.add(start, count);
        for (let page = start; page < start + count; page++) pages.add(page);
      }
      const found: number[] = [];
      let last = -1;
      tick.forEach((start, count) => {
        expect(start).toBeGreaterThan(last);
        last = start + count;
        for (let page = start; page < start + count; page++) found.push(page);
      });
      expect(found).toEqual([...pages].sort((left, right) => left - right));
    }),
  );
});

test("more runs than there is room for are kept", () => {
  const tick = new TickRuns();
  for (let run = 20_000; run > 0; run--) tick.add(2 * run, 1);
  let count = 0;
  tick.forEach((start) => expect(start).toBe(2 * ++count));
  expect(count).toBe(20_000);
});

describe("groups", () => {
  const histograms = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 500 })), {
      minLength: 1,
      maxLength: 200,
    })
    .map((pairs) => new Map(pairs));

  test("of a histogram hold every value, in order, and keep its mean", () => {
    fc.assert(
      fc.property(histograms, (histogram) => {
        const groups = groupValues(histogram, 16);
        for (const value of histogram.keys()) {
          expect(groups.filter(([first, last]) => first <= value && value <= last)).toHaveLength(1);
        }
        const total = [...histogram.values()].reduce((sum, count) => sum + count, 0);
        const mean = [...histogram].reduce((sum, [value, count]) => sum + value * count, 0) / total;
        expect(Math.abs(meanOf(groups) - mean)).toBeLessThanOrEqual(0.13 * mean + 1e-3);
      }),
    );
  });

  test("are drawn by their shares, and kept to them nearly to the row", () => {
    const groups = groupValues(
      new Map([
        [1, 600],
        [2, 300],
        [50, 100],
      ]),
      8,
    );
    const random = new Random(3);
    const draw = new GroupDraw(groups);
    const drawn = Array.from({ length: 20_000 }, () => draw.draw(random));
    expect(drawn.filter((value) => value === 1).length / 20_000).toBeCloseTo(0.6, 1);
    const keeper = new ShareKeeper(groups);
    const taken = [0, 0, 0];
    for (let turn = 0; turn < 100; turn++) {
      const index = keeper.choose(random, 1, { least: 0, most: 100 });
      taken[index]!++;
      keeper.take(index, 1);
    }
    expect(taken.map((count, index) => Math.abs(count - [60, 30, 10][index]!)).every((gap) => gap <= 2)).toBe(true);
  });
});
