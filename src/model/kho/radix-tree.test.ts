import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { countRadixPages, type KeyRun, radixKey, sumPages } from "./radix-tree.ts";

const gibPages = 262_144;
/** KHO's and LUO's own four pages, where the reference table puts them: in a window of their own order. */
const nothing: KeyRun[] = [];

/** Another route to the same count: every key's prefixes in sets, by BigInt shifts. */
function countSlowly(runs: readonly KeyRun[]): number[] {
  const levels = [15n, 24n, 33n, 42n, 51n].map((shift) => ({ shift, tables: new Set<bigint>() }));
  for (const { order, first, count } of runs) {
    for (let block = 0; block < count; block++) {
      const key = (1n << BigInt(52 - order)) | BigInt(first + block);
      for (const { shift, tables } of levels) tables.add(key >> shift);
    }
  }
  return [...levels.map(({ tables }) => tables.size), 1];
}

describe("[KHO-02] pages of the tracker", () => {
  test.each([
    ["1 GiB in 4 KiB folios", [{ order: 0, first: gibPages * 4, count: gibPages }], 13],
    ["16 GiB in 4 KiB folios", [{ order: 0, first: gibPages * 4, count: gibPages * 16 }], 133],
    ["1 TiB in 1 GiB folios", [{ order: 18, first: 4, count: 1024 }], 6],
    ["1 TiB in 2 MiB folios, not aligned to 64 GiB", [{ order: 9, first: 2048, count: 524_288 }], 22],
    ["one 4 KiB page", [{ order: 0, first: 1_049_531, count: 1 }], 6],
  ] satisfies [string, KeyRun[], number][])("%s", (_, runs, pages) => {
    expect(sumPages(countRadixPages(runs))).toBe(pages);
  });

  test("nothing preserved leaves the root alone", () => {
    expect(countRadixPages(nothing)).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("one page in every 2 MiB of 64 GiB costs a leaf each 128 MiB", () => {
    const runs = Array.from({ length: 32_768 }, (_, index) => ({ order: 0, first: index * 512, count: 1 }));
    expect(countRadixPages(runs)[0]).toBe(512);
  });

  test("equals the count of distinct prefixes, for any set of runs", () => {
    const run = fc.record({
      order: fc.constantFrom(0, 1, 4, 9, 10, 18),
      first: fc.integer({ min: 0, max: 2 ** 24 }),
      count: fc.integer({ min: 1, max: 80_000 }),
    });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 6 }), (drawn) => {
        // Runs of a preserved set do not overlap: each starts behind the one before.
        const ends = new Map<number, number>();
        const runs = drawn.map(({ order, first, count }) => {
          const start = Math.max(first, ends.get(order) ?? 0);
          ends.set(order, start + count);
          return { order, first: start, count };
        });
        expect(countRadixPages(runs)).toEqual(countSlowly(runs));
      }),
      { numRuns: 60 },
    );
  });

  test("[KHO-01] a key is exact for any page of 256 TiB and any order", () => {
    expect(radixKey(0, 2 ** 36 - 1)).toBe(2 ** 52 + 2 ** 36 - 1);
    expect(radixKey(9, 7)).toBe(2 ** 43 + 7);
  });
});
