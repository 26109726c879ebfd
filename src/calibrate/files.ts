import { bytesToPagesCeil, divFloor, gibBytes, mibBytes, orderPages, pageBytes } from "../base/index.ts";
import { countShmemFolios, type FileCounts, sizeMemfd, sumMemfdPages } from "../model/index.ts";
import type { BeforeUpdate, Workload } from "../recording/index.ts";

/** Frames below 4 GiB are those of the zones DMA and DMA32. linux-7.3 arch/x86/mm/init.c zone_sizes_init() */
const lowZoneFrames = (4 * gibBytes) / pageBytes;

/** Order of a folio of 2 MiB. */
const hugeOrder = 9;

/** Folios of one file of the workload, by order, once it is pinned. */
export function foliosOf({ fileMib, thp, touchPercent }: Workload): ReadonlyMap<number, number> {
  return countShmemFolios({
    pageCount: (fileMib * mibBytes) / pageBytes,
    touchedPages: touchedPages({ fileMib, touchPercent }),
    huge: thp === 1,
  });
}

/** The lab writes every 4096 bytes below this share of the file. */
function touchedPages({ fileMib, touchPercent }: Pick<Workload, "fileMib" | "touchPercent">): number {
  return bytesToPagesCeil(divFloor(fileMib * mibBytes, 100) * Math.min(touchPercent, 100));
}

/** Folios and pages that a file has before it is pinned: whole units as far as it was touched, then single pages. */
function countPopulated(workload: Workload, unitPages: number): { folioCount: number; pageCount: number } {
  const filePages = (workload.fileMib * mibBytes) / pageBytes;
  const touched = Math.min(filePages, touchedPages(workload));
  const wholeUnits = divFloor(filePages, unitPages);
  const units = Math.min(wholeUnits, Math.ceil(touched / unitPages));
  const tailPages = Math.max(0, touched - wholeUnits * unitPages);
  return { folioCount: units + tailPages, pageCount: units * unitPages + tailPages };
}

/**
 * Migrated pages that found no place in their zone: order-0 keys below 4 GiB, if others lie above.
 *
 * Without the keys it is 0, which is so as long as the upper zone has room.
 */
function countSpilled({ keys, pagesInScratch = 0 }: BeforeUpdate): number {
  if (!keys || pagesInScratch === 0) return 0;
  let low = 0;
  let high = 0;
  for (const { order, first, count } of keys) {
    if (order > 0) continue;
    if (first < lowZoneFrames) low += count;
    else high += count;
  }
  return high > low / 8 ? Math.min(low, pagesInScratch) : 0;
}

/** Once memory comes from scratch at all, every other batch of pages does: recordings of up to 64 files show it. */
const inScratchShare = 0.5;

/** Pages in scratch of each file: as recorded, or of the last ones, so that half of each lies there. */
function listMigrated({ files, pagesInScratch = 0 }: BeforeUpdate, filePages: number): readonly number[] {
  if (files.every((file) => file.pagesInScratch !== undefined)) return files.map((file) => file.pagesInScratch!);
  const fileCount = Math.min(files.length, Math.ceil(pagesInScratch / (inScratchShare * filePages)));
  return files.map((_, index) => (index < files.length - fileCount ? 0 : pagesInScratch / fileCount));
}

/**
 * Counts of every file of a recorded workload, in the order in which they are preserved.
 *
 * `migratedPages` overrides what the log says, where it says nothing.
 */
export function countFiles(before: BeforeUpdate, migratedPages?: number): readonly FileCounts[] {
  const { workload } = before;
  const folios = foliosOf(workload);
  const folioCount = [...folios.values()].reduce((sum, count) => sum + count, 0);
  const pageCount = [...folios].reduce((sum, [order, count]) => sum + count * orderPages(order), 0);
  const unitPages = workload.thp === 1 ? orderPages(hugeOrder) : 1;
  const populated = countPopulated(workload, unitPages);
  const { arrayPages, chunkPages, descriptorPages } = sizeMemfd({ fileBytes: pageCount * pageBytes, folioCount });
  const migrated =
    migratedPages === undefined
      ? listMigrated(before, pageCount)
      : before.files.map(() => migratedPages / before.files.length);
  const migratedTotal = migrated.reduce((sum, pages) => sum + pages, 0);
  const spilled = migratedPages === undefined ? countSpilled(before) : 0;
  return migrated.map((pages) => ({
    folioCount,
    pageCount,
    metadataPages: sumMemfdPages({ arrayPages, chunkPages, descriptorPages, transientBytes: 0 }),
    holeFolioCount: folioCount - populated.folioCount,
    holePageCount: pageCount - populated.pageCount,
    migratedFolioCount: Math.ceil(pages / unitPages),
    migratedPageCount: Math.ceil(pages / unitPages) * unitPages,
    spilledPageCount: migratedTotal === 0 ? 0 : (spilled * pages) / migratedTotal,
  }));
}
