import { setImmediate } from "node:timers/promises";

import { InterruptedError, UsageError } from "../base/index.ts";
import { folderKind, type OpenFolder, openFolder, showPath } from "../trace/index.ts";
import { ByteFile } from "./byte-file.ts";
import { ChromeSink } from "./chrome-sink.ts";
import { foldRun, foldTrace } from "./folded.ts";
import { writeFileAside } from "./output.ts";
import { PerfettoSink } from "./perfetto/perfetto-sink.ts";
import type { Pause } from "./timeline/rows.ts";
import { drawRun } from "./timeline/run-timeline.ts";
import type { TimelineSink } from "./timeline/sink.ts";
import { drawTrace } from "./timeline/trace-timeline.ts";

/** Formats of one file for all of a run or a trace, over time. */
export const timelineFormats = ["perfetto", "chrome-json", "folded"] as const;
export type TimelineFormat = (typeof timelineFormats)[number];

export interface TimelineOptions {
  readonly path: string;
  readonly format: TimelineFormat;
  readonly target: string;
  readonly overwrite?: boolean | undefined;
}

/** Ids of our groups in a trace, beyond those that Linux gives to processes. */
const firstGroupId = 10_000_001;

type Source =
  | { readonly kind: "run"; readonly folder: OpenFolder<"run"> }
  | { readonly kind: "trace"; readonly folder: OpenFolder<"trace"> };

function openSource(path: string): Source {
  const kind = folderKind(path);
  switch (kind) {
    case "run":
      return { kind, folder: openFolder(kind, path) };
    case "trace":
      return { kind, folder: openFolder(kind, path) };
    case "comparison":
    case "sweep":
    case "fleet":
    case "difference":
      throw new UsageError(`${showPath(path)}: a ${kind} is no timeline`, {
        hint: "export it to parquet, csv, ndjson, arrow or duckdb",
      });
  }
}

function createSink(file: ByteFile, format: Exclude<TimelineFormat, "folded">, { kind, folder }: Source): TimelineSink {
  if (format === "chrome-json") return new ChromeSink(file);
  const firstProcessId = kind === "run" ? 1 : firstGroupId;
  return new PerfettoSink(file, { sha256: folder.header.sha256, firstProcessId });
}

async function write(source: Source, format: TimelineFormat, file: ByteFile, pause: Pause): Promise<void> {
  if (format === "folded") {
    if (source.kind === "run") foldRun(source.folder, file);
    else await foldTrace(source.folder, file, pause);
    return;
  }
  const sink = createSink(file, format, source);
  if (source.kind === "run") await drawRun(sink, source.folder, pause);
  else await drawTrace(sink, source.folder, pause);
  sink.finish();
}

/**
 * Writes a run or a trace as a timeline that Perfetto, Chrome or a flame graph opens, and gives the file's size.
 *
 * Shape    docs/export.md; the same folder gives the same bytes
 * Errors   UsageError for any other kind of folder, and for a target that is there already; InterruptedError after an abort; whatever
 *          goes wrong, nothing is left behind
 */
export async function exportTimeline(options: TimelineOptions, signal?: AbortSignal): Promise<number> {
  const source = openSource(options.path);
  const pause = async (): Promise<void> => {
    await setImmediate();
    if (signal?.aborted === true) throw new InterruptedError();
  };
  return writeFileAside(options.target, options, async (path) => {
    const file = new ByteFile(path);
    try {
      await write(source, options.format, file, pause);
      return file.bytes;
    } finally {
      file.close();
    }
  });
}
