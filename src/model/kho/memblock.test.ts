import fc from "fast-check";
import { expect, test } from "vitest";

import { countRegionVisits } from "./memblock.ts";
import type { KeyRun } from "./radix-tree.ts";

/** Another route: one key at a time, regions as an array of [start, end) that is scanned from its beginning. */
function countSlowly(runs: readonly KeyRun[]): number {
  const regions: { start: number; end: number }[] = [];
  const keys = runs.flatMap(({ order, first, count }) =>
    Array.from({ length: count }, (_, index) => ({
      order,
      start: (first + index) * 2 ** order,
      end: (first + index + 1) * 2 ** order,
    })),
  );
  keys.sort((left, right) => right.order - left.order || left.start - right.start);
  let visits = 0;
  for (const { start, end } of keys) {
    let below = 0;
    while (below < regions.length && regions[below]!.end < start) below++;
    const touching = regions[below];
    if (touching && touching.end === start) {
      visits += 2 * below;
      touching.end = end;
    } else {
      visits += 2 * below;
      regions.splice(below, 0, { start, end });
    }
  }
  return visits;
}

test("[KHO-05] one piece costs no scan, lone pages the square of their number", () => {
  expect(countRegionVisits([{ order: 0, first: 100, count: 10_000 }])).toBe(0);
  const lone = Array.from({ length: 1000 }, (_, index) => ({ order: 0, first: 2 * index, count: 1 }));
  expect(countRegionVisits(lone)).toBe(1000 * 999);
});

test("[KHO-05] larger orders are walked first", () => {
  const runs = [
    { order: 0, first: 5000, count: 3 },
    { order: 9, first: 1, count: 1 },
  ];
  expect(countRegionVisits(runs)).toBe(2 * 3);
});

test("equals a walk key by key", () => {
  const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), { maxLength: 40 });
  fc.assert(
    fc.property(gaps, gaps, (small, large) => {
      let frame = 10_000;
      const runs: KeyRun[] = [];
      for (const [gap, count] of small) {
        runs.push({ order: 0, first: frame + gap, count });
        frame += gap + count;
      }
      let block = 0;
      for (const [gap, count] of large.slice(0, 4)) {
        if ((block + gap + count) * 512 >= 10_000) break;
        runs.push({ order: 9, first: block + gap, count });
        block += gap + count;
      }
      expect(countRegionVisits(runs)).toBe(countSlowly(runs));
    }),
  );
});
