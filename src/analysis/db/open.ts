import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

import { UsageError } from "../../base/index.ts";
import { type FolderHeader, folderKinds, openFolder, type OpenFolder } from "../../trace/index.ts";
import type { AnalysedKind } from "./facts.ts";
import type { FolderRows } from "./folder-rows.ts";
import { loadFolder } from "./load.ts";
import { instanceSettings, lockStatements } from "./settings.ts";
import { readSql } from "./sql-file.ts";

/** A folder in DuckDB. Files, network and settings are locked; close it when done. */
export interface Database<Kind extends AnalysedKind = AnalysedKind> {
  readonly kind: Kind;
  readonly header: FolderHeader<Kind>;
  /** Inner; callers use runCatalogueQuery and runSql. */
  readonly connection: DuckDBConnection;
  /** Inner: tables that are read from their files at each question; what their reader found goes before SQL's message. */
  readonly rows?: FolderRows | undefined;
  /** The same data on a connection of its own, so that questions run side by side; it is closed by itself. */
  again(): Promise<Database<Kind>>;
  close(): void;
}

export interface OpenDatabaseOptions<Kind extends AnalysedKind = AnalysedKind> {
  readonly kind: Kind;
  /** Folder with the kind's header. */
  readonly path: string;
  /** Where to keep the database as an ordinary .duckdb file; without it the database lives in memory only. */
  readonly databasePath?: string;
  /** Statements that make tables and views of the caller's, run once before the database is locked. */
  readonly preparation?: readonly string[];
  /** The one file that SQL may write to after the lock, made by whoever opens the database. */
  readonly outputPath?: string;
}

/** A folder that is about to be loaded. */
interface Source<Kind extends AnalysedKind> {
  readonly kind: Kind;
  readonly folder: OpenFolder<Kind>;
  readonly preparation?: readonly string[] | undefined;
}

/** Views of each kind; they are part of the database. */
const viewFiles: Readonly<Record<AnalysedKind, string>> = {
  run: "00-views",
  comparison: "00-comparison-views",
  sweep: "00-sweep-views",
  fleet: "00-fleet-views",
  difference: "00-difference-views",
  trace: "00-trace-views",
};

const inMemory = ":memory:";

/** The database as one of an open instance's connections sees it. */
function onConnection<Kind extends AnalysedKind>(
  { kind, folder }: Source<Kind>,
  {
    instance,
    connection,
    rows,
  }: { instance: DuckDBInstance; connection: DuckDBConnection; rows?: FolderRows | undefined },
  close: () => void,
): Database<Kind> {
  const again = async (): Promise<Database<Kind>> => {
    const other = await instance.connect();
    return onConnection({ kind, folder }, { instance, connection: other, rows }, () => other.closeSync());
  };
  return { kind, header: folder.header, connection, rows, again, close };
}

async function fillDatabase<Kind extends AnalysedKind>(path: string, source: Source<Kind>): Promise<Database<Kind>> {
  const { kind, preparation = [] } = source;
  const instance = await DuckDBInstance.create(path, { ...instanceSettings });
  const connection = await instance.connect();
  let rows: FolderRows | undefined;
  const close = () => {
    connection.closeSync();
    instance.closeSync();
    rows?.close();
  };
  try {
    rows = await loadFolder(connection, { ...source, whole: path !== inMemory });
    await connection.run(readSql(viewFiles[kind]));
    for (const statement of preparation) await connection.run(statement);
  } catch (error) {
    close();
    throw error;
  }
  return onConnection(source, { instance, connection, rows }, close);
}

async function lock<Kind extends AnalysedKind>(
  database: Database<Kind>,
  outputPath: string | undefined,
): Promise<Database<Kind>> {
  for (const statement of lockStatements(outputPath)) await database.connection.run(statement);
  return database;
}

async function reopen<Kind extends AnalysedKind>(path: string, source: Source<Kind>): Promise<Database<Kind>> {
  const instance = await DuckDBInstance.create(path, { ...instanceSettings, access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  return onConnection(source, { instance, connection }, () => {
    connection.closeSync();
    instance.closeSync();
  });
}

/** DuckDB's files say so at byte 8; anything else is the user's own and is not replaced. */
function isDuckDbFile(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(12);
    return readSync(file, head, 0, head.length, 0) === head.length && head.toString("latin1", 8, 12) === "DUCK";
  } finally {
    closeSync(file);
  }
}

async function openFile<Kind extends AnalysedKind>(target: string, source: Source<Kind>): Promise<Database<Kind>> {
  if (existsSync(target) && !isDuckDbFile(target)) {
    throw new UsageError(`${target}: exists and is not a DuckDB database`, { hint: "name another file" });
  }
  mkdirSync(dirname(target), { recursive: true });
  const aside = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
  try {
    const path = join(aside, "folder.duckdb");
    const filling = await fillDatabase(path, source);
    await filling.connection.run("CHECKPOINT");
    filling.close();
    // A log left by another program would be replayed into the new file.
    rmSync(`${target}.wal`, { force: true });
    renameSync(path, target);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return reopen(target, source);
}

/** The kind of a folder that is to be asked; what is none is treated as a run, whose error says what is missing. */
export function analysedKind(path: string): AnalysedKind {
  return folderKinds.find((kind) => existsSync(join(path, `${kind}.json`))) ?? "run";
}

/**
 * Loads a folder into DuckDB and makes the views that the catalogue's queries and the user's SQL share.
 *
 * Errors   UsageError if there is no such folder, or the target is a file of another kind; FormatError for a damaged one
 */
export async function openDatabase<Kind extends AnalysedKind>(
  options: OpenDatabaseOptions<Kind>,
): Promise<Database<Kind>> {
  const { kind, path, databasePath, preparation, outputPath } = options;
  const source = { kind, folder: openFolder(kind, path), preparation };
  const opening = databasePath === undefined ? fillDatabase(inMemory, source) : openFile(databasePath, source);
  return lock(await opening, outputPath);
}
