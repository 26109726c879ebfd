import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";

import { type Data, RecordBatchReader, type Schema } from "apache-arrow";

import { FormatError, ToolError } from "../base/index.ts";
import { batchRows, tableSchema } from "./arrow.ts";
import { MessageFile } from "./message-file.ts";
import type { Batch, Column, ColumnData, Table } from "./schema/column.ts";

/** Where a table's bytes are and what they must be. */
export interface TableSource {
  readonly path: string;
  readonly rows: number;
  readonly sha256: string;
  /** Format version of the folder, for columns that came later; without it the newest. */
  readonly version?: number;
}

/** The table as the format's version had it. */
function tableOfVersion(table: Table, version = Number.POSITIVE_INFINITY): Table {
  return { ...table, columns: table.columns.filter(({ since = 0 }) => since <= version) };
}

/** Rows of one record batch with the columns that the file has, checked to be as long as the rows. */
interface StoredRows {
  readonly children: readonly Data[];
  readonly firstRow: number;
  readonly rows: number;
}

/** Doubles for int64 columns, which the next batch overwrites. */
class DoubleBuffers {
  readonly #names: readonly string[];
  #buffers: Readonly<Record<string, Float64Array>> = {};
  #capacity = 0;

  constructor(table: Table) {
    this.#names = table.columns.filter(({ type }) => type === "i64").map(({ name }) => name);
  }

  /** Longer batches than our own writer's are legal Arrow; the buffers then grow with them. */
  of(column: string, rows: number): Float64Array {
    if (rows > this.#capacity) {
      this.#capacity = Math.max(rows, batchRows);
      this.#buffers = Object.fromEntries(this.#names.map((name) => [name, new Float64Array(this.#capacity)]));
    }
    return this.#buffers[column]!;
  }
}

function describe(schema: Schema): string {
  return schema.fields.map((field) => `${field.name} ${field.type}`).join(", ");
}

/** Refuses a file whose columns are not exactly the declared ones. */
function checkSchema(table: Table, found: Schema, path: string): void {
  const expected = tableSchema(table);
  const expectedNames = expected.fields.map((field) => field.name);
  const foundNames = found.fields.map((field) => field.name);
  const unknown = foundNames.filter((name) => !expectedNames.includes(name));
  const missing = expectedNames.filter((name) => !foundNames.includes(name));
  const problems = [
    ...unknown.map((name) => `unknown column ${JSON.stringify(name.slice(0, 80))}`),
    ...missing.map((name) => `missing column ${JSON.stringify(name)}`),
  ];
  if (problems.length === 0 && describe(expected) !== describe(found)) {
    problems.push(`columns are ${describe(found)}, expected ${describe(expected)}`);
  }
  if (problems.length === 0) return;
  throw new FormatError(`${path}: table ${table.name}: ${problems.join("; ")}`, {
    hint: "docs/trace-format.md, run-format.md and comparison-format.md list every table's columns",
  });
}

/** Whole doubles from two's complement int64 words, without BigInt; refuses what a double cannot hold exactly. */
function fromInt64Words(words: BigInt64Array, rows: number, target: Float64Array): Float64Array {
  const halves = new Int32Array(words.buffer, words.byteOffset, rows * 2);
  let excess = 0;
  for (let row = 0; row < rows; row++) {
    const high = halves[2 * row + 1]!;
    // Bits above 2^53, with a negative number's ones turned to zeros.
    excess |= (high ^ (high >> 31)) >>> 21;
    target[row] = high * 4_294_967_296 + (halves[2 * row]! >>> 0);
  }
  if (excess !== 0) throw new FormatError("an int64 column holds a number beyond 2^53");
  return target;
}

/** The words as they are; refuses what a double cannot hold exactly, as every other reader does. */
function checkInt64Words(words: BigInt64Array, rows: number): BigInt64Array {
  const halves = new Int32Array(words.buffer, words.byteOffset, rows * 2);
  let excess = 0;
  for (let row = 0; row < rows; row++) {
    const high = halves[2 * row + 1]!;
    excess |= (high ^ (high >> 31)) >>> 21;
  }
  if (excess !== 0) throw new FormatError("an int64 column holds a number beyond 2^53");
  return words;
}

function decodeTexts({ offsets, bytes }: TextBytes, rows: number): string[] {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return Array.from({ length: rows }, (_, row) => decoder.decode(bytes.subarray(offsets[row], offsets[row + 1])));
}

function nullBytes(data: Data, rows: number): Uint8Array {
  const bitmap = data.nullBitmap;
  const nulls = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) nulls[row] = 1 - ((bitmap[row >> 3]! >> (row & 7)) & 1);
  return nulls;
}

