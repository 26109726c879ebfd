import { displayText, formatCount, plural } from "../analysis/index.ts";
import type { RunList } from "../plan/index.ts";
import { runKinds } from "../plan/index.ts";
import { Evaluator, isSweepFolder, findRuns } from "../sweep/index.ts";
import type { CommandResult } from "./output.ts";
import { formatTable } from "./table.ts";

/** Places of a plan at which runs are tried, and runs side by side at each: the first opens its configuration. */
const triedPlaces = 6;
const triedRuns = 8;

/**
 * How long one thread takes for a plan, from runs spread over it. Draws of one configuration share what opening it costs,
 * points of a design mostly do not, so the first run of a place and those behind it are told apart.
 */
function estimateMs(runs: RunList): number {
  const evaluator = new Evaluator(runs);
  // Reads the trace, and compiles.
  for (let index = 0; index < Math.min(triedRuns, runs.count); index++) evaluator.evaluate(index);
  const timeMs = (from: number, to: number): number => {
    const startMs = performance.now();
    for (let index = from; index < to; index++) evaluator.evaluate(index);
    return performance.now() - startMs;
  };
  return runKinds.reduce((sumMs, kind) => {
    const { from, count } = runs.segment(kind);
    const blockRuns = kind === "grid" ? 1 + runs.plan.repeats : Math.min(count, triedRuns);
    const blocks = blockRuns === 0 ? 0 : Math.floor(count / blockRuns);
    const step = Math.max(1, Math.floor(blocks / triedPlaces));
    let [places, firstMs, restMs, restCount] = [0, 0, 0, 0];
    // From the last one on: the first configuration is open already.
    for (let block = blocks - 1; block >= 0 && places < triedPlaces; block -= step, places++) {
      const start = from + block * blockRuns;
      const tried = Math.min(blockRuns, triedRuns);
      firstMs += timeMs(start, start + 1);
      restMs += timeMs(start + 1, start + tried);
      restCount += tried - 1;
    }
    if (places === 0) return sumMs;
    const perRestMs = restCount === 0 ? 0 : restMs / restCount;
    return sumMs + blocks * (firstMs / places + (blockRuns - 1) * perRestMs);
  }, 0);
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
  const perSecond = (runs.count / estimateMs(runs)) * 1000;
  const missing =
    folder !== undefined && isSweepFolder(folder)
      ? (await findRuns(folder, runs, { from: 0, to: runs.count, failed: "try-again" })).missing.length
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
