import { type Cell, FolderWriter, type Table, type TraceHeader, traceSchema } from "../../src/trace/index.ts";

type Row = Readonly<Record<string, Cell>>;
type TableName = (typeof traceSchema.traceTables)[number]["name"];

/** A small trace as rows by table; tables that are left out stay without rows. */
export interface TinyTrace {
  readonly name: string;
  readonly spanNs: number;
  readonly tables: Readonly<Record<TableName, readonly Row[]>>;
}

/** Codes of a column by their labels, so that rows can be written with words. */
export function code(table: Table, column: string, label: string): number {
  const found = table.columns.find(({ name }) => name === column)?.labels?.indexOf(label) ?? -1;
  if (found < 0) throw new Error(`table ${table.name} has no label ${label} in column ${column}`);
  return found;
}

/** Writes a trace folder from rows. */
export function writeTinyTrace(target: string, trace: TinyTrace): TraceHeader {
  const writer = new FolderWriter("trace", target);
  try {
    for (const table of traceSchema.traceTables) {
      const rows = trace.tables[table.name] ?? [];
      if (table.since !== undefined && rows.length === 0) continue;
      const tableWriter = writer.table(table);
      for (const row of rows) tableWriter.push(row);
    }
    return writer.finish({
      name: trace.name,
      source: "Made by scripts/make-tiny-traces.ts: nothing in it was recorded",
      licence: "Apache-2.0",
      importer: "none",
      clock: "made up",
      page_bytes: 4096,
      span_ns: trace.spanNs,
      inputs: [],
    });
  } catch (error) {
    writer.discard();
    throw error;
  }
}
