import type { CatalogueRows } from "../queries.ts";
import { type Figure, figure, type FigureOf } from "./figure.ts";
import { fleetBlackoutsChart } from "./fleet-blackouts.ts";
import { fleetPausesChart } from "./fleet-pauses.ts";
import { fleetRolloutChart } from "./fleet-rollout.ts";
import type { Theme } from "./theme.ts";

/** Every answer that charts of a fleet show, by the query's name. */
export type FleetRows = CatalogueRows<"fleet">;

export const figuresOfFleet: readonly FigureOf<FleetRows>[] = [
  figure(
    {
      id: "fleet-rollout",
      answers: "What does each host do when, and what do its VMs lose?",
      queries: ["fleet-headline", "fleet-gantt", "fleet-batches", "fleet-loss-over-time"],
    },
    (rows, theme) =>
      fleetRolloutChart(
        {
          headline: rows["fleet-headline"][0]!,
          pieces: rows["fleet-gantt"],
          batches: rows["fleet-batches"],
          losses: rows["fleet-loss-over-time"],
        },
        theme,
      ),
  ),
  figure(
    {
      id: "fleet-pauses",
      answers: "Which share of the fleet's VMs is gone for how long?",
      queries: ["fleet-headline", "fleet-pause-ecdf", "fleet-slos"],
    },
    (rows, theme) =>
      fleetPausesChart(
        { headline: rows["fleet-headline"][0]!, curve: rows["fleet-pause-ecdf"], slos: rows["fleet-slos"] },
        theme,
      ),
  ),
  figure(
    {
      id: "fleet-blackouts",
      answers: "How long are the blackouts of the fleet's hosts?",
      queries: ["fleet-blackout-histogram", "fleet-kinds"],
    },
    (rows, theme) => fleetBlackoutsChart({ bins: rows["fleet-blackout-histogram"], kinds: rows["fleet-kinds"] }, theme),
  ),
];

/** The charts of a fleet in their order. */
export function buildFleetCharts(rows: FleetRows, theme: Theme): Figure[] {
  return figuresOfFleet.map(({ draw }) => draw(rows, theme));
}
