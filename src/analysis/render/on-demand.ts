// Drawing takes longer to load than a question takes to answer: whoever asks no picture does not wait for it.
import type { Database } from "../db/open.ts";
import type { Brand } from "../spec/brand.ts";
import type { FleetChartTargets } from "./chart-file.ts";
import type { Gallery, GalleryOptions } from "./gallery.ts";
import type { ChartInfo, Plot, PlotOptions } from "./plot.ts";
import type { ChartPlace, DrawCharts, DrawnChart } from "./draw-chart.ts";
import type { Report, ReportEffects, ReportOptions } from "./report.ts";

/** See `buildReport` of report.ts. */
export async function buildReport(options: ReportOptions, effects: ReportEffects = {}): Promise<Report> {
  const drawing = await import("./report.ts");
  return drawing.buildReport(options, effects);
}

/** See `writeChart` of chart-file.ts. */
export async function writeChart(database: Database<"run">, id: string, target: string): Promise<void> {
  const drawing = await import("./chart-file.ts");
  return drawing.writeChart(database, id, target);
}

/** See `writeFleetCharts` of chart-file.ts. */
export async function writeFleetCharts(database: Database<"fleet">, targets: FleetChartTargets): Promise<string[]> {
  const drawing = await import("./chart-file.ts");
  return drawing.writeFleetCharts(database, targets);
}

/** See `listCharts` of plot.ts. */
export async function listCharts(): Promise<ChartInfo[]> {
  const drawing = await import("./plot.ts");
  return drawing.listCharts();
}

/** See `plotChart` of plot.ts. */
export async function plotChart(options: PlotOptions): Promise<Plot> {
  const drawing = await import("./plot.ts");
  return drawing.plotChart(options);
}

/** See `readCharts` of draw-chart.ts. */
export async function readCharts(database: Database): Promise<DrawCharts> {
  const drawing = await import("./draw-chart.ts");
  return drawing.readCharts(database);
}

/** See `drawChart` of draw-chart.ts. */
export async function drawChart(charts: DrawCharts, id: string, place: ChartPlace): Promise<DrawnChart | undefined> {
  const drawing = await import("./draw-chart.ts");
  return drawing.drawChart(charts, id, place);
}

/** See `renderPng` of png.ts. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  const drawing = await import("./png.ts");
  return drawing.renderPng(svg);
}

/** See `buildGallery` of gallery.ts. */
export async function buildGallery(options: GalleryOptions): Promise<Gallery> {
  const drawing = await import("./gallery.ts");
  return drawing.buildGallery(options);
}

/** See `bundleScript` of bundle.ts. */
export async function bundleScript(program: URL): Promise<string> {
  const drawing = await import("./bundle.ts");
  return drawing.bundleScript(program);
}

/** See `parseBrand` of brand.ts. */
export async function readBrand(text: string, path: string): Promise<Brand> {
  const [{ parseBrand }, { createTheme }] = await Promise.all([import("../spec/brand.ts"), import("../spec/theme.ts")]);
  return parseBrand(text, path, (mode) => createTheme(mode, "page"));
}
