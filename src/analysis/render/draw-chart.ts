import type { Database } from "../db/open.ts";
import { figuresOfKind } from "../spec/registry.ts";
import { type Chart, createTheme, type Medium, type Mode, type Theme } from "../spec/theme.ts";
import { readAnswers } from "./report-rows.ts";
import { renderSvg } from "./svg.ts";

/** The charts of one folder, in whichever theme. */
type ThemedCharts = (theme: Theme) => readonly Chart[];

/** The charts of one folder: which have something to draw, and what draws them. */
export interface DrawCharts {
  readonly ids: readonly string[];
  readonly themed: ThemedCharts;
}

/** Asks all that the charts of a folder show, once; each can be drawn from the answers. */
export async function readCharts(database: Database): Promise<DrawCharts> {
  const figures = figuresOfKind[database.kind];
  const rows = await readAnswers(database, [...new Set(figures.flatMap(({ queries }) => queries))]);
  const themed = (theme: Theme): readonly Chart[] => figures.map(({ draw }) => draw(rows as never, theme));
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
