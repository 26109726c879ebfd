import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll } from "vitest";

import { openDatabase } from "../../src/analysis/db/open.ts";
import { readReportRows } from "../../src/analysis/render/report-rows.ts";
import type { ReportRows } from "../../src/analysis/spec/charts.ts";
import { readSweepRows } from "../../src/analysis/render/sweep-rows.ts";
import type { ComparisonRows } from "../../src/analysis/spec/comparison-charts.ts";
import { readDifferenceRows } from "../../src/analysis/render/difference-rows.ts";
import type { DifferenceRows } from "../../src/analysis/spec/difference-charts.ts";
import type { SweepRows } from "../../src/analysis/spec/sweep-charts.ts";
import { type TinyComparisonOptions, writeTinyComparison } from "../kit/tiny-comparison.ts";
import { type TinyDifferenceOptions, writeTinyDifference } from "../kit/tiny-difference.ts";
import { type TinyRunOptions, writeTinyRun } from "../kit/tiny-run.ts";
import { type TinySweepOptions, writeTinySweep } from "../kit/tiny-sweep.ts";

/** A folder that is removed after the file's tests. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-analysis-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function tinyRows(folder: string, options: TinyRunOptions = {}): Promise<ReportRows> {
  const runPath = join(folder, "rows-run");
  writeTinyRun(runPath, options);
  return readRowsOf("run", runPath);
}

export async function tinyComparisonRows(folder: string, options: TinyComparisonOptions = {}): Promise<ComparisonRows> {
  const path = join(folder, "rows-comparison");
  writeTinyComparison(path, options);
  return readRowsOf("comparison", path);
}

export async function tinySweepRows(folder: string, options: TinySweepOptions = {}): Promise<SweepRows> {
  const path = join(folder, "rows-sweep");
  writeTinySweep(path, options);
  const database = await openDatabase({ kind: "sweep", path });
  try {
    return await readSweepRows(database);
  } finally {
    database.close();
  }
}

export async function tinyDifferenceRows(folder: string, options: TinyDifferenceOptions = {}): Promise<DifferenceRows> {
  const path = join(folder, "rows-difference");
  writeTinyDifference(path, options);
  const database = await openDatabase({ kind: "difference", path });
  try {
    return await readDifferenceRows(database);
  } finally {
    database.close();
  }
}

async function readRowsOf<Kind extends "run" | "comparison">(kind: Kind, path: string) {
  const database = await openDatabase({ kind, path });
  try {
    return await readReportRows(database);
  } finally {
    database.close();
  }
}

/** Rows as a text table that a reviewer can read. */
export function rowsText(rows: readonly object[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => names.map((name) => String((row as Record<string, unknown>)[name])));
  const widths = names.map((name, column) => Math.max(name.length, ...lines.map((line) => line[column]!.length)));
  const print = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return `${[names, ...lines].map(print).join("\n")}\n`;
}

/** Names that try to leave every place into which a name is put. */
export const hostileNames = [
  "</script><img src=x onerror=\"document.title='broken'\">",
  `'"); DROP TABLE vm; --`,
  "x".repeat(1_000_000),
  "tab\tnull\u0000bell\u0007\u202eesrever\ud83d\ude00",
] as const;
