import { assert, FormatError } from "../base/index.ts";
import { batchRows } from "./arrow.ts";
import { mergeRuns, type SortedRun } from "./merge-runs.ts";
import { type Cell, RowBuffer } from "./row-buffer.ts";
import type { ColumnData, Table } from "./schema/column.ts";
import { StreamFile } from "./stream-file.ts";

export type { Cell } from "./row-buffer.ts";

/** What a finished table file is; goes into the folder's header. */
export interface TableFile {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface TableOptions {
  /** Takes rows in any order and sorts them by the table's `orderedBy`, rows of the same moment as they came. */
  readonly sort?: boolean;
  /** More rows are refused. */
  readonly maxRows?: number;
}

/**
 * Appends rows to one table's Arrow stream file and flushes whole batches.
 *
 * Order    rows must not go back in the table's `orderedBy` column, and one that does is refused at once; with `sort` they
 *          may come in any order: a window of two batches is sorted in memory, and what is older than a batch that was
 *          written already begins a run of its own, which `close` merges with the others
 * Cost     `columns`, `setText` and `advance` are the hot path: one typed store a cell, no allocation a row
 */
export class TableWriter {
  readonly table: Table;
  readonly file: string;
  readonly #folder: string;
  readonly #buffer: RowBuffer;
  readonly #isSorting: boolean;
  readonly #maxRows: number;
  readonly #filled = new Set<string>();
  readonly #runs: SortedRun[] = [];
  #stream: StreamFile;
  #rows = 0;
  #runCount = 0;
  /** Order value of the last row of the present stream. */
  #lastOrder = Number.NEGATIVE_INFINITY;
  /** Highest order value of any row so far, in the order in which rows came. */
  #highest = Number.NEGATIVE_INFINITY;
  #seenRows = 0;
  /** Rows that stood behind later ones, as far as rows were looked at. */
  #displacedRows = 0;

  constructor(table: Table, folder: string, { sort = false, maxRows = Number.POSITIVE_INFINITY }: TableOptions = {}) {
    assert(!sort || table.orderedBy !== undefined, `table ${table.name} has no order`);
    this.table = table;
    this.file = `${table.name}.arrow`;
    this.#folder = folder;
    this.#isSorting = sort;
    this.#maxRows = maxRows;
    this.#buffer = new RowBuffer(table, sort ? 2 * batchRows : batchRows);
    this.#stream = new StreamFile(table, `${folder}/${this.file}`);
  }

  /** Number columns, filled by the caller at index `fill`, then `advance()`; for tables of many rows. */
  get columns(): Readonly<Record<string, Exclude<ColumnData, string[]>>> {
    return this.#buffer.numbers;
  }

  /** One byte a row, 1 = null, of columns that may hold nulls; filled as `columns`, each row anew. */
  get nulls(): Readonly<Record<string, Uint8Array>> {
    return this.#buffer.nulls;
  }

  get fill(): number {
    return this.#buffer.fill;
  }

  /** Rows taken so far. */
  get rows(): number {
    return this.#rows + this.#buffer.fill;
  }

  /** Rows that came behind later ones and were put in their order; complete after `close`. */
  get displacedRows(): number {
    return this.#displacedRows;
  }

