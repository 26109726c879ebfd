import { orderPages } from "../../base/index.ts";

/** `count` consecutive preservations of one order, from key number `first` (page number / 2^order) on. */
export interface KeyRun {
  readonly order: number;
  readonly first: number;
  readonly count: number;
}

/**
 * Right shifts that turn a 53-bit key into the number of the table that holds it, leaf first [KHO-02].
 * Keys need up to 53 bits, as many as a double keeps exactly, so plain numbers do.
 */
const levelShifts = [15, 24, 33, 42, 51] as const;

/** The key of a preservation: 2^(52 - order) + number of the block [KHO-01]. */
export function radixKey(order: number, block: number): number {
  return 2 ** (52 - order) + block;
}

/** Pages of the tracker, leaf level first and root last: what a recording's `radix` line shows. */
export type RadixPages = readonly number[];

/**
 * Counts the tracker's pages for a preserved set: one page a distinct key prefix and level, plus the root.
 *
 * Shape    runs in any order; they may touch, but not overlap
 * Source   linux-7.3 kernel/liveupdate/kexec_handover.c kho_radix_add_key() [KHO-02]
 * Cost     one step a run and level, not a key: a leaf spans 32,768 keys
 */
export function countRadixPages(runs: readonly KeyRun[]): RadixPages {
  const spans = runs
    .map(({ order, first, count }) => ({ from: radixKey(order, first), to: radixKey(order, first + count - 1) }))
    .sort((left, right) => left.from - right.from);
  const levels = levelShifts.map((shift) => {
    const divisor = 2 ** shift;
    let pages = 0;
    let last = -1;
    for (const { from, to } of spans) {
      const start = Math.max(Math.floor(from / divisor), last + 1);
      const end = Math.floor(to / divisor);
      if (end >= start) {
        pages += end - start + 1;
        last = end;
      }
    }
    return pages;
  });
  return [...levels, 1];
}

export function sumPages(pages: RadixPages): number {
  return pages.reduce((sum, count) => sum + count, 0);
}

export function countKeys(runs: readonly KeyRun[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}

/** 4 KiB pages that the runs preserve. */
export function countPreservedPages(runs: readonly KeyRun[]): number {
  return runs.reduce((sum, { order, count }) => sum + count * orderPages(order), 0);
}
