import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

import { UsageError } from "../../base/index.ts";
import { openFolder, type OpenFolder, type RunHeader } from "../../trace/index.ts";
import { loadRun } from "./load.ts";
import { instanceSettings, lockStatements } from "./settings.ts";
import { readSql } from "./sql-file.ts";

/** A run in DuckDB. Files, network and settings are locked; close it when done. */
export interface RunDatabase {
  readonly header: RunHeader;
  /** Inner; callers use runCatalogueQuery and runSql. */
  readonly connection: DuckDBConnection;
  close(): void;
}

export interface OpenRunDatabaseOptions {
  /** Folder with run.json. */
  readonly runPath: string;
  /** Where to keep the database as an ordinary .duckdb file; without it the database lives in memory only. */
  readonly databasePath?: string;
}

async function fillDatabase(path: string, folder: OpenFolder<"run">): Promise<RunDatabase> {
  const instance = await DuckDBInstance.create(path, { ...instanceSettings });
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await loadRun(connection, folder);
    await connection.run(readSql("00-views"));
  } catch (error) {
    close();
    throw error;
  }
  return { header: folder.header, connection, close };
}

async function lock(database: RunDatabase): Promise<RunDatabase> {
  for (const statement of lockStatements) await database.connection.run(statement);
  return database;
}

async function reopen(path: string, header: RunHeader): Promise<RunDatabase> {
  const instance = await DuckDBInstance.create(path, { ...instanceSettings, access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  return {
    header,
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
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

async function openFile(target: string, folder: OpenFolder<"run">): Promise<RunDatabase> {
  if (existsSync(target) && !isDuckDbFile(target)) {
    throw new UsageError(`${target}: exists and is not a DuckDB database`, { hint: "name another file" });
  }
  mkdirSync(dirname(target), { recursive: true });
  const aside = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
  try {
    const path = join(aside, "run.duckdb");
    const filling = await fillDatabase(path, folder);
    await filling.connection.run("CHECKPOINT");
    filling.close();
    // A log left by another program would be replayed into the new file.
    rmSync(`${target}.wal`, { force: true });
    renameSync(path, target);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return reopen(target, folder.header);
}

/**
 * Loads a run folder into DuckDB and makes the views that the catalogue's queries and the user's SQL share.
 *
 * Errors   UsageError if there is no run, or the target is a file of another kind; FormatError for a damaged run
 */
export async function openRunDatabase(options: OpenRunDatabaseOptions): Promise<RunDatabase> {
  const folder = openFolder("run", options.runPath);
  const database = await (options.databasePath === undefined
    ? fillDatabase(":memory:", folder)
    : openFile(options.databasePath, folder));
  return lock(database);
}
