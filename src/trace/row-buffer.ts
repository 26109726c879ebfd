import { isUtf8 } from "node:buffer";

import { assert, InvariantError } from "../base/index.ts";
import type { RawBatch, TextBytes } from "./read.ts";
import type { Column, ColumnData, Table } from "./schema/column.ts";

export type Cell = number | string | null;

type Numbers = Exclude<ColumnData, string[]>;

function allocateNumbers({ type }: Column, rows: number): Numbers {
  switch (type) {
    case "i64":
    case "f64":
      return new Float64Array(rows);
    case "u32":
      return new Uint32Array(rows);
    case "u16":
      return new Uint16Array(rows);
    case "u8":
      return new Uint8Array(rows);
    case "utf8":
      throw new InvariantError("texts are kept apart from numbers");
  }
}

/** Bytes up to which a loop is faster than the call of a copying function. */
const loopBytes = 48;
const firstTextBytes = 1024 * 1024;

const encoder = new TextEncoder();
/** Puts U+FFFD where bytes are no UTF-8. */
const lenientDecoder = new TextDecoder("utf-8");

/** Texts of rows one behind the other. */
class TextBuffer {
  offsets: Int32Array;
  bytes = new Uint8Array(firstTextBytes);

  constructor(rows: number) {
    this.offsets = new Int32Array(rows + 1);
  }

  #reserve(endBytes: number): void {
    if (endBytes <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(endBytes, 2 * this.bytes.length));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  copy(row: number, source: Uint8Array, start: number, end: number): void {
    const at = this.offsets[row]!;
    this.#reserve(at + end - start);
    const { bytes } = this;
    if (end - start > loopBytes) bytes.set(source.subarray(start, end), at);
    else for (let offset = start; offset < end; offset++) bytes[at + offset - start] = source[offset]!;
    this.offsets[row + 1] = at + end - start;
  }

  write(row: number, text: string): void {
    const at = this.offsets[row]!;
    // UTF-16 units take up to three bytes each.
    this.#reserve(at + 3 * text.length);
    this.offsets[row + 1] = at + encoder.encodeInto(text, this.bytes.subarray(at)).written;
  }

  /** Keeps the rows from `first` to `end` alone, moved to the front. */
  keep(first: number, end: number): void {
    const from = this.offsets[first]!;
    this.bytes.copyWithin(0, from, this.offsets[end]);
    for (let row = first; row <= end; row++) this.offsets[row - first] = this.offsets[row]! - from;
  }

  /** The texts of some rows, all of them valid UTF-8. */
  take(rows: ArrayLike<number> | undefined, count: number): TextBytes {
    const { offsets, bytes } = this;
    const taken = new Int32Array(count + 1);
    if (!rows) {
      taken.set(offsets.subarray(0, count + 1));
      return asUtf8({ offsets: taken, bytes: bytes.slice(0, offsets[count]) }, count);
    }
    let total = 0;
    for (let row = 0; row < count; row++) total += offsets[rows[row]! + 1]! - offsets[rows[row]!]!;
    const gathered = new Uint8Array(total);
    let at = 0;
    for (let row = 0; row < count; row++) {
      const end = offsets[rows[row]! + 1]!;
      for (let offset = offsets[rows[row]!]!; offset < end; offset++) gathered[at++] = bytes[offset]!;
      taken[row + 1] = at;
    }
    return asUtf8({ offsets: taken, bytes: gathered }, count);
  }
}

/** Sources hold any bytes; tables hold UTF-8 in each row. What is none becomes U+FFFD. */
function asUtf8(text: TextBytes, rows: number): TextBytes {
  const { offsets, bytes } = text;
  let isCutCharacter = false;
  for (let row = 1; row < rows; row++) {
    const at = offsets[row]!;
    // 10xxxxxx goes on with a character that an earlier row would have begun.
    if (at < bytes.length && (bytes[at]! & 0xc0) === 0x80) isCutCharacter = true;
  }
  if (!isCutCharacter && isUtf8(bytes)) return text;
  const mended = new TextBuffer(rows);
  for (let row = 0; row < rows; row++) {
    mended.write(row, lenientDecoder.decode(bytes.subarray(offsets[row], offsets[row + 1])));
  }
  return { offsets: mended.offsets, bytes: mended.bytes.slice(0, mended.offsets[rows]) };
}

/** Some rows of a table, ready to be written. */
export interface TakenRows {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Numbers | TextBytes>>;
  /** One byte a row, 1 = null; only of columns that may hold nulls. */
  readonly nulls: Readonly<Record<string, Uint8Array>>;
}

