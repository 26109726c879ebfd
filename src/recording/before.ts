import type { KeyRun } from "../model/index.ts";
import { expectedPayload, type KexecPayload } from "./lab-image.ts";
import type { KernelBoot, RecordedLog, Workload } from "./recording.ts";

/** One memfd of a recorded workload. */
export interface RecordedFile {
  readonly session: number;
  readonly file: number;
  /** Of its pages, those that lay in scratch before preserving; undefined where the log does not say. */
  readonly pagesInScratch: number | undefined;
}

/**
 * What a log tells of an update before the reboot call. A prediction is made of nothing else, so that no line after that
 * call can change it [REC-06].
 */
export interface BeforeUpdate {
  readonly name: string;
  readonly kernelFrom: string;
  readonly host: KernelBoot;
  readonly payload: KexecPayload;
  readonly workload: Workload;
  readonly files: readonly RecordedFile[];
  readonly pagesInScratch: number | undefined;
  /** Where the preserved pages lie; undefined where the log does not say, or not whole. */
  readonly keys: readonly KeyRun[] | undefined;
  readonly scratchAreasBytes: readonly number[];
  readonly scratchStartsBytes: readonly number[];
}

/** Pages in scratch by session and file; the lab says so of up to 64 files. */
function placements({ events }: RecordedLog): ReadonlyMap<string, number> {
  const lines = events.get("placement") ?? [];
  return new Map(lines.map((line) => [`${line["s"]} ${line["f"]}`, line["pages_in_scratch"] ?? Number.NaN]));
}

function listFiles(recording: RecordedLog, { sessions, files }: Workload): RecordedFile[] {
  const known = placements(recording);
  // Without a line of its own, nothing having moved at all tells it of every file.
  const everywhere = recording.pagesInScratch === 0 ? 0 : undefined;
  return Array.from({ length: sessions * files }, (_, index) => {
    const [session, file] = [Math.floor(index / files), index % files];
    const pages = known.get(`${session} ${file}`);
    return { session, file, pagesInScratch: pages !== undefined && pages >= 0 ? pages : everywhere };
  });
}

/** More files than any recording has; a log may claim anything. */
const maxFiles = 100_000;
const maxFileMib = 16 * 1024 * 1024;

/** Undefined when the log lacks the first kernel's release, or believable arguments of its workload. */
export function beforeUpdate(recording: RecordedLog): BeforeUpdate | undefined {
  const {
    name,
    oldKernel,
    workload,
    keys,
    damagedKeyLines,
    tracker,
    pagesInScratch,
    scratchAreasBytes,
    scratchStartsBytes,
  } = recording;
  if (oldKernel.version === undefined || workload === undefined) return undefined;
  if (workload.sessions * workload.files > maxFiles || workload.fileMib > maxFileMib) return undefined;
  const isWhole = keys.length > 0 && damagedKeyLines === 0 && tracker !== undefined;
  return {
    name,
    kernelFrom: oldKernel.version,
    host: oldKernel,
    payload: expectedPayload(oldKernel),
    workload,
    files: listFiles(recording, workload),
    pagesInScratch,
    keys: isWhole ? keys : undefined,
    scratchAreasBytes,
    scratchStartsBytes,
  };
}
