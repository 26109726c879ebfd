import fc from "fast-check";
import { expect, test } from "vitest";

import { KeySet, mergeRuns } from "../kho/key-runs.ts";
import { createBumpAllocator, PageStore } from "../kho/memory.ts";
import { MetadataReader, MetadataWriter } from "../kho/metadata-pages.ts";
import { writeVmallocDescriptor } from "../kho/vmalloc.ts";
import { FieldWriter } from "../kho/fields.ts";
import { type FolioRun, mergeFolios, readMemfd, writeMemfd } from "./memfd-ser.ts";

/** One folio each. */
function expand(runs: readonly FolioRun[]): FolioRun[] {
  return runs.flatMap(({ order, frame, index, count, flags }) =>
    Array.from({ length: count }, (_, folio) => ({
      order,
      frame: frame + folio * 2 ** order,
      index: index + folio * 2 ** order,
      count: 1,
      flags,
    })),
  );
}

const folios = fc.array(
  fc.record({
    order: fc.constantFrom(0, 1),
    frame: fc.nat({ max: 8 }).map((block) => 2 * block),
    index: fc.nat({ max: 8 }),
    count: fc.integer({ min: 1, max: 3 }),
    flags: fc.constantFrom(1, 3),
  }),
  { maxLength: 8 },
);

test("[MEMFD-08] merged runs are the same folios in the same order, and none of them could be longer", () => {
  fc.assert(
    fc.property(folios, (drawn) => {
      const merged = mergeFolios(drawn);
      expect(expand(merged)).toEqual(expand(drawn));
      expect(mergeFolios(expand(drawn))).toEqual(merged);
      for (const [at, next] of merged.slice(1).entries()) {
        const last = expand([merged[at]!]).at(-1)!;
        const isAlike = last.order === next.order && last.flags === next.flags;
        const [frames, indexes] = [next.frame - last.frame, next.index - last.index];
        expect(isAlike && frames === 2 ** last.order && indexes === 2 ** last.order).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

test("[KHO-15] an array in blocks of many pages is read block by block", () => {
  const store = new PageStore();
  const writer = new MetadataWriter(store, createBumpAllocator(0x100_0000));
  const run = { order: 0, frame: 0x8000, index: 0, count: 600, flags: 3 };
  const state = { sizeBytes: 600 * 4096, positionBytes: 0n, seals: 0, flags: 0, folios: [run] };
  const address = writeMemfd(writer, state);
  // Descriptor, three pages of the array, chunk. The array is put into one block of four pages instead.
  const blockAddress = 0x200_0000;
  for (const page of [0, 1, 2, 3]) store.writable(blockAddress + page * 4096);
  for (const page of [0, 1, 2])
    store.writable(blockAddress + page * 4096).set(store.page(address + (page + 1) * 4096)!);
  const chunkAddress = address + 4 * 4096;
  store.writable(chunkAddress).fill(0);
  new FieldWriter(store.writable(chunkAddress), 8).u52(blockAddress);
  const descriptor = { firstChunkAddress: chunkAddress, totalPages: 4, flags: 3, order: 2 };
  writeVmallocDescriptor(new FieldWriter(store.writable(address), 32), descriptor);
  const keys = new KeySet(mergeRuns([{ order: 0, first: run.frame, count: run.count }]));
  expect(readMemfd(new MetadataReader(store), keys, address)).toEqual(state);
});
