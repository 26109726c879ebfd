import type { DuckDBConnection } from "@duckdb/node-api";

import { checkHash, folderTables, type OpenFolder, type Table } from "../../trace/index.ts";
import { columnComment, sqlColumns } from "./column-types.ts";
import { type AnalysedKind, type FactTable, factTables } from "./facts.ts";
import { FolderRows, rowsFunction } from "./folder-rows.ts";
import { quoteName, quoteText } from "./sql-text.ts";

/** Rows up to which a table is copied into memory; a longer one is read from its file at each question. */
export const maxLoadedRows = 1_000_000;

function rowsOf(table: Table): string {
  return `${rowsFunction}(${quoteText(table.name)})`;
}

async function comment(connection: DuckDBConnection, table: Table, thing: "TABLE" | "VIEW"): Promise<void> {
  await connection.run(`COMMENT ON ${thing} ${quoteName(table.name)} IS ${quoteText(table.doc)}`);
  for (const column of sqlColumns(table)) {
    const name = `${quoteName(table.name)}.${quoteName(column.name)}`;
    await connection.run(`COMMENT ON COLUMN ${name} IS ${quoteText(columnComment(column))}`);
  }
}

async function createTable(connection: DuckDBConnection, table: Table): Promise<void> {
  const columns = sqlColumns(table).map(({ name, type, stored }) => {
    const notNull = stored?.nullMeans === undefined ? " NOT NULL" : "";
    return `${quoteName(name)} ${type.toString()}${notNull}`;
  });
  await connection.run(`CREATE TABLE ${quoteName(table.name)} (${columns.join(", ")})`);
  await comment(connection, table, "TABLE");
}

export async function loadFacts(connection: DuckDBConnection, { name, doc, columns, rows }: FactTable): Promise<void> {
  const declared = columns.map(([column, type]) => `${quoteName(column)} ${type} NOT NULL`);
  await connection.run(`CREATE TABLE ${quoteName(name)} (${declared.join(", ")})`);
  await connection.run(`COMMENT ON TABLE ${quoteName(name)} IS ${quoteText(doc)}`);
  for (const [column, , meaning] of columns) {
    const place = `${quoteName(name)}.${quoteName(column)}`;
    await connection.run(`COMMENT ON COLUMN ${place} IS ${quoteText(meaning)}`);
  }
  const marks = columns.map((_, index) => `$${index + 1}`).join(", ");
  for (const row of rows) await connection.run(`INSERT INTO ${quoteName(name)} VALUES (${marks})`, [...row]);
}

export interface LoadSource {
  readonly kind: AnalysedKind;
  readonly folder: OpenFolder;
  /** Copies every table, whatever its length: the database is to be kept. */
  readonly whole: boolean;
}

/**
 * Makes a folder's tables in an open database, each with its columns' units and meanings as comments.
 *
 * Shape    codes become ENUMs of their labels in the labels' order, flags BOOLEANs, int64 stays BIGINT; tables that
 *          others refer to by row number get that number as `<table>_index`; a table of more than `maxLoadedRows` rows
 *          becomes a view of its file, which is read at each question and never held in memory
 * Errors   FormatError for anything that the reader refuses, an unknown code or a flag other than 0 and 1
 */
export async function loadFolder(
  connection: DuckDBConnection,
  { kind, folder, whole }: LoadSource,
): Promise<FolderRows> {
  const rows = new FolderRows(folderTables(kind), folder);
  rows.register(connection);
  for (const facts of factTables(kind, folder.header)) await loadFacts(connection, facts);
  for (const table of folderTables(kind)) {
    const source = folder.sources.get(table.name);
    if (source && source.rows > maxLoadedRows && !whole) {
      // A question may stop before the file's end, where the reader would find what was changed.
      checkHash(source);
      await connection.run(`CREATE VIEW ${quoteName(table.name)} AS SELECT * FROM ${rowsOf(table)}`);
      await comment(connection, table, "VIEW");
      continue;
    }
    await createTable(connection, table);
    if (!source) continue;
    const insert = `INSERT INTO ${quoteName(table.name)} SELECT * FROM ${rowsOf(table)}`;
    await rows.run(() => connection.run(insert));
  }
  return rows;
}
