import { bytesToPagesCeil, divFloor, mibBytes, orderPages, pageBytes } from "../base/index.ts";
import {
  countKeys,
  countPreservedPages,
  countRadixPages,
  countReserveMemKeys,
  countShmemFolios,
  entryPages,
  kernelFeatures,
  kernelLine,
  kernelVersions,
  reserveMemPages,
  sizeMemfd,
  sumMemfdPages,
} from "../model/index.ts";
import { parseReserveMem } from "./command-line.ts";
import { predictScratch, type ScratchPrediction } from "./predict-scratch.ts";
import type { RecordedLog, Workload } from "./recording.ts";

/** A number that the log says, and the one that the model gives; null where the log lacks what it takes. */
interface Compared<Value> {
  readonly expected: Value | null;
  readonly found: Value | null;
}

/** The model's word on the memory of one recorded live update [REC-01 .. REC-05]. */
export interface MemoryPrediction {
  readonly name: string;
  readonly kernel: string | null;
  readonly keysPerOrder: Compared<Readonly<Record<string, number>>>;
  readonly nodesPerLevel: Compared<readonly number[]>;
  readonly scratchBytes: ScratchPrediction;
  readonly metadataKeys: Compared<number>;
  /** Keys, tracker pages, metadata keys and given sizes of scratch are equal. */
  readonly exact: boolean;
  /** What is not as recorded, one sentence each: also a percentage's scratch that is more than a tenth off. */
  readonly reasons: readonly string[];
  readonly damagedLines: number;
}

/** KEYS lines give the keys, the tracker's own count judges them [REC-01]. */
function compareKeys({ keys, tracker, damagedKeyLines }: RecordedLog): MemoryPrediction["keysPerOrder"] {
  const sum = new Map<number, number>();
  for (const { order, count } of keys) sum.set(order, (sum.get(order) ?? 0) + count);
  const asRecord = (counts: ReadonlyMap<number, number>): Record<string, number> =>
    Object.fromEntries([...counts].sort(([left], [right]) => left - right).map(([order, n]) => [String(order), n]));
  return {
    expected: tracker ? asRecord(tracker.keysPerOrder) : null,
    found: keys.length > 0 && damagedKeyLines === 0 ? asRecord(sum) : null,
  };
}

/** The tracker's pages follow from the keys alone [REC-02]. */
function compareNodes({ keys, tracker, damagedKeyLines }: RecordedLog): MemoryPrediction["nodesPerLevel"] {
  return {
    expected: tracker?.nodesPerLevel ?? null,
    found: keys.length > 0 && damagedKeyLines === 0 ? countRadixPages(keys) : null,
  };
}

/** Folios of one of the workload's files, by order. */
function fileFolios({ fileMib, thp, touchPercent }: Workload): ReadonlyMap<number, number> {
  const bytes = fileMib * mibBytes;
  // The lab writes every 4096 bytes below this one.
  const touchedBytes = divFloor(bytes, 100) * touchPercent;
  return countShmemFolios({
    pageCount: bytes / pageBytes,
    touchedPages: bytesToPagesCeil(touchedBytes),
    huge: thp === 1,
  });
}

function sumFolios(folios: ReadonlyMap<number, number>): number {
  return [...folios.values()].reduce((sum, count) => sum + count, 0);
}

/** Keys of order 0 that LUO, its memfds and the fixed parts of KHO take for a workload, whatever the log counts. */
function countWorkloadKeys(
  release: string,
  { workload: { sessions, files, fileMib }, folioCount }: { workload: Workload; folioCount: number },
): number {
  const features = kernelFeatures(release);
  const memfdPages = sumMemfdPages(sizeMemfd({ fileBytes: fileMib * mibBytes, folioCount }));
  const sessionPages = entryPages(features.files, files) + files * memfdPages;
  return features.fixedPages + entryPages(features.sessions, sessions) + sessions * sessionPages;
}

/**
 * Single pages of reserve_mem regions: their whole pages less what larger blocks hold. How a region splits depends on
 * its address, which the log does not name; the larger blocks that are not the files' are its.
 */
