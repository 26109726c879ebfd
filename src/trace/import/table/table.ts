/**
 * Importer for any table of page writes of which the user says what its columns are (`--columns`): text with one row a
 * line (CSV, TSV, fields between semicolons or bars, plain or quoted), Parquet, and Arrow IPC as stream and as file.
 *
 * A column is named by its number from 1 or by its header: one of t_ns, t_us, t_ms, t_s (decimal; a time of any zero), one
 * of gfn (frame), vpage (page of a process) and address (bytes, decimal or 0x hexadecimal), and where there are such n_pages
 * or bytes (without either a row is one page), tick (rows of one reading), vm (name or number) and event (only writes are
 * kept). `--page-size` says what a page of the table is. A clock that begins within its first hour keeps its zero; any
 * other, such as one since 1970, begins with the first row.
 *
 * Not supported: quoted fields with a newline inside, times as dates in text (Parquet's and Arrow's moments are read),
 * JSON, rows of a VM out of the order of their times.
 */
import { FormatError, pageBytes as smallPageBytes, UsageError } from "../../../base/index.ts";
import { type InputFile, listInputs } from "../../source/input.ts";
import type { Claim, ImportContext, Importer, ImportFacts, SourceOptions, SourceReport } from "../importer.ts";
import { columnarKind, readColumnarTable } from "./columnar-table.ts";
import { type ColumnMap, parseColumnMap, resolveColumns } from "./column-map.ts";
import { PageSink } from "./page-sink.ts";
import { readTextTable, textLayout } from "./text-table.ts";

function isTable(file: InputFile, map: ColumnMap): boolean {
  if (columnarKind(file)) return true;
  const layout = textLayout(file, map);
  return layout !== undefined && resolveColumns(map, layout.names).columns !== undefined;
}

function claim(all: readonly InputFile[], { columns }: SourceOptions): Claim {
  if (columns === undefined) return { files: [], confidence: 0 };
  const map = parseColumnMap(columns);
  const files = all.filter((file) => isTable(file, map));
  return { files, confidence: files.length > 0 ? 1 : 0 };
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const { columns, pageBytes = smallPageBytes } = context.options;
  if (columns === undefined) {
    throw new UsageError("a table of page writes: expected what its columns are", {
      hint: "say it with --columns, as --columns t_us=2,gfn=3,n_pages=4",
    });
  }
  if (files.length === 0) throw new FormatError(`expected a table, found ${listInputs(files)}`);
  const map = parseColumnMap(columns);
  const sink = new PageSink(context, map, pageBytes);
  const sources: SourceReport[] = [];
  try {
    for (const file of files) {
      await (columnarKind(file) ? readColumnarTable : readTextTable)(file, context.reader, { sink, map });
      sources.push(sink.report());
    }
    const spanNs = sink.end();
    return {
      name: files[0]!.name.replace(/(\.[a-z]{2,8}){1,2}$/, ""),
      source: `a table of page writes with the columns ${columns}`,
      licence: "unknown",
      clock: "the table's own, 0 = its zero, or its first row where that is more than an hour later",
      spanNs,
      sources,
    };
  } finally {
    sink.close();
  }
}

export const table: Importer = {
  name: "table",
  version: 1,
  doc: "any table of page writes whose columns are named with --columns: CSV and its like, Parquet, Arrow IPC",
  claim,
  run,
};
