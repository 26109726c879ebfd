import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { openRunDatabase, type RunDatabase } from "../db/open.ts";
import { runCatalogueQuery } from "../db/query.ts";
import { headlineSentence } from "../format.ts";
import { catalogue, type QueryName } from "../queries.ts";
import { buildCharts, type ReportRows } from "../spec/charts.ts";
import { createTheme } from "../spec/theme.ts";
import { renderHtml } from "./html.ts";
import { renderPng } from "./png.ts";
import { renderSvg } from "./svg.ts";

export interface ReportOptions {
  /** Folder with run.json. */
  readonly runPath: string;
  /** HTML file to write. */
  readonly target: string;
  /** Folder for each chart as SVG. */
  readonly svgFolder?: string;
  /** Folder for each chart as PNG, at twice its size. */
  readonly pngFolder?: string;
}

export interface Report {
  readonly headline: string;
  readonly htmlPath: string;
  readonly htmlBytes: number;
  readonly svgPaths: readonly string[];
  readonly pngPaths: readonly string[];
}

/** Writes a file aside and renames it, so that a reader never sees half of one. */
function writeWhole(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const folder = mkdtempSync(join(dirname(path), `.${basename(path)}-`));
  try {
    const aside = join(folder, basename(path));
    writeFileSync(aside, content);
    renameSync(aside, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Asks every question of the catalogue once. */
export async function readReportRows(database: RunDatabase): Promise<ReportRows> {
  const answers: [QueryName, readonly unknown[]][] = [];
  for (const name of Object.keys(catalogue) as QueryName[])
    answers.push([name, await runCatalogueQuery(database, name)]);
  return Object.fromEntries(answers) as unknown as ReportRows;
}

/** What building a report may do beside writing files. */
export interface ReportEffects {
  /** Pieces of work done so far, and how many there are. */
  readonly progress?: (done: number, total: number) => void;
}

async function writeCharts(
  rows: ReportRows,
  { svgFolder, pngFolder }: ReportOptions,
  onChart: (done: number, charts: number) => void,
): Promise<Pick<Report, "svgPaths" | "pngPaths">> {
  const svgPaths: string[] = [];
  const pngPaths: string[] = [];
  if (svgFolder === undefined && pngFolder === undefined) return { svgPaths, pngPaths };
  const charts = buildCharts(rows, createTheme("light"));
  for (const [index, chart] of charts.entries()) {
    onChart(index, charts.length);
    const svg = await renderSvg(chart.spec);
    if (svgFolder !== undefined) {
      svgPaths.push(join(svgFolder, `${chart.id}.svg`));
      writeWhole(svgPaths.at(-1)!, svg);
    }
    if (pngFolder !== undefined) {
      pngPaths.push(join(pngFolder, `${chart.id}.png`));
      writeWhole(pngPaths.at(-1)!, renderPng(svg));
    }
  }
  return { svgPaths, pngPaths };
}

/**
 * Writes the report of a run: one HTML file that works offline, and the charts as pictures where asked for.
 *
 * Shape    the same run gives the same bytes
 * Errors   UsageError if there is no run; FormatError for a damaged one
 */
export async function buildReport(options: ReportOptions, { progress }: ReportEffects = {}): Promise<Report> {
  const database = await openRunDatabase({ runPath: options.runPath });
  let rows: ReportRows;
  try {
    rows = await readReportRows(database);
  } finally {
    database.close();
  }
  // Loading and the page are as much work as a chart each.
  const pictures = await writeCharts(rows, options, (done, charts) => progress?.(done + 1, charts + 2));
  const page = await renderHtml(rows);
  writeWhole(options.target, page);
  return {
    headline: headlineSentence(rows.headline[0]!),
    htmlPath: options.target,
    htmlBytes: Buffer.byteLength(page),
    ...pictures,
  };
}
