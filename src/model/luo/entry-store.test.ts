import { describe, expect, test } from "vitest";

import { errno } from "../kernel/errno.ts";
import { kernelFeatures } from "../kernel/versions.ts";
import { entryLimit, entryPages, EntryStore } from "./entry-store.ts";

const { sessions, files } = kernelFeatures("7.3");
const older = kernelFeatures("7.1");

describe("pages of entries", () => {
  test.each([
    [0, 0],
    [1, 1],
    [51, 1],
    [52, 2],
    [510_000, 10_000],
  ])("[LUO-01] %i sessions take %i blocks", (count, blocks) => {
    expect(entryPages(sessions, count)).toBe(blocks);
  });

  test.each([
    [0, 0],
    [63, 1],
    [64, 2],
    [500, 8],
  ])("[LUO-02] %i files of a session take %i blocks", (count, blocks) => {
    expect(entryPages(files, count)).toBe(blocks);
  });

  test("[LUO-05] through 7.1 arrays: 16 pages of sessions from the boot on, two of files from the first one on", () => {
    expect([0, 1, 744].map((count) => entryPages(older.sessions, count))).toEqual([16, 16, 16]);
    expect([0, 1, 128].map((count) => entryPages(older.files, count))).toEqual([0, 2, 2]);
  });

  test("[LUO-03] [LUO-05] limits, and the errno beyond", () => {
    expect(entryLimit(sessions)).toEqual({ maxEntries: 510_000, overflow: errno.ENOSPC });
    expect(entryLimit(files)).toEqual({ maxEntries: 630_000, overflow: errno.ENOSPC });
    expect(entryLimit(older.sessions)).toEqual({ maxEntries: 744, overflow: errno.ENOMEM });
  });
});

test("a store grows, stays, and shrinks from its end", () => {
  const store = new EntryStore(sessions);
  expect(store.grow(52)).toBe(0);
  store.grow(10);
  expect([store.pages, store.sparePages(51), store.sparePages(0)]).toEqual([2, 1, 0]);
  store.shrink(51);
  expect([store.pages, store.sparePages(51)]).toEqual([1, 0]);
  expect(store.grow(510_001)).toBe(errno.ENOSPC);
  expect(store.pages).toBe(1);
});
