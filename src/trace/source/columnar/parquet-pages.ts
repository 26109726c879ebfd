import { FormatError, mibBytes } from "../../../base/index.ts";
import { parquetCodecs } from "./codecs.ts";
import { type ColumnValues, fromWords } from "./column-values.ts";
import {
  bitWidth,
  PageBytes,
  readDelta,
  readDeltaTexts,
  readHybrid,
  readPlainTexts,
  readPlainWords,
  readSplitWords,
  type Texts,
} from "./parquet-encodings.ts";
import { type ColumnChunk, type ParquetColumn, parquetTypes } from "./parquet-metadata.ts";
import { countOf, structOf, ThriftReader, type ThriftStruct } from "./thrift.ts";

const maxPageBytes = 64 * mibBytes;
const maxHeaderBytes = 64 * 1024;
const maxHeaderValues = 1000;

const encodings = { plain: 0, plainDictionary: 2, rle: 3, delta: 5, deltaLength: 6, dictionary: 8, split: 9 } as const;
const pageTypes = { data: 0, dictionary: 2, data2: 3 } as const;

function refuse(what: string, hint?: string): never {
  throw new FormatError(`damaged page: ${what}`, hint === undefined ? {} : { hint });
}

/** Values of a page without the missing ones. */
type Dense = { readonly words: Int32Array } | { readonly reals: Float64Array } | { readonly texts: Texts };

/** Reads a part of a file. */
export type ReadBytes = (start: number, bytes: number) => Uint8Array;

function realsOf(words: Int32Array, type: number): Float64Array {
  if (type === parquetTypes.double) return new Float64Array(words.buffer);
  return Float64Array.from(new Float32Array(words.buffer));
}

function readBits(source: PageBytes, count: number): Int32Array {
  const words = new Int32Array(count);
  const start = source.take(Math.ceil(count / 8));
  for (let row = 0; row < count; row++) words[row] = (source.bytes[start + (row >> 3)]! >> (row & 7)) & 1;
  return words;
}

function readNumbers(source: PageBytes, type: number, encoding: number, count: number): Dense {
  const wordsEach = type === parquetTypes.int64 || type === parquetTypes.double ? 2 : 1;
  const isReal = type === parquetTypes.float || type === parquetTypes.double;
  let words: Int32Array;
  if (encoding === encodings.plain) words = readPlainWords(source, wordsEach, count);
  else if (encoding === encodings.split) words = readSplitWords(source, wordsEach, count);
  else if (encoding === encodings.delta && !isReal) words = readDelta(source, wordsEach, count);
  else return refuse(`encoding ${encoding} is not read`, "write the file with plain or dictionary encoding");
  return isReal ? { reals: realsOf(words, type) } : { words };
}

function readDense(source: PageBytes, type: number, encoding: number, count: number): Dense {
  if (type === parquetTypes.bytes) {
    if (encoding === encodings.plain) return { texts: readPlainTexts(source, count) };
    if (encoding === encodings.deltaLength) return { texts: readDeltaTexts(source, count) };
    return refuse(`encoding ${encoding} is not read`, "write the file with plain or dictionary encoding");
  }
  if (type !== parquetTypes.boolean) return readNumbers(source, type, encoding, count);
  if (encoding === encodings.plain) return { words: readBits(source, count) };
  if (encoding !== encodings.rle) return refuse(`encoding ${encoding} of flags`);
  source.take(4);
  return { words: Int32Array.from(readHybrid(source, 1, count)) };
}

/** Dense values of the places in a dictionary. */
function lookUp(dictionary: Dense, places: Uint32Array, wordsEach: number): Dense {
  const held =
    "texts" in dictionary
      ? dictionary.texts.offsets.length - 1
      : "reals" in dictionary
        ? dictionary.reals.length
        : dictionary.words.length / wordsEach;
  for (const place of places) if (place >= held) refuse("a place outside of its dictionary");
  if ("reals" in dictionary) return { reals: Float64Array.from(places, (place) => dictionary.reals[place]!) };
  if ("words" in dictionary) {
    const words = new Int32Array(places.length * wordsEach);
    for (let row = 0; row < places.length; row++) {
      for (let word = 0; word < wordsEach; word++) {
        words[row * wordsEach + word] = dictionary.words[places[row]! * wordsEach + word]!;
      }
    }
    return { words };
  }
  return { texts: lookUpTexts(dictionary.texts, places) };
}

