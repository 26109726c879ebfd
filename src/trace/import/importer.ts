import type { FolderWriter } from "../folder.ts";
import type { TraceHeader } from "../header.ts";
import type { InputFile } from "../source/input.ts";
import type { ImportLimits } from "../source/limits.ts";
import type { InputReader, Truncation } from "../source/reader.ts";
import type { Catalogue } from "./catalogue.ts";
import type { ClockStart, SourceClock } from "./clock.ts";
import type { WarningReport, Warnings } from "./warnings.ts";

/** What a user may say about sources that do not say it themselves. */
export interface SourceOptions {
  /** Which column of a table of numbers is what, as `t_us=2,gfn=3`. */
  readonly columns?: string;
  /** Bytes of the pages that a table of numbers counts. */
  readonly pageBytes?: number;
}

/** What an importer may use besides its files; it opens nothing by itself. */
export interface ImportContext {
  readonly reader: InputReader;
  readonly writer: FolderWriter<"trace">;
  readonly warnings: Warnings;
  readonly limits: ImportLimits;
  readonly options: SourceOptions;
  /** VMs, devices, kinds of events, tasks and counters; written by the caller at the end. */
  readonly catalogue: Catalogue;
  /** The clock of one of the importer's files: turns its moments into ns since the trace's start. */
  clock(file: InputFile): SourceClock;
}

/** What an importer knows about its part of the trace once every table is filled. */
export interface ImportFacts {
  readonly name: string;
  readonly source: string;
  readonly licence: string;
  readonly clock: string;
  /** Latest moment of what it wrote. */
  readonly spanNs: number;
  readonly sources: readonly SourceReport[];
}

/** The files that an importer would take, and how sure it is that they are its own. */
export interface Claim {
  readonly files: readonly InputFile[];
  /** 0 … 1: 0 = no, above 0.5 only by content and not by name. */
  readonly confidence: number;
}

/**
 * A foreign format.
 *
 * Order    tables that were asked for with `sort` take rows in any order, all others in their own; warnings and the
 *          catalogue are written by the caller
 * Errors   `claim` and `startOf` never throw; `run` throws FormatError with file, line, expected and found
 */
export interface Importer {
  readonly name: string;
  readonly version: number;
  /** One sentence for people: what it reads. */
  readonly doc: string;
  /** A recording that says itself how much it must hold: what ends too early is refused. */
  readonly wholeOnly?: boolean;
  claim(files: readonly InputFile[], options: SourceOptions): Claim;
  /**
   * The earliest moment in a file's head; without it the file has a clock of its own that starts at 0. Formats whose times
   * begin behind the head may read on, and stop at the first.
   */
  startOf?(file: InputFile, reader: InputReader): ClockStart | undefined | Promise<ClockStart | undefined>;
  run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts>;
}

/** A claim on each file that `confidenceOf` knows: for formats whose files stand alone. */
export function claimEach(files: readonly InputFile[], confidenceOf: (file: InputFile) => number): Claim {
  const sure = files.map((file) => ({ file, confidence: confidenceOf(file) }));
  const confidence = sure.reduce((most, claim) => Math.max(most, claim.confidence), 0);
  // A guess by name does not join files that are known by content.
  const known = sure.filter((claim) => claim.confidence > (confidence > 0.5 ? 0.5 : 0));
  return { files: known.map(({ file }) => file), confidence };
}

/** Rows that a source file lost on the way, and why. */
export interface DroppedRows {
  readonly code: string;
  readonly rows: number;
  readonly detail: string;
}

export interface SourceReport {
  readonly file: string;
  readonly rows: number;
  readonly kept_rows: number;
  readonly dropped: readonly DroppedRows[];
}

export interface TableReport {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** Columns that hold at least one value. */
  readonly filled_columns: readonly string[];
}

/** What an import did, as plain JSON: nothing that was left out goes unmentioned. */
export interface ImportReport {
  readonly target: string;
  readonly importer: string;
  readonly header: TraceHeader;
  readonly span_ns: number;
  readonly clock: string;
  readonly sources: readonly SourceReport[];
  readonly tables: readonly TableReport[];
  readonly warnings: readonly WarningReport[];
  /** Sources that end too early: what was whole is in the trace. */
  readonly truncated: readonly Truncation[];
}
