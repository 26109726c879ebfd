import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { assertDefined, FormatError, gibBytes } from "../../src/base/index.ts";
import {
  type BootMarks,
  bootMarkNames,
  eventOf as firstEvent,
  type LabEvent,
  readRecordings,
  type Recording,
} from "../../src/recording/index.ts";

/** The recorded workload and machine in the units of the fit. */
export interface FitWorkload {
  readonly sessions: number;
  readonly files: number;
  readonly fileMib: number;
  readonly thp: boolean;
  readonly touchRatio: number;
  readonly ramGib: number;
  readonly cpus: number;
  readonly nodes: number;
}

/** A recording that has everything that the fit needs; only single events may be missing. */
export interface FitRecording extends Pick<Recording, "name" | "keys" | "events"> {
  readonly oldVersion: string;
  readonly newVersion: string;
  readonly workload: FitWorkload;
  readonly radixPages: readonly number[];
  readonly scratchBytes: readonly number[];
  readonly pagesInScratch: number;
  readonly boot: BootMarks;
  readonly initrdBytes: number;
  readonly shutdownStartNs: number;
  readonly shutdownEndNs: number;
}

function requireBoot({ name, boot }: Recording): BootMarks {
  const missing = bootMarkNames.filter((mark) => boot[mark] === undefined);
  if (missing.length > 0) throw new FormatError(`${name}: the second kernel's log lacks ${missing.join(", ")}`);
  return boot as BootMarks;
}

function requireWorkload({ name, workload, oldKernel }: Recording): FitWorkload {
  const { ramBytes, cpuCount, nodeCount } = oldKernel;
  const { sessions, files, fileMib, thp, touchPercent } = assertDefined(workload, `${name}: the workload`);
  return {
    sessions,
    files,
    fileMib,
    thp: thp === 1,
    touchRatio: touchPercent / 100,
    ramGib: Math.round(assertDefined(ramBytes, `${name}: RAM`) / gibBytes),
    cpus: assertDefined(cpuCount, `${name}: CPUs`),
    nodes: assertDefined(nodeCount, `${name}: nodes`),
  };
}

/** Errors   FormatError, InvariantError: the log lacks a part that the fit needs */
export function requireFit(recording: Recording): FitRecording {
  const { name, keys, events, tracker, scratchAreasBytes, pagesInScratch = 0, newKernel } = recording;
  return {
    name,
    keys,
    events,
    oldVersion: assertDefined(recording.oldKernel.version, `${name}: the first kernel's version`),
    newVersion: assertDefined(newKernel.version, `${name}: the second kernel's version`),
    workload: requireWorkload(recording),
    radixPages: tracker?.nodesPerLevel ?? [],
    scratchBytes: scratchAreasBytes,
    pagesInScratch,
    boot: requireBoot(recording),
    initrdBytes: newKernel.initrd?.bytes ?? 0,
    shutdownStartNs: recording.shutdownStartNs ?? Number.NaN,
    shutdownEndNs: assertDefined(recording.shutdownEndNs, `${name}: the jump`),
  };
}

/** The first event of a kind; one that a message cut is missing. */
export function eventOf(recording: Pick<Recording, "events">, kind: string): LabEvent | undefined {
  return firstEvent(recording, kind);
}

function isOf(line: string, version: string | undefined): boolean {
  return version?.startsWith(`${line}.`) === true;
}

/** Names that the folder's index marks with `no` in its last column, `fit`. */
function readMarked(folder: string): ReadonlySet<string> {
  const index = join(folder, "index.csv");
  if (!existsSync(index)) return new Set();
  const rows = readFileSync(index, "utf8").trim().split("\n");
  return new Set(rows.filter((row) => row.endsWith(",no")).map((row) => row.split(",")[0]!));
}

/** Whole recordings without a tracer, which takes time of its own. */
function readUntraced(folder: string, suits: (recording: Recording) => boolean): FitRecording[] {
  return readRecordings(folder)
    .filter((recording) => recording.workload?.traced === false && suits(recording))
    .map(requireFit);
}

/** Recordings whose times are the profile's: 7.3 into itself, and not marked otherwise. */
export function readFitRecordings(folder: string): FitRecording[] {
  const marked = readMarked(folder);
  return readUntraced(
    folder,
    ({ name, oldKernel, newKernel }) =>
      !marked.has(name) && isOf("7.3", oldKernel.version) && isOf("7.3", newKernel.version),
  );
}

/** Recordings that show what hashing takes: out of 7.2, into 7.2 or 7.3. */
export function readHashRecordings(folder: string): FitRecording[] {
  return readUntraced(folder, ({ oldKernel }) => isOf("7.2", oldKernel.version));
}
