import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

import {
  AsyncByteQueue,
  CompressionType,
  type Data,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  type Schema,
  Struct,
  vectorFromArray,
} from "apache-arrow";

import { assert, FormatError } from "../base/index.ts";
import { batchRows, tableSchema } from "./arrow.ts";
import type { Column, ColumnData, Table } from "./schema/column.ts";

/** What a finished table file is; goes into the folder's header. */
export interface TableFile {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export type Cell = number | string | null;

/** Writes Arrow's bytes to a file as they come: no queue, so memory stays flat whatever the table's size. */
class FileSink extends AsyncByteQueue {
  readonly #file: number;
  readonly #hash = createHash("sha256");
  bytes = 0;
  #isOpen = true;

  constructor(path: string) {
    super();
    this.#file = openSync(path, "wx");
  }

  override write(value: Uint8Array): void {
    for (let offset = 0; offset < value.byteLength;) {
      offset += writeSync(this.#file, value, offset, value.byteLength - offset);
    }
    this.#hash.update(value);
    this.bytes += value.byteLength;
  }

  finish(): string {
    fsyncSync(this.#file);
    this.discard();
    return this.#hash.digest("hex");
  }

  discard(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

/**
 * Arrow JS 21.2 states a buffer's compressed length where the format wants the uncompressed one, so that only Arrow JS
 * reads what it writes; this puts the right number there (Arrow's Message.fbs, BodyCompressionMethod).
 */
class StreamWriter extends RecordBatchStreamWriter {
  protected override _compressBodyBuffers(buffers: ArrayBufferView[]) {
    const result = super._compressBodyBuffers(buffers);
    for (const [index, buffer] of buffers.entries()) {
      // Each buffer has become two: its length and its bytes; an empty one has no length, -1 stands for "not compressed".
      const prefix = result.buffers[2 * index]!;
      if (prefix.byteLength === 0) continue;
      const length = new DataView(prefix.buffer, prefix.byteOffset, 8);
      if (length.getInt32(4, true) !== -1) length.setUint32(0, buffer.byteLength, true);
    }
    return result;
  }
}

function allocate(column: Column): ColumnData {
  switch (column.type) {
    case "i64":
    case "f64":
      return new Float64Array(batchRows);
    case "u32":
      return new Uint32Array(batchRows);
    case "u16":
      return new Uint16Array(batchRows);
    case "u8":
      return new Uint8Array(batchRows);
    case "utf8":
      return Array.from<string>({ length: batchRows }).fill("");
  }
}

/** Two's complement int64 from whole doubles, without BigInt. */
function toInt64Words(values: Float64Array, rows: number): BigInt64Array {
  const words = new BigInt64Array(rows);
  const halves = new Int32Array(words.buffer);
  for (let row = 0; row < rows; row++) {
    const value = values[row]!;
    assert(Number.isSafeInteger(value), `an int64 column got ${value}`);
    const high = Math.floor(value / 4_294_967_296);
    halves[2 * row] = value - high * 4_294_967_296;
    halves[2 * row + 1] = high;
  }
  return words;
}

/** Arrow's validity bitmap (1 = present) from a byte a row (1 = null). */
function validityBitmap(nulls: Uint8Array, rows: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(rows / 64) * 8);
  for (let row = 0; row < rows; row++) {
    if (nulls[row] === 0) bitmap[row >> 3] = bitmap[row >> 3]! | (1 << (row & 7));
  }
  return bitmap;
}

/**
 * Appends rows to one table's Arrow stream file and flushes whole batches.
 *
 * Order    rows must not go back in the table's `orderedBy` column; a row that does is refused at once
 * Cost     `columns` and `advance` are the hot path: one typed store a cell, no allocation a row
 */
export class TableWriter {
  readonly table: Table;
  readonly file: string;
  /** Filled by the caller at index `fill`, then `advance()`; for tables of many rows. */
  readonly columns: Record<string, ColumnData> = {};
  readonly #nulls: Record<string, Uint8Array> = {};
  readonly #schema: Schema;
  readonly #sink: FileSink;
  readonly #writer: RecordBatchStreamWriter;
  readonly #filled = new Set<string>();
  #fill = 0;
  #flushedRows = 0;
  #lastOrder = Number.NEGATIVE_INFINITY;

  constructor(table: Table, folder: string) {
    this.table = table;
    this.file = `${table.name}.arrow`;
    this.#schema = tableSchema(table);
    for (const column of table.columns) {
      this.columns[column.name] = allocate(column);
      if (column.nullMeans !== undefined) this.#nulls[column.name] = new Uint8Array(batchRows);
    }
    this.#sink = new FileSink(`${folder}/${this.file}`);
    this.#writer = new StreamWriter({ compressionType: CompressionType.ZSTD });
    this.#writer.reset(this.#sink, this.#schema);
  }

  get fill(): number {
    return this.#fill;
  }

  /** Columns that hold a value in at least one of the rows written so far; complete after `close`. */
  get filledColumns(): string[] {
    return [...this.#filled];
  }

  /** Takes the row that stands at index `fill` of `columns`. */
  advance(): void {
    this.#fill++;
    if (this.#fill === batchRows) this.#flush();
  }

  /** Appends one row given as an object; every column of the table must be there. */
  push(row: Readonly<Record<string, Cell>>): void {
    for (const column of this.table.columns) {
      const cell = row[column.name];
      assert(cell !== undefined, `table ${this.table.name}: row without column ${column.name}`);
      const nulls = this.#nulls[column.name];
      assert(cell !== null || nulls !== undefined, `table ${this.table.name}: null in column ${column.name}`);
      if (nulls) nulls[this.#fill] = cell === null ? 1 : 0;
      const data = this.columns[column.name]!;
      data[this.#fill] = cell ?? (column.type === "utf8" ? "" : 0);
    }
    this.advance();
  }

  #checkOrder(): void {
    const { orderedBy } = this.table;
    if (orderedBy === undefined) return;
    const values = this.columns[orderedBy] as Float64Array;
    for (let row = 0; row < this.#fill; row++) {
      const value = values[row]!;
      if (value < this.#lastOrder) {
        throw new FormatError(
          `table ${this.table.name}, row ${this.#flushedRows + row + 1}: ${orderedBy} goes back from ${this.#lastOrder} to ${value}`,
          { hint: "rows must come in the order of their time; sort the source first" },
        );
      }
      this.#lastOrder = value;
    }
  }

  #columnData(column: Column): Data {
    const rows = this.#fill;
    const values = this.columns[column.name]!;
    const nulls = this.#nulls[column.name];
    if (!nulls || nulls.subarray(0, rows).includes(0)) this.#filled.add(column.name);
    if (column.type === "utf8") {
      const texts = (values as string[]).slice(0, rows);
      return vectorFromArray(nulls ? texts.map((text, row) => (nulls[row] ? null : text)) : texts, this.#type(column))
        .data[0]!;
    }
    const data = column.type === "i64" ? toInt64Words(values as Float64Array, rows) : values.slice(0, rows);
    const nullCount = nulls ? nulls.subarray(0, rows).reduce((sum, isNull) => sum + isNull, 0) : 0;
    const shape = { type: this.#type(column), length: rows, nullCount, data };
    return makeData(
      (nulls && nullCount > 0 ? { ...shape, nullBitmap: validityBitmap(nulls, rows) } : shape) as never,
    ) as Data;
  }

  #type(column: Column) {
    return this.#schema.fields.find((field) => field.name === column.name)!.type;
  }

  #flush(): void {
    if (this.#fill === 0) return;
    this.#checkOrder();
    const children = this.table.columns.map((column) => this.#columnData(column));
    const struct = makeData({ type: new Struct(this.#schema.fields), length: this.#fill, nullCount: 0, children });
    this.#writer.write(new RecordBatch(this.#schema, struct as never));
    this.#flushedRows += this.#fill;
    this.#fill = 0;
  }

  /** Flushes what is left, ends the stream and names the finished file. */
  close(): TableFile {
    this.#flush();
    this.#writer.finish();
    const sha256 = this.#sink.finish();
    return { file: this.file, rows: this.#flushedRows, bytes: this.#sink.bytes, sha256 };
  }

  /** Lets go of the file without finishing it. */
  discard(): void {
    this.#sink.discard();
  }
}
