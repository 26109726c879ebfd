import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

import {
  AsyncByteQueue,
  Bool,
  type Data,
  type DataType,
  Dictionary,
  Field,
  Int8,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Uint32,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";

import { FormatError } from "../base/index.ts";
import { tableSchema } from "./arrow.ts";
import { readStoredTable, type StoredBatch, type TableSource } from "./read.ts";
import type { Column, Table } from "./schema/column.ts";
import { rowIndexName } from "./schema/row-index.ts";

/** Writes Arrow's bytes to an open file as they come. */
class FileSink extends AsyncByteQueue {
  readonly #file: number;

  constructor(file: number) {
    super();
    this.#file = file;
  }

  override write(value: Uint8Array): void {
    for (let offset = 0; offset < value.byteLength;) {
      offset += writeSync(this.#file, value, offset, value.byteLength - offset);
    }
  }
}

/** A column of the file and how a batch's values get into it. */
interface FileColumn {
  readonly field: Field;
  readonly data: (batch: StoredBatch) => Data;
}

function validityOf(batch: StoredBatch, name: string): { nullBitmap?: Uint8Array; nullCount?: number } {
  const nullBitmap = batch.validity[name];
  return nullBitmap ? { nullBitmap, nullCount: -1 } : { nullCount: 0 };
}

function checkCodes({ table, rows, columns, validity }: StoredBatch, column: Column, highest: number): Uint8Array {
  const codes = columns[column.name] as Uint8Array;
  const bitmap = validity[column.name];
  for (let row = 0; row < rows; row++) {
    const isNull = bitmap !== undefined && ((bitmap[row >> 3]! >> (row & 7)) & 1) === 0;
    if (codes[row]! <= highest || isNull) continue;
    throw new FormatError(`table ${table.name}, column ${column.name}: unknown code ${codes[row]}`);
  }
  return codes;
}

/** Labels as a dictionary, whose index is the code itself. */
function labelColumn(column: Column, field: Field, id: number): FileColumn {
  const labels = column.labels!;
  const type = new Dictionary(new Utf8(), new Int8(), id);
  const dictionary: Vector = vectorFromArray(labels, new Utf8());
  return {
    field: new Field(column.name, type, field.nullable, field.metadata),
    data: (batch) => {
      const codes = checkCodes(batch, column, labels.length - 1);
      // Labels are fewer than 128, so that a code and its index are the same byte.
      const data = new Int8Array(codes.buffer, codes.byteOffset, batch.rows);
      return makeData({ type, length: batch.rows, data, dictionary, ...validityOf(batch, column.name) } as never);
    },
  };
}

function flagColumn(column: Column, field: Field): FileColumn {
  const type = new Bool();
  return {
    field: new Field(column.name, type, field.nullable, field.metadata),
    data: (batch) => {
      const flags = checkCodes(batch, column, 1);
      const data = new Uint8Array(Math.ceil(batch.rows / 64) * 8);
      for (let row = 0; row < batch.rows; row++) data[row >> 3] = data[row >> 3]! | ((flags[row]! & 1) << (row & 7));
      return makeData({ type, length: batch.rows, data, ...validityOf(batch, column.name) } as never);
    },
  };
}

function plainColumn(column: Column, field: Field): FileColumn {
  const type = field.type as DataType;
  return {
    field,
    data: (batch) => {
      const values = batch.columns[column.name]!;
      const buffers = "offsets" in values ? { valueOffsets: values.offsets, data: values.bytes } : { data: values };
      return makeData({ type, length: batch.rows, ...buffers, ...validityOf(batch, column.name) } as never);
    },
  };
}

function indexColumn(name: string): FileColumn {
  const field = new Field(name, new Uint32(), false, new Map([["unit", "index"]]));
  return {
    field,
    data: ({ firstRow, rows }) => {
      const data = Uint32Array.from({ length: rows }, (_, row) => firstRow + row);
      return makeData({ type: field.type, length: rows, data, nullCount: 0 } as never);
    },
  };
}

function fileColumns(table: Table): readonly FileColumn[] {
  const { fields } = tableSchema(table);
  const columns = table.columns.map((column, index) => {
    if (column.unit === "code" && column.labels) return labelColumn(column, fields[index]!, index);
    return column.unit === "flag" ? flagColumn(column, fields[index]!) : plainColumn(column, fields[index]!);
  });
  const name = rowIndexName(table);
  return name === undefined ? columns : [indexColumn(name), ...columns];
}

/**
 * Copies a table into an Arrow IPC *file*: what every Arrow library opens, with labels and booleans in place of codes and
 * flags, and without compression.
 *
 * Shape    one record batch for each of the table's; a table without rows has one batch without rows
 * Errors   as `readTable`; FormatError for an unknown code. Half a file is left to the caller to remove
 */
export async function writeArrowFile(
  table: Table,
  source: TableSource | undefined,
  path: string,
  pause: () => Promise<void>,
): Promise<number> {
  const columns = fileColumns(table);
  const schema = new Schema(
    columns.map(({ field }) => field),
    new Map([["luoscope.table", table.name]]),
  );
  const file = openSync(path, "wx");
  try {
    const writer = new RecordBatchFileWriter({ autoDestroy: true });
    writer.reset(new FileSink(file), schema);
    const write = (batch: StoredBatch): void => {
      const children = columns.map(({ data }) => data(batch));
      const struct = makeData({ type: new Struct(schema.fields), length: batch.rows, nullCount: 0, children });
      writer.write(new RecordBatch(schema, struct as never));
    };
    let rows = 0;
    if (source) {
      for (const batch of readStoredTable(table, source)) {
        write(batch);
        rows += batch.rows;
        await pause();
      }
    }
    // Dictionaries stand in front of a batch: without one, some libraries miss them.
    if (rows === 0) write(emptyBatch(table));
    writer.finish();
    fsyncSync(file);
    return rows;
  } finally {
    closeSync(file);
  }
}

function emptyBatch(table: Table): StoredBatch {
  const columns = table.columns.map(({ name, type }) => {
    if (type === "utf8") return [name, { offsets: new Int32Array(1), bytes: new Uint8Array(0) }] as const;
    if (type === "i64") return [name, new BigInt64Array(0)] as const;
    if (type === "f64") return [name, new Float64Array(0)] as const;
    return [
      name,
      type === "u32" ? new Uint32Array(0) : type === "u16" ? new Uint16Array(0) : new Uint8Array(0),
    ] as const;
  });
  return { table, rows: 0, firstRow: 0, columns: Object.fromEntries(columns), validity: {} };
}
