import { type DuckDBPreparedStatement, StatementType } from "@duckdb/node-api";

import { UsageError } from "../../base/index.ts";
import { type CopyOptions, copySql } from "./copy-sql.ts";
import type { Database } from "./open.ts";
import { prepareSql, sqlFailure } from "./query.ts";

export interface AnswerFile extends CopyOptions {
  /** The `outputPath` that the database was opened with. */
  readonly path: string;
  readonly limit?: number | undefined;
}

/** A semicolon at the end, with comments behind it. */
const ending = /;\s*(--[^\n]*\s*)*$/;

/** The question without its semicolon, so that it may stand in brackets. */
async function bareQuestion(database: Database, sql: string): Promise<string> {
  const bare = sql.replace(ending, "");
  if (bare === sql) return sql;
  try {
    // What looks like an end may stand in a text.
    const { count } = await database.connection.extractStatements(bare);
    return count === 1 ? bare : sql;
  } catch {
    return sql;
  }
}

function columnsOf(prepared: DuckDBPreparedStatement) {
  return Array.from({ length: prepared.columnCount }, (_, index) => ({
    name: prepared.columnName(index),
    typeId: prepared.columnTypeId(index),
  }));
}

/**
 * Runs one question of the user's and lets DuckDB write the answer as it comes: none of it is held in memory. The
 * question is a statement of its own before it is put into the one that writes, and the database is locked but for the one
 * file.
 *
 * Shape    gives the number of rows
 * Errors   as `runSql`; UsageError for a statement that has no rows to write
 */
export async function writeAnswer(
  database: Database,
  sql: string,
  file: AnswerFile,
  signal?: AbortSignal,
): Promise<number> {
  const interrupt = (): void => database.connection.interrupt();
  signal?.addEventListener("abort", interrupt, { once: true });
  try {
    const prepared = await prepareSql(database, sql);
    if (prepared.statementType !== StatementType.SELECT) {
      throw new UsageError("only the answer to a question can be written to a file", {
        hint: "begin it with SELECT, FROM or WITH",
      });
    }
    const source = `(${await bareQuestion(database, sql)}\n)`;
    const reader = await database.connection.runAndReadAll(copySql(source, columnsOf(prepared), file));
    return Number(reader.getRows()[0]![0]);
  } catch (error) {
    throw sqlFailure(database, error, signal);
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}
