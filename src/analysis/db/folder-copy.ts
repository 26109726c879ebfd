import { type DuckDBConnection, DuckDBInstance, DuckDBTypeId } from "@duckdb/node-api";

import { InterruptedError } from "../../base/index.ts";
import { folderTables, openFolder, type OpenFolder } from "../../trace/index.ts";
import { sqlColumns } from "./column-types.ts";
import { type CopyColumn, type CopyOptions, copySql } from "./copy-sql.ts";
import { type AnalysedKind, factTables } from "./facts.ts";
import { FolderRows, rowsFunction } from "./folder-rows.ts";
import { loadFacts } from "./load.ts";
import { instanceSettings } from "./settings.ts";
import { quoteName, quoteText } from "./sql-text.ts";

/** What a table is copied into. */
export interface CopyTarget extends CopyOptions {
  readonly path: string;
}

interface Copied {
  readonly source: string;
  readonly columns: readonly CopyColumn[];
}

/**
 * Copies the tables of a folder into files of other formats, without holding any of them in memory. No SQL but its own
 * is run, so that nothing is locked.
 */
export class FolderCopier {
  readonly kind: AnalysedKind;
  readonly folder: OpenFolder;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #rows: FolderRows;
  readonly #tables: ReadonlyMap<string, Copied>;

  private constructor(
    source: { readonly kind: AnalysedKind; readonly folder: OpenFolder },
    database: { readonly instance: DuckDBInstance; readonly connection: DuckDBConnection },
  ) {
    this.kind = source.kind;
    this.folder = source.folder;
    this.#instance = database.instance;
    this.#connection = database.connection;
    this.#rows = new FolderRows(folderTables(source.kind), source.folder);
    this.#rows.register(database.connection);
    this.#tables = new Map([...factCopies(source.kind, source.folder), ...tableCopies(source.kind)]);
  }

  static async open(kind: AnalysedKind, path: string): Promise<FolderCopier> {
    const folder = openFolder(kind, path);
    const instance = await DuckDBInstance.create(":memory:", { ...instanceSettings });
    const connection = await instance.connect();
    const copier = new FolderCopier({ kind, folder }, { instance, connection });
    for (const facts of factTables(kind, folder.header)) await loadFacts(connection, facts);
    return copier;
  }

  /** What the header says comes first, then the tables of the format, those without rows too. */
  get tableNames(): readonly string[] {
    return [...this.#tables.keys()];
  }

  /**
   * Writes one table, and gives the number of its rows.
   *
   * Errors   as the reader's; InterruptedError after an abort. Half a file is left to the caller to remove
   */
  async copy(table: string, target: CopyTarget, signal?: AbortSignal): Promise<number> {
    const { source, columns } = this.#tables.get(table)!;
    const interrupt = (): void => this.#connection.interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      if (signal?.aborted === true) throw new InterruptedError();
      const reader = await this.#connection.runAndReadAll(copySql(source, columns, target));
      return Number(reader.getRows()[0]![0]);
    } catch (error) {
      if (signal?.aborted === true) throw new InterruptedError();
      throw this.#rows.takeFailure() ?? error;
    } finally {
      signal?.removeEventListener("abort", interrupt);
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
    this.#rows.close();
  }
}

function factCopies(kind: AnalysedKind, folder: OpenFolder): (readonly [string, Copied])[] {
  return factTables(kind, folder.header).map(({ name, columns }) => [
    name,
    {
      source: quoteName(name),
      columns: columns.map(([column, type]) => ({ name: column, typeId: DuckDBTypeId[type] })),
    },
  ]);
}

function tableCopies(kind: AnalysedKind): (readonly [string, Copied])[] {
  return folderTables(kind).map((table) => [
    table.name,
    {
      source: `${rowsFunction}(${quoteText(table.name)})`,
      columns: sqlColumns(table).map(({ name, type }) => ({ name, typeId: type.typeId })),
    },
  ]);
}
