import { displayText, formatCount, plural } from "../analysis/index.ts";
import type { RunList } from "../plan/index.ts";
import { runKinds } from "../plan/index.ts";
import { Evaluator, isSweepFolder, listMissing } from "../sweep/index.ts";
import type { CommandResult } from "./output.ts";
import { formatTable } from "./table.ts";

/** Runs that are tried to say how long all of them take. */
const triedRuns = 24;

/** How many runs a second one thread makes, from runs spread over the plan. */
function measureRate(runs: RunList): number {
  const evaluator = new Evaluator(runs);
  // The first one reads the trace and compiles.
  evaluator.evaluate(0);
  const startMs = performance.now();
  const step = Math.max(1, Math.floor(runs.count / triedRuns));
  let tried = 0;
  for (let index = 0; index < runs.count && tried < triedRuns; index += step, tried++) evaluator.evaluate(index);
  return (tried / (performance.now() - startMs)) * 1000;
}

const kindNames: Readonly<Record<string, string>> = {
  grid: "configurations and their draws",
  tornado: "one input at a time",
  morris: "elementary effects",
  sobol: "shares of variance",
};

function formatAxes({ plan }: RunList): string {
  const rows = plan.axes.map(({ key, values }) => {
    const labels = values.map(({ label }) => label);
    const shown = labels.length > 6 ? [...labels.slice(0, 5), "…", labels.at(-1)!] : labels;
    return [displayText(key, 60), formatCount(values.length), displayText(shown.join(", "), 100)];
  });
  return formatTable(["axis", "values", "which"], rows, [false, true, false]);
}

/** What a plan would run, before it is. */
export async function describePlan(
  runs: RunList,
  { doubts, folder }: { readonly doubts: readonly string[]; readonly folder?: string | undefined },
): Promise<CommandResult> {
  const { plan, configurations } = runs;
  const perSecond = measureRate(runs);
  const missing =
    folder !== undefined && isSweepFolder(folder)
      ? (await listMissing(folder, runs, { from: 0, to: runs.count })).length
      : runs.count;
  const estimatedSec = Math.ceil(missing / perSecond);
  const kinds = runKinds
    .map((kind) => ({ kind, runCount: runs.segment(kind).count }))
    .filter(({ runCount }) => runCount > 0);
  const left = configurations.combinationCount - configurations.count;
  const text = [
    `${displayText(plan.name, 200)}: ${plural(configurations.count, "configuration")}${left > 0 ? ` (constraints leave ${formatCount(left)} out)` : ""}, ${plural(plan.repeats, "draw")} each, ${plural(runs.count, "run")}`,
    "",
    formatAxes(runs),
    "",
    ...kinds.map(({ kind, runCount }) => `${formatCount(runCount)} runs: ${kindNames[kind]}`),
    plural(runs.inputNames.length, "uncertain input"),
    ...(missing < runs.count ? [`${formatCount(runs.count - missing)} of them are there already`] : []),
    `about ${plural(estimatedSec, "second")} on one thread (${formatCount(Math.round(perSecond))} runs/s measured now)`,
    ...doubts.map((doubt) => `warning: ${doubt}`),
  ].join("\n");
  const json = {
    name: plan.name,
    configuration_count: configurations.count,
    excluded_count: left,
    run_count: runs.count,
    missing_count: missing,
    repeats: plan.repeats,
    kinds,
    axes: plan.axes.map(({ key, unit, values }) => ({ key, unit, values: values.map(({ label }) => label) })),
    inputs: runs.inputNames,
    runs_per_sec: Math.round(perSecond),
    estimated_sec: estimatedSec,
    doubts,
  };
  return { json, text };
}
