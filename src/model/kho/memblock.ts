import { orderPages } from "../../base/index.ts";
import type { KeyRun } from "./radix-tree.ts";

/** Where `value` would be inserted into the first `length` sorted values. */
function lowerBound(sorted: Float64Array, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Counts the reserved regions that the new kernel steps over while it reserves every preserved key.
 *
 * The walk goes by ascending key: largest order first, then by address. Each key scans memblock.reserved from its
 * beginning, in memblock_add_range() and again in memblock_isolate_range(), also when it only makes a region longer.
 * So lone pages cost a scan over all regions below them, and their sum grows with the square of their number.
 * Regions that the boot itself reserved are not counted: the price of a key covers them.
 *
 * Source   linux-7.3 mm/memblock.c memblock_add_range(), memblock_isolate_range(); kexec_handover.c
 *          kho_preserved_memory_reserve() [KHO-05]
 */
export function countRegionVisits(runs: readonly KeyRun[]): number {
  const walk = [...runs].sort((left, right) => right.order - left.order || left.first - right.first);
  const starts = new Float64Array(walk.length);
  const ends = new Float64Array(walk.length);
  let regions = 0;
  let visits = 0;
  for (const { order, first, count } of walk) {
    const start = first * orderPages(order);
    const end = (first + count) * orderPages(order);
    const below = lowerBound(starts, regions, start);
    visits += 2 * below * count;
    if (below > 0 && ends[below - 1] === start) {
      ends[below - 1] = end;
      continue;
    }
    starts.copyWithin(below + 1, below, regions);
    ends.copyWithin(below + 1, below, regions);
    starts[below] = start;
    ends[below] = end;
    regions++;
  }
  return visits;
}
