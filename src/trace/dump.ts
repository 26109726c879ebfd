import { existsSync } from "node:fs";
import { join } from "node:path";

import { UsageError } from "../base/index.ts";
import { type OpenFolder, openFolder } from "./folder.ts";
import { type FolderKind, folderKinds, folderTables } from "./header.ts";
import { readTable, type TableSource } from "./read.ts";
import type { Batch, Column, Table } from "./schema/column.ts";
import { quote, showPath } from "./text.ts";

const maxTextChars = 200;
const defaultRows = 50;

/** Which kind of folder a path is, by the header that lies in it. */
export function folderKind(path: string): FolderKind {
  const found = folderKinds.find((kind) => existsSync(join(path, `${kind}.json`)));
  if (found) return found;
  throw new UsageError(`${showPath(path)}: none of ${folderKinds.map((kind) => `${kind}.json`).join(", ")} there`, {
    hint: `name the folder of one of these: ${folderKinds.join(", ")}`,
  });
}

function cellText(column: Column, batch: Batch, row: number): string {
  if (batch.nulls[column.name]?.[row] === 1) return "-";
  const value = batch.columns[column.name]![row]!;
  if (typeof value === "string") return quote(value, maxTextChars);
  return column.labels ? (column.labels[value] ?? `${value}?`) : String(value);
}

/** The first rows of a table as text; the whole table is read all the same, so that its hash is checked. */
function shownRows(table: Table, source: TableSource, maxRows: number): string[][] {
  const rows: string[][] = [];
  for (const batch of readTable(table, source)) {
    for (let row = 0; row < batch.rows && rows.length < maxRows; row++) {
      rows.push(table.columns.map((column) => cellText(column, batch, row)));
    }
  }
  return rows;
}

function alignedLines(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd());
}

function tableLines(table: Table, source: TableSource, maxRows: number): string[] {
  const rows = shownRows(table, source, maxRows);
  const hidden = source.rows - rows.length;
  return [
    "",
    `${table.name}: ${source.rows} rows`,
    ...alignedLines([table.columns.map(({ name }) => name), ...rows]),
    ...(hidden > 0 ? [`  … ${hidden} more rows`] : []),
  ];
}

function factText(value: unknown): string {
  return typeof value === "string" ? quote(value, maxTextChars) : JSON.stringify(value);
}

/** The header without hashes and sizes of files, which change with the compressor and not with the content. */
function headerLines(folder: OpenFolder): string[] {
  const { format, version } = folder.header;
  const shown = Object.entries(folder.header).filter(
    ([name, value]) => typeof value !== "object" && !["format", "version", "sha256"].includes(name),
  );
  return [`${format} ${version}`, ...shown.map(([name, value]) => `  ${name} ${factText(value)}`)];
}

/**
 * A folder as text that stays the same as long as its content does, for golden files and `inspect`.
 *
 * Shape    header, then each table with its columns aligned; `-` is null, codes stand as their labels, and text is quoted
 *          with control characters escaped
 * Errors   as `readTable`; every table is read to its end
 */
export function dumpFolder(path: string, options: { maxRows?: number } = {}): string {
  const folder = openFolder(folderKind(path), path);
  const lines = headerLines(folder);
  for (const table of folderTables(folderKind(path))) {
    const source = folder.sources.get(table.name);
    if (source) lines.push(...tableLines(table, source, options.maxRows ?? defaultRows));
  }
  return `${lines.join("\n")}\n`;
}
