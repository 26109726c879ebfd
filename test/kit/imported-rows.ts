// Rows of an imported trace with the names that their numbers stand for.
import { openFolder, readRows, type Table, traceSchema } from "../../src/trace/index.ts";

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
