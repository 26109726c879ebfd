// Rows of an imported trace with the names that their numbers stand for.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "vitest";

import {
  type ImportOptions,
  importTrace,
  openFolder,
  readRows,
  type Table,
  traceSchema,
  validateTrace,
} from "../../src/trace/index.ts";
import { type Imported, importInto } from "./import-conformance.ts";
import { tempFolder } from "./temp-folder.ts";

type Row = Record<string, number | string | null>;

/** Rows of one table, by its declaration or its name; none where the trace lacks it. */
export function rowsOf(trace: string | Imported, table: Table | string): Row[] {
  const { sources } = openFolder("trace", typeof trace === "string" ? trace : trace.folder);
  const schema = typeof table === "string" ? traceSchema.traceTables.find(({ name }) => name === table)! : table;
  const source = sources.get(schema.name);
  return source ? readRows(schema, source) : [];
}

export interface ReadEvent {
  readonly timeNs: number;
  readonly durationNs: number | null;
  readonly category: string | null;
  readonly name: string;
  readonly task: string | null;
  readonly threadId: number | null;
  readonly processId: number | null;
  readonly cpu: number | null;
  readonly detail: string | null;
}

/** Events with their kinds and tasks. */
export function eventsOf(folder: string): ReadEvent[] {
  const kinds = rowsOf(folder, traceSchema.eventKindTable);
  const tasks = rowsOf(folder, traceSchema.taskTable);
  return rowsOf(folder, traceSchema.eventTable).map((row) => {
    const kind = kinds[Number(row["kind_index"])]!;
    const task = row["task_index"] === null ? undefined : tasks[Number(row["task_index"])];
    return {
      timeNs: Number(row["time_ns"]),
      durationNs: row["duration_ns"] as number | null,
      category: kind["category"] as string | null,
      name: String(kind["name"]),
      task: (task?.["name"] as string | undefined) ?? null,
      threadId: (task?.["thread_id"] as number | undefined) ?? null,
      processId: (task?.["process_id"] as number | undefined) ?? null,
      cpu: row["cpu_index"] as number | null,
      detail: row["detail"] as string | null,
    };
  });
}

/** Imports a text, one byte a character, as a file of its own. */
export async function importText(text: string, options: { format?: string; name?: string } = {}) {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  const input = join(folder, options.name ?? "trace.txt");
  writeFileSync(input, text, "latin1");
  const target = join(folder, "trace");
  const format = options.format === undefined ? {} : { format: options.format };
  const report = await importTrace({ inputs: [input], target, ...format });
  expect(validateTrace(target)).toEqual([]);
  const codes = Object.fromEntries(report.warnings.map(({ code: name, rows }) => [name, rows]));
  return { folder: target, report, codes, events: eventsOf(target) };
}

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

/** Rows of a table of events, marks or counters with the name of their kind in front. */
export function namedRows(imported: Imported, table: "event" | "counter"): Row[] {
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
