import { divFloor, orderPages } from "../../base/index.ts";

/** Order of a 2 MiB folio, the largest that shmem allocates. linux-7.3 HPAGE_PMD_ORDER of x86-64 */
const hugeOrder = 9;

export interface ShmemFile {
  readonly pageCount: number;
  /** Pages from the file's beginning that were written to by way of a mapping of the whole file. */
  readonly touchedPages: number;
  /** shmem_enabled=always. With never, and with advise when nobody advises, every folio has one page. */
  readonly huge: boolean;
}

/**
 * Folios that a memfd has once it is pinned, by order.
 *
 * A fault takes 2 MiB where they lie in the mapping as a whole, and one page elsewhere. Pinning fills each hole from
 * its beginning, with the largest aligned folio up to 2 MiB that overlaps no other, also beyond the end of the file.
 *
 * Source   linux-7.3 mm/shmem.c shmem_allowable_huge_orders(), shmem_suitable_orders(); mm/memfd.c
 *          memfd_alloc_folio() [MEMFD-06]
 */
export function countShmemFolios({ pageCount, touchedPages, huge }: ShmemFile): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const add = (order: number, folios: number): void => {
    if (folios > 0) counts.set(order, (counts.get(order) ?? 0) + folios);
  };
  if (!huge) {
    add(0, pageCount);
    return counts;
  }
  const unitPages = orderPages(hugeOrder);
  const wholePages = divFloor(pageCount, unitPages) * unitPages;
  add(hugeOrder, wholePages / unitPages);
  const tailTouched = Math.max(0, Math.min(touchedPages, pageCount) - wholePages);
  add(0, tailTouched);
  for (let page = wholePages + tailTouched; page < pageCount;) {
    let order = hugeOrder;
    // Lower pages of the unit are taken by others, unless the hole begins with it.
    while (page % orderPages(order) !== 0) order--;
    add(order, 1);
    page += orderPages(order);
  }
  return counts;
}
