import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBType,
  ENUM,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from "@duckdb/node-api";

import { type Column, rowIndexName, type Table } from "../../trace/index.ts";

const duckTypes: Record<Column["type"], DuckDBType> = {
  i64: BIGINT,
  f64: DOUBLE,
  u32: UINTEGER,
  u16: USMALLINT,
  u8: UTINYINT,
  utf8: VARCHAR,
};

/** Codes with labels become the labels themselves. */
export function isLabelled(column: Column): column is Column & { readonly labels: readonly string[] } {
  return column.unit === "code" && column.labels !== undefined;
}

export function columnType(column: Column): DuckDBType {
  if (isLabelled(column)) return ENUM(column.labels);
  if (column.unit === "flag") return BOOLEAN;
  return duckTypes[column.type];
}

/** One column as SQL sees it; `stored` is undefined for the number of the row. */
export interface SqlColumn {
  readonly name: string;
  readonly type: DuckDBType;
  readonly stored: Column | undefined;
}

/** The columns of a table as SQL and exports see them. */
export function sqlColumns(table: Table): readonly SqlColumn[] {
  const columns = table.columns.map((stored) => ({ name: stored.name, type: columnType(stored), stored }));
  const name = rowIndexName(table);
  return name === undefined ? columns : [{ name, type: UINTEGER, stored: undefined }, ...columns];
}

export function columnComment({ stored }: SqlColumn): string {
  if (!stored) return "[index] Number of the row, from 0.";
  const nulls = stored.nullMeans === undefined ? "" : ` Null: ${stored.nullMeans}.`;
  return `[${stored.unit}] ${stored.doc}${nulls}`;
}
