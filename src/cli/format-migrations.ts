import { displayText, formatBytes, formatCount, formatNs, formatRatio, plural } from "../analysis/format.ts";
import {
  comparedIds,
  type ComparedId,
  type Comparison,
  errorRatio,
  medianBoundRatio,
  type RecordedMigrations,
  type RunComparison,
  type ScenarioAccuracy,
} from "../migration/index.ts";
import { formatTable } from "./table.ts";

export interface MigrationsReport extends Pick<RecordedMigrations, "leftOut" | "problems"> {
  readonly runs: readonly RunComparison[];
  readonly accuracy: readonly ScenarioAccuracy[];
}

const heads: Readonly<Record<ComparedId, string>> = {
  rounds: "rounds",
  totalNs: "total time",
  transferredBytes: "bytes",
  qemuDowntimeNs: "QEMU's downtime",
  blackoutNs: "vCPUs stopped",
};

const none = "–";

function formatValue(id: ComparedId, value: number | undefined): string {
  if (value === undefined) return none;
  if (id === "rounds") return formatCount(value);
  return id === "transferredBytes" ? formatBytes(value) : formatNs(value);
}

function formatError(ratio: number | undefined): string {
  if (ratio === undefined) return none;
  const percent = (Math.abs(ratio) * 100).toFixed(1);
  return ratio < 0 && Number(percent) > 0 ? `−${percent} %` : `${percent} %`;
}

function comparisonCells(id: ComparedId, comparison: Comparison): string[] {
  const { predicted, recorded } = comparison;
  return [formatValue(id, predicted), formatValue(id, recorded), formatError(errorRatio(comparison))];
}

const sayConverged = (converged: boolean): string => (converged ? "yes" : "no");

function formatScenario(scenario: string, runs: readonly RunComparison[]): string {
  const columns = comparedIds.flatMap((id) => [heads[id], "recorded", "error"]);
  const rows = runs.map(({ run, converged, compared }) => [
    displayText(run, 16),
    sayConverged(converged.predicted),
    sayConverged(converged.recorded),
    ...comparedIds.flatMap((id) => comparisonCells(id, compared[id])),
  ]);
  const right = [true, false, false, ...columns.map(() => true)];
  const table = formatTable(["run", "converged", "recorded", ...columns], rows, right);
  return `${displayText(scenario, 64)} (${runs[0]!.mode})\n${table}`;
}

function formatAccuracy(accuracy: readonly ScenarioAccuracy[]): string {
  const rows = accuracy.map(({ scenario, runs, convergedRight, medianRatios, met }) => [
    displayText(scenario, 64),
    formatCount(runs),
    `${convergedRight} of ${runs}`,
    ...comparedIds.map((id) => formatError(medianRatios[id])),
    met ? "yes" : "no",
  ]);
  const columns = ["scenario", "runs", "convergence right", ...comparedIds.map((id) => heads[id]), "met"];
  return formatTable(columns, rows, [false, true, true, ...comparedIds.map(() => true), false]);
}

/** Predictions of recorded migrations: a table a scenario, and how far they are off in the median. */
export function formatMigrations({ runs, accuracy, leftOut, problems }: MigrationsReport): string {
  const groups = [...Map.groupBy(runs, ({ scenario }) => scenario)];
  const missed = accuracy.filter(({ met }) => !met).map(({ scenario }) => displayText(scenario, 64));
  return [
    "Each run is predicted from its memory, flags, limits, rates of dirty pages and what its operator did.",
    "Converged: done while the load still ran. QEMU's downtime and the time vCPUs stopped are two things.",
    "",
    ...groups.flatMap(([scenario, group]) => [formatScenario(scenario, group), ""]),
    "Median errors:",
    formatAccuracy(accuracy),
    "",
    `Bounds: total time and bytes ${formatRatio(medianBoundRatio)} in the median of a scenario, convergence always.`,
    missed.length === 0 ? "All bounds are met." : `Missed by ${missed.join(", ")}.`,
    ...leftOut.map(({ name, why }) => `left out: ${displayText(name, 64)}: ${displayText(why, 200)}`),
    ...(problems.count === 0 ? [] : [`${plural(problems.count, "cell")} could not be read:`]),
    ...problems.named.map((each) => `  ${displayText(each, 200)}`),
  ].join("\n");
}
