import { zstdCompressSync, zstdDecompressSync } from "node:zlib";

import {
  compressionRegistry,
  CompressionType,
  type DataType,
  Field,
  Float64,
  Int64,
  Schema,
  Uint16,
  Uint32,
  Uint8,
  Utf8,
} from "apache-arrow";

import type { Column, ColumnType, Table } from "./schema/column.ts";

/** Rows of one record batch: small enough to stay in cache, large enough to compress well. */
export const batchRows = 65_536;

/** Longest decompressed buffer that a column of one batch may claim, so that a hostile file cannot fill memory. */
const maxBufferBytes = 64 * 1024 * 1024;

compressionRegistry.set(CompressionType.ZSTD, {
  encode: (data) => zstdCompressSync(data),
  decode: (data) => zstdDecompressSync(data, { maxOutputLength: maxBufferBytes }),
});

const arrowTypes: Record<ColumnType, () => DataType> = {
  i64: () => new Int64(),
  f64: () => new Float64(),
  u32: () => new Uint32(),
  u16: () => new Uint16(),
  u8: () => new Uint8(),
  utf8: () => new Utf8(),
};

function columnField(column: Column): Field {
  const metadata = new Map([["unit", column.unit as string]]);
  if (column.labels) metadata.set("labels", column.labels.join(","));
  return new Field(column.name, arrowTypes[column.type](), column.nullMeans !== undefined, metadata);
}

/** The Arrow schema that a declared table has on disk. */
export function tableSchema(table: Table): Schema {
  return new Schema(table.columns.map(columnField), new Map([["luoscope.table", table.name]]));
}