  /** Columns that hold a value in at least one of the rows written so far; complete after `close`. */
  get filledColumns(): string[] {
    return this.table.columns.map(({ name }) => name).filter((name) => this.#filled.has(name));
  }

  /** The text of the row at index `fill` from bytes, which need not be UTF-8: what is none becomes U+FFFD. */
  setText(column: string, source: Uint8Array, start: number, end: number): void {
    this.#buffer.setText(column, source, start, end);
  }

  writeText(column: string, text: string): void {
    this.#buffer.writeText(column, text);
  }

  /** Takes the row that stands at index `fill` of `columns`. */
  advance(): void {
    const buffer = this.#buffer;
    buffer.fill++;
    if (buffer.fill === buffer.capacity) this.#flush(batchRows);
  }

  /** Appends one row given as an object; a column that may be null may be left out. */
  push(row: Readonly<Record<string, Cell>>): void {
    this.#buffer.set(row);
    this.advance();
  }

  /** Looks at the rows that came since the last flush: whether they are in order. */
  #isInOrder(values: Float64Array): boolean {
    let isSorted = this.#seenRows === 0 || values[this.#seenRows]! >= values[this.#seenRows - 1]!;
    let highest = this.#highest;
    let displaced = 0;
    for (let row = this.#seenRows; row < this.#buffer.fill; row++) {
      const value = values[row]!;
      if (value < highest) {
        displaced++;
        isSorted = false;
      } else {
        highest = value;
      }
    }
    this.#highest = highest;
    this.#displacedRows += displaced;
    return isSorted;
  }

  #refuseOrder(values: Float64Array): void {
    for (let row = 0, last = this.#lastOrder; row < this.#buffer.fill; last = values[row]!, row++) {
      if (values[row]! >= last) continue;
      throw new FormatError(
        `table ${this.table.name}, row ${this.#rows + row + 1}: ${this.table.orderedBy} goes back from ${last} to ${values[row]}`,
        { hint: "rows must come in the order of their time; sort the source first" },
      );
    }
  }

  /** Puts the buffer in order, or refuses it. */
  #order(): void {
    const { orderedBy } = this.table;
    if (orderedBy === undefined) return;
    const values = this.#buffer.numbers[orderedBy] as Float64Array;
    if (this.#isInOrder(values)) return;
    if (!this.#isSorting) {
      this.#refuseOrder(values);
      return;
    }
    const rows = Uint32Array.from({ length: this.#buffer.fill }, (_, row) => row);
    rows.sort((left, right) => values[left]! - values[right]! || left - right);
    this.#buffer.reorder(rows);
  }

  /** Begins a new run where the buffer's first row is older than the last one that was written. */
  #chooseRun(first: number): void {
    if (first >= this.#lastOrder) return;
    this.#closeRun();
    this.#stream = new StreamFile(this.table, `${this.#folder}/.${this.table.name}-run-${++this.#runCount}`);
  }

  #closeRun(): void {
    const { path, rows } = this.#stream;
    this.#runs.push({ path, rows, sha256: this.#stream.finish().sha256 });
    this.#lastOrder = Number.NEGATIVE_INFINITY;
  }

  /** Writes up to `maxRows` of the buffer. */
  #flush(maxRows: number): void {
    const buffer = this.#buffer;
    if (buffer.fill === 0) return;
    if (this.rows > this.#maxRows) {
      throw new FormatError(`table ${this.table.name}: beyond the limit rows of ${this.#maxRows}`, {
        hint: "raise it with --limit rows=NUMBER if you trust the source",
      });
    }
    this.#order();
    const rows = Math.min(maxRows, buffer.fill);
    const values = this.table.orderedBy === undefined ? undefined : buffer.numbers[this.table.orderedBy]!;
    if (values) {
      this.#chooseRun(values[0]!);
      this.#lastOrder = values[rows - 1]!;
    }
    const taken = buffer.take(rows);
    for (const { name } of this.table.columns) {
      if (!taken.nulls[name] || taken.nulls[name].includes(0)) this.#filled.add(name);
    }
    this.#stream.write(taken);
    this.#rows += rows;
    buffer.dropFirst(rows);
    this.#seenRows = buffer.fill;
  }

  /** Flushes what is left, ends the stream and names the finished file. */
  close(): TableFile {
    while (this.#buffer.fill > 0) this.#flush(batchRows);
    const { file } = this;
    if (this.#runs.length === 0) return { file, rows: this.#stream.rows, ...this.#stream.finish() };
    this.#closeRun();
    return { file, rows: this.#rows, ...mergeRuns(this.table, this.#runs, `${this.#folder}/${file}`) };
  }

  /** Lets go of the file without finishing it. */
  discard(): void {
    this.#stream.discard();
  }
}
