import type { CatalogueRows } from "../queries.ts";
import { blackoutByConfigurationChart } from "./blackouts.ts";
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

export const figuresOfSweep: readonly FigureOf<SweepRows>[] = [
  figure(
    {
      id: "pareto",
      answers: "Which configurations give the shortest pause for their memory?",
      queries: ["sweep-pareto", "sweep-headline"],
    },
    (rows, theme) => paretoChart(rows["sweep-pareto"], rows["sweep-headline"][0]!, theme),
  ),
  figure(
    {
      id: "what-if",
      answers: "What does each axis alone do to the blackout?",
      queries: ["sweep-what-if", "sweep-headline"],
    },
    (rows, theme) => whatIfChart(rows["sweep-what-if"], rows["sweep-headline"][0]!, theme),
  ),
  figure(
    {
      id: "blackout-by-configuration",
      answers: "How long do configurations that contrast stand still, and in which phase?",
      queries: ["sweep-phases"],
    },
    (rows, theme) => blackoutByConfigurationChart(rows["sweep-phases"], theme),
  ),
  figure(
    {
      id: "contributions",
      answers: "Which steps make one configuration's blackout longer than another's?",
      queries: ["sweep-contributions"],
    },
    (rows, theme) => contributionsChart(rows["sweep-contributions"], theme),
  ),
  figure(
    {
      id: "slo-attainment",
      answers: "Which share of the VMs keeps to the SLO?",
      queries: ["sweep-attainment", "sweep-headline"],
    },
    (rows, theme) => sloAttainmentChart(rows["sweep-attainment"], rows["sweep-headline"][0]!, theme),
  ),
  figure(
    { id: "error-budget", answers: "How many updates fit into an availability objective?", queries: ["sweep-budget"] },
    (rows, theme) => errorBudgetChart(rows["sweep-budget"], theme),
  ),
  figure(
    {
      id: "tornado",
      answers: "Which uncertain input moves the blackout most?",
      queries: ["sweep-tornado", "sweep-headline"],
    },
    (rows, theme) => tornadoChart(rows["sweep-tornado"], rows["sweep-headline"][0]!, theme),
  ),
  figure(
    { id: "morris", answers: "Which factors matter, alone or together with others?", queries: ["sweep-morris"] },
    (rows, theme) => morrisChart(rows["sweep-morris"], theme),
  ),
  figure(
    { id: "sobol", answers: "Whose uncertainty makes up the blackout's?", queries: ["sweep-sobol"] },
    (rows, theme) => sobolChart(rows["sweep-sobol"], theme),
  ),
];

/** The charts of a sweep in their order. */
export function buildSweepCharts(rows: SweepRows, theme: Theme): Figure[] {
  return figuresOfSweep.map(({ draw }) => draw(rows, theme));
}
