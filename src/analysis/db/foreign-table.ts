import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

import { FormatError, UsageError } from "../../base/index.ts";
import { copyParquetSql, copySql, columnOf } from "./copy-sql.ts";
import { instanceSettings } from "./settings.ts";
import { quoteName, quoteText } from "./sql-text.ts";

/** A table of somebody else's as texts: what they mean is for the reader to say. */
export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export type TableFormat = "csv" | "parquet";

/** Larger tables are no measurements. */
const maxRows = 2_000_000;
const maxColumns = 64;
const maxBytes = 512 * 1024 * 1024;

/** The format that a file's name says; undefined where it says none of these. */
export function tableFormat(path: string): TableFormat | undefined {
  if (/\.csv(\.gz)?$/i.test(path)) return "csv";
  return path.toLowerCase().endsWith(".parquet") ? "parquet" : undefined;
}

async function withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", { ...instanceSettings });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function sourceSql(path: string, format: TableFormat): string {
  return format === "csv"
    ? `read_csv(${quoteText(path)}, header = true, all_varchar = true, nullstr = '', strict_mode = true)`
    : `read_parquet(${quoteText(path)})`;
}

async function readRows(connection: DuckDBConnection, source: string, path: string): Promise<TextTable> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  const columns = described.getRows().map(([name]) => name as string);
  if (columns.length > maxColumns) {
    throw new FormatError(`${path}: ${columns.length} columns; at most ${maxColumns} are read`);
  }
  const cells = columns.map((name) => `${quoteName(name)}::VARCHAR`).join(", ");
  const reader = await connection.runAndReadAll(`SELECT ${cells} FROM ${source} LIMIT ${maxRows + 1}`);
  const rows = reader.getRows() as (string | null)[][];
  if (rows.length > maxRows) throw new FormatError(`${path}: more than ${maxRows} rows`);
  return { columns, rows };
}

/**
 * Reads a CSV file with a head, or a Parquet file, as texts; nulls and empty cells as null.
 *
 * Errors   UsageError: no such file; FormatError: not of this format, or too large
 */
export async function readForeignTable(path: string, format: TableFormat): Promise<TextTable> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new UsageError(`${path}: no such file`, { hint: "check the path" });
  if (stat.size > maxBytes) throw new FormatError(`${path}: ${stat.size} bytes; at most ${maxBytes} are read`);
  // Under a name of our own: DuckDB takes * and [ in a path for a pattern.
  const folder = mkdtempSync(join(tmpdir(), "luoscope-table-"));
  try {
    const link = join(folder, path.endsWith(".gz") ? `rows.${format}.gz` : `rows.${format}`);
    symlinkSync(resolve(path), link);
    return await withConnection((connection) => readRows(connection, sourceSql(link, format), path));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const [said] = (cause as Error).message.split("\n");
    throw new FormatError(`${path}: no ${format} table: ${said!.replaceAll(folder, "")}`, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Columns of a table that is written, with DuckDB's types. */
export type ForeignColumns = Readonly<Record<string, "VARCHAR" | "DOUBLE" | "BIGINT">>;

function linesOf(columns: ForeignColumns, rows: readonly Readonly<Record<string, string | number | null>>[]): string {
  const names = Object.keys(columns);
  return rows
    .map((row) => JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name] ?? null]))))
    .join("\n");
}

/**
 * Writes rows as CSV or Parquet, aside and renamed; replaces what is there. CSV keeps texts as they are, so that reading it
 * gives the same rows.
 */
export async function writeForeignTable(
  path: string,
  format: TableFormat,
  table: {
    readonly columns: ForeignColumns;
    readonly rows: readonly Readonly<Record<string, string | number | null>>[];
  },
): Promise<void> {
  const { columns, rows } = table;
  mkdirSync(dirname(path), { recursive: true });
  const folder = mkdtempSync(join(dirname(path), `.${basename(path)}-`));
  const linesFolder = mkdtempSync(join(tmpdir(), "luoscope-table-"));
  try {
    const lines = join(linesFolder, "rows.ndjson");
    writeFileSync(lines, linesOf(columns, rows));
    const types = Object.entries(columns).map(([name, type]) => `${quoteName(name)}: ${quoteText(type)}`);
    const source = `read_json(${quoteText(lines)}, format = 'newline_delimited', columns = {${types.join(", ")}})`;
    const aside = join(folder, "table");
    const named = Object.entries(columns).map(([name, type]) => columnOf(name, type));
    const sql =
      format === "parquet"
        ? copyParquetSql(source, aside)
        : copySql(source, named, { path: aside, format: "csv", rawText: true });
    await withConnection((connection) => connection.run(sql));
    renameSync(aside, path);
  } finally {
    rmSync(linesFolder, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}
