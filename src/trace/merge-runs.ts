import { renameSync, rmSync } from "node:fs";

import { batchRows } from "./arrow.ts";
import { type RawBatch, readRawTable, type TableSource } from "./read.ts";
import { RowBuffer } from "./row-buffer.ts";
import type { Table } from "./schema/column.ts";
import { StreamFile } from "./stream-file.ts";

/** A file of one table whose rows are in order. */
export type SortedRun = TableSource;

/** Runs that are read side by side: each holds a batch in memory. */
const maxRuns = 16;

/** A run's next row. */
class RunCursor {
  readonly #batches: Generator<RawBatch>;
  readonly #orderedBy: string;
  batch: RawBatch | undefined;
  row = 0;
  value = Number.POSITIVE_INFINITY;

  constructor(table: Table, run: SortedRun) {
    this.#orderedBy = table.orderedBy!;
    this.#batches = readRawTable(table, run);
    this.#load();
  }

  #load(): void {
    const next = this.#batches.next();
    this.batch = next.done === true ? undefined : next.value;
    this.row = 0;
    this.#look();
  }

  #look(): void {
    if (this.batch) this.value = (this.batch.columns[this.#orderedBy] as Float64Array)[this.row]!;
    else this.value = Number.POSITIVE_INFINITY;
  }

  advance(): void {
    this.row++;
    if (this.row === this.batch!.rows) this.#load();
    else this.#look();
  }
}

/** The cursor with the lowest value; of equal ones the earlier run, so that rows of one moment stay as they came. */
function lowest(cursors: readonly RunCursor[]): { next: RunCursor; others: number } {
  let next = cursors[0]!;
  let others = Number.POSITIVE_INFINITY;
  for (const cursor of cursors.slice(1)) {
    if (cursor.value < next.value) {
      others = Math.min(others, next.value);
      next = cursor;
    } else {
      others = Math.min(others, cursor.value);
    }
  }
  return { next, others };
}

function mergeInto(stream: StreamFile, table: Table, runs: readonly SortedRun[]): void {
  const buffer = new RowBuffer(table, batchRows);
  const flush = () => {
    if (buffer.fill > 0) stream.write(buffer.take(buffer.fill));
    buffer.fill = 0;
  };
  const cursors = runs.map((run) => new RunCursor(table, run));
  for (;;) {
    const { next, others } = lowest(cursors);
    if (!next.batch) break;
    // Runs are long stretches of time more often than not: the rows before any other run's go at once.
    do {
      buffer.copy(next.batch, next.row);
      if (++buffer.fill === buffer.capacity) flush();
      next.advance();
    } while (next.batch && next.value < others);
  }
  flush();
}

/**
 * Merges runs into one file at `path` and removes them.
 *
 * Order    by the table's `orderedBy`; rows of the same moment stand as the runs do
 * Cost     one pass for up to 16 runs, and one more for each further factor of 16
 */
export function mergeRuns(
  table: Table,
  runs: readonly SortedRun[],
  path: string,
): { readonly bytes: number; readonly sha256: string } {
  let level = [...runs];
  let number = 0;
  for (;;) {
    const merged: SortedRun[] = [];
    let written = { bytes: 0, sha256: "" };
    for (let first = 0; first < level.length; first += maxRuns) {
      const group = level.slice(first, first + maxRuns);
      const target = `${path}.merge-${number++}`;
      const stream = new StreamFile(table, target);
      try {
        mergeInto(stream, table, group);
      } catch (error) {
        stream.discard();
        throw error;
      }
      written = stream.finish();
      for (const run of group) rmSync(run.path);
      merged.push({ path: target, rows: stream.rows, sha256: written.sha256 });
    }
    level = merged;
    if (level.length > 1) continue;
    renameSync(level[0]!.path, path);
    return written;
  }
}
