import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FormatError, pageBytes } from "../../base/index.ts";
import { FolderWriter } from "../folder.ts";
import type { TraceHeader } from "../header.ts";
import { traceTables, warningTable } from "../schema/trace-tables.ts";
import { type InputFile, listInputs, openInputs } from "../source/input.ts";
import { defaultLimits, type ImportLimits } from "../source/limits.ts";
import { InputReader, type ReadEffects } from "../source/reader.ts";
import { UnpackGuard } from "../source/unpack-guard.ts";
import { showPath } from "../text.ts";
import { alignClocks } from "./align.ts";
import { Catalogue } from "./catalogue.ts";
import { SourceClock } from "./clock.ts";
import type { ImportContext, ImportFacts, ImportReport, SourceOptions } from "./importer.ts";
import { assignFiles, type Assignment } from "./registry.ts";
import { Warnings } from "./warnings.ts";

export interface ImportOptions extends SourceOptions {
  /** Folders, archives or files; together they are one recording. */
  readonly inputs: readonly string[];
  /** The trace folder to write; a trace that is there already is replaced. */
  readonly target: string;
  /** Name in the trace's header; without it the recording's own. */
  readonly name?: string;
  /** Name of the importer; without it the content tells. */
  readonly format?: string;
  /** How long after the trace's start a file begins, by its name: for files of different clocks. */
  readonly offsetsNs?: ReadonlyMap<string, number>;
  readonly limits?: ImportLimits;
}

/** A folder for what must lie on disk while an import runs; made when it is first asked for. */
class Spool {
  #path: string | undefined;

  readonly folder = (): string => (this.#path ??= mkdtempSync(join(tmpdir(), "luoscope-import-")));

  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
  }
}

/** The facts of several importers as those of one trace. */
function joinFacts(facts: readonly ImportFacts[]): ImportFacts {
  const texts = (of: (part: ImportFacts) => string) => [...new Set(facts.map(of))].join("; ");
  return {
    name: facts[0]!.name,
    source: texts(({ source }) => source),
    licence: texts(({ licence }) => licence),
    clock: texts(({ clock }) => clock),
    spanNs: Math.max(...facts.map(({ spanNs }) => spanNs)),
    sources: facts.flatMap(({ sources }) => sources),
  };
}

function noteFaults(context: ImportContext, ignored: readonly InputFile[]): void {
  const { reader, warnings } = context;
  if (ignored.length > 0) {
    warnings.add("files-ignored", ignored.length, `no part of a recording: ${listInputs(ignored)}`);
  }
  const cut = reader.truncations;
  if (cut.length === 0) return;
  const places = cut.map(({ file, detail }) => `${showPath(file)}: ${detail}`).join("; ");
  warnings.add("source-truncated", cut.length, places);
}

function writeHeader(
  context: ImportContext,
  assignments: readonly Assignment[],
  facts: ImportFacts,
  name: string | undefined,
): TraceHeader {
  context.catalogue.write(context.writer);
  const warningWriter = context.writer.table(warningTable);
  for (const warning of context.warnings.list()) warningWriter.push({ ...warning });
  return context.writer.finish({
    name: name ?? facts.name,
    source: facts.source,
    licence: facts.licence,
    importer: assignments.map(({ importer }) => `${importer.name} ${importer.version}`).join(" + "),
    clock: facts.clock,
    page_bytes: pageBytes,
    span_ns: facts.spanNs,
    inputs: context.reader.hashes(),
  });
}

async function runImporters(assignments: readonly Assignment[], context: ImportContext): Promise<ImportFacts> {
  // Those of version 1 are there even without rows, so that its readers need not ask.
  for (const table of traceTables) {
    if (table.since === undefined && table.orderedBy === undefined) context.writer.table(table);
  }
  const facts: ImportFacts[] = [];
  for (const { importer, files } of assignments) {
    context.reader.wholeOnly = importer.wholeOnly === true;
    facts.push(await importer.run(files, context));
  }
  for (const table of traceTables) if (table.since === undefined) context.writer.table(table);
  return joinFacts(facts);
}

function report(context: ImportContext, header: TraceHeader, facts: ImportFacts): ImportReport {
  return {
    target: context.writer.target,
    importer: header.importer,
    header,
    span_ns: header.span_ns,
    clock: header.clock,
    sources: facts.sources,
    tables: Object.entries(header.tables).map(([table, { rows, bytes }]) => {
      return { table, rows, bytes, filled_columns: context.writer.filledColumns(table) };
    }),
    warnings: context.warnings.list(),
    truncated: context.reader.truncations,
  };
}

async function importFiles(
  files: readonly InputFile[],
  options: ImportOptions,
  readers: { readonly reader: InputReader; readonly limits: ImportLimits },
): Promise<ImportReport> {
  const { assignments, ignored } = assignFiles(files, options.format, options);
  const zeros = await alignClocks(assignments, options.offsetsNs ?? new Map(), readers.reader);
  const writer = new FolderWriter("trace", options.target, {
    maxRows: readers.limits.rows,
    // Each fills its tables in its own order of time, one behind the other.
    ...(assignments.length > 1 ? { sort: true } : {}),
  });
  try {
    const warnings = new Warnings();
    const context: ImportContext = {
      ...readers,
      writer,
      warnings,
      options,
      catalogue: new Catalogue(warnings),
      clock: (file) => new SourceClock(file, zeros.get(file)!, warnings),
    };
    const facts = await runImporters(assignments, context);
    if (facts.sources.every(({ rows }) => rows === 0)) {
      throw new FormatError(`expected events, found none in ${listInputs(files)}`);
    }
    noteFaults(context, ignored);
    return report(context, writeHeader(context, assignments, facts, options.name), facts);
  } catch (error) {
    writer.discard();
    throw error;
  }
}

/**
 * Turns foreign recordings into a trace folder.
 *
 * Errors   UsageError for paths that cannot be read or written and for clocks that nobody relates; FormatError for content
 *          that is refused, with file, line, expected and found; InterruptedError on abort; after any of them nothing new
 *          is left on disk. Sources that end too early are no error here: the report names them
 */
export async function importTrace(options: ImportOptions, effects: ReadEffects = {}): Promise<ImportReport> {
  const spool = new Spool();
  const limits = options.limits ?? defaultLimits;
  const guard = new UnpackGuard(limits);
  try {
    const files = await openInputs(options.inputs, { guard, spool: spool.folder });
    const reader = new InputReader(files, guard, spool.folder, effects);
    return await importFiles(files, options, { reader, limits });
  } finally {
    spool.remove();
  }
}
