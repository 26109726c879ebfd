import fc from "fast-check";
import { expect, test } from "vitest";

import { PageSet } from "./page-set.ts";

const runs = fc.array(
  fc.tuple(
    // Around the borders of the pieces that the set is made of, where mistakes would be.
    fc
      .constantFrom(0, 32_700, 32_768, 65_500, 98_304, 2 ** 32 - 40_000, 2 ** 40)
      .chain((base) => fc.nat(100).map((add) => base + add)),
    fc.constantFrom(1, 2, 31, 32, 33, 100, 32_768, 33_000),
  ),
  { maxLength: 12 },
);

test("a page set holds what a set of numbers would, and tells each new page once", () => {
  fc.assert(
    fc.property(runs, (added) => {
      const set = new PageSet();
      const simple = new Set<number>();
      for (const [start, count] of added) {
        const told: number[] = [];
        set.add(start, count, (newStart, newCount) => {
          for (let page = newStart; page < newStart + newCount; page++) told.push(page);
        });
        const fresh = Array.from({ length: count }, (_, index) => start + index).filter((page) => !simple.has(page));
        expect(told.join()).toBe(fresh.join());
        for (const page of fresh) simple.add(page);
      }
      expect(set.pages).toBe(simple.size);
    }),
    { numRuns: 30 },
  );
});

test("what is taken out of a page set is new again", () => {
  fc.assert(
    fc.property(runs, runs, (added, removed) => {
      const set = new PageSet();
      const simple = new Set<number>();
      for (const [index, [start, count]] of added.entries()) {
        set.add(start, count);
        for (let page = start; page < start + count; page++) simple.add(page);
        const [from, pages] = removed[index] ?? [start + 5, 40];
        set.remove(from, pages);
        for (let page = from; page < from + pages; page++) simple.delete(page);
        expect(set.pages).toBe(simple.size);
      }
      let told = 0;
      for (const [start, count] of added) set.add(start, count, (_, pages) => (told += pages));
      const before = simple.size;
      for (const [start, count] of added) for (let page = start; page < start + count; page++) simple.add(page);
      expect(told).toBe(simple.size - before);
      expect(set.pages).toBe(simple.size);
    }),
    { numRuns: 30 },
  );
});

test("a page's rank is the number of pages below it", () => {
  fc.assert(
    fc.property(runs, (added) => {
      const set = new PageSet();
      const simple = new Set<number>();
      for (const [start, count] of added) {
        set.add(start, count);
        for (let page = start; page < start + count; page++) simple.add(page);
      }
      const rank = set.ranks();
      const sorted = [...simple].sort((left, right) => left - right);
      expect(sorted.every((page, index) => rank(page) === index)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("a page set refuses to grow beyond 512 MiB of bits", () => {
  const set = new PageSet();
  let pieces = 0;
  while (pieces < 10 && set.add(pieces * 32_768, 1)) pieces++;
  expect(pieces).toBe(10);
  expect(new PageSet().add(0, 131_072 * 32_768 + 1)).toBe(false);
});
