import { randomUUID } from "node:crypto";
import { existsSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

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

  /** The values of a column of texts in all files of a folder. */
  async readTexts(folder: string, column: string): Promise<string[]> {
    const files = globSync(join(folder, "*.parquet"));
    if (files.length === 0) return [];
    const sql = `SELECT ${quoteName(column)} FROM ${readPartsSql(files)}`;
    try {
      const reader = await this.#connection.runAndReadAll(sql);
      return reader.getColumns()[0] as string[];
    } catch (cause) {
      throw await this.#damaged(files, cause as Error);
    }
  }

  /** The first row of which a column has this value, in any file of a folder; wide integers as numbers. */
  async readRow(folder: string, column: string, value: string): Promise<Record<string, Json> | undefined> {
    const files = globSync(join(folder, "*.parquet"));
    if (files.length === 0) return undefined;
    const sql = `SELECT * FROM ${readPartsSql(files)} WHERE ${quoteName(column)} = ${quoteText(value)} LIMIT 1`;
    const reader = await this.#connection.runAndReadAll(`SELECT to_json(found)::VARCHAR FROM (${sql}) AS found`);
    const text = reader.getRows()[0]?.[0] as string | undefined;
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, Json>);
  }

  /**
   * Puts rows of parts beside the lines of an index that name them by `key`, in the order of the index. Of rows of one
   * name, which are equal, one is taken.
   */
  async merge(
    target: string,
    index: { readonly columns: ParquetColumns; readonly lines: string; readonly key: string },
    parts: { readonly folder: string; readonly columns: ParquetColumns },
  ): Promise<void> {
    const key = quoteName(index.key);
    const own = Object.keys(parts.columns).filter((name) => name !== index.key);
    const files = globSync(join(parts.folder, "*.parquet"));
    await this.#aside(target, async (aside) => {
      writeFileSync(`${aside}.ndjson`, index.lines);
      const listed = readJsonSql(`${aside}.ndjson`, index.columns);
      const rows = `(SELECT DISTINCT ON (${key}) ${[index.key, ...own].map(quoteName).join(", ")} FROM ${readPartsSql(files)})`;
      const [first] = Object.keys(index.columns);
      const sql = `(SELECT listed.*, ${own.map((name) => `part.${quoteName(name)}`).join(", ")}
        FROM ${listed} AS listed JOIN ${rows} AS part USING (${key}) ORDER BY listed.${quoteName(first!)})`;
      await this.#connection.run(copyParquetSql(sql, aside));
    });
  }

  /** Numbers of a column in the order of another; NaN where there is none. */
  async readNumbers(path: string, { column, orderBy, where }: NumbersQuestion): Promise<Float64Array> {
    const sql = `SELECT coalesce(${quoteName(column)}::DOUBLE, 'nan'::DOUBLE) FROM read_parquet(${quoteText(path)})
      WHERE ${quoteName(where.column)} = ${quoteText(where.is)} ORDER BY ${quoteName(orderBy)}`;
    const reader = await this.#connection.runAndReadAll(sql);
    return Float64Array.from((reader.getColumns()[0] ?? []) as number[]);
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

export interface NumbersQuestion {
  readonly column: string;
  readonly orderBy: string;
  readonly where: { readonly column: string; readonly is: string };
}

/** Where files are before they are whole: what a killed writer leaves there nobody reads. */
export const asideFolder = "aside";

function readPartsSql(files: readonly string[]): string {
  return `read_parquet([${files.map(quoteText).join(", ")}])`;
}

function readJsonSql(path: string, columns: ParquetColumns): string {
  const types = Object.entries(columns).map(([name, type]) => `${quoteName(name)}: ${quoteText(type)}`);
  return `read_json(${quoteText(path)}, format = 'newline_delimited', maximum_object_size = 67108864, columns = {${types.join(", ")}})`;
}
