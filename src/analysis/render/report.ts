import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { UsageError } from "../../base/index.ts";
import { analysedKind, type Database, openDatabase } from "../db/open.ts";
import { runCatalogueQuery } from "../db/query.ts";
import type { AnalysedKind } from "../db/facts.ts";
import { displayText } from "../format.ts";
import type { ComparisonRows } from "../spec/comparison-charts.ts";
import { type Chart, createTheme } from "../spec/theme.ts";
import { comparisonPage } from "./comparison-page.ts";
import { differencePage } from "./difference-page.ts";
import { readDifferenceRows } from "./difference-rows.ts";
import { type PageContent, renderPage } from "./page.ts";
import { renderPng } from "./png.ts";
import { readReportRows } from "./report-rows.ts";
import { runPage } from "./run-page.ts";
import { renderSvg } from "./svg.ts";
import { sweepPage } from "./sweep-page.ts";
import { readSweepRows } from "./sweep-rows.ts";

export interface ReportOptions {
  /** Folder of a run, of a comparison, of a sweep's results or of a difference. */
  readonly path: string;
  /** Folder of a comparison that a run's report shows too. */
  readonly measuredPath?: string;
  /** Recording whose update is shown under two kernels; without it, the one that most is known of. */
  readonly pair?: string;
  /** Of a sweep, the configurations whose blackouts are set against each other, by number or name; without, the usual ones. */
  readonly from?: string;
  readonly to?: string;
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
export function writeWhole(path: string, content: string | Uint8Array): void {
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

async function readFolder<Kind extends AnalysedKind, Rows>(
  source: { readonly kind: Kind; readonly path: string },
  read: (database: Database<Kind>) => Promise<Rows>,
): Promise<Rows> {
  const database = await openDatabase(source);
  try {
    return await read(database);
  } finally {
    database.close();
  }
}

/** The rows of a comparison, with the pair of updates that was asked for. */
async function readComparison(database: Database<"comparison">, pair: string | undefined): Promise<ComparisonRows> {
  const rows = await readReportRows(database);
  if (pair === undefined) return rows;
  const found = rows["kernel-pairs"].find((row) => row.older_name === pair || row.newer_name === pair);
  if (!found) {
    throw new UsageError(`--pair ${displayText(pair)}: no update of that name was recorded under another kernel too`, {
      hint: "`luoscope query FOLDER kernel-pairs` lists the pairs",
    });
  }
  const parameters = { pair_index: found.pair_index };
  return { ...rows, "kernel-waterfall": await runCatalogueQuery(database, "kernel-waterfall", parameters) };
}

async function readContent({ path, measuredPath, pair, from, to }: ReportOptions): Promise<PageContent> {
  const readMeasured = async (from: string) =>
    readFolder({ kind: "comparison", path: from }, (database) => readComparison(database, pair));
  const kind = analysedKind(path);
  if (kind === "trace") {
    throw new UsageError(`${path} is a trace, and reports are made of runs, comparisons, sweeps and differences`, {
      hint: "replay it first: `luoscope replay TRACE --scenario FILE -o RUN`",
    });
  }
  if (kind === "fleet") {
    throw new UsageError(`${path} is a fleet, and reports are made of runs, comparisons, sweeps and differences`, {
      hint: "`luoscope fleet --png FOLDER` draws its charts, `luoscope query` asks it",
    });
  }
  if (kind === "sweep") {
    if (measuredPath !== undefined || pair !== undefined) {
      throw new UsageError(`${path} is a sweep`, { hint: "--measured and --pair go with runs and comparisons" });
    }
    return sweepPage(await readFolder({ kind, path }, (database) => readSweepRows(database, { from, to })));
  }
  if (from !== undefined || to !== undefined) {
    throw new UsageError(`${path} is a ${kind}`, { hint: "--from and --to name configurations of a sweep" });
  }
  if (kind === "difference") {
    if (measuredPath !== undefined || pair !== undefined) {
      throw new UsageError(`${path} is a difference`, { hint: "--measured and --pair go with runs and comparisons" });
    }
    return differencePage(await readFolder({ kind, path }, readDifferenceRows));
  }
  if (kind === "comparison") {
    if (measuredPath !== undefined) {
      throw new UsageError(`${path} is a comparison itself`, { hint: "--measured goes with a run" });
    }
    return comparisonPage(await readMeasured(path));
  }
  if (pair !== undefined && measuredPath === undefined) {
    throw new UsageError("--pair names updates of a comparison, and none is given", { hint: "add --measured" });
  }
  const rows = await readFolder({ kind: "run", path }, readReportRows);
  return runPage(rows, measuredPath === undefined ? undefined : await readMeasured(measuredPath));
}

/** What building a report may do beside writing files. */
export interface ReportEffects {
  /** Pieces of work done so far, and how many there are. */
  readonly progress?: (done: number, total: number) => void;
}

async function writeCharts(
  charts: readonly Chart[],
  { svgFolder, pngFolder }: ReportOptions,
  onChart: (done: number, charts: number) => void,
): Promise<Pick<Report, "svgPaths" | "pngPaths">> {
  const svgPaths: string[] = [];
  const pngPaths: string[] = [];
  if (svgFolder === undefined && pngFolder === undefined) return { svgPaths, pngPaths };
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
 * Writes the report of a run, of a comparison, of a sweep or of a difference: one HTML file that works offline, and the charts
 * as pictures where asked for.
 *
 * Shape    the same folders give the same bytes
 * Errors   UsageError if there is no such folder, or no such pair; FormatError for a damaged one
 */
export async function buildReport(options: ReportOptions, { progress }: ReportEffects = {}): Promise<Report> {
  const content = await readContent(options);
  // Loading and the page are as much work as a chart each.
  const charts = content.charts(createTheme("light"));
  const pictures = await writeCharts(charts, options, (done, count) => progress?.(done + 1, count + 2));
  const page = await renderPage(content);
  writeWhole(options.target, page);
  return {
    headline: content.headline,
    htmlPath: options.target,
    htmlBytes: Buffer.byteLength(page),
    ...pictures,
  };
}
