// memblock of Linux 7.3 step by step and slowly, as mm/memblock.c does it: what countRegionVisits is held against.
import { orderPages } from "../../src/base/index.ts";
import type { KeyRun } from "../../src/model/index.ts";

interface Region {
  base: number;
  size: number;
  /** MEMBLOCK_RSRV_NOINIT */
  noinit: boolean;
}

/** memblock.reserved, and how many regions its loops passed by that lie below a range without touching it. */
export class SimpleMemblock {
  regions: Region[] = [];
  passed = 0;

  /** Reserves one preserved block, then marks it: kho_preserved_memory_reserve(). */
  preserve(base: number, size: number): void {
    this.#addRange(base, size);
    const [from, to] = this.#isolateRange(base, size);
    for (let index = from; index < to; index++) this.regions[index]!.noinit = true;
    this.#mergeRegions();
  }

  #pass(region: Region, base: number): void {
    if (region.base + region.size < base) this.passed++;
  }

  /** memblock_add_range(): finds what no region covers yet, and inserts it. */
  #addRange(base: number, size: number): void {
    const end = base + size;
    let from = base;
    let index = 0;
    for (; index < this.regions.length; index++) {
      const region = this.regions[index]!;
      if (region.base >= end) break;
      if (region.base + region.size <= from) {
        this.#pass(region, base);
        continue;
      }
      if (region.base > from) this.regions.splice(index++, 0, { base: from, size: region.base - from, noinit: false });
      from = Math.min(region.base + region.size, end);
    }
    if (from < end) this.regions.splice(index, 0, { base: from, size: end - from, noinit: false });
    this.#mergeRegions();
  }

  /** memblock_isolate_range(): cuts regions at both ends of the range; the indices of those inside. */
  #isolateRange(base: number, size: number): [number, number] {
    const end = base + size;
    let from = 0;
    let to = 0;
    for (let index = 0; index < this.regions.length; index++) {
      const region = this.regions[index]!;
      const regionEnd = region.base + region.size;
      if (region.base >= end) break;
      if (regionEnd <= base) {
        this.#pass(region, base);
        continue;
      }
      if (region.base < base) {
        this.regions.splice(index, 0, { ...region, size: base - region.base });
        region.base = base;
        region.size = regionEnd - base;
      } else if (regionEnd > end) {
        this.regions.splice(index--, 0, { ...region, size: end - region.base });
        region.base = end;
        region.size = regionEnd - end;
      } else {
        if (to === 0) from = index;
        to = index + 1;
      }
    }
    return [from, to];
  }

  /** memblock_merge_regions(): neighbours that touch and have the same flags become one. */
  #mergeRegions(): void {
    for (let index = 0; index + 1 < this.regions.length;) {
      const region = this.regions[index]!;
      const next = this.regions[index + 1]!;
      if (region.base + region.size !== next.base || region.noinit !== next.noinit) index++;
      else {
        region.size += next.size;
        this.regions.splice(index + 1, 1);
      }
    }
  }
}

/** Preserves every key of the runs as the tracker's walk meets them: by ascending key. */
export function preserveSlowly(runs: readonly KeyRun[]): SimpleMemblock {
  const keys = runs.flatMap(({ order, first, count }) =>
    Array.from({ length: count }, (_, index) => ({
      key: 2 ** (52 - order) + first + index,
      order,
      block: first + index,
    })),
  );
  keys.sort((left, right) => left.key - right.key);
  const memblock = new SimpleMemblock();
  for (const { order, block } of keys) memblock.preserve(block * orderPages(order), orderPages(order));
  return memblock;
}
