import type { CatalogueRows } from "../queries.ts";
import { alternativesChart } from "./alternatives.ts";
import { blackoutByPhaseChart } from "./blackout-by-phase.ts";
import { brownoutCurveChart } from "./brownout-curve.ts";
import { deviceBlameChart } from "./device-blame.ts";
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

export const figuresOfRun: readonly FigureOf<ReportRows>[] = [
  figure(
    {
      id: "phase-gantt",
      answers: "Which step runs when, under which kernel, and which decide the length?",
      queries: ["phases", "steps-gantt", "critical-chain", "headline"],
    },
    ({ phases, headline, ...rows }, theme) =>
      phaseGanttChart(
        { phases, steps: rows["steps-gantt"], chain: rows["critical-chain"], headline: headline[0]! },
        theme,
      ),
  ),
  figure(
    {
      id: "blackout-by-phase",
      answers: "How long does each VM stand still, in which phase?",
      queries: ["blackout-by-phase-vm"],
    },
    (rows, theme) => blackoutByPhaseChart(rows["blackout-by-phase-vm"], theme),
  ),
  figure(
    {
      id: "device-blame",
      answers: "Which device costs the blackout how much?",
      queries: ["device-blame", "headline"],
    },
    (rows, theme) => deviceBlameChart(rows["device-blame"], rows.headline[0]!.blackout_ns, theme),
  ),
  figure(
    {
      id: "memory-overhead",
      answers: "What host memory does the update take, when, and for what?",
      queries: ["overhead-by-kind", "overhead-over-time", "headline"],
    },
    (rows, theme) =>
      memoryOverheadChart(
        { kinds: rows["overhead-by-kind"], stretches: rows["overhead-over-time"], headline: rows.headline[0]! },
        theme,
      ),
  ),
  figure(
    {
      id: "dirty-pages",
      answers: "How fast do the guests write memory before and after?",
      queries: ["dirty-over-time", "dirty-summary", "marks"],
    },
    ({ marks, ...rows }, theme) =>
      dirtyPagesChart({ points: rows["dirty-over-time"], marks, summary: rows["dirty-summary"][0] }, theme),
  ),
  figure(
    {
      id: "device-events",
      answers: "What would the devices have done during the blackout?",
      queries: ["device-events", "phases", "headline"],
    },
    ({ phases, headline, ...rows }, theme) =>
      deviceEventsChart({ events: rows["device-events"], phases, headline: headline[0]! }, theme),
  ),
  figure(
    {
      id: "request-latency",
      answers: "Which requests stall, and for how long?",
      queries: ["latency-over-time", "latency-ecdf", "timeouts", "service-headline", "headline"],
    },
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
  figure(
    {
      id: "network-gap",
      answers: "What do clients of each network card wait for?",
      queries: ["network-gaps", "timeouts", "service-headline"],
    },
    ({ timeouts, ...rows }, theme) =>
      networkGapChart({ cards: rows["network-gaps"], timeouts, services: rows["service-headline"][0]! }, theme),
  ),
  figure(
    {
      id: "brownout-curve",
      answers: "How slow are the guests after their resume, and until when?",
      queries: ["brownout-curve", "brownout-summary"],
    },
    (rows, theme) => brownoutCurveChart({ curve: rows["brownout-curve"], summary: rows["brownout-summary"] }, theme),
  ),
  figure(
    { id: "alternatives", answers: "Would live migration or another way do better?", queries: ["alternatives"] },
    ({ alternatives }, theme) => alternativesChart(alternatives, theme),
  ),
  figure(
    {
      id: "when-to-update",
      answers: "When in the trace would the update cost least?",
      queries: ["moments", "moment-windows", "moment-distribution", "marks"],
    },
    ({ moments, marks, ...rows }, theme) =>
      whenToUpdateChart(
        { moments, windows: rows["moment-windows"], distribution: rows["moment-distribution"], marks },
        theme,
      ),
  ),
];

/** The charts of a run in their order. */
export function buildCharts(rows: ReportRows, theme: Theme): Figure[] {
  return figuresOfRun.map(({ draw }) => draw(rows, theme));
}
