import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { countBitmapPages } from "./bitmap-tracker.ts";
import type { KeyRun } from "./radix-tree.ts";

const gibPages = 262_144;

/** The same by sets of windows. */
function countSlowly(runs: readonly KeyRun[], bits: number): { bitmapCount: number; chunkPages: number } {
  const windows = new Map<number, Set<number>>();
  for (const { order, first, count } of runs) {
    const seen = windows.get(order) ?? new Set();
    windows.set(order, seen);
    for (let key = first; key < first + count; key++) seen.add(Math.floor(key / bits));
  }
  const sizes = [...windows.values()].map(({ size }) => size);
  return {
    bitmapCount: sizes.reduce((sum, size) => sum + size, 0),
    chunkPages: sizes.reduce((sum, size) => sum + Math.ceil(size / 255), 0),
  };
}

describe("[KHO-21] bitmaps before the radix tree", () => {
  const sixteenGib = [{ order: 0, first: 4 * gibPages, count: 16 * gibPages }];

  test("16 GiB in 4 KiB folios take 512 KiB either way, and 5 or 1 pages of lists", () => {
    expect(countBitmapPages(sixteenGib, 512)).toEqual({ bitmapCount: 1024, bitmapPages: 128, chunkPages: 5 });
    expect(countBitmapPages(sixteenGib, 4096)).toEqual({ bitmapCount: 128, bitmapPages: 128, chunkPages: 1 });
  });

  test("lone folios cost a bitmap each, so large bitmaps cost more where memory is sparse", () => {
    const runs = Array.from({ length: 100 }, (_, index) => ({ order: 0, first: index * 40_000, count: 1 }));
    expect(countBitmapPages(runs, 512).bitmapPages).toBe(13);
    expect(countBitmapPages(runs, 4096).bitmapPages).toBe(100);
  });

  test("agrees with sets of windows", () => {
    const run = fc.record({
      order: fc.constantFrom(0, 1, 9),
      first: fc.integer({ min: 0, max: 300_000 }),
      count: fc.integer({ min: 1, max: 50_000 }),
    });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 8 }), fc.constantFrom(512 as const, 4096 as const), (drawn, bytes) => {
        const ends = new Map<number, number>();
        const runs = drawn.map(({ order, first, count }) => {
          const start = Math.max(first, ends.get(order) ?? 0);
          ends.set(order, start + count);
          return { order, first: start, count };
        });
        expect(countBitmapPages(runs, bytes)).toMatchObject(countSlowly(runs, bytes * 8));
      }),
    );
  });
});
