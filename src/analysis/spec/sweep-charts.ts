import type { CatalogueRows } from "../queries.ts";
import { contributionsChart } from "./contributions.ts";
import { errorBudgetChart } from "./error-budget.ts";
import { type Figure, figure, type FigureOf } from "./figure.ts";
import { morrisChart } from "./morris.ts";
import { paretoChart } from "./pareto.ts";
import { sloAttainmentChart } from "./slo-attainment.ts";
import { sobolChart } from "./sobol.ts";
import type { Theme } from "./theme.ts";
import { tornadoChart } from "./tornado.ts";
import { whatIfChart } from "./what-if.ts";

/** Questions that only the command line asks. */
export const unshownQueries = [
  "sweep-labels",
  "sweep-configuration",
  "sweep-draw-pauses",
  "sweep-grid-runs",
  "sweep-settings",
  "sweep-configuration-steps",
] as const;

/** Every answer that a report of a sweep shows, by the query's name. */
export type SweepRows = Omit<CatalogueRows<"sweep">, (typeof unshownQueries)[number]>;

const figures: readonly FigureOf<SweepRows>[] = [
  figure(["sweep-pareto", "sweep-headline"], (rows, theme) =>
    paretoChart(rows["sweep-pareto"], rows["sweep-headline"][0]!, theme),
  ),
  figure(["sweep-what-if", "sweep-headline"], (rows, theme) =>
    whatIfChart(rows["sweep-what-if"], rows["sweep-headline"][0]!, theme),
  ),
  figure(["sweep-contributions"], (rows, theme) => contributionsChart(rows["sweep-contributions"], theme)),
  figure(["sweep-attainment", "sweep-headline"], (rows, theme) =>
    sloAttainmentChart(rows["sweep-attainment"], rows["sweep-headline"][0]!, theme),
  ),
  figure(["sweep-budget"], (rows, theme) => errorBudgetChart(rows["sweep-budget"], theme)),
  figure(["sweep-tornado", "sweep-headline"], (rows, theme) =>
    tornadoChart(rows["sweep-tornado"], rows["sweep-headline"][0]!, theme),
  ),
  figure(["sweep-morris"], (rows, theme) => morrisChart(rows["sweep-morris"], theme)),
  figure(["sweep-sobol"], (rows, theme) => sobolChart(rows["sweep-sobol"], theme)),
];

/** The charts of a sweep in their order. */
export function buildSweepCharts(rows: SweepRows, theme: Theme): Figure[] {
  return figures.map((draw) => draw(rows, theme));
}
