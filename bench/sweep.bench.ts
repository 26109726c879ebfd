// Speed of a sweep: `npm run bench`, or `npm run bench -- --smoke`. Prints one JSON line a figure.
// Ratios compare within this one run; rates depend on the machine.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { readText } from "../src/cli/context.ts";
import { loadPlan, type Plan } from "../src/plan/index.ts";
import { parseProfile } from "../src/profile/index.ts";
import { mergeSweep, prepareSweep, runSweep, writeSweep } from "../src/sweep/index.ts";
import { fastest, print } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const rounds = smoke ? 1 : 3;
const scale = smoke ? 1 : 4;

const demo = loadPlan(resolve(import.meta.dirname, "../plans/demo.yaml"), {
  readText,
  readProfile: (name) => {
    const path = resolve(import.meta.dirname, `../profiles/${name}.yaml`);
    return parseProfile(readText(path), path);
  },
});

/** The demo's configurations with so many draws and nothing else. */
const planOf = (repeats: number): Plan => ({
  ...demo,
  repeats,
  sensitivity: { tornado: false, morrisTrajectories: 0, sobolSamples: 0 },
});

interface Timing {
  readonly runCount: number;
  readonly sweepNs: number;
  readonly mergeNs: number;
}

async function timeSweep(plan: Plan, workers: number): Promise<Timing> {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
  try {
    const startMs = performance.now();
    const { sweep, runs } = prepareSweep(plan, "bench");
    writeSweep(folder, sweep);
    await runSweep({ folder, runs, workers });
    const sweptMs = performance.now();
    await mergeSweep(folder);
    const mergedMs = performance.now();
    return { runCount: runs.count, sweepNs: (sweptMs - startMs) * 1e6, mergeNs: (mergedMs - sweptMs) * 1e6 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The fastest of some rounds; what else the machine does can only slow one down. */
async function best(plan: Plan, workers: number): Promise<Timing> {
  const timings: Timing[] = [];
  for (let round = 0; round < rounds; round++) timings.push(await timeSweep(plan, workers));
  const [{ runCount }] = timings as [Timing];
  return {
    runCount,
    sweepNs: fastest(timings.map(({ sweepNs }) => sweepNs)),
    mergeNs: fastest(timings.map(({ mergeNs }) => mergeNs)),
  };
}

const draws = 10 * scale;
const single = await best(planOf(draws), 1);
const double = await best(planOf(draws), 2);
const longer = await best(planOf(4 * draws), 2);
print("sweep", {
  runs: longer.runCount,
  runs_per_sec: Math.round((longer.runCount / longer.sweepNs) * 1e9),
  // 1,000 runs in 60 s.
  wanted_runs_per_sec: 17,
  seconds_for_1000_runs: (longer.sweepNs / longer.runCount) * 1e-6,
  // Two threads against one, start of both included.
  ratio_two_threads_to_one: double.sweepNs / single.sweepNs,
  // Time over runs, four times as many runs against the fewer: 1 is linear, less where the start counts.
  ratio_per_run_of_more: longer.sweepNs / longer.runCount / (double.sweepNs / double.runCount),
  wanted_ratio_per_run_of_more: 1.1,
  merge_runs_per_sec: Math.round((longer.runCount / longer.mergeNs) * 1e9),
});
