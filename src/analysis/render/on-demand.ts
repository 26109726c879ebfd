// Drawing takes longer to load than a question takes to answer: whoever asks no picture does not wait for it.
import type { Database } from "../db/open.ts";
import type { FleetChartTargets } from "./chart-file.ts";
import type { ChartInfo, Plot, PlotOptions } from "./plot.ts";
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