function lookUpTexts({ offsets, bytes }: Texts, places: Uint32Array): Texts {
  const found = new Int32Array(places.length + 1);
  let total = 0;
  for (let row = 0; row < places.length; row++) {
    total += offsets[places[row]! + 1]! - offsets[places[row]!]!;
    if (total > maxPageBytes) refuse("texts of more than 64 MiB");
    found[row + 1] = total;
  }
  const target = new Uint8Array(total);
  for (let row = 0; row < places.length; row++) {
    target.set(bytes.subarray(offsets[places[row]!], offsets[places[row]! + 1]), found[row]);
  }
  return { offsets: found, bytes: target };
}

/** Where each row's value is among those that are there. */
function denseRows(nulls: Uint8Array | undefined, rows: number): Uint32Array | undefined {
  if (!nulls) return undefined;
  const places = new Uint32Array(rows);
  for (let row = 0, place = 0; row < rows; row++) {
    places[row] = place;
    if (nulls[row] === 0) place++;
  }
  return places;
}

function spread<Numbers extends Float64Array | Int32Array>(
  dense: Numbers,
  target: Numbers,
  places: Uint32Array,
  each = 1,
) {
  for (let row = 0; row < places.length; row++) {
    for (let word = 0; word < each; word++) target[row * each + word] = dense[places[row]! * each + word] ?? 0;
  }
  return target;
}

/** Values of all rows of a page. */
function toValues(column: ParquetColumn, dense: Dense, rows: number, nulls: Uint8Array | undefined): ColumnValues {
  const places = denseRows(nulls, rows);
  if ("texts" in dense) {
    const { offsets, bytes } = dense.texts;
    if (!places) return { rows, kind: "text", offsets, bytes };
    const all = new Int32Array(rows + 1);
    for (let row = 0; row < rows; row++) all[row + 1] = offsets[places[row]! + 1 - nulls![row]!]!;
    return { rows, kind: "text", offsets: all, bytes, nulls };
  }
  if ("reals" in dense) {
    const numbers = places ? spread(dense.reals, new Float64Array(rows), places) : dense.reals;
    return { rows, kind: "real", numbers, nulls };
  }
  const each = column.type === parquetTypes.int64 ? 2 : 1;
  const words = places ? spread(dense.words, new Int32Array(rows * each), places, each) : dense.words;
  const numbers =
    each === 2
      ? fromWords(words, !column.isUnsigned)
      : Float64Array.from(words, (word) => (column.isUnsigned ? word >>> 0 : word));
  if (column.divisor === 1) return { rows, kind: "whole", numbers, ...(each === 2 && { words }), nulls };
  return { rows, kind: "real", numbers: numbers.map((number) => number / column.divisor), nulls };
}

/** The pages of one column of a row group, decoded one at a time. */
export class ColumnPages {
  readonly #column: ParquetColumn;
  readonly #chunk: ColumnChunk;
  readonly #read: ReadBytes;
  #offset: number;
  #rowsLeft: number;
  #dictionary: Dense | undefined;

  constructor(column: ParquetColumn, chunk: ColumnChunk, rows: number, read: ReadBytes) {
    this.#column = column;
    this.#chunk = chunk;
    this.#read = read;
    this.#offset = chunk.start;
    this.#rowsLeft = rows;
  }

