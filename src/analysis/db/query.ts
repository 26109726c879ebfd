import {
  type DuckDBPreparedStatement,
  type DuckDBResultReader,
  type DuckDBValue,
  INTEGER,
  JsonDuckDBValueConverter,
} from "@duckdb/node-api";

import { assert, InterruptedError, InvariantError, type Json, ToolError, UsageError } from "../../base/index.ts";
import {
  catalogue,
  type CatalogueQuery,
  type CatalogueRow,
  type CatalogueSpec,
  kindOfQuery,
  type QueryName,
} from "../queries.ts";
import type { AnalysedKind } from "./facts.ts";
import type { Database } from "./open.ts";
import { checkRows } from "./row-spec.ts";
import { readSql } from "./sql-file.ts";

/**
 * Asks one question of the catalogue.
 *
 * Shape    one object a row, in the order that the SQL file promises; integers as numbers, exactly
 * Errors   InvariantError if the file does not answer in its declared shape
 */
export async function runCatalogueQuery<Name extends QueryName>(
  database: Database,
  name: Name,
  parameters: Readonly<Record<string, number>> = {},
): Promise<CatalogueRow<Name>[]> {
  const query: CatalogueQuery = catalogue[name];
  const defaults: Readonly<Record<string, number>> = query.parameters;
  for (const given of Object.keys(parameters)) assert(given in defaults, `query ${name} has no parameter ${given}`);
  const values = { ...defaults, ...parameters };
  const types = Object.fromEntries(Object.keys(values).map((key) => [key, INTEGER]));
  const reader = await runFile(database, query.file, values, types);
  const answer = { columns: reader.columnNames(), rows: reader.getRows() };
  return checkRows<CatalogueSpec<Name>>(name, catalogue[name].columns, answer);
}

async function runFile(
  database: Database,
  file: string,
  values: Record<string, number>,
  types: Record<string, typeof INTEGER>,
): Promise<DuckDBResultReader> {
  try {
    return await database.connection.runAndReadAll(readSql(file), values, types);
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith("Out of Memory Error")) {
      throw new InvariantError(`sql/${file}.sql: ${message}`, { cause: error });
    }
    throw new UsageError(`question ${file} needs more memory than there is for it, over so much data`, {
      cause: error,
      hint: "ask for less: a shorter trace, fewer VMs, coarser bins",
    });
  }
}

/** An answer to the user's own SQL, ready to be printed as JSON. */
export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly Json[])[];
  /** True if there were more rows than `maxRows`. */
  readonly truncated: boolean;
}

/** Integers that a double holds exactly become numbers; DuckDB's own JSON form makes strings of all wide ones. */
function toJson(value: DuckDBValue, fallback: () => Json): Json {
  if (typeof value !== "bigint") return fallback();
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** What was read, ready to be printed; one row more than `maxRows` says that there are more. */
export function answerOf(reader: DuckDBResultReader, maxRows: number): SqlAnswer {
  const types = reader.columnTypes();
  const columns = reader.columnNames().map((name, index) => ({ name, type: types[index]!.toString() }));
  const values = reader.getRows().slice(0, maxRows);
  const rows = values.map((row) =>
    row.map((value, column) =>
      toJson(value, () => JsonDuckDBValueConverter(value, types[column]!, JsonDuckDBValueConverter)),
    ),
  );
  return { columns, rows, truncated: reader.currentRowCount > maxRows };
}

/** Prepares the one statement that a text must be. */
export async function prepareSql(database: Database, sql: string): Promise<DuckDBPreparedStatement> {
  if (sql.trim() === "") throw new UsageError("the SQL statement is empty");
  const statements = await database.connection.extractStatements(sql);
  if (statements.count !== 1) throw new UsageError(`expected one SQL statement, found ${statements.count}`);
  return statements.prepare(0);
}

/** What to tell the user of an error in SQL of theirs. */
export function sqlFailure(database: Database, error: unknown, signal: AbortSignal | undefined): ToolError {
  if (error instanceof ToolError) return error;
  if (signal?.aborted === true) return new InterruptedError();
  const hint =
    "`describe` and `show all tables` list what the folder holds; files and network are out of reach on purpose";
  return database.rows?.takeFailure() ?? new UsageError(`SQL: ${(error as Error).message}`, { cause: error, hint });
}

/**
 * Runs one statement of the user's.
 *
 * Errors   UsageError with DuckDB's message for SQL that is wrong, more than one statement, or reaches for files;
 *          FormatError for a table's file that is damaged; InterruptedError after an abort
 */
export async function runSql(
  database: Database,
  sql: string,
  options: { readonly maxRows?: number; readonly signal?: AbortSignal } = {},
): Promise<SqlAnswer> {
  const { maxRows = 1000, signal } = options;
  // A long query runs in DuckDB's own threads and ends only when it is told to.
  signal?.addEventListener("abort", () => database.connection.interrupt(), { once: true });
  try {
    const prepared = await prepareSql(database, sql);
    return answerOf(await prepared.streamAndReadUntil(maxRows + 1), maxRows);
  } catch (error) {
    throw sqlFailure(database, error, signal);
  }
}

/**
 * SQL of a catalogue's question with its usual parameters filled in, so that a user may run it or start from it.
 * Gives undefined if there is no question of that name.
 *
 * Errors   UsageError if the question is put to folders of another kind
 */
export function readCatalogueSql(kind: AnalysedKind, name: string): string | undefined {
  const own = kindOfQuery(name);
  if (own === undefined) return undefined;
  if (own !== kind) {
    throw new UsageError(`${name} is a question about a ${own}, and this is a ${kind}`, {
      hint: "--list shows the questions that can be asked here",
    });
  }
  const query: CatalogueQuery = catalogue[name as QueryName];
  return readSql(query.file).replace(/\$([a-z_]+)/g, (found, key: string) => String(query.parameters[key] ?? found));
}
