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

/** Reserved regions in the order of their addresses; none touches the next. */
class RegionList {
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#starts = new Float64Array(capacity);
    this.#ends = new Float64Array(capacity);
  }

  /** Adds pages from `start` to `end` and joins what touches, of whatever order; gives the regions below, untouched. */
  add(start: number, end: number): number {
    const index = lowerBound(this.#starts, this.#count, start);
    const joinsBelow = index > 0 && this.#ends[index - 1] === start;
    const joinsAbove = index < this.#count && this.#starts[index] === end;
    if (joinsBelow && joinsAbove) {
      this.#ends[index - 1] = this.#ends[index]!;
      this.#move(index + 1, index);
    } else if (joinsBelow) this.#ends[index - 1] = end;
    else if (joinsAbove) this.#starts[index] = start;
    else {
      this.#move(index, index + 1);
      this.#starts[index] = start;
      this.#ends[index] = end;
    }
    return joinsBelow ? index - 1 : index;
  }

  /** Moves the regions from index `from` on to index `to`. */
  #move(from: number, to: number): void {
    this.#starts.copyWithin(to, from, this.#count);
    this.#ends.copyWithin(to, from, this.#count);
    this.#count += to - from;
  }
}

/**
 * Counts the reserved regions that the new kernel steps over while it reserves every preserved key.
 *
 * The walk goes by ascending key: largest order first, then by address. Each key scans memblock.reserved from its
 * beginning, in memblock_add_range() and again in memblock_isolate_range(), also when it only makes a region longer.
 * So lone pages cost a scan over all regions below them, and their sum grows with the square of their number. Once a
 * key is marked, it joins the regions at both of its ends, whatever their keys' orders were. The region that a key
 * makes longer, and those that the boot itself reserved, are not counted: the price of a key covers them.
 *
 * Shape    runs in any order; they may touch, but not overlap, and how they are cut changes nothing
 * Source   linux-7.3 mm/memblock.c memblock_add_range(), memblock_isolate_range(), memblock_merge_regions();
 *          kexec_handover.c kho_preserved_memory_reserve() [KHO-05]
 */
export function countRegionVisits(runs: readonly KeyRun[]): number {
  const walk = [...runs].sort((left, right) => right.order - left.order || left.first - right.first);
  const regions = new RegionList(walk.length);
  let visits = 0;
  for (const { order, first, count } of walk) {
    const start = first * orderPages(order);
    const end = (first + count) * orderPages(order);
    visits += 2 * regions.add(start, end) * count;
  }
  return visits;
}
