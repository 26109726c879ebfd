import { extname } from "node:path";

import { UsageError } from "../../base/index.ts";
import type { Database } from "../db/open.ts";
import { buildCharts } from "../spec/charts.ts";
import { createTheme } from "../spec/theme.ts";
import { renderPng } from "./png.ts";
import { writeWhole } from "./report.ts";
import { readReportRows } from "./report-rows.ts";
import { renderSvg } from "./svg.ts";

/**
 * Writes one chart of a run's report as a picture: PNG at twice its size where the name ends in `.png`, else SVG.
 *
 * Errors   UsageError where the run has nothing to draw in it
 */
export async function writeChart(database: Database<"run">, id: string, target: string): Promise<void> {
  const charts = buildCharts(await readReportRows(database), createTheme("light"));
  const chart = charts.find((each) => each.id === id);
  if (!chart || chart.isEmpty) throw new UsageError(chart?.title ?? `there is no chart ${id}`);
  const svg = await renderSvg(chart.spec);
  writeWhole(target, extname(target) === ".png" ? renderPng(svg) : svg);
}
