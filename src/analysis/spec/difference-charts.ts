import type { CatalogueRows } from "../queries.ts";
import { changeWaterfallChart } from "./change-waterfall.ts";
import { changesChart } from "./changes.ts";
import { type Figure, figure, type FigureOf } from "./figure.ts";
import { samplesChart } from "./samples.ts";
import type { Theme } from "./theme.ts";

/** Questions that only the command line asks. */
export const unshownQueries = ["difference-breaches"] as const;

/** Every answer that a report of a difference shows, by the query's name. */
export type DifferenceRows = Omit<CatalogueRows<"difference">, (typeof unshownQueries)[number]>;

export const figuresOfDifference: readonly FigureOf<DifferenceRows>[] = [
  figure(
    {
      id: "changes",
      answers: "Which values changed between two results, and by how much?",
      queries: ["difference-forest", "difference-headline"],
    },
    (rows, theme) => changesChart(rows["difference-forest"], rows["difference-headline"][0]!, theme),
  ),
  figure(
    { id: "change-waterfall", answers: "Which steps make up the change?", queries: ["difference-waterfall"] },
    (rows, theme) => changeWaterfallChart(rows["difference-waterfall"], theme),
  ),
  figure(
    {
      id: "samples",
      answers: "How do the samples of both sides lie?",
      queries: ["difference-groups", "difference-samples"],
    },
    (rows, theme) => samplesChart(rows["difference-groups"], rows["difference-samples"], theme),
  ),
];

/** The charts of a difference in their order. */
export function buildDifferenceCharts(rows: DifferenceRows, theme: Theme): Figure[] {
  return figuresOfDifference.map(({ draw }) => draw(rows, theme));
}
