import type { CatalogueRows } from "../queries.ts";
import { alternativesChart } from "./alternatives.ts";
import { blackoutByPhaseChart } from "./blackout-by-phase.ts";
import { brownoutCurveChart } from "./brownout-curve.ts";
import { deviceEventsChart } from "./device-events.ts";
import { dirtyPagesChart } from "./dirty-pages.ts";
import { type Figure, figure, type FigureOf } from "./figure.ts";
import { memoryOverheadChart } from "./memory-overhead.ts";
import { networkGapChart } from "./network-gap.ts";
import { phaseGanttChart } from "./phase-gantt.ts";
import { requestLatencyChart } from "./request-latency.ts";
import type { Theme } from "./theme.ts";
import { whenToUpdateChart } from "./when-to-update.ts";

/** Every answer that a report of a run shows, by the query's name. */
export type ReportRows = CatalogueRows<"run">;

const figures: readonly FigureOf<ReportRows>[] = [
  figure(["phases", "steps-gantt", "headline"], ({ phases, headline, ...rows }, theme) =>
    phaseGanttChart({ phases, steps: rows["steps-gantt"], headline: headline[0]! }, theme),
  ),
  figure(["blackout-by-phase-vm"], (rows, theme) => blackoutByPhaseChart(rows["blackout-by-phase-vm"], theme)),
  figure(["overhead-by-kind", "headline"], (rows, theme) =>
    memoryOverheadChart(rows["overhead-by-kind"], rows.headline[0]!, theme),
  ),
  figure(["dirty-over-time", "dirty-summary", "marks"], ({ marks, ...rows }, theme) =>
    dirtyPagesChart({ points: rows["dirty-over-time"], marks, summary: rows["dirty-summary"][0] }, theme),
  ),
  figure(["device-events", "phases", "headline"], ({ phases, headline, ...rows }, theme) =>
    deviceEventsChart({ events: rows["device-events"], phases, headline: headline[0]! }, theme),
  ),
  figure(
    ["latency-over-time", "latency-ecdf", "timeouts", "service-headline", "headline"],
    ({ timeouts, headline, ...rows }, theme) =>
      requestLatencyChart(
        {
          bins: rows["latency-over-time"],
          curve: rows["latency-ecdf"],
          timeouts,
          services: rows["service-headline"][0]!,
          headline: headline[0]!,
        },
        theme,
      ),
  ),
  figure(["network-gaps", "timeouts", "service-headline"], ({ timeouts, ...rows }, theme) =>
    networkGapChart({ cards: rows["network-gaps"], timeouts, services: rows["service-headline"][0]! }, theme),
  ),
  figure(["brownout-curve", "brownout-summary"], (rows, theme) =>
    brownoutCurveChart({ curve: rows["brownout-curve"], summary: rows["brownout-summary"] }, theme),
  ),
  figure(["alternatives"], ({ alternatives }, theme) => alternativesChart(alternatives, theme)),
  figure(["moments", "moment-windows", "moment-distribution", "marks"], ({ moments, marks, ...rows }, theme) =>
    whenToUpdateChart(
      { moments, windows: rows["moment-windows"], distribution: rows["moment-distribution"], marks },
      theme,
    ),
  ),
];

/** The charts of a run in their order. */
export function buildCharts(rows: ReportRows, theme: Theme): Figure[] {
  return figures.map((draw) => draw(rows, theme));
}
