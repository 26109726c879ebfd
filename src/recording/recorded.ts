import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

import { FormatError } from "../base/index.ts";
import { parseEvidence } from "./formats/read-evidence.ts";
import { isTar } from "./formats/tar.ts";
import { type MeasuredSpan, measuredSpans } from "./measured-spans.ts";
import { parseLog, readBytes, unpackBytes } from "./read.ts";
import type { RecordedLog } from "./recording.ts";
import { groupEvidence } from "./timeline/parts.ts";
import { buildTimeline } from "./timeline/read-timelines.ts";

/** A console log of a real live update: what it says, and what it times. */
export interface Recording extends RecordedLog {
  /** Hash of the log, unpacked. */
  readonly sha256: string;
  readonly spans: readonly MeasuredSpan[];
}

/**
 * What the console log of a live update says and times.
 *
 * Errors   FormatError: no recording, a bundle, or larger than 512 MiB. A part that is missing is undefined, and lines that a
 *          message cut into are counted and left out.
 */
export function parseRecording(name: string, log: Buffer, path: string): Recording {
  if (isTar(log)) {
    throw new FormatError(`${path}: a bundle, which does not say how many folios were preserved nor where they lie`, {
      hint: "show its steps with `luoscope recording`; constants and predictions take console logs as in recordings/",
    });
  }
  const said = parseLog(name, log, path);
  const sha256 = createHash("sha256").update(log).digest("hex");
  const [parts] = groupEvidence([parseEvidence(path, log, sha256)]);
  return { ...said, sha256, spans: measuredSpans(buildTimeline(parts!)) };
}

/** Reads one recording, .log or .log.gz; see parseRecording for its errors. */
export function readRecording(path: string): Recording {
  return parseRecording(basename(path).replace(/\.log(\.gz)?$/, ""), unpackBytes(path, readBytes(path)), path);
}

/** Every recording of a folder, by name. */
export function readRecordings(folder: string): Recording[] {
  const files = readdirSync(folder).filter((file) => /\.log(\.gz)?$/.test(file));
  return files.sort().map((file) => readRecording(join(folder, file)));
}
