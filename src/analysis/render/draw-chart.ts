import type { AnalysedKind } from "../db/facts.ts";
import type { Database } from "../db/open.ts";
import { buildCharts } from "../spec/charts.ts";
import { buildComparisonCharts } from "../spec/comparison-charts.ts";
import { buildDifferenceCharts } from "../spec/difference-charts.ts";
import { buildFleetCharts } from "../spec/fleet-charts.ts";
import { buildSweepCharts } from "../spec/sweep-charts.ts";
import { type Chart, createTheme, type Medium, type Mode, type Theme } from "../spec/theme.ts";
import { readDifferenceRows } from "./difference-rows.ts";
import { readReportRows } from "./report-rows.ts";
import { renderSvg } from "./svg.ts";
import { readSweepRows } from "./sweep-rows.ts";

/** The charts of one folder, in whichever theme. */
type ThemedCharts = (theme: Theme) => readonly Chart[];

/** The charts of one folder: which have something to draw, and what draws them. */
export interface DrawCharts {
  readonly ids: readonly string[];
  readonly themed: ThemedCharts;
}

const readers: { readonly [Kind in AnalysedKind]: (database: Database<Kind>) => Promise<ThemedCharts> } = {
  trace: async () => () => [],
  run: async (database) => {
    const rows = await readReportRows(database);
    return (theme) => buildCharts(rows, theme);
  },
  comparison: async (database) => {
    const rows = await readReportRows(database);
    return (theme) => buildComparisonCharts(rows, theme);
  },
  sweep: async (database) => {
    const rows = await readSweepRows(database);
    return (theme) => buildSweepCharts(rows, theme);
  },
  fleet: async (database) => {
    const rows = await readReportRows(database);
    return (theme) => buildFleetCharts(rows, theme);
  },
  difference: async (database) => {
    const rows = await readDifferenceRows(database);
    return (theme) => buildDifferenceCharts(rows, theme);
  },
};

/** Asks all that the charts of a folder show, once; each can be drawn from the answers. */
export async function readCharts<Kind extends AnalysedKind>(database: Database<Kind>): Promise<DrawCharts> {
  const themed = await readers[database.kind](database);
  return { ids: themed(createTheme("light")).flatMap(({ id, isEmpty }) => (isEmpty ? [] : [id])), themed };
}

/** A chart's finding, and its picture: as a file of its own with the finding in it, or without, for a page that says it. */
export interface DrawnChart {
  readonly title: string;
  readonly svg: string;
}

/** Colours and place of a picture. */
export interface ChartPlace {
  readonly mode: Mode;
  readonly medium: Medium;
}

/**
 * Draws one chart as SVG.
 *
 * Errors   gives undefined where there is no chart of that name, or nothing to draw in it
 */
export async function drawChart(
  { themed }: DrawCharts,
  id: string,
  { mode, medium }: ChartPlace,
): Promise<DrawnChart | undefined> {
  const chart = themed(createTheme(mode, medium)).find((each) => each.id === id && !each.isEmpty);
  if (!chart) return undefined;
  const { title: _title, ...untitled } = chart.spec;
  return { title: chart.title, svg: await renderSvg(medium === "page" ? untitled : chart.spec) };
}
