import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import { type CopyFormat, FolderCopier } from "../analysis/index.ts";
import { InterruptedError, UsageError } from "../base/index.ts";
import {
  type FolderHeader,
  type FolderKind,
  folderKind,
  folderTables,
  openFolder,
  quote,
  showPath,
  writeArrowFile,
} from "../trace/index.ts";
import { manifestName, writeFileAside, writeFolderAside } from "./output.ts";

/** Formats of one file a table. */
export type TableFormat = Exclude<CopyFormat, "json"> | "arrow";

export const tableFormats: readonly TableFormat[] = ["parquet", "csv", "ndjson", "arrow"];

export interface TablesOptions {
  readonly path: string;
  readonly format: TableFormat;
  /** Folder to write, or the file of the one table. */
  readonly target: string;
  readonly table?: string | undefined;
  readonly rawText?: boolean | undefined;
  readonly overwrite?: boolean | undefined;
}

export interface ExportedFile {
  readonly file: string;
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What stands in `export.json`: it makes the folder one of ours and says what it was made from. */
export interface TablesManifest {
  readonly format: "luoscope-export";
  readonly version: 1;
  readonly to: TableFormat;
  readonly kind: FolderKind;
  readonly raw_text: boolean;
  /** The header of what was exported, without its list of tables. */
  readonly header: Omit<FolderHeader, "tables">;
  readonly files: readonly ExportedFile[];
}

/** Writes single tables, whatever the format. */
interface TableSink {
  readonly kind: FolderKind;
  readonly header: FolderHeader;
  readonly tables: readonly string[];
  write(table: string, path: string): Promise<number>;
  close(): void;
}

async function copierSink({ path, format, rawText }: TablesOptions, signal?: AbortSignal): Promise<TableSink> {
  const kind = folderKind(path);
  const copier = await FolderCopier.open(kind, path);
  return {
    kind,
    header: copier.folder.header,
    tables: copier.tableNames,
    write: (table, target) => copier.copy(table, { format: format as CopyFormat, path: target, rawText }, signal),
    close: () => copier.close(),
  };
}

function arrowSink({ path }: TablesOptions, signal?: AbortSignal): TableSink {
  const kind = folderKind(path);
  const folder = openFolder(kind, path);
  const tables = new Map(folderTables(kind).map((table) => [table.name, table]));
  const pause = async (): Promise<void> => {
    await setImmediate();
    if (signal?.aborted === true) throw new InterruptedError();
  };
  return {
    kind,
    header: folder.header,
    tables: [...tables.keys()],
    write: (table, target) => writeArrowFile(tables.get(table)!, folder.sources.get(table), target, pause),
    close: () => {},
  };
}

async function writeTable(sink: TableSink, table: string, path: string, file: string): Promise<ExportedFile> {
  const rows = await sink.write(table, path);
  return { file, table, rows, bytes: statSync(path).size };
}

async function writeAll(sink: TableSink, options: TablesOptions, folder: string): Promise<readonly ExportedFile[]> {
  const files: ExportedFile[] = [];
  for (const table of sink.tables) {
    const file = `${table}.${options.format}`;
    files.push(await writeTable(sink, table, join(folder, file), file));
  }
  const { tables: _tables, ...header } = sink.header;
  const manifest: TablesManifest = {
    format: "luoscope-export",
    version: 1,
    to: options.format,
    kind: sink.kind,
    raw_text: options.rawText === true,
    header,
    files,
  };
  writeFileSync(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`, { flag: "wx" });
  return files;
}

function isOurs(name: string): boolean {
  return name === manifestName || tableFormats.some((format) => name.endsWith(`.${format}`));
}

function checkTable(sink: TableSink, { table, path }: TablesOptions): void {
  if (table === undefined || sink.tables.includes(table)) return;
  throw new UsageError(`${showPath(path)}: no table ${quote(table, 80)}`, {
    hint: `a ${sink.kind} has these: ${sink.tables.join(", ")}`,
  });
}

/**
 * Writes the tables of a trace, a run or a comparison as files of another format: all of them into a folder, or one into
 * a file.
 *
 * Shape    docs/export.md: the columns of the format's documents in their order, codes as their labels, flags as booleans
 * Errors   UsageError for an unknown table, or a target that is not ours; InterruptedError after an abort; whatever goes
 *          wrong, nothing is left behind
 */
export async function exportTables(options: TablesOptions, signal?: AbortSignal): Promise<readonly ExportedFile[]> {
  const sink = options.format === "arrow" ? arrowSink(options, signal) : await copierSink(options, signal);
  try {
    checkTable(sink, options);
    const { table, target, overwrite } = options;
    if (table === undefined) {
      return await writeFolderAside(target, isOurs, (folder) => writeAll(sink, options, folder));
    }
    return [await writeFileAside(target, { overwrite }, (path) => writeTable(sink, table, path, target))];
  } finally {
    sink.close();
  }
}
