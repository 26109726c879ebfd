import fc from "fast-check";
import { expect, test } from "vitest";

import { countKeys, countPreservedPages } from "./radix-tree.ts";
import { countReserveMemKeys, reserveMemPages, splitIntoBlocks } from "./reserve-mem.ts";

test("[KHO-09] a region of 16 pages at an odd page, as recorded in reserve-mem-3", () => {
  expect(splitIntoBlocks(1_305_825, 16)).toEqual([
    { order: 0, first: 1_305_825, count: 1 },
    { order: 1, first: 652_913, count: 1 },
    { order: 2, first: 326_457, count: 1 },
    { order: 3, first: 163_229, count: 1 },
    { order: 0, first: 1_305_840, count: 1 },
  ]);
});

test("[KHO-09] blocks cover the region once, aligned, and at most two of each order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 30 }), fc.integer({ min: 1, max: 2 ** 20 }), (firstPage, pageCount) => {
      const blocks = splitIntoBlocks(firstPage, pageCount);
      let page = firstPage;
      for (const { order, first } of blocks) {
        expect(first * 2 ** order).toBe(page);
        page += 2 ** order;
      }
      expect(page).toBe(firstPage + pageCount);
      expect(countPreservedPages(blocks)).toBe(pageCount);
      for (const { order } of blocks) {
        expect(countKeys(blocks.filter((block) => block.order === order))).toBeLessThanOrEqual(2);
      }
    }),
  );
});

test("[KHO-09] a list page where there is a region, and whole pages only", () => {
  expect(countReserveMemKeys({ regions: 0, looseKeys: 0 })).toBe(0);
  expect(countReserveMemKeys({ regions: 2, looseKeys: 1 })).toBe(2);
  expect([4095, 4096, 5000, 70_001].map(reserveMemPages)).toEqual([0, 1, 1, 17]);
});
