import { bytesToPagesCeil, divCeil } from "../../base/index.ts";
import type { KeyRun } from "./radix-tree.ts";

/** Bitmaps that one page of the list for the next kernel names: 16 bytes each behind a header of 16 [KHO-21]. */
const bitmapsPerChunk = 255;

/** Pages of the tracker through 7.0. */
export interface BitmapPages {
  readonly bitmapCount: number;
  /** Whole pages that the bitmaps take: those of 512 bytes share pages. */
  readonly bitmapPages: number;
  /** Lists that finalization makes, one chain an order. */
  readonly chunkPages: number;
}

/**
 * Counts the tracker's memory of kernels 6.16 to 7.0: bitmaps of one order each, one for every window that is touched.
 * The trees that find them (576 bytes for 64 windows, not preserved) are left out.
 *
 * Source   linux-6.17 kernel/kexec_handover.c __kho_preserve_order(), kho_mem_serialize() [KHO-21]
 */
export function countBitmapPages(runs: readonly KeyRun[], bitmapBytes: 512 | 4096): BitmapPages {
  const bits = bitmapBytes * 8;
  const windows = new Map<number, number>();
  let last = { order: -1, window: -1 };
  for (const { order, first, count } of [...runs].sort(
    (left, right) => left.order - right.order || left.first - right.first,
  )) {
    const from = Math.floor(first / bits);
    const to = Math.floor((first + count - 1) / bits);
    const shared = last.order === order && last.window === from ? 1 : 0;
    windows.set(order, (windows.get(order) ?? 0) + to - from + 1 - shared);
    last = { order, window: to };
  }
  let [bitmapCount, chunkPages] = [0, 0];
  for (const count of windows.values()) {
    bitmapCount += count;
    chunkPages += divCeil(count, bitmapsPerChunk);
  }
  return { bitmapCount, bitmapPages: bytesToPagesCeil(bitmapCount * bitmapBytes), chunkPages };
}
