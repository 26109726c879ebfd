import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { FormatError } from "../../base/index.ts";
import { mergeRuns } from "./key-runs.ts";
import { createBumpAllocator, PageStore } from "./memory.ts";
import { MetadataReader, MetadataWriter } from "./metadata-pages.ts";
import { readRadixPages, writeRadixPages } from "./radix-pages.ts";
import { countRadixPages, type KeyRun } from "./radix-tree.ts";

const startAddress = 0x10_0000;

function write(runs: readonly KeyRun[]) {
  const store = new PageStore();
  const root = writeRadixPages(new MetadataWriter(store, createBumpAllocator(startAddress)), runs);
  return { store, root };
}

/** Entries of a table that are not empty. */
function entriesOf(page: Uint8Array): Record<number, string> {
  const words = new BigUint64Array(page.slice().buffer);
  return Object.fromEntries(
    [...words.entries()].filter(([, word]) => word !== 0n).map(([at, word]) => [at, word.toString(16)]),
  );
}

test("[KHO-02] [KHO-13] one page of order 0 and one block of order 9, node by node", () => {
  const { store } = write([
    { order: 0, first: 0x12345, count: 1 },
    { order: 9, first: 7, count: 2 },
  ]);
  const page = (number: number) => store.page(startAddress + number * 4096)!;
  // Key of order 9: 2^43 + 7 -> tables 0, 2, 0, 0, 0 from the root on; of order 0: 2^52 + 0x12345 -> 2, 0, 0, 0, 2.
  expect(entriesOf(page(0))).toEqual({ 0: "101000", 2: "106000" });
  expect(entriesOf(page(1))).toEqual({ 2: "102000" });
  expect(entriesOf(page(2))).toEqual({ 0: "103000" });
  expect(entriesOf(page(3))).toEqual({ 0: "104000" });
  expect(entriesOf(page(4))).toEqual({ 0: "105000" });
  expect(entriesOf(page(5))).toEqual({ 0: "180" });
  expect(entriesOf(page(9))).toEqual({ 2: "10a000" });
  // 0x12345 - 2 * 32,768 = 0x2345: bit 5 of byte 0x468.
  expect([...page(10).entries()].filter(([, byte]) => byte !== 0)).toEqual([[0x468, 1 << 5]]);
  expect(store.addresses).toHaveLength(11);
});

const runs = fc
  .array(
    fc.record({
      order: fc.constantFrom(0, 0, 1, 9, 10, 18),
      gap: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 2 ** 18 })),
      count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 100_000 })),
    }),
    { maxLength: 12 },
  )
  .map((draws) => {
    const ends = new Map<number, number>();
    return draws.map(({ order, gap, count }): KeyRun => {
      const first = (ends.get(order) ?? 0) + gap;
      ends.set(order, first + count);
      return { order, first, count };
    });
  });

describe("[KHO-13] any set of keys", () => {
  test("reads as the same, in as few runs as can be", () => {
    fc.assert(
      fc.property(runs, (drawn) => {
        const { store, root } = write(drawn);
        expect(readRadixPages(new MetadataReader(store), root)).toEqual(mergeRuns(drawn));
      }),
    );
  });

  test("takes as many pages as are counted without building them", () => {
    fc.assert(
      fc.property(runs, (drawn) => {
        const { store, root } = write(drawn);
        const reader = new MetadataReader(store);
        readRadixPages(reader, root);
        const levels = [0, 0, 0, 0, 0, 0];
        for (const kind of reader.pages.values()) levels[Number(kind.at(-1))]!++;
        expect(levels).toEqual(countRadixPages(drawn));
      }),
    );
  });

  test("the last block of physical memory, and the first", () => {
    const edge: KeyRun[] = [
      { order: 12, first: 2 ** 28 - 5, count: 5 },
      { order: 0, first: 0, count: 3 },
      { order: 0, first: 2 ** 40 - 2, count: 2 },
    ];
    const { store, root } = write(edge);
    expect(readRadixPages(new MetadataReader(store), root)).toEqual(edge);
  });
});

describe("[KHO-13] refuses", () => {
  /** A path of one node a level down to a leaf, by entry. */
  function path(entries: readonly number[], leafByte: number): PageStore {
    const store = new PageStore();
    for (const [depth, entry] of entries.entries()) {
      const page = store.writable(startAddress + depth * 4096);
      new DataView(page.buffer).setBigUint64(8 * entry, BigInt(startAddress + (depth + 1) * 4096), true);
    }
    store.writable(startAddress + entries.length * 4096)[0] = leafByte;
    return store;
  }

  test.each([
    ["key 0, which stands for no block", [0, 0, 0, 0, 0], 1, "tracker-0 at 0x105000: key 0 stands for no block"],
    ["a block beyond physical memory", [0, 0, 0, 0, 0], 0x20, "tracker-0 at 0x105000: block 1 of order 50 lies beyond"],
    [
      "a key of more than 53 bits",
      [4, 0, 0, 0, 0],
      1,
      "tracker-5 at 0x100000: entry 4 stands for keys of more than 53",
    ],
  ])("%s", (_, entries, leafByte, message) => {
    const read = () => readRadixPages(new MetadataReader(path(entries, leafByte)), startAddress);
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  test("a node that is its own child", () => {
    const store = path([1, 0, 0, 0, 0], 1);
    new DataView(store.writable(startAddress + 4096).buffer).setBigUint64(8, BigInt(startAddress), true);
    expect(() => readRadixPages(new MetadataReader(store), startAddress)).toThrow(
      "tracker-3 at 0x100000: the page is already in use as tracker-5",
    );
  });
});

test("leaves whose every second bit is set end before their runs fill the memory", () => {
  const leaves = 129;
  const { store, root } = write([{ order: 0, first: 0, count: leaves * 32_768 }]);
  const full = (page: Uint8Array): boolean => page.every((byte) => byte === 0xff);
  for (const address of store.addresses.filter((place) => full(store.page(place)!))) store.writable(address).fill(0x55);
  expect(() => readRadixPages(new MetadataReader(store), root)).toThrow(/tracker-0 at 0x\w+: more than 2097152 runs/);
});
