import type { CatalogueRows } from "../queries.ts";
import { blackoutByPhaseChart } from "./blackout-by-phase.ts";
import { deviceEventsChart } from "./device-events.ts";
import { dirtyPagesChart } from "./dirty-pages.ts";
import { memoryOverheadChart } from "./memory-overhead.ts";
import { phaseGanttChart } from "./phase-gantt.ts";
import type { Chart, Theme } from "./theme.ts";

/** Every answer that a report of a run shows, by the query's name. */
export type ReportRows = CatalogueRows<"run">;

/** The charts of a run in their order. */
export function buildCharts(rows: ReportRows, theme: Theme): Chart[] {
  const headline = rows.headline[0]!;
  const { phases } = rows;
  return [
    phaseGanttChart({ phases, steps: rows["steps-gantt"], headline }, theme),
    blackoutByPhaseChart(rows["blackout-by-phase-vm"], theme),
    memoryOverheadChart(rows["overhead-by-kind"], headline, theme),
    dirtyPagesChart({ points: rows["dirty-over-time"], marks: rows.marks, summary: rows["dirty-summary"][0] }, theme),
    deviceEventsChart({ events: rows["device-events"], phases, headline }, theme),
  ];
}
