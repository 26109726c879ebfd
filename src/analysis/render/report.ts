import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";

import { UsageError } from "../../base/index.ts";
import { analysedKind, type Database, openDatabase } from "../db/open.ts";
import { runCatalogueQuery } from "../db/query.ts";
import type { AnalysedKind } from "../db/facts.ts";
import { displayText } from "../format.ts";
import type { ComparisonRows } from "../spec/comparison-charts.ts";
import type { Figure } from "../spec/figure.ts";
import { type Chart, createTheme } from "../spec/theme.ts";
import { comparisonPage } from "./comparison-page.ts";
import { differencePage } from "./difference-page.ts";
import { readDifferenceRows } from "./difference-rows.ts";
import { fleetPage } from "./fleet-page.ts";
import { layOut, type PageOptions, renderPage } from "./page.ts";
import type { PageContent } from "./page-content.ts";
import { printPdf } from "./pdf.ts";
import { renderPng } from "./png.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { readReportRows } from "./report-rows.ts";
import { runPage } from "./run-page.ts";
import { renderSvg } from "./svg.ts";
import { sweepPage } from "./sweep-page.ts";
import { readSweepRows } from "./sweep-rows.ts";

export const reportFormats = ["html", "md", "pdf"] as const;
export type ReportFormat = (typeof reportFormats)[number];

export interface ReportOptions {
  /** Folder of a run, of a comparison, of a sweep's results, of a difference or of a fleet. */
  readonly path: string;
  /** Folder of a comparison that a run's report shows too. */
  readonly measuredPath?: string;
  /** Recording whose update is shown under two kernels; without it, the one that most is known of. */
  readonly pair?: string;
  /** Of a sweep, the configurations whose blackouts are set against each other, by number or name; without, the usual ones. */
  readonly from?: string;
  readonly to?: string;
  /** File to write; of several formats the endings differ. */
  readonly target: string;
  readonly formats?: readonly ReportFormat[];
  readonly page?: PageOptions;
  /** Folder for each chart as SVG. */
  readonly svgFolder?: string;
  /** Folder for each chart as PNG, at twice its size. */
  readonly pngFolder?: string;
}

export interface Report {
  readonly headline: string;
  readonly htmlPath: string;
  readonly htmlBytes: number;
  /** Every file that was written, in the order of the formats. */
  readonly paths: readonly string[];
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
    throw new UsageError(
      `${path} is a trace, and reports are made of runs, comparisons, sweeps, differences and fleets`,
      {
        hint: "replay it first: `luoscope replay TRACE --scenario FILE -o RUN`",
      },
    );
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
  if (kind === "difference" || kind === "fleet") {
    if (measuredPath !== undefined || pair !== undefined) {
      throw new UsageError(`${path} is a ${kind}`, { hint: "--measured and --pair go with runs and comparisons" });
    }
    if (kind === "difference") return differencePage(await readFolder({ kind, path }, readDifferenceRows));
    return readFolder({ kind, path }, async (database) => {
      const rows = await readReportRows(database);
      return fleetPage(rows, `luoscope ${database.header.luoscope_version}`);
    });
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

function withEnding(target: string, format: ReportFormat): string {
  return `${target.slice(0, target.length - extname(target).length)}.${format}`;
}

/** Markdown with the figures as SVG files in a folder beside it. */
async function writeMarkdown(content: PageContent, target: string, page: PageOptions): Promise<void> {
  const { sections, figures } = layOut(content, page);
  const folder = `${target.slice(0, -".md".length)}-charts`;
  const theme = createTheme("light");
  const pictures = new Map(content.charts(theme).map((chart) => [chart.id, chart]));
  const placed = new Map<string, { chart: Figure; number: number; link: string | undefined }>();
  for (const [index, { id }] of figures.light.entries()) {
    const chart = pictures.get(id)!;
    const link = chart.isEmpty ? undefined : `${basename(folder)}/${id}.svg`;
    if (link !== undefined) writeWhole(join(folder, `${id}.svg`), await renderSvg(chart.spec));
    placed.set(id, { chart, number: index + 1, link });
  }
  writeWhole(target, reportMarkdown(content, sections, placed));
}

/**
 * Writes the report of a folder: one HTML file that works offline, the same as PDF or as Markdown with pictures beside it, and
 * the charts as pictures where asked for.
 *
 * Shape    the same folders give the same bytes
 * Errors   UsageError if there is no such folder, pair or section, or no browser for a PDF; FormatError for a damaged folder
 */
export async function buildReport(options: ReportOptions, { progress }: ReportEffects = {}): Promise<Report> {
  const { target, formats = ["html"], page: pageOptions = {} } = options;
  const content = await readContent(options);
  const page = await renderPage(content, pageOptions);
  const paths = formats.map((format) => (formats.length === 1 ? target : withEnding(target, format)));
  // Loading and the page are as much work as a chart each.
  const charts = content.charts(createTheme("light"));
  const pictures = await writeCharts(charts, options, (done, count) => progress?.(done + 1, count + 2));
  for (const [index, format] of formats.entries()) {
    if (format === "html") writeWhole(paths[index]!, page);
    else if (format === "pdf") writeWhole(paths[index]!, await printPdf(page));
    else await writeMarkdown(content, paths[index]!, pageOptions);
  }
  return {
    headline: content.headline,
    htmlPath: paths[0]!,
    htmlBytes: Buffer.byteLength(page),
    paths,
    ...pictures,
  };
}
