import { join } from "node:path";

import { UsageError } from "../../base/index.ts";
import type { Database } from "../db/open.ts";
import { buildFleetCharts } from "../spec/fleet-charts.ts";
import { type Chart, createTheme } from "../spec/theme.ts";
import { drawPicture } from "./picture.ts";
import { drawFigure, endingOf } from "./plot.ts";
import { writeWhole } from "./report.ts";
import { readReportRows } from "./report-rows.ts";

async function writePicture(chart: Chart, target: string): Promise<void> {
  const { content } = await drawPicture(chart, endingOf(target));
  writeWhole(target, content);
}

/**
 * Writes one chart of a run as a picture, in the format that the file's name says.
 *
 * Errors   UsageError where the run has nothing to draw in it
 */
export async function writeChart(database: Database<"run">, id: string, target: string): Promise<void> {
  const chart = await drawFigure(database, id, { theme: createTheme("light") });
  if (chart.isEmpty) throw new UsageError(chart.title);
  await writePicture(chart, target);
}

/** Where charts of a fleet go. */
export interface FleetChartTargets {
  /** The rollout alone, PNG where the name ends in `.png`, else SVG. */
  readonly chart?: string | undefined;
  /** Folders for all of them. */
  readonly svgFolder?: string | undefined;
  readonly pngFolder?: string | undefined;
}

/** Writes charts of a fleet as pictures, and gives their paths; one that would be empty says so in a sentence. */
export async function writeFleetCharts(database: Database<"fleet">, targets: FleetChartTargets): Promise<string[]> {
  const { chart, svgFolder, pngFolder } = targets;
  if (chart === undefined && svgFolder === undefined && pngFolder === undefined) return [];
  const charts = buildFleetCharts(await readReportRows(database), createTheme("light"));
  const wanted = [
    ...(chart === undefined ? [] : [[charts[0]!, chart] as const]),
    ...charts.flatMap((each) => [
      ...(svgFolder === undefined ? [] : [[each, join(svgFolder, `${each.id}.svg`)] as const]),
      ...(pngFolder === undefined ? [] : [[each, join(pngFolder, `${each.id}.png`)] as const]),
    ]),
  ];
  for (const [each, target] of wanted) await writePicture(each, target);
  return wanted.map(([, target]) => target);
}
