import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  ENUM,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from "@duckdb/node-api";

import { FormatError } from "../../base/index.ts";
import {
  type Batch,
  type Column,
  type ColumnData,
  folderTables,
  type OpenFolder,
  readTable,
  type Table,
} from "../../trace/index.ts";
import { type AnalysedKind, type FactTable, factTables } from "./facts.ts";

/** Rows that DuckDB takes at once. */
const chunkRows = 2048;

const duckTypes: Record<Column["type"], DuckDBType> = {
  i64: BIGINT,
  f64: DOUBLE,
  u32: UINTEGER,
  u16: USMALLINT,
  u8: UTINYINT,
  utf8: VARCHAR,
};

/** Tables whose row number other tables refer to; it becomes a column, since SQL has no row numbers to join on. */
const indexedTables = new Set(["vm", "device", "step", "trace_device", "update", "alternative"]);

function columnType(column: Column): DuckDBType {
  if (column.unit === "code" && column.labels) return ENUM(column.labels);
  if (column.unit === "flag") return BOOLEAN;
  return duckTypes[column.type];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function columnComment(column: Column): string {
  const nulls = column.nullMeans === undefined ? "" : ` Null: ${column.nullMeans}.`;
  return `[${column.unit}] ${column.doc}${nulls}`;
}

async function createTable(connection: DuckDBConnection, table: Table): Promise<void> {
  const indexName = `${table.name}_index`;
  const columns = table.columns.map((column) => {
    const notNull = column.nullMeans === undefined ? " NOT NULL" : "";
    return `"${column.name}" ${columnType(column).toString()}${notNull}`;
  });
  if (indexedTables.has(table.name)) columns.unshift(`"${indexName}" UINTEGER NOT NULL`);
  await connection.run(`CREATE TABLE "${table.name}" (${columns.join(", ")})`);
  await connection.run(`COMMENT ON TABLE "${table.name}" IS ${quote(table.doc)}`);
  for (const column of table.columns) {
    await connection.run(`COMMENT ON COLUMN "${table.name}"."${column.name}" IS ${quote(columnComment(column))}`);
  }
  if (indexedTables.has(table.name)) {
    await connection.run(`COMMENT ON COLUMN "${table.name}"."${indexName}" IS '[index] Number of the row, from 0.'`);
  }
}

/** Converts one cell; chosen once a column and not once a value. */
function cellReader(table: Table, column: Column): (data: ColumnData, row: number) => DuckDBValue {
  const { labels } = column;
  if (column.unit === "code" && labels) {
    return (data, row) => {
      const label = labels[data[row] as number];
      if (label === undefined) {
        throw new FormatError(
          `table ${table.name}, column ${column.name}: unknown code ${data[row]}; the highest known is ${labels.length - 1}`,
        );
      }
      return label;
    };
  }
  if (column.unit === "flag") {
    return (data, row) => {
      const value = data[row];
      if (value !== 0 && value !== 1) {
        throw new FormatError(`table ${table.name}, column ${column.name}: flag ${value}; expected 0 or 1`);
      }
      return value === 1;
    };
  }
  if (column.type === "i64") return (data, row) => BigInt(data[row] as number);
  return (data, row) => data[row]!;
}

class TableLoader {
  readonly #appender: DuckDBAppender;
  readonly #table: Table;
  readonly #types: readonly DuckDBType[];
  readonly #readers: readonly ((data: ColumnData, row: number) => DuckDBValue)[];

  constructor(appender: DuckDBAppender, table: Table) {
    this.#appender = appender;
    this.#table = table;
    const types = table.columns.map(columnType);
    this.#types = indexedTables.has(table.name) ? [UINTEGER, ...types] : types;
    this.#readers = table.columns.map((column) => cellReader(table, column));
  }

  append(batch: Batch): void {
    for (let start = 0; start < batch.rows; start += chunkRows) {
      this.#appendChunk(batch, start, Math.min(chunkRows, batch.rows - start));
    }
  }

  #appendChunk(batch: Batch, start: number, rows: number): void {
    const columns = this.#table.columns.map((column, index) => {
      const data = batch.columns[column.name]!;
      const nulls = batch.nulls[column.name];
      const read = this.#readers[index]!;
      return Array.from({ length: rows }, (_, offset) =>
        nulls?.[start + offset] === 1 ? null : read(data, start + offset),
      );
    });
    if (this.#types.length > columns.length) {
      columns.unshift(Array.from({ length: rows }, (_, offset) => batch.firstRow + start + offset));
    }
    const chunk = DuckDBDataChunk.create(this.#types, rows);
    chunk.setColumns(columns);
    this.#appender.appendDataChunk(chunk);
  }

  close(): void {
    this.#appender.closeSync();
  }
}

async function loadFacts(connection: DuckDBConnection, { name, doc, columns, rows }: FactTable): Promise<void> {
  const declared = columns.map(([column, type]) => `"${column}" ${type} NOT NULL`);
  await connection.run(`CREATE TABLE "${name}" (${declared.join(", ")})`);
  await connection.run(`COMMENT ON TABLE "${name}" IS ${quote(doc)}`);
  for (const [column, , meaning] of columns) {
    await connection.run(`COMMENT ON COLUMN "${name}"."${column}" IS ${quote(meaning)}`);
  }
  const marks = columns.map((_, index) => `$${index + 1}`).join(", ");
  for (const row of rows) await connection.run(`INSERT INTO "${name}" VALUES (${marks})`, [...row]);
}

/**
 * Copies a folder into an open database, each table with its columns' units and meanings as comments.
 *
 * Shape    codes become ENUMs of their labels in the labels' order, flags BOOLEANs, int64 stays BIGINT; tables that
 *          others refer to by row number get that number as `<table>_index`
 * Errors   FormatError for anything that the reader refuses, an unknown code or a flag other than 0 and 1
 */
export async function loadFolder(
  connection: DuckDBConnection,
  { kind, folder }: { kind: AnalysedKind; folder: OpenFolder },
): Promise<void> {
  for (const facts of factTables(kind, folder.header)) await loadFacts(connection, facts);
  for (const table of folderTables(kind)) {
    await createTable(connection, table);
    const source = folder.sources.get(table.name);
    if (!source) continue;
    const loader = new TableLoader(await connection.createAppender(table.name), table);
    for (const batch of readTable(table, source)) loader.append(batch);
    loader.close();
  }
}
