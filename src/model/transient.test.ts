import { describe, expect, test } from "vitest";

import { mibBytes, pageBytes } from "../base/index.ts";
import type { FolioShare, VmConfig } from "./config.ts";
import { sizeMemfd } from "./handlers/memfd.ts";
import { peakTransientBytes, transientBytes } from "./transient.ts";

const guestBytes = 64 * mibBytes;
const pointerBytes = (guestBytes / pageBytes) * 8;

function vmOf(folios: readonly FolioShare[]): VmConfig {
  return { guestBytes, folios } as VmConfig;
}

function countsOf(migratedPageCount: number) {
  return { migratedPageCount, memory: sizeMemfd({ fileBytes: guestBytes, folioCount: 1 }) };
}

describe("[MEMFD-03] [MEMFD-04] memory that preserving takes and gives back", () => {
  test.each([
    ["nothing moved", [{ order: 0, ratio: 1 }], 0, 0],
    ["fewer pages than a batch", [{ order: 0, ratio: 1 }], 300, 300],
    ["a batch of pages", [{ order: 0, ratio: 1 }], 16_384, 512],
    ["one huge folio is a batch", [{ order: 9, ratio: 1 }], 16_384, 512],
    ["folios of 16 pages fill a batch", [{ order: 4, ratio: 1 }], 16_384, 512],
    [
      "the last folio may reach beyond",
      [
        { order: 0, ratio: 0.5 },
        { order: 9, ratio: 0.5 },
      ],
      16_384,
      1023,
    ],
    ["a folio larger than a batch", [{ order: 10, ratio: 1 }], 16_384, 1024],
  ])("%s", (_, folios, migratedPages, copiedPages) => {
    expect(transientBytes(vmOf(folios), countsOf(migratedPages))).toBe(pointerBytes + copiedPages * pageBytes);
  });

  test("the peak is that of the largest, as many as work at once", () => {
    const vms = [vmOf([{ order: 0, ratio: 1 }]), vmOf([{ order: 0, ratio: 1 }]), vmOf([{ order: 0, ratio: 1 }])];
    const counts = [0, 512, 100].map(countsOf);
    expect(peakTransientBytes(vms, { counts, workers: 1 })).toBe(pointerBytes + 512 * pageBytes);
    expect(peakTransientBytes(vms, { counts, workers: 2 })).toBe(2 * pointerBytes + 612 * pageBytes);
    expect(peakTransientBytes(vms, { counts, workers: 9 })).toBe(3 * pointerBytes + 612 * pageBytes);
  });
});
