import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from "@duckdb/node-api";

import { FormatError, type Json } from "../../base/index.ts";
import { copyParquetSql } from "./copy-sql.ts";
import { instanceSettings } from "./settings.ts";
import { quoteName, quoteText } from "./sql-text.ts";

/** Columns of a Parquet file by name, with DuckDB's types. */
export type ParquetColumns = Readonly<Record<string, string>>;

/**
 * Rows that are lines of JSON, as Parquet files that are whole or not there; and such files put together.
 *
 * A file is written aside, in a folder beside the target's that any number of writers share, and renamed.
 */
export class ParquetParts {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<ParquetParts> {
    // Rows of lists are put in order in memory: a million runs of a plan take some hundred MB.
    const instance = await DuckDBInstance.create(":memory:", { ...instanceSettings, memory_limit: "4GB" });
    return new ParquetParts(instance, await instance.connect());
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  /** Writes lines of JSON, in their order. */
  async write(target: string, columns: ParquetColumns, lines: string): Promise<void> {
    await this.#aside(target, async (aside) => {
      writeFileSync(`${aside}.ndjson`, lines);
      await this.#connection.run(copyParquetSql(readJsonSql(`${aside}.ndjson`, columns), aside));
    });
  }

  /** The values of a column of texts in all files of a folder; `except` leaves rows out. */
  async readTexts(folder: string, column: string, except?: ExceptedRows): Promise<string[]> {
    const files = listParts(folder);
    if (files.length === 0) return [];
    const where = except ? ` WHERE ${quoteName(except.column)} <> ${quoteText(except.is)}` : "";
    const sql = `SELECT ${quoteName(column)} FROM ${readPartsSql(files)}${where}`;
    try {
      const reader = await this.#connection.runAndReadAll(sql);
      return reader.getColumns()[0] as string[];
    } catch (cause) {
      throw await this.#damaged(files, cause as Error);
    }
  }

  /** How often each text stands in a column, file by file. */
  async countTexts(files: readonly string[], column: string): Promise<Map<string, Map<string, number>>> {
    const sql = `SELECT filename, ${quoteName(column)}, count(*)::INTEGER FROM ${readPartsSql(files, "filename = true")} GROUP BY ALL`;
    const counts = new Map<string, Map<string, number>>(files.map((file) => [file, new Map()]));
    try {
      const reader = await this.#connection.runAndReadAll(sql);
      for (const [file, text, count] of reader.getRows())
        counts.get(file as string)?.set(text as string, count as number);
      return counts;
    } catch (cause) {
      throw await this.#damaged(files, cause as Error);
    }
  }

  /** The first row of which a column has this value, in any file of a folder; wide integers as numbers. */
  async readRow(folder: string, column: string, value: string): Promise<Record<string, Json> | undefined> {
    const files = listParts(folder);
    if (files.length === 0) return undefined;
    const sql = `SELECT * FROM ${readPartsSql(files)} WHERE ${quoteName(column)} = ${quoteText(value)} LIMIT 1`;
    const reader = await this.#connection.runAndReadAll(`SELECT to_json(found)::VARCHAR FROM (${sql}) AS found`);
    const text = reader.getRows()[0]?.[0] as string | undefined;
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, Json>);
  }

  /**
   * Puts rows of parts beside the lines of an index that name them by `key`. Of rows of one name the first by the column
   * `first` is taken, and those that have it in common are equal. Afterwards `readJoined` and `readLists` give them in the order of the index.
   */
  async join(index: PartIndex, parts: { readonly folder: string; readonly columns: ParquetColumns }): Promise<void> {
    const key = quoteName(index.key);
    const own = Object.keys(parts.columns).map(quoteName).join(", ");
    const files = listParts(parts.folder);
    const lines = `${join(dirname(parts.folder), asideFolder, randomUUID())}.ndjson`;
    try {
      mkdirSync(dirname(lines), { recursive: true });
      for (const chunk of index.lines) appendFileSync(lines, chunk);
      await this.#connection.run(`CREATE OR REPLACE TEMP TABLE joined AS
        SELECT * FROM ${readJsonSql(lines, index.columns)}
        JOIN (SELECT DISTINCT ON (${key}) ${own} FROM ${readPartsSql(files)} ORDER BY ${key}, ${quoteName(index.first)})
        USING (${key})`);
    } finally {
      rmSync(lines, { force: true });
    }
  }

  /** Values of columns, a row at a time in the order of `orderBy`; wide integers as numbers. */
  async *readJoined(names: readonly string[], orderBy: string): AsyncGenerator<readonly DuckDBValue[]> {
    yield* this.#stream(`SELECT ${names.map(quoteName).join(", ")} FROM joined ORDER BY ${quoteName(orderBy)}`);
  }

  /** Items of lists that lie side by side, each with what its row is ordered by. */
  async *readLists(lists: readonly string[], orderBy: string): AsyncGenerator<readonly DuckDBValue[]> {
    const items = lists.map((name) => `unnest(${quoteName(name)}) AS ${quoteName(name)}`).join(", ");
    const places = `unnest(range(len(${quoteName(lists[0]!)}))) AS place`;
    const order = quoteName(orderBy);
    yield* this.#stream(`SELECT * EXCLUDE place FROM
      (SELECT ${order}, ${items}, ${places} FROM joined) ORDER BY ${order}, place`);
  }

  async *#stream(sql: string): AsyncGenerator<readonly DuckDBValue[]> {
    const described = await this.#connection.runAndReadAll(`DESCRIBE ${sql}`);
    const columns = described.getRows().map(([name, type]) => {
      const column = quoteName(name as string);
      // Every integer here is below 2^53: a double holds it, and is no object of its own.
      return type === "BIGINT" ? `${column}::DOUBLE` : column;
    });
    const result = await this.#connection.stream(`SELECT ${columns.join(", ")} FROM (${sql})`);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return;
      yield* chunk.getRows();
    }
  }

  async #aside(target: string, write: (aside: string) => Promise<void>): Promise<void> {
    const folder = join(dirname(dirname(target)), asideFolder);
    mkdirSync(folder, { recursive: true });
    mkdirSync(dirname(target), { recursive: true });
    const aside = join(folder, `${basename(target)}-${randomUUID()}`);
    try {
      await write(aside);
      renameSync(aside, target);
    } finally {
      rmSync(`${aside}.ndjson`, { force: true });
      rmSync(aside, { force: true });
    }
  }

  /** Which of the files DuckDB cannot read. */
  async #damaged(files: readonly string[], cause: Error): Promise<FormatError> {
    for (const file of files) {
      if (!existsSync(file)) continue;
      try {
        await this.#connection.run(`SELECT count(*) FROM ${readPartsSql([file])}`);
      } catch {
        return new FormatError(`${file}: damaged`, { cause, hint: "delete it: the same command makes its runs again" });
      }
    }
    return new FormatError(cause.message, { cause });
  }
}

/** Lines of JSON that say which rows are wanted, by name, and in which order. */
export interface PartIndex {
  readonly columns: ParquetColumns;
  /** Some lines at a time. */
  readonly lines: Iterable<string>;
  readonly key: string;
  /** Column by which the first of several rows is the one that counts. */
  readonly first: string;
}

/** Rows of which a column has this value. */
export interface ExceptedRows {
  readonly column: string;
  readonly is: string;
}

/** Where files are before they are whole: what a killed writer leaves there nobody reads. */
export const asideFolder = "aside";

/** Parts of a folder, whatever signs its path has: no pattern is made of a user's words. */
function listParts(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".parquet"))
    .map((name) => join(folder, name));
}

function readPartsSql(files: readonly string[], option?: string): string {
  return `read_parquet([${files.map(quoteText).join(", ")}]${option === undefined ? "" : `, ${option}`})`;
}

function readJsonSql(path: string, columns: ParquetColumns): string {
  const types = Object.entries(columns).map(([name, type]) => `${quoteName(name)}: ${quoteText(type)}`);
  return `read_json(${quoteText(path)}, format = 'newline_delimited', maximum_object_size = 67108864, columns = {${types.join(", ")}})`;
}
