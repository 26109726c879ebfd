import { expect, test } from "vitest";

import { sizeMemfd, sumMemfdPages } from "./memfd.ts";

const gib = 1024 ** 3;

test.each([
  ["1 GiB of 4 KiB folios", gib, 262_144, 1024, 3],
  ["1 GiB of 2 MiB folios", gib, 512, 2, 1],
  ["1 TiB of 4 KiB folios", 1024 * gib, 268_435_456, 1_048_576, 2053],
  ["1 TiB of 2 MiB folios", 1024 * gib, 524_288, 2048, 5],
])("[MEMFD-01] [MEMFD-02] %s", (_, fileBytes, folioCount, arrayPages, chunkPages) => {
  expect(sizeMemfd({ fileBytes, folioCount })).toMatchObject({ arrayPages, chunkPages });
});

test("[MEMFD-02] an array of 511 pages has a trailing empty chunk", () => {
  expect(sizeMemfd({ fileBytes: gib, folioCount: 511 * 256 })).toMatchObject({ arrayPages: 511, chunkPages: 2 });
  expect(sizeMemfd({ fileBytes: gib, folioCount: 510 * 256 })).toMatchObject({ arrayPages: 510, chunkPages: 1 });
});

test("[MEMFD-03] preserving holds 8 bytes a 4 KiB page, whatever the folio size", () => {
  expect(sizeMemfd({ fileBytes: 1024 * gib, folioCount: 524_288 }).transientBytes).toBe(2 * gib);
});

test("a file without bytes has a descriptor only", () => {
  expect(sumMemfdPages(sizeMemfd({ fileBytes: 0, folioCount: 0 }))).toBe(1);
});
