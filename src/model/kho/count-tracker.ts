import type { TrackerFeature } from "../kernel/features.ts";
import { countBitmapPages } from "./bitmap-tracker.ts";
import { countRadixPages, type KeyRun, sumPages } from "./radix-tree.ts";

/** What a kernel's tracker of preserved memory takes. */
export interface TrackerCount {
  readonly pages: number;
  /** Radix tree: pages by level, leaf first; bitmaps: bitmap pages, list pages. */
  readonly parts: readonly number[];
  /** Bitmaps that finalization puts into lists; none in a radix tree. */
  readonly bitmapCount: number;
  readonly detail: string;
}

/** Counts the tracker's pages for a preserved set [KHO-02] [KHO-21]. */
export function countTracker(feature: TrackerFeature, runs: readonly KeyRun[]): TrackerCount {
  if (feature.kind === "radix") {
    const parts = countRadixPages(runs);
    return {
      pages: sumPages(parts),
      parts,
      bitmapCount: 0,
      detail: `radix tree: ${parts.join(" + ")} pages, leaves first`,
    };
  }
  const { bitmapCount, bitmapPages, chunkPages } = countBitmapPages(runs, feature.bitmapBytes);
  const detail = `${bitmapCount} bitmaps of ${feature.bitmapBytes} bytes, ${chunkPages} pages of lists`;
  return { pages: bitmapPages + chunkPages, parts: [bitmapPages, chunkPages], bitmapCount, detail };
}
