import fc from "fast-check";
import { expect, test } from "vitest";

import { countShmemFolios, type ShmemFile } from "./shmem-folios.ts";

/** Page by page, as the kernel meets them: a map of which pages have a folio. */
function countSlowly({ pageCount, touchedPages, huge }: ShmemFile): Map<number, number> {
  const taken = new Set<number>();
  const counts = new Map<number, number>();
  const take = (first: number, order: number): void => {
    for (let page = first; page < first + 2 ** order; page++) taken.add(page);
    counts.set(order, (counts.get(order) ?? 0) + 1);
  };
  const isFree = (first: number, order: number): boolean =>
    Array.from({ length: 2 ** order }, (_, index) => first + index).every((page) => !taken.has(page));
  for (let page = 0; page < Math.min(touchedPages, pageCount); page++) {
    const unit = page - (page % 512);
    if (taken.has(page)) continue;
    if (huge && unit + 512 <= pageCount) take(unit, 9);
    else take(page, 0);
  }
  for (let page = 0; page < pageCount; page++) {
    if (taken.has(page)) continue;
    let order = huge ? 9 : 0;
    while (!isFree(page - (page % 2 ** order), order)) order--;
    take(page - (page % 2 ** order), order);
  }
  return counts;
}

test.each([
  ["1 MiB untouched takes 2 MiB, beyond its end", { pageCount: 256, touchedPages: 0, huge: true }, { 9: 1 }],
  ["1 MiB touched takes pages", { pageCount: 256, touchedPages: 256, huge: true }, { 0: 256 }],
  ["3 MiB touched by 80 %", { pageCount: 768, touchedPages: 615, huge: true }, { 9: 1, 0: 104, 3: 1, 4: 1, 7: 1 }],
  ["5 MiB touched by 85 %", { pageCount: 1280, touchedPages: 1088, huge: true }, { 9: 2, 0: 64, 6: 1, 7: 1 }],
  ["nothing", { pageCount: 0, touchedPages: 0, huge: true }, {}],
] as const)("[MEMFD-06] %s, as recorded", (_, file, folios) => {
  expect(Object.fromEntries(countShmemFolios(file))).toEqual(folios);
});

test("[MEMFD-06] equals the faults and holes of a file, page by page", () => {
  const pages = fc.integer({ min: 0, max: 1600 });
  fc.assert(
    fc.property(pages, pages, fc.boolean(), (pageCount, touchedPages, huge) => {
      const file = { pageCount, touchedPages, huge };
      const sorted = (counts: ReadonlyMap<number, number>) => [...counts].sort(([left], [right]) => left - right);
      expect(sorted(countShmemFolios(file))).toEqual(sorted(countSlowly(file)));
    }),
    { numRuns: 200 },
  );
});