function countLooseKeys(recording: RecordedLog, folios: ReadonlyMap<number, number>, fileCount: number): number {
  const regions = parseReserveMem(recording.oldKernel.commandLine ?? "");
  const regionPages = regions.reduce((sum, { bytes }) => sum + reserveMemPages(bytes), 0);
  const large = recording.keys.filter(({ order }) => order > 0);
  const filePages = [...folios].reduce(
    (sum, [order, count]) => (order === 0 ? sum : sum + count * orderPages(order)),
    0,
  );
  return regionPages - (countPreservedPages(large) - fileCount * filePages);
}

/** Keys of order 0 that are no file's memory: metadata, block and fixed pages, pages of reserve_mem [REC-03]. */
function compareMetadata(recording: RecordedLog): MemoryPrediction["metadataKeys"] {
  const { workload, tracker, oldKernel, keys, damagedKeyLines } = recording;
  if (!workload) return { expected: null, found: null };
  const folios = fileFolios(workload);
  const fileCount = workload.sessions * workload.files;
  const dataKeys = fileCount * (folios.get(0) ?? 0);
  const order0Keys = tracker?.keysPerOrder.get(0) ?? 0;
  const regions = parseReserveMem(oldKernel.commandLine ?? "").length;
  const loose = regions > 0 ? countLooseKeys(recording, folios, fileCount) : 0;
  const knowsLoose = regions === 0 || (countKeys(keys) > 0 && damagedKeyLines === 0 && loose >= 0);
  const expected = tracker ? order0Keys - dataKeys : null;
  const release = oldKernel.version ?? "";
  if (!knowsLoose || !kernelVersions.includes(kernelLine(release))) return { expected, found: null };
  const workloadKeys = countWorkloadKeys(release, { workload, folioCount: sumFolios(folios) });
  return { expected, found: workloadKeys + countReserveMemKeys({ regions, looseKeys: loose }) };
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** What is amiss with one compared value, or nothing. */
function explain(what: string, { expected, found }: Compared<unknown>, missing: string): string[] {
  if (expected === null) return [`${what}: the log does not say (${missing})`];
  if (found === null) return [`${what}: the log lacks what the model needs (${missing})`];
  return isSame(expected, found) ? [] : [`${what}: the log says ${JSON.stringify(expected)}`];
}

/** Why the tracker's part of a log may be missing. */
function whatIsMissing({ failure, damagedKeyLines, damagedLines, tracker }: RecordedLog): string {
  if (failure !== undefined) return `the recorded program stopped at ${failure}`;
  if (damagedKeyLines > 0) return `${damagedKeyLines} KEYS lines are damaged`;
  if (damagedLines > 0) return `${damagedLines} lines are damaged`;
  return tracker ? "KEYS lines or arguments are missing" : "no radix line after preserving";
}

/** Holds the model's memory facts against one recording; a part that the log lacks is null, and nothing is exact. */
export function predictMemory(recording: RecordedLog): MemoryPrediction {
  const keysPerOrder = compareKeys(recording);
  const nodesPerLevel = compareNodes(recording);
  const metadataKeys = compareMetadata(recording);
  const { prediction: scratchBytes, reasons: scratchReasons } = predictScratch(recording);
  const missing = whatIsMissing(recording);
  const countReasons = [
    ...explain("keys by order", keysPerOrder, missing),
    ...explain("tracker pages by level", nodesPerLevel, missing),
    ...explain("metadata keys", metadataKeys, missing),
  ];
  // A percentage is met within bounds, never to the byte by promise: that it is not is said, and no count is inexact.
  const isPercent = scratchBytes.rule === "percent" && scratchBytes.found !== null;
  const exact = countReasons.length === 0 && (isPercent || scratchReasons.length === 0);
  const reasons = [...countReasons, ...scratchReasons];
  return {
    name: recording.name,
    kernel: recording.oldKernel.version ?? null,
    keysPerOrder,
    nodesPerLevel,
    scratchBytes,
    metadataKeys,
    exact,
    reasons,
    damagedLines: recording.damagedLines,
  };
}
