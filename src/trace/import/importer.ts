import type { FolderWriter } from "../folder.ts";
import type { TraceHeader } from "../header.ts";
import type { InputFile, InputReader } from "./input.ts";
import type { WarningReport, Warnings } from "./warnings.ts";

/** What an importer may use besides its files; it opens nothing by itself. */
export interface ImportContext {
  readonly reader: InputReader;
  readonly writer: FolderWriter<"trace">;
  readonly warnings: Warnings;
}

/** What an importer knows about the whole trace once every table is filled. */
export interface ImportFacts {
  readonly name: string;
  readonly source: string;
  readonly licence: string;
  readonly clock: string;
  readonly spanNs: number;
  readonly sources: readonly SourceReport[];
}

/**
 * A foreign format.
 *
 * Order    `run` fills every table in its own order of time; the warning table is written by the caller
 * Errors   `detect` never throws; `run` throws FormatError with file, line, expected and found
 */
export interface Importer {
  readonly name: string;
  readonly version: number;
  /** How sure it is that the files are its own, 0 … 1: 0 = no, above 0.5 only by content and not by name. */
  detect(files: readonly InputFile[]): number;
  run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts>;
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
  readonly sources: readonly SourceReport[];
  readonly tables: readonly TableReport[];
  readonly warnings: readonly WarningReport[];
}
