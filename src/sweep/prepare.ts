import { assert } from "../base/index.ts";
import { Configurations, type Plan, RunList } from "../plan/index.ts";
import { Evaluator } from "./evaluate.ts";
import type { Sweep } from "./folder.ts";

/** Inputs that variance is told apart by one by one; all others are one factor together. */
const sobolInputCount = 12;

/** Inputs by how far the blackout moves between the ends of their interval, the others at their medians. */
function rankInputs(evaluator: Evaluator, runs: RunList): string[] {
  const { tornado, inputNames } = runs;
  if (!tornado) return [];
  const { from } = runs.segment("tornado");
  const answers = Float64Array.from(
    { length: tornado.rowCount },
    (_, row) => evaluator.evaluate(from + row).blackout_ns ?? Number.NaN,
  );
  const swings = inputNames.map((name, input) => ({
    name,
    swingNs: Math.abs(answers[2 * input + 2]! - answers[2 * input + 1]!),
  }));
  return swings
    .filter(({ swingNs }) => swingNs > 0)
    .sort((left, right) => right.swingNs - left.swingNs || (left.name < right.name ? -1 : 1))
    .map(({ name }) => name);
}

/**
 * Makes a sweep of a plan: what is uncertain in it, and which of that counts, is settled once for all machines.
 *
 * Errors   UsageError if no configuration is left, or the plan's own scenario is one that a kernel refuses
 */
export function prepareSweep(plan: Plan, version: string): { readonly sweep: Sweep; readonly runs: RunList } {
  const configurations = new Configurations(plan);
  const bare: Plan = { ...plan, sensitivity: { tornado: false, morrisTrajectories: 0, sobolSamples: 0 } };
  const first = new Evaluator(new RunList(bare, configurations, { inputs: [], sobolInputs: [] }, version));
  const inputs = first.baseInputs().map(({ name }) => name);
  let sobolInputs: readonly string[] = [];
  if (plan.sensitivity.sobolSamples > 0) {
    const screened: Plan = { ...bare, sensitivity: { ...bare.sensitivity, tornado: true } };
    const screening = new RunList(screened, configurations, { inputs, sobolInputs: [] }, version);
    sobolInputs = rankInputs(new Evaluator(screening), screening).slice(0, sobolInputCount);
  }
  const sweep: Sweep = { version, plan, inputs, sobolInputs };
  const runs = new RunList(plan, configurations, { inputs, sobolInputs }, version);
  assert(runs.count >= configurations.count, "every configuration has a run");
  return { sweep, runs };
}
