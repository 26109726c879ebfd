import fc from "fast-check";
import { expect, test } from "vitest";

import { preserveSlowly } from "../../../test/reference/memblock-simple.ts";
import { countKeyAreas, countRegionVisits } from "./memblock.ts";
import { countPreservedPages, type KeyRun } from "./radix-tree.ts";
import { splitIntoBlocks } from "./reserve-mem.ts";

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

test("[KHO-05] keys of different orders that touch are one region, from below and from above", () => {
  const huge = { order: 9, first: 4, count: 1 };
  const far = { order: 0, first: 9000, count: 1 };
  expect(countRegionVisits([huge, { order: 0, first: 2047, count: 1 }, far])).toBe(2 * 1);
  expect(countRegionVisits([huge, { order: 0, first: 2560, count: 1 }, far])).toBe(2 * 1);
  expect(countRegionVisits([huge, { order: 0, first: 2040, count: 1 }, far])).toBe(2 * 2);
  // The page between two pieces makes them one.
  const pieces = [3, 5].map((first) => ({ order: 9, first, count: 1 }));
  const between = { order: 8, first: 8, count: 2 };
  expect(countRegionVisits([...pieces, between, far])).toBe(2 * 1 + 2 * 1);
});

/** Disjoint blocks of mixed orders, near each other, in any order: stretches of pages cut as the kernel would. */
const mixedRuns = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 90 }), fc.nat({ max: 6 })), {
    maxLength: 25,
  })
  .map((stretches) => {
    let page = 3;
    return stretches.flatMap(([gap, pages, largest]): KeyRun[] => {
      page += gap;
      const blocks = splitIntoBlocks(page, pages).flatMap(({ order, first }) =>
        order <= largest ? [{ order, first, count: 1 }] : halve({ order, first, count: 1 }, largest),
      );
      page += pages;
      return blocks;
    });
  })
  .chain((runs) => fc.shuffledSubarray(runs, { minLength: Math.ceil(runs.length / 2) }));

/** The same pages in blocks of a smaller order. */
function halve({ order, first, count }: KeyRun, largest: number): KeyRun[] {
  const factor = 2 ** (order - largest);
  return [{ order: largest, first: first * factor, count: count * factor }];
}

test("[KHO-05] equals memblock_add_range() and memblock_isolate_range() step by step, for blocks of mixed orders", () => {
  let joined = 0;
  fc.assert(
    fc.property(mixedRuns, (runs) => {
      const slow = preserveSlowly(runs);
      expect(countRegionVisits(runs)).toBe(slow.passed);
      expect(slow.regions.every(({ noinit }) => noinit)).toBe(true);
      expect(slow.regions.reduce((sum, { size }) => sum + size, 0)).toBe(countPreservedPages(runs));
      if (slow.regions.length < runs.length) joined++;
    }),
    { numRuns: 300 },
  );
  expect(joined).toBeGreaterThan(50);
});

test("[KHO-05] how runs are cut changes nothing", () => {
  fc.assert(
    fc.property(mixedRuns, (runs) => {
      const single = runs.flatMap(({ order, first, count }) =>
        Array.from({ length: count }, (_, index) => ({ order, first: first + index, count: 1 })),
      );
      expect(countRegionVisits(single)).toBe(countRegionVisits(runs));
    }),
  );
});

test("[KHO-05] the order of the walk matters where orders lie mixed, and only there", () => {
  const small = { order: 0, first: 100, count: 3 };
  const large = { order: 9, first: 1, count: 2 };
  // Largest first: the small run lies below and steps over nothing; smallest first: the large one steps over it.
  expect(countRegionVisits([small, large], "largest-first")).toBe(0);
  expect(countRegionVisits([small, large], "smallest-first")).toBe(2 * 2);
  expect(countRegionVisits([small, { ...small, first: 200 }], "smallest-first")).toBe(2 * 3);
});

test("[KHO-05] a key steps over what the boot reserved in each scratch area below it", () => {
  const areas = [1000, 3000, 9000].map((frame) => frame * 4096);
  const runs = [
    { order: 0, first: 500, count: 7 },
    { order: 0, first: 2000, count: 10 },
    { order: 9, first: 10, count: 3 },
  ];
  expect(countKeyAreas(runs, areas)).toBe(0 + 10 + 2 * 3);
  expect(countKeyAreas(runs, [])).toBe(0);
});

test("two million pieces of mixed orders are counted in seconds", () => {
  const runs = Array.from({ length: 2_000_000 }, (_, index) =>
    index % 2 === 0 ? { order: 9, first: index * 2, count: 1 } : { order: 0, first: index * 1024 + 3, count: 1 },
  );
  const startMs = performance.now();
  expect(countRegionVisits(runs)).toBe(2_999_999_000_000);
  expect(performance.now() - startMs).toBeLessThan(20_000);
});
