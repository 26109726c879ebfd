import duckdb from "@duckdb/node-bindings";

import { assert, FormatError } from "../../base/index.ts";

/**
 * The only place that writes into DuckDB's own memory. Its copy functions take any offset and any length and check
 * neither, so that each of them is called behind the checks here and nowhere else.
 *
 * Source   duckdb.h of DuckDB 1.5: duckdb_vector_get_data, duckdb_vector_get_validity, duckdb_string_t
 */

/** Rows that a vector of a chunk holds. */
export const vectorRows: number = duckdb.vector_size();

/** Numbers that lie in memory as DuckDB wants them. */
export type NumberArray = BigInt64Array | Float64Array | Uint32Array | Uint16Array | Uint8Array;

export interface RowRange {
  readonly start: number;
  readonly rows: number;
}

/** A vector of a chunk, as `data_chunk_get_vector` gives it. */
export type Vector = duckdb.Vector;

/** Bytes of a duckdb_string_t, and of the text that lies inside it: longer texts lie elsewhere. */
const stringBytes = 16;
const inlineBytes = 12;
const inlineBegin = 4;

const decoder = new TextDecoder("utf-8", { fatal: true });

function checkRange({ start, rows }: RowRange, held: number): void {
  const fits = Number.isInteger(start) && Number.isInteger(rows) && start >= 0 && rows >= 0 && start + rows <= held;
  assert(fits && rows <= vectorRows, `rows ${start} + ${rows} of ${held}, and a vector holds ${vectorRows}`);
}

/**
 * Numbers of the rows of `range` into the first places of a vector.
 *
 * Shape    `valueBytes` is the width of the vector's type: DuckDB's vectors are `vectorRows` such values long
 */
export function copyNumbers(target: Vector, valueBytes: number, values: NumberArray, range: RowRange): void {
  checkRange(range, values.length);
  assert(values.BYTES_PER_ELEMENT === valueBytes, `values of ${values.BYTES_PER_ELEMENT} bytes for ${valueBytes}`);
  if (range.rows === 0) return;
  const from = values.byteOffset + range.start * valueBytes;
  duckdb.copy_data_to_vector(target, 0, values.buffer as ArrayBuffer, from, range.rows * valueBytes);
}

/** Arrow's bitmap of the rows of `range` into a vector's; both have a 1 where there is a value. */
export function copyValidity(target: Vector, bitmap: Uint8Array, range: RowRange): void {
  checkRange(range, bitmap.length * 8);
  assert(range.start % 8 === 0, `a bitmap can be copied from whole bytes only, not from row ${range.start}`);
  if (range.rows === 0) return;
  duckdb.vector_ensure_validity_writable(target);
  const from = bitmap.byteOffset + range.start / 8;
  const bytes = Math.ceil(range.rows / 8);
  duckdb.copy_data_to_vector_validity(target, 0, bitmap.buffer as ArrayBuffer, from, bytes);
}

/** Refuses bytes that are no UTF-8, which DuckDB would take for an empty text. */
function checkText(bytes: Uint8Array): void {
  try {
    decoder.decode(bytes);
  } catch (cause) {
    throw new FormatError("a text is not UTF-8", { cause });
  }
}

/**
 * Copies texts; short ones go in one piece for all rows, as the places that they have inside of DuckDB's strings.
 *
 * Errors   FormatError for offsets that leave the bytes, and for bytes that are no UTF-8
 */
export class TextCopier {
  readonly #strings = new Uint8Array(vectorRows * stringBytes);
  readonly #lengths = new DataView(this.#strings.buffer);
  readonly #long = new Uint32Array(vectorRows);

  copy(target: Vector, { offsets, bytes }: { offsets: Int32Array; bytes: Uint8Array }, range: RowRange): void {
    checkRange(range, offsets.length - 1);
    if (range.rows === 0) return;
    this.#strings.fill(0, 0, range.rows * stringBytes);
    let longCount = 0;
    for (let row = 0; row < range.rows; row++) {
      const begin = offsets[range.start + row]!;
      const end = offsets[range.start + row + 1]!;
      if (begin < 0 || end < begin || end > bytes.length) {
        throw new FormatError("the offsets of a text column leave its bytes");
      }
      if (!this.#setShort(row, bytes, begin, end)) this.#long[longCount++] = row;
    }
    // What stands elsewhere is an empty text until now.
    duckdb.copy_data_to_vector(target, 0, this.#strings.buffer, 0, range.rows * stringBytes);
    for (let index = 0; index < longCount; index++) {
      const row = this.#long[index]!;
      const text = bytes.subarray(offsets[range.start + row], offsets[range.start + row + 1]);
      checkText(text);
      duckdb.vector_assign_string_element_len(target, row, text);
    }
  }

  /** Sets a text that is short and plain ASCII; anything else leaves the row empty. */
  #setShort(row: number, bytes: Uint8Array, begin: number, end: number): boolean {
    if (end - begin > inlineBytes) return false;
    const place = row * stringBytes;
    let seen = 0;
    for (let index = begin; index < end; index++) seen |= bytes[index]!;
    if (seen >= 0x80) return false;
    for (let index = begin; index < end; index++) {
      this.#strings[place + inlineBegin + index - begin] = bytes[index]!;
    }
    this.#lengths.setUint32(place, end - begin, true);
    return true;
  }
}
