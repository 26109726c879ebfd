import { divFloor, pageBytes } from "../../base/index.ts";
import type { KeyRun } from "./radix-tree.ts";

/** Page of the FDT that lists the regions, when there is one. linux-7.3 mm/memblock.c prepare_kho_fdt() */
const regionListPages = 1;

/** Whole pages of a region: what is left over of a page is not preserved. linux-7.3 mm/memblock.c reserved_mem_preserve() */
export function reserveMemPages(bytes: number): number {
  return divFloor(bytes, pageBytes);
}

/** Keys of order 0 that regions add, if all but `looseKeys` of their pages are preserved in larger blocks [KHO-09]. */
export function countReserveMemKeys({ regions, looseKeys }: { regions: number; looseKeys: number }): number {
  return regions === 0 ? 0 : regionListPages + looseKeys;
}

/**
 * The blocks in which `pageCount` pages from `firstPage` on are preserved: each as large as its address and the rest
 * allow.
 *
 * Source   linux-7.3 kexec_handover.c kho_preserve_pages() [KHO-09]
 */
export function splitIntoBlocks(firstPage: number, pageCount: number): readonly KeyRun[] {
  const blocks: KeyRun[] = [];
  const end = firstPage + pageCount;
  for (let page = firstPage; page < end;) {
    let size = 1;
    while (page % (size * 2) === 0 && page + size * 2 <= end) size *= 2;
    blocks.push({ order: Math.log2(size), first: page / size, count: 1 });
    page += size;
  }
  return blocks;
}
