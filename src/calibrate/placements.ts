import { bytesToPagesCeil, gibBytes, mibBytes, pageBytes } from "../base/index.ts";
import { entryPages, type FileCounts, kernelFeatures, type KeyRun } from "../model/index.ts";
import type { BeforeUpdate } from "../recording/index.ts";
import { hostRamBytes } from "./config.ts";
import { countFiles, foliosOf } from "./files.ts";

/** One way in which an update's folios may lie. */
export interface Placement {
  readonly files: readonly FileCounts[];
  readonly keys: readonly KeyRun[];
  /** Reserved regions that the new kernel steps over, where they do not follow from the keys. */
  readonly regionVisitCount?: number;
}

/** The likeliest way, and those that cost least and most; all three are one where the log says how they lie. */
export interface Placements {
  readonly likely: Placement;
  readonly least: Placement;
  readonly most: Placement;
  /** Why they differ, one sentence each. */
  readonly unknown: readonly string[];
}

/** Frames from which assumed placements begin: 4 GiB, where movable memory lies on most hosts [PLACE-01]. */
const baseFrame = (4 * gibBytes) / pageBytes;

/** All preserved folios in one piece, the largest first, and the metadata behind them. */
function contiguousKeys(before: BeforeUpdate, files: readonly FileCounts[]): readonly KeyRun[] {
  const { workload, kernelFrom } = before;
  const from = kernelFeatures(kernelFrom);
  const runs: KeyRun[] = [];
  let frame = baseFrame;
  const place = (order: number, count: number): void => {
    if (count === 0) return;
    const first = Math.ceil(frame / 2 ** order);
    runs.push({ order, first, count });
    frame = (first + count) * 2 ** order;
  };
  const orders = [...foliosOf(workload)].sort(([left], [right]) => right - left);
  for (const [order, count] of orders) place(order, count * files.length);
  const metadata = files.reduce((sum, file) => sum + file.metadataPages, 0);
  const blocks =
    entryPages(from.sessions, workload.sessions) + workload.sessions * entryPages(from.files, workload.files);
  place(0, metadata + blocks + from.fixedPages);
  return runs;
}

/** Pages that lie in scratch if files take memory of both kinds alike, and at most. */
function migratedPages(before: BeforeUpdate, filePages: number): { likely: number; most: number } {
  const scratchBytes = before.scratchAreasBytes.reduce((sum, bytes) => sum + bytes, 0);
  const scratchPages = scratchBytes > 0 ? bytesToPagesCeil(scratchBytes) : filePages;
  const share = scratchBytes > 0 ? scratchBytes / Math.max(mibBytes, hostRamBytes(before)) : 0;
  return { likely: Math.round(filePages * Math.min(1, share)), most: Math.min(filePages, scratchPages) };
}

/** Ways in which an update's folios may lie, as far as its log leaves it open. */
export function placementsOf(before: BeforeUpdate): Placements {
  const isMovedKnown = before.pagesInScratch !== undefined;
  const filePages = before.files.length * (countFiles(before, 0)[0]?.pageCount ?? 0);
  const moved = migratedPages(before, filePages);
  const filesWith = (pages: number): readonly FileCounts[] =>
    isMovedKnown ? countFiles(before) : countFiles(before, pages);
  const likelyFiles = filesWith(moved.likely);
  const keys = before.keys ?? contiguousKeys(before, likelyFiles);
  const folioCount = likelyFiles.reduce((sum, file) => sum + file.folioCount, 0);
  // Each lone folio steps over all below it, twice [KHO-05].
  const scattered = before.keys ? {} : { regionVisitCount: folioCount * (folioCount - 1) };
  const unknown = [
    ...(isMovedKnown ? [] : ["how many pages lie in scratch, and must be moved, is not known: none to all of them"]),
    ...(before.keys ? [] : ["where the folios lie is not known: from one piece to every one alone"]),
  ];
  return {
    likely: { files: likelyFiles, keys },
    least: { files: filesWith(0), keys },
    most: { files: filesWith(moved.most), keys, ...scattered },
    unknown,
  };
}