  /** The next page that has rows. */
  next(): ColumnValues {
    for (;;) {
      const headBytes = Math.min(maxHeaderBytes, this.#chunk.end - this.#offset);
      if (headBytes <= 0) refuse("fewer values than the row group has rows");
      const reader = new ThriftReader(this.#read(this.#offset, headBytes), 0, maxHeaderValues);
      const header = reader.struct();
      const packedBytes = countOf(header, 3, "the size of a page");
      const start = this.#offset + reader.offset;
      if (start + packedBytes > this.#chunk.end) refuse("it leaves its column");
      this.#offset = start + packedBytes;
      const values = this.#readPage(header, start, packedBytes);
      if (values && values.rows > 0) return values;
    }
  }

  #readPage(header: ThriftStruct, start: number, packedBytes: number): ColumnValues | undefined {
    const bytes = countOf(header, 2, "the size of a page");
    if (bytes > maxPageBytes || packedBytes > maxPageBytes) refuse("more than 64 MiB", "write smaller pages");
    const type = countOf(header, 1, "the type of a page");
    if (type === pageTypes.data) return this.#readData(structOf(header, 5), this.#read(start, packedBytes), bytes);
    if (type === pageTypes.data2) return this.#readData2(structOf(header, 8), this.#read(start, packedBytes), bytes);
    if (type !== pageTypes.dictionary) return undefined;
    const source = new PageBytes(this.#unpack(this.#read(start, packedBytes), bytes));
    const count = countOf(structOf(header, 7), 1, "the values of a dictionary");
    if (count > source.end) refuse("a dictionary that is longer than its page");
    this.#dictionary = readDense(source, this.#column.type, encodings.plain, count);
    return undefined;
  }

  #unpack(packed: Uint8Array, bytes: number): Uint8Array {
    const codec = parquetCodecs.get(this.#chunk.codec);
    if (!codec) throw new FormatError(`codec ${this.#chunk.codec} is not read`, { hint: "write the file with zstd" });
    return codec(packed, bytes);
  }

  #takeRows(header: ThriftStruct | undefined): number {
    const rows = countOf(header, 1, "the values of a page");
    if (rows > this.#rowsLeft) refuse("more values than the row group has rows");
    this.#rowsLeft -= rows;
    return rows;
  }

  #readData(header: ThriftStruct | undefined, packed: Uint8Array, bytes: number): ColumnValues {
    const rows = this.#takeRows(header);
    const source = new PageBytes(this.#unpack(packed, bytes));
    let nulls: Uint8Array | undefined;
    if (this.#column.isOptional) {
      const length = source.view.getUint32(source.take(4), true);
      const start = source.take(length);
      nulls = readNulls(new PageBytes(source.bytes, start, source.offset), rows);
    }
    return this.#decode(source, countOf(header, 2, "an encoding"), rows, nulls);
  }

  #readData2(header: ThriftStruct | undefined, packed: Uint8Array, bytes: number): ColumnValues {
    const rows = this.#takeRows(header);
    const levelBytes = countOf(header, 5, "the size of levels");
    const repetitionBytes = countOf(header, 6, "the size of levels");
    const skipped = levelBytes + repetitionBytes;
    if (skipped > packed.length || skipped > bytes) refuse("levels that are longer than it");
    const nulls = this.#column.isOptional
      ? readNulls(new PageBytes(packed, repetitionBytes, skipped), rows)
      : undefined;
    const data = packed.subarray(skipped);
    const isPacked = header?.get(7) !== false && bytes > skipped;
    const source = new PageBytes(isPacked ? this.#unpack(data, bytes - skipped) : data);
    return this.#decode(source, countOf(header, 4, "an encoding"), rows, nulls);
  }

  #decode(source: PageBytes, encoding: number, rows: number, nulls: Uint8Array | undefined): ColumnValues {
    const column = this.#column;
    const count = nulls ? rows - nulls.reduce((sum, isNull) => sum + isNull, 0) : rows;
    if (encoding !== encodings.dictionary && encoding !== encodings.plainDictionary) {
      return toValues(column, readDense(source, column.type, encoding, count), rows, nulls);
    }
    const dictionary = this.#dictionary ?? refuse("no dictionary before it");
    // A page of nulls alone may hold nothing.
    const places = count === 0 ? new Uint32Array(0) : readHybrid(source, source.byte(), count);
    const each = column.type === parquetTypes.int64 ? 2 : 1;
    return toValues(column, lookUp(dictionary, places, each), rows, nulls);
  }
}

/** One byte a row, 1 = null; undefined where there are none. */
function readNulls(source: PageBytes, rows: number): Uint8Array | undefined {
  const levels = readHybrid(source, bitWidth(1), rows);
  const nulls = new Uint8Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (levels[row] === 0) nulls[row] = (count++, 1);
  return count > 0 ? nulls : undefined;
}
