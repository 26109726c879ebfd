import { FormatError, InvariantError } from "../base/index.ts";
import type { FrameRuns } from "../model/index.ts";
import { type Batch, type OpenFolder, readTable, type Table } from "../trace/index.ts";

/** Index of the first row from `from` on whose time is beyond `limitNs` (or not before it, if `exclusive`). */
function sliceEnd(timeNs: Float64Array, from: number, rows: number, limit: { ns: number; exclusive: boolean }): number {
  const within = (row: number): boolean => (limit.exclusive ? timeNs[row]! < limit.ns : timeNs[row]! <= limit.ns);
  if (within(rows - 1)) return rows;
  let low = from;
  let high = rows - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (within(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One table on its way through the merge. */
class Cursor {
  readonly table: Table;
  readonly #batches: Generator<Batch>;
  readonly #timeColumn: string;
  #lastNs = 0;
  batch: Batch | undefined;
  timeNs: Float64Array = new Float64Array(0);
  row = 0;

  constructor(table: Table, batches: Generator<Batch>) {
    this.table = table;
    this.#batches = batches;
    if (table.orderedBy === undefined) throw new InvariantError(`table ${table.name} has no order to merge by`);
    this.#timeColumn = table.orderedBy;
    this.#next();
  }

  get headNs(): number {
    return this.batch ? this.timeNs[this.row]! : Number.POSITIVE_INFINITY;
  }

  advance(row: number): void {
    this.row = row;
    if (this.batch && row === this.batch.rows) this.#next();
  }

  #next(): void {
    this.row = 0;
    do {
      const { value, done } = this.#batches.next();
      this.batch = done === true ? undefined : value;
    } while (this.batch && this.batch.rows === 0);
    if (!this.batch) return;
    this.timeNs = this.batch.columns[this.#timeColumn] as Float64Array;
    this.#checkOrder(this.batch);
  }

  #checkOrder(batch: Batch): void {
    const { timeNs } = this;
    let lastNs = this.#lastNs;
    for (let row = 0; row < batch.rows; row++) {
      const ns = timeNs[row]!;
      if (!(ns >= lastNs)) {
        throw new FormatError(
          `table ${this.table.name}, row ${batch.firstRow + row + 1}: ${this.#timeColumn} ${ns}, expected ${lastNs} or later`,
          { hint: "times of a table never go back; sort the source and import it again" },
        );
      }
      lastNs = ns;
    }
    this.#lastNs = lastNs;
  }
}

/** Rows `from` … `to` - 1 of a batch, all of them due now. */
export interface Slice {
  readonly batch: Batch;
  readonly from: number;
  readonly to: number;
}

/** The columns of a batch of page_write. */
export function frameRunsOf({ columns }: Batch): FrameRuns {
  return {
    timeNs: columns["time_ns"] as Float64Array,
    vmIndex: columns["vm_index"] as Uint16Array,
    startGfn: columns["start_gfn"] as Uint32Array,
    pageCount: columns["page_count"] as Uint32Array,
  };
}

export type SliceHandler = (slice: Slice) => void;

/**
 * Merges a trace's tables by time, in slices that are as long as no other table has an earlier row.
 *
 * Order    by time; at equal times in the order in which the handlers are given
 * Cost     a binary search and one small object a slice, nothing a row
 */
export class Merge {
  readonly #cursors: Cursor[] = [];
  readonly #handlers: SliceHandler[] = [];
  rowsDone = 0;

  constructor(trace: OpenFolder<"trace">, handlers: readonly (readonly [Table, SliceHandler])[]) {
    for (const [table, handler] of handlers) {
      const source = trace.sources.get(table.name);
      if (!source) continue;
      this.#cursors.push(new Cursor(table, readTable(table, source)));
      this.#handlers.push(handler);
    }
  }

  /** Hands out one slice of rows up to `untilNs`; false when none is left there. */
  step(untilNs: number): boolean {
    const cursors = this.#cursors;
    let first = -1;
    let firstNs = Number.POSITIVE_INFINITY;
    let second = -1;
    let secondNs = Number.POSITIVE_INFINITY;
    for (let index = 0; index < cursors.length; index++) {
      const ns = cursors[index]!.headNs;
      if (ns < firstNs) {
        second = first;
        secondNs = firstNs;
        first = index;
        firstNs = ns;
      } else if (ns < secondNs) {
        second = index;
        secondNs = ns;
      }
    }
    if (first < 0 || firstNs > untilNs) return false;
    const cursor = cursors[first]!;
    const bounded = secondNs <= untilNs;
    const limit = { ns: bounded ? secondNs : untilNs, exclusive: bounded && second < first };
    const to = sliceEnd(cursor.timeNs, cursor.row, cursor.batch!.rows, limit);
    this.#handlers[first]!({ batch: cursor.batch!, from: cursor.row, to });
    this.rowsDone += to - cursor.row;
    cursor.advance(to);
    return true;
  }
}