/**
 * Rows of one table as a struct of arrays, filled row by row.
 *
 * Shape    `numbers` and `nulls` are filled at index `fill`, texts by `setText` or `writeText`; then `advance`
 * Cost     the hot path is one typed store a cell; nothing is allocated a row
 */
export class RowBuffer {
  readonly table: Table;
  readonly capacity: number;
  readonly numbers: Record<string, Numbers> = {};
  readonly nulls: Record<string, Uint8Array> = {};
  readonly #texts: Record<string, TextBuffer> = {};
  fill = 0;

  constructor(table: Table, capacity: number) {
    this.table = table;
    this.capacity = capacity;
    for (const column of table.columns) {
      const { name, nullMeans } = column;
      if (column.type === "utf8") this.#texts[name] = new TextBuffer(capacity);
      else this.numbers[name] = allocateNumbers(column, capacity);
      if (nullMeans !== undefined) this.nulls[name] = new Uint8Array(capacity);
    }
  }

  /** The present row's text from bytes of a source, which need not be UTF-8. */
  setText(column: string, source: Uint8Array, start: number, end: number): void {
    this.#texts[column]!.copy(this.fill, source, start, end);
  }

  writeText(column: string, text: string): void {
    this.#texts[column]!.write(this.fill, text);
  }

  /** Fills the present row from an object; a column that may be null may be left out. */
  set(row: Readonly<Record<string, Cell>>): void {
    for (const { name, type } of this.table.columns) {
      const nulls = this.nulls[name];
      const cell = row[name] ?? (nulls ? null : undefined);
      assert(cell !== undefined, `table ${this.table.name}: row without column ${name}`);
      assert(cell !== null || nulls !== undefined, `table ${this.table.name}: null in column ${name}`);
      if (nulls) nulls[this.fill] = cell === null ? 1 : 0;
      if (type === "utf8") this.#texts[name]!.write(this.fill, (cell as string | null) ?? "");
      else this.numbers[name]![this.fill] = (cell as number | null) ?? 0;
    }
  }

  /** Fills the present row from a row that was read. */
  copy(batch: RawBatch, row: number): void {
    for (const { name } of this.table.columns) {
      const data = batch.columns[name]!;
      const nulls = this.nulls[name];
      if (nulls) nulls[this.fill] = batch.nulls[name]?.[row] ?? 0;
      if ("offsets" in data) {
        this.#texts[name]!.copy(this.fill, data.bytes, data.offsets[row]!, data.offsets[row + 1]!);
      } else {
        this.numbers[name]![this.fill] = data[row]!;
      }
    }
  }

  /** Copies of `count` rows: the first ones, or those that `rows` names. */
  take(count: number, rows?: Uint32Array): TakenRows {
    const columns: Record<string, Numbers | TextBytes> = {};
    const nulls: Record<string, Uint8Array> = {};
    for (const column of this.table.columns) {
      const { name } = column;
      const text = this.#texts[name];
      columns[name] = text
        ? text.take(rows, count)
        : takeNumbers(this.numbers[name]!, allocateNumbers(column, count), rows);
      if (this.nulls[name]) nulls[name] = takeNumbers(this.nulls[name], new Uint8Array(count), rows);
    }
    return { rows: count, columns, nulls };
  }

  /** Lets go of the first rows; the others move to the front. */
  dropFirst(count: number): void {
    for (const { name } of this.table.columns) {
      this.numbers[name]?.copyWithin(0, count, this.fill);
      this.nulls[name]?.copyWithin(0, count, this.fill);
      this.#texts[name]?.keep(count, this.fill);
    }
    this.fill -= count;
  }

  /** Brings the rows into the order that `rows` names. */
  reorder(rows: Uint32Array): void {
    const { columns, nulls } = this.take(this.fill, rows);
    for (const { name } of this.table.columns) {
      const data = columns[name]!;
      if ("offsets" in data) {
        const text = this.#texts[name]!;
        text.offsets.set(data.offsets);
        text.bytes = data.bytes.length > 0 ? Uint8Array.from(data.bytes) : text.bytes;
      } else {
        this.numbers[name]!.set(data);
      }
      if (nulls[name]) this.nulls[name]!.set(nulls[name]);
    }
  }
}

function takeNumbers<Target extends Numbers>(source: Numbers, target: Target, rows: Uint32Array | undefined): Target {
  const count = target.length;
  if (!rows) target.set(source.subarray(0, count));
  else for (let row = 0; row < count; row++) target[row] = source[rows[row]!]!;
  return target;
}
