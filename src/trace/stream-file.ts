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
} from "apache-arrow";

import { assert } from "../base/index.ts";
import { tableSchema } from "./arrow.ts";
import type { TakenRows } from "./row-buffer.ts";
import type { Column, Table } from "./schema/column.ts";

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

/** One table's Arrow stream on disk, written batch by batch. */
export class StreamFile {
  readonly path: string;
  readonly #table: Table;
  readonly #schema: Schema;
  readonly #sink: FileSink;
  readonly #writer: RecordBatchStreamWriter;
  rows = 0;

  constructor(table: Table, path: string) {
    this.#table = table;
    this.path = path;
    this.#schema = tableSchema(table);
    this.#sink = new FileSink(path);
    this.#writer = new StreamWriter({ compressionType: CompressionType.ZSTD });
    this.#writer.reset(this.#sink, this.#schema);
  }

  #data(column: Column, index: number, taken: TakenRows): Data {
    const { rows: length } = taken;
    const { type } = this.#schema.fields[index]!;
    const values = taken.columns[column.name]!;
    const nulls = taken.nulls[column.name];
    const nullCount = nulls ? nulls.reduce((sum, isNull) => sum + isNull, 0) : 0;
    const validity = nulls && nullCount > 0 ? { nullBitmap: validityBitmap(nulls, length) } : {};
    const buffers =
      "offsets" in values
        ? { valueOffsets: values.offsets, data: values.bytes }
        : { data: column.type === "i64" ? toInt64Words(values as Float64Array, length) : values };
    return makeData({ type, length, nullCount, ...buffers, ...validity } as never) as Data;
  }

  write(taken: TakenRows): void {
    const { rows: length } = taken;
    const children = this.#table.columns.map((column, index) => this.#data(column, index, taken));
    const struct = makeData({ type: new Struct(this.#schema.fields), length, nullCount: 0, children });
    this.#writer.write(new RecordBatch(this.#schema, struct as never));
    this.rows += length;
  }

  /** Ends the stream and gives the hash and the size of what was written. */
  finish(): { readonly bytes: number; readonly sha256: string } {
    this.#writer.finish();
    const sha256 = this.#sink.finish();
    return { bytes: this.#sink.bytes, sha256 };
  }

  /** Lets go of the file without finishing it. */
  discard(): void {
    this.#sink.discard();
  }
}
