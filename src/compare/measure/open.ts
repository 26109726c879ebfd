import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { analysedKind, readForeignTable, type TableFormat, tableFormat } from "../../analysis/index.ts";
import { FormatError, UsageError } from "../../base/index.ts";
import type { Profile } from "../../profile/index.ts";
import type { Measurement } from "../measurement.ts";
import { looksLikeGoBenchmarks, seriesOfGoBenchmarks } from "./go-benchmarks.ts";
import { measureRecordings } from "./recording.ts";
import { measureRun, measureRuns } from "./run.ts";
import { seriesOfTable } from "./samples.ts";
import { readStored } from "./stored.ts";
import { measureSweep } from "./sweep.ts";

/** Longest text that is read as a document or as benchmarks. */
const maxTextBytes = 64 * 1024 * 1024;

const recordingName = /\.(log|txt|dmesg|tar|tgz)(\.gz)?$|\.tar\.gz$/i;

export interface MeasureOptions {
  /** What the label of a side is; without one, the path's last part. */
  readonly label?: string;
  /** Profile by which the model says what the steps of recordings are made of; read when a recording is met. */
  readonly readProfile: () => Profile;
}

function labelOf(path: string, { label }: MeasureOptions): string {
  return label ?? basename(path).replace(/(\.log|\.txt|\.csv|\.parquet|\.json)?(\.gz)?$/, "");
}

async function measureTable(path: string, format: TableFormat, label: string): Promise<Measurement> {
  const table = await readForeignTable(path, format);
  const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
  return { ...samplesAs(path, label, sha256), series: seriesOfTable(table, path) };
}

function samplesAs(path: string, label: string, sha256: string): Omit<Measurement, "series"> {
  return {
    label,
    path,
    kind: "samples",
    sha256,
    composed: new Map(),
    inputs: [],
    readBreakdowns: () => Promise.resolve([]),
    warnings: [],
  };
}

function readSmallText(path: string): string | undefined {
  if (statSync(path).size > maxTextBytes || path.endsWith(".gz")) return undefined;
  return readFileSync(path, "utf8");
}

async function measureFile(path: string, options: MeasureOptions): Promise<Measurement> {
  const format = tableFormat(path);
  if (format !== undefined) return measureTable(path, format, labelOf(path, options));
  const text = readSmallText(path);
  if (path.endsWith(".json")) {
    if (text === undefined) throw new FormatError(`${path}: longer than ${maxTextBytes} bytes`);
    return readStored(text, path, options.label ?? "");
  }
  if (text !== undefined && looksLikeGoBenchmarks(text)) {
    const sha256 = createHash("sha256").update(text).digest("hex");
    return { ...samplesAs(path, labelOf(path, options), sha256), series: seriesOfGoBenchmarks(text, path) };
  }
  return measureRecordings([path], labelOf(path, options), options.readProfile());
}

function isRun(path: string): boolean {
  return existsSync(join(path, "run.json"));
}

/** A folder without a header: repeated recordings, or runs by name. */
async function measureGroup(path: string, options: MeasureOptions): Promise<Measurement> {
  const entries = readdirSync(path).sort();
  const runs = entries.filter((name) => isRun(join(path, name)));
  if (runs.length > 0) return measureRuns(path, runs, labelOf(path, options));
  const recordings = entries.filter((name) => recordingName.test(name) && statSync(join(path, name)).isFile());
  if (recordings.length > 0) {
    const paths = recordings.map((name) => join(path, name));
    return measureRecordings(paths, labelOf(path, options), options.readProfile());
  }
  throw new UsageError(`${path}: nothing in it that can be compared`, {
    hint: "name a run, a sweep, a recording, a folder of recordings or of runs, or a table of samples (docs/compare.md)",
  });
}

async function measureFolder(path: string, options: MeasureOptions): Promise<Measurement> {
  const label = labelOf(path, options);
  if (existsSync(join(path, "results", "sweep.json"))) return measureSweep(join(path, "results"), label);
  const headers = readdirSync(path).filter((name) => name.endsWith(".json"));
  if (headers.length === 0) return measureGroup(path, options);
  const kind = analysedKind(path);
  if (kind === "sweep") return measureSweep(path, label);
  if (kind === "run" && isRun(path)) return measureRun(path, label);
  if (kind === "run") return measureGroup(path, options);
  throw new UsageError(`${path} is a ${kind}, and runs, sweeps, recordings and samples are compared`, {
    hint: kind === "trace" ? "replay it first: `luoscope replay TRACE --scenario FILE -o RUN`" : "docs/compare.md",
  });
}

/**
 * Takes everything that is compared from a path: a run, a sweep, a recording or several, a table of samples.
 *
 * Errors   UsageError: no such path, or nothing that can be compared; FormatError: damaged
 */
export async function measure(path: string, options: MeasureOptions): Promise<Measurement> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new UsageError(`${path}: no such file or folder`, { hint: "check the path" });
  return stat.isDirectory() ? measureFolder(path, options) : measureFile(path, options);
}
