/**
 * The closed list of units that a column may carry; `text`, `index`, `code`, `flag` and `1` have no physical unit, and a
 * `measure` has that which its row names.
 */
export type Unit =
  | "ns"
  | "bytes"
  | "pages"
  | "count"
  | "gfn"
  | "order"
  | "index"
  | "code"
  | "flag"
  | "ratio"
  | "measure"
  | "1"
  | "text";

/** How a column lies on disk (Arrow) and in memory (struct of arrays). */
export type ColumnType = "i64" | "f64" | "u32" | "u16" | "u8" | "utf8";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly unit: Unit;
  readonly doc: string;
  /** What a null means; without it the column holds no nulls. */
  readonly nullMeans?: string;
  /** Names of the codes 0, 1, 2 … of a `code` column. */
  readonly labels?: readonly string[];
  /** Format version that added the column; a folder of an earlier version is read as if it were null everywhere. */
  readonly since?: number;
}

export interface Table {
  readonly name: string;
  readonly doc: string;
  /** Column by which rows never go back, if there is one. */
  readonly orderedBy?: string;
  /** Format version that added the table. */
  readonly since?: number;
  /** Other tables refer to its rows by their number. */
  readonly isIndexed?: boolean;
  readonly columns: readonly Column[];
}

/**
 * One column of one batch: i64 and f64 arrive as Float64Array (integers up to 2^53 exactly), codes and
 * indexes as the unsigned array of their width, utf8 as strings.
 */
export type ColumnData = Float64Array | Uint32Array | Uint16Array | Uint8Array | string[];

/**
 * A stretch of rows of one table, as a struct of arrays.
 *
 * Shape    every array holds at least `rows` values; `nulls` has an entry only where a column holds nulls,
 *          one byte a row, 1 = null (the value there is then 0 or "")
 * Order    the table's
 */
export interface Batch {
  readonly table: Table;
  readonly rows: number;
  /** Number of this batch's first row in the table, for messages. */
  readonly firstRow: number;
  readonly columns: Readonly<Record<string, ColumnData>>;
  readonly nulls: Readonly<Record<string, Uint8Array>>;
}

/** Labels as a type: `label(code)` of a `code` column. */
export function codeOf(column: Column, label: string): number {
  return column.labels?.indexOf(label) ?? -1;
}
