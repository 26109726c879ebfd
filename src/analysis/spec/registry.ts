import type { AnswersTo } from "../queries.ts";
import type { AnalysedKind } from "../db/facts.ts";
import { blackoutByRunChart } from "./blackouts.ts";
import { figuresOfRun } from "./charts.ts";
import { figuresOfComparison } from "./comparison-charts.ts";
import { figuresOfDifference } from "./difference-charts.ts";
import type { Figure, FigureOf } from "./figure.ts";
import { figuresOfFleet } from "./fleet-charts.ts";
import { figuresOfSweep } from "./sweep-charts.ts";
import { figuresOfTrace } from "./trace-charts.ts";
import type { Theme } from "./theme.ts";

/** Every figure, by the kind of folder that it is drawn from; no two have the same id. */
export const figuresOfKind: { readonly [Kind in AnalysedKind]: readonly FigureOf<never>[] } = {
  trace: figuresOfTrace,
  run: figuresOfRun,
  comparison: figuresOfComparison,
  sweep: figuresOfSweep,
  difference: figuresOfDifference,
  fleet: figuresOfFleet,
};

const runQueries = ["phases", "headline"] as const;

/** A run as it is called, with its answers. */
export interface NamedAnswers {
  readonly name: string;
  readonly answers: AnswersTo<(typeof runQueries)[number]>;
}

/** The figure that sets several runs beside each other. */
export const figureOfRuns = {
  id: "blackout-by-run",
  answers: "How long do the hosts of several runs stand still, and in which phase?",
  queries: runQueries,
  draw: (runs: readonly NamedAnswers[], theme: Theme): Figure => {
    const named = runs.map(({ name, answers }) => ({ name, phases: answers.phases, headline: answers.headline[0]! }));
    return { ...blackoutByRunChart(named, theme), queries: runQueries };
  },
} as const;
