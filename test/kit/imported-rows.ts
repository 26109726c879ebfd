// Rows of an imported trace with the names that their numbers stand for.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "vitest";

import { importTrace, openFolder, readRows, type Table, traceSchema, validateTrace } from "../../src/trace/index.ts";
import { tempFolder } from "./temp-folder.ts";

type Row = Record<string, number | string | null>;

/** Rows of one table; none where the trace lacks it. */
export function rowsOf(folder: string, table: Table): Row[] {
  const source = openFolder("trace", folder).sources.get(table.name);
  return source ? readRows(table, source) : [];
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