/** Refuses a batch whose buffers are shorter than the rows that it claims, before anything is allocated for them. */
function checkLengths(table: Table, children: readonly Data[], rows: number): void {
  for (const [index, column] of table.columns.entries()) {
    const data = children[index];
    const held = column.type === "utf8" ? (data?.valueOffsets?.length ?? 0) - 1 : (data?.values?.length ?? -1);
    const validity = data && data.nullCount > 0 ? data.nullBitmap.length * 8 : rows;
    if (data?.length === rows && held >= rows && validity >= rows) continue;
    throw new FormatError(
      `table ${table.name}: column ${column.name} holds fewer values than the ${rows} rows claimed`,
    );
  }
}

/** Texts as they lie in the file: row r holds the bytes from `offsets[r]` to `offsets[r + 1]`. */
export interface TextBytes {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** A batch whose texts have not been decoded yet. */
export interface RawBatch extends Omit<Batch, "columns"> {
  readonly columns: Readonly<Record<string, Exclude<ColumnData, string[]> | TextBytes>>;
}

function emptyColumn({ type }: Column, rows: number): RawBatch["columns"][string] {
  return type === "utf8" ? { offsets: new Int32Array(rows + 1), bytes: new Uint8Array(0) } : new Float64Array(rows);
}

function columnData(column: Column, data: Data, rows: number, buffers: DoubleBuffers): RawBatch["columns"][string] {
  if (column.type === "utf8") return { offsets: data.valueOffsets as Int32Array, bytes: data.values as Uint8Array };
  if (column.type === "i64") return fromInt64Words(data.values as BigInt64Array, rows, buffers.of(column.name, rows));
  return data.values as Exclude<ColumnData, string[]>;
}

function refuseNulls(table: Table, column: Column): void {
  if (column.nullMeans !== undefined) return;
  throw new FormatError(`table ${table.name}: null in column ${column.name}, which holds no nulls`);
}

function createBatch(table: Table, { children, firstRow, rows }: StoredRows, buffers: DoubleBuffers): RawBatch {
  const columns: Record<string, RawBatch["columns"][string]> = {};
  const nulls: Record<string, Uint8Array> = {};
  for (const [index, column] of table.columns.entries()) {
    const data = children[index];
    if (!data) {
      // A column of a later version than the folder's.
      columns[column.name] = emptyColumn(column, rows);
      nulls[column.name] = new Uint8Array(rows).fill(1);
      continue;
    }
    if (data.nullCount > 0) {
      refuseNulls(table, column);
      nulls[column.name] = nullBytes(data, rows);
    }
    columns[column.name] = columnData(column, data, rows, buffers);
  }
  return { table, firstRow, rows, columns, nulls };
}

/** One column as it lies in the file: int64 as its words, texts as bytes, the rest as in every batch. */
export type StoredColumn = BigInt64Array | Exclude<ColumnData, string[]> | TextBytes;

/** A batch as it lies in the file, for whoever hands rows on without looking at them. */
export interface StoredBatch extends Omit<Batch, "columns" | "nulls"> {
  readonly columns: Readonly<Record<string, StoredColumn>>;
  /** Arrow's bitmaps, bit r of byte r >> 3 is 1 where row r holds a value; only of columns with nulls. */
  readonly validity: Readonly<Record<string, Uint8Array>>;
}

function storedColumn(column: Column, data: Data, rows: number): StoredColumn {
  if (column.type === "utf8") return { offsets: data.valueOffsets as Int32Array, bytes: data.values as Uint8Array };
  if (column.type === "i64") return checkInt64Words(data.values as BigInt64Array, rows);
  return data.values as Exclude<ColumnData, string[]>;
}

function createStoredBatch(table: Table, { children, firstRow, rows }: StoredRows): StoredBatch {
  const columns: Record<string, StoredColumn> = {};
  const validity: Record<string, Uint8Array> = {};
  for (const [index, column] of table.columns.entries()) {
    const data = children[index];
    if (!data) {
      columns[column.name] = column.type === "i64" ? new BigInt64Array(rows) : emptyColumn(column, rows);
      validity[column.name] = new Uint8Array(Math.ceil(rows / 8));
      continue;
    }
    if (data.nullCount > 0) {
      refuseNulls(table, column);
      validity[column.name] = data.nullBitmap;
    }
    columns[column.name] = storedColumn(column, data, rows);
  }
  return { table, firstRow, rows, columns, validity };
}

function openStream(table: Table, source: TableSource, file: MessageFile) {
  const reader = RecordBatchReader.from(file.messages()).open();
  if (!reader.schema)
    throw new FormatError(`${source.path}: not an Arrow stream`, {
      hint: "the file is empty or damaged; make the folder again",
    });
  checkSchema(table, reader.schema, source.path);
  return reader;
}

function* decode(table: Table, source: TableSource, file: MessageFile): Generator<StoredRows> {
  const stored = tableOfVersion(table, source.version);
  let firstRow = 0;
  for (const record of openStream(stored, source, file)) {
    const rows = record.numRows;
    // Arrow makes one batch without buffers of a stream that has none.
    if (rows === 0) continue;
    if (firstRow + rows > source.rows) {
      throw new FormatError(`${source.path}: more than the ${source.rows} rows that the folder's header states`);
    }
    checkLengths(stored, record.data.children, rows);
    yield { children: record.data.children, firstRow, rows };
    firstRow += rows;
  }
  if (firstRow !== source.rows) {
    throw new FormatError(`${source.path}: ${firstRow} rows, expected ${source.rows}`, {
      hint: "the file is truncated, or was changed after the header was written",
    });
  }
}

/** An error of the file with the file's path in front, wherever it was found. */
function withPath(error: ToolError, path: string): ToolError {
  if (!(error instanceof FormatError) || error.message.startsWith(path)) return error;
  return new FormatError(`${path}: ${error.message}`, {
    cause: error,
    hint: error.hint ?? "the file is truncated or damaged; make the folder again",
  });
}

/** Batches as `convert` gives them, with whatever goes wrong turned into a FormatError. */
function* guarded<Converted>(
  table: Table,
  source: TableSource,
  convert: (rows: StoredRows) => Converted,
): Generator<Converted> {
  const file = new MessageFile(source.path);
  try {
    for (const rows of decode(table, source, file)) yield convert(rows);
  } catch (error) {
    if (error instanceof ToolError) throw withPath(error, source.path);
    throw new FormatError(`${source.path}: not a readable Arrow stream: ${(error as Error).message}`, {
      cause: error,
      hint: "the file is truncated or damaged; make the folder again",
    });
  }
  if (file.digest() !== source.sha256) throw changedFile(source.path);
}

function changedFile(path: string): FormatError {
  return new FormatError(`${path}: content differs from the hash in the folder's header`, {
    hint: "the file was changed or damaged after it was written; make the folder again",
  });
}

/** Refuses a file that is not the one that the folder's header names, without looking at what is in it. */
export function checkHash({ path, sha256 }: TableSource): void {
  const hash = createHash("sha256");
  const part = new Uint8Array(1024 * 1024);
  const file = openSync(path, "r");
  try {
    for (let count = readSync(file, part); count > 0; count = readSync(file, part)) {
      hash.update(part.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
  if (hash.digest("hex") !== sha256) throw changedFile(path);
}

function withTexts(batch: RawBatch): Batch {
  const columns: Record<string, ColumnData> = {};
  for (const { name } of batch.table.columns) {
    const data = batch.columns[name]!;
    columns[name] = "offsets" in data ? decodeTexts(data, batch.rows) : data;
  }
  return { ...batch, columns };
}

/**
 * Streams one table of a folder.
 *
 * Shape    int64 columns arrive in Float64Arrays that the next batch overwrites; the rest are views into the batch
 * Order    as in the file; what a table promises about order is the consumer's to check
 * Errors   FormatError for a schema that differs, a damaged or truncated file, a wrong row count or hash; the hash is
 *          known only after the last batch, so results must not be published before the generator has ended
 * Cost     10-15 million rows a second for page_write, one allocation a batch
 */
export function readTable(table: Table, source: TableSource): Generator<Batch> {
  const buffers = new DoubleBuffers(table);
  return guarded(table, source, (rows) => withTexts(createBatch(table, rows, buffers)));
}

/** As `readTable`, with texts as the bytes that lie in the file: for whoever copies rows. */
export function readRawTable(table: Table, source: TableSource): Generator<RawBatch> {
  const buffers = new DoubleBuffers(table);
  return guarded(table, source, (rows) => createBatch(table, rows, buffers));
}

/** As `readTable`, with every column as it lies in the file: for whoever hands rows on without looking at them. */
export function readStoredTable(table: Table, source: TableSource): Generator<StoredBatch> {
  return guarded(table, source, (rows) => createStoredBatch(table, rows));
}

/** Reads a table that is known to be small as one object a row. */
export function readRows(table: Table, source: TableSource): Record<string, number | string | null>[] {
  const result: Record<string, number | string | null>[] = [];
  for (const batch of readTable(table, source)) {
    for (let row = 0; row < batch.rows; row++) {
      result.push(
        Object.fromEntries(
          table.columns.map(({ name }) => [name, batch.nulls[name]?.[row] === 1 ? null : batch.columns[name]![row]!]),
        ),
      );
    }
  }
  return result;
}
