import { orderPages, pagesToBytes } from "../../base/index.ts";
import type { KeyRun } from "./radix-tree.ts";

/**
 * Reserved regions among pieces of memory that are known beforehand, by number in the order of their addresses.
 *
 * Counts of regions below a piece are sums over a Fenwick tree, so that adding one takes a logarithm of steps.
 */
class Regions {
  readonly #startPages: Float64Array;
  readonly #endPages: Float64Array;
  readonly #present: Uint8Array;
  /** Pieces with which a region begins, as partial sums. */
  readonly #sums: Int32Array;

  constructor(startPages: Float64Array, endPages: Float64Array) {
    this.#startPages = startPages;
    this.#endPages = endPages;
    this.#present = new Uint8Array(startPages.length + 1);
    this.#sums = new Int32Array(startPages.length + 1);
  }

  /** Adds a piece and joins what touches, of whatever order; gives the number of regions below, untouched. */
  add(piece: number): number {
    const joinsBelow =
      piece > 0 && this.#present[piece - 1] === 1 && this.#endPages[piece - 1] === this.#startPages[piece];
    const joinsAbove = this.#present[piece + 1] === 1 && this.#startPages[piece + 1] === this.#endPages[piece];
    const below = this.#countBelow(piece);
    this.#present[piece] = 1;
    if (!joinsBelow) this.#change(piece, 1);
    if (joinsAbove) this.#change(piece + 1, -1);
    return joinsBelow ? below - 1 : below;
  }

  #countBelow(piece: number): number {
    let sum = 0;
    for (let node = piece; node > 0; node &= node - 1) sum += this.#sums[node]!;
    return sum;
  }

  #change(piece: number, by: number): void {
    for (let node = piece + 1; node < this.#sums.length; node += node & -node) this.#sums[node]! += by;
  }
}

function byAddress(left: KeyRun, right: KeyRun): number {
  return left.first * orderPages(left.order) - right.first * orderPages(right.order);
}

/**
 * Counts the reserved regions that the new kernel steps over while it reserves every preserved key.
 *
 * The walk goes by ascending key: largest order first, then by address; through 7.0 it goes by order. Each key scans memblock.reserved from its
 * beginning, in memblock_add_range() and again in memblock_isolate_range(), also when it only makes a region longer.
 * So lone pages cost a scan over all regions below them, and their sum grows with the square of their number. Once a
 * key is marked, it joins the regions at both of its ends, whatever their keys' orders were. The region that a key
 * makes longer is not counted, the price of a key covers it; for those that the boot itself reserved see countKeyAreas().
 *
 * Shape    runs in any order; they may touch, but not overlap, and how they are cut changes nothing
 * Source   linux-7.3 mm/memblock.c memblock_add_range(), memblock_isolate_range(), memblock_merge_regions();
 *          kexec_handover.c kho_preserved_memory_reserve() [KHO-05]
 */
export function countRegionVisits(
  runs: readonly KeyRun[],
  walk: "largest-first" | "smallest-first" = "largest-first",
): number {
  const pieces = [...runs].sort(byAddress);
  const regions = new Regions(
    Float64Array.from(pieces, ({ order, first }) => first * orderPages(order)),
    Float64Array.from(pieces, ({ order, first, count }) => (first + count) * orderPages(order)),
  );
  const sign = walk === "largest-first" ? -1 : 1;
  // Of one order, pieces by address are keys by number.
  const numbers = Uint32Array.from(pieces.keys()).sort(
    (left, right) => sign * (pieces[left]!.order - pieces[right]!.order) || left - right,
  );
  let visits = 0;
  for (const piece of numbers) visits += 2 * regions.add(piece) * pieces[piece]!.count;
  return visits;
}

/**
 * Counts keys, each as often as scratch areas begin below it: what the new kernel itself has reserved by then lies in
 * those, so that each key steps over some regions an area.
 *
 * Source   linux-7.3 kexec_handover.c kho_extend_scratch(), memblock_set_kho_scratch_only() [KHO-05]
 */
export function countKeyAreas(runs: readonly KeyRun[], areaStartsBytes: readonly number[]): number {
  let sum = 0;
  for (const { order, first, count } of runs) {
    const startBytes = pagesToBytes(first * orderPages(order));
    sum += count * areaStartsBytes.filter((area) => area < startBytes).length;
  }
  return sum;
}
