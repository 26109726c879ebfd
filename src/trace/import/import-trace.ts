import { pageBytes } from "../../base/index.ts";
import { FolderWriter } from "../folder.ts";
import type { TraceHeader } from "../header.ts";
import { traceTables, warningTable } from "../schema/trace-tables.ts";
import type { ImportContext, Importer, ImportFacts, ImportReport } from "./importer.ts";
import { type InputFile, InputReader, openInputs, type ReadEffects } from "./input.ts";
import { chooseImporter } from "./registry.ts";
import { Warnings } from "./warnings.ts";

export interface ImportOptions {
  /** Folders or files; together they are one recording. */
  readonly inputs: readonly string[];
  /** The trace folder to write; a trace that is there already is replaced. */
  readonly target: string;
  /** Name in the trace's header; without it the recording's own. */
  readonly name?: string;
}

function writeHeader(context: ImportContext, importer: Importer, facts: ImportFacts, name?: string): TraceHeader {
  const warningWriter = context.writer.table(warningTable);
  for (const warning of context.warnings.list()) warningWriter.push({ ...warning });
  return context.writer.finish({
    name: name ?? facts.name,
    source: facts.source,
    licence: facts.licence,
    importer: `${importer.name} ${importer.version}`,
    clock: facts.clock,
    page_bytes: pageBytes,
    span_ns: facts.spanNs,
    inputs: context.reader.hashes(),
  });
}

function report(
  target: string,
  header: TraceHeader,
  context: ImportContext,
  facts: ImportFacts,
): Omit<ImportReport, "tables"> {
  return {
    target,
    importer: header.importer,
    header,
    span_ns: header.span_ns,
    sources: facts.sources,
    warnings: context.warnings.list(),
  };
}

async function runImport(
  importer: Importer,
  files: readonly InputFile[],
  options: ImportOptions,
  context: ImportContext,
) {
  // Those of version 1 are there even without rows, so that its readers need not ask.
  for (const table of traceTables.filter(({ since }) => since === undefined)) context.writer.table(table);
  const facts = await importer.run(files, context);
  const header = writeHeader(context, importer, facts, options.name);
  const tables = Object.entries(header.tables).map(([table, { rows, bytes }]) => {
    return { table, rows, bytes, filled_columns: context.writer.filledColumns(table) };
  });
  return { ...report(options.target, header, context, facts), tables };
}

/**
 * Turns a foreign recording into a trace folder.
 *
 * Errors   UsageError for paths that cannot be read or written; FormatError for content that is refused, with file,
 *          line, expected and found; InterruptedError on abort; after any of them nothing new is left on disk
 */
export async function importTrace(options: ImportOptions, effects: ReadEffects = {}): Promise<ImportReport> {
  const files = openInputs(options.inputs);
  const importer = chooseImporter(files);
  const writer = new FolderWriter("trace", options.target);
  try {
    const context = { reader: new InputReader(files, effects), writer, warnings: new Warnings() };
    return await runImport(importer, files, options, context);
  } catch (error) {
    writer.discard();
    throw error;
  }
}
