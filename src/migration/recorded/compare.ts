import { secNs } from "../../base/index.ts";
import { makeMigration } from "../config.ts";
import type { MigrationOutcome } from "../outcome.ts";
import { SampledLog } from "../sampled-log.ts";
import { simulateMigration } from "../simulate.ts";
import { type PredictionInputs, readInputs } from "./inputs.ts";
import type { RecordedRun } from "./runs.ts";

/** A number by the model and by the recording; undefined where one has none. */
export interface Comparison {
  readonly predicted: number | undefined;
  readonly recorded: number | undefined;
}

export const comparedIds = ["rounds", "totalNs", "transferredBytes", "qemuDowntimeNs", "blackoutNs"] as const;
export type ComparedId = (typeof comparedIds)[number];

export interface RunComparison {
  readonly scenario: string;
  readonly run: string;
  readonly mode: string;
  /** Done while the load still ran. */
  readonly converged: { readonly predicted: boolean; readonly recorded: boolean };
  readonly compared: Readonly<Record<ComparedId, Comparison>>;
  readonly outcome: MigrationOutcome;
  readonly inputs: PredictionInputs;
}

/** Median errors of a scenario's totals and bytes are to be at most this; convergence is to be right always. */
export const medianBoundRatio = 0.15;

/** How far a prediction is off, by the recorded value; undefined where there is nothing to compare. */
export function errorRatio({ predicted, recorded }: Comparison): number | undefined {
  if (predicted === undefined || recorded === undefined || recorded === 0) return undefined;
  return predicted / recorded - 1;
}

const msToNs = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms * 1e6);

/** How long the guest stood still by the recording: known only of guests that were paused before. */
function recordedBlackout({ spec, moments, totalMs }: RecordedRun): number | undefined {
  if (spec.mode !== "stop-copy") return undefined;
  const { pauseSec, resumeSec, endSec } = moments;
  const until = resumeSec ?? endSec;
  if (pauseSec !== undefined && until !== undefined) return (until - pauseSec) * secNs;
  return msToNs(totalMs);
}

function recordedConvergence({ spec, totalMs, moments, doneBeforeLoadEnd }: RecordedRun): boolean {
  if (totalMs === undefined) return false;
  // A guest that stands still has no load.
  if (spec.mode === "stop-copy") return true;
  const { loadEndSec, startSec } = moments;
  if (loadEndSec === undefined) return doneBeforeLoadEnd ?? true;
  return startSec + totalMs / 1000 <= loadEndSec;
}

/** Predicts one run and lays the recording beside it. */
export function compareRun(run: RecordedRun): RunComparison {
  const inputs = readInputs(run);
  const outcome = simulateMigration(new SampledLog(inputs.guest), makeMigration(inputs.config));
  const last = run.samples.at(-1)!;
  const isPredicted = outcome.converged;
  const isStopped = run.spec.mode === "stop-copy";
  return {
    scenario: run.scenario,
    run: run.run,
    mode: run.spec.mode,
    converged: {
      predicted: isPredicted && (isStopped || outcome.totalNs <= (inputs.guest.loadEndNs ?? Infinity)),
      recorded: recordedConvergence(run),
    },
    compared: {
      rounds: { predicted: outcome.roundCount, recorded: last.syncCount },
      totalNs: { predicted: isPredicted ? outcome.totalNs : undefined, recorded: msToNs(run.totalMs) },
      transferredBytes: { predicted: outcome.transferredBytes, recorded: last.transferredBytes },
      qemuDowntimeNs: {
        predicted: isPredicted ? outcome.qemuDowntimeNs : undefined,
        recorded: run.totalMs === undefined ? undefined : msToNs(last.downtimeMs),
      },
      blackoutNs: { predicted: isPredicted ? outcome.blackoutNs : undefined, recorded: recordedBlackout(run) },
    },
    outcome,
    inputs,
  };
}

export interface ScenarioAccuracy {
  readonly scenario: string;
  readonly runs: number;
  readonly convergedRight: number;
  /** Median of errors without their sign; undefined where no run has both numbers. */
  readonly medianRatios: Readonly<Record<ComparedId, number | undefined>>;
  readonly met: boolean;
}

function medianOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How good the predictions of each scenario are. */
export function listMigrationAccuracy(runs: readonly RunComparison[]): ScenarioAccuracy[] {
  return [...Map.groupBy(runs, ({ scenario }) => scenario)].map(([scenario, group]) => {
    const medianFor = (id: ComparedId): number | undefined =>
      medianOf(
        group
          .map(({ compared }) => errorRatio(compared[id]))
          .filter((each) => each !== undefined)
          .map(Math.abs),
      );
    const medianRatios = Object.fromEntries(
      comparedIds.map((id) => [id, medianFor(id)]),
    ) as ScenarioAccuracy["medianRatios"];
    const convergedRight = group.filter(({ converged }) => converged.predicted === converged.recorded).length;
    const isWithin = (ratio: number | undefined): boolean => ratio === undefined || ratio <= medianBoundRatio;
    const met =
      convergedRight === group.length && isWithin(medianRatios.totalNs) && isWithin(medianRatios.transferredBytes);
    return { scenario, runs: group.length, convergedRight, medianRatios, met };
  });
}
