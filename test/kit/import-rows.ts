// What an import of a text or of bytes gives, for cases that no tool writes.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Cell, openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import type { ImportOptions } from "../../src/trace/index.ts";
import { type Imported, importInto } from "./import-conformance.ts";
import { tempFolder } from "./temp-folder.ts";

export async function importFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return importInto(
    Object.keys(files).map((name) => join(folder, name)),
    options,
  );
}

export function importBytes(name: string, bytes: string | Uint8Array, options?: Partial<ImportOptions>) {
  return importFiles({ [name]: bytes }, options);
}

/** Rows of a table; none where the trace lacks it. */
export function rowsOf({ folder }: Imported, table: string): Record<string, Cell>[] {
  const source = openFolder("trace", folder).sources.get(table);
  const schema = traceSchema.traceTables.find(({ name }) => name === table)!;
  return source ? readRows(schema, source) : [];
}

/** Rows of a table of events, marks or counters with the name of their kind in front. */
export function namedRows(imported: Imported, table: "event" | "counter"): Record<string, Cell>[] {
  const kinds = rowsOf(imported, `${table}_kind`);
  return rowsOf(imported, table).map(({ kind_index: kind, ...row }) => ({
    name: kinds[kind as number]!["name"]!,
    ...row,
  }));
}

/** Warnings of an import: each code with its rows. */
export function warningCounts({ report }: Imported): Record<string, number> {
  return Object.fromEntries(report.warnings.map(({ code, rows }) => [code, rows]));
}
