import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { readText } from "../../src/cli/context.ts";
import { loadPlan, type Plan, type PlanReaders } from "../../src/plan/index.ts";
import { prepareSweep } from "../../src/sweep/index.ts";
import { shippedProfile } from "./run-scenario.ts";
import { tempFolder } from "./temp-folder.ts";

export const planReaders: PlanReaders = {
  readText,
  readProfile: (name) => shippedProfile(name),
};

const recorded = resolve("traces/vm-tcg-redis-nvme-net");

/** The head of a plan on the demo's trace and scenario. */
export const planHead = `version: 1
name: test
scenario: ${resolve("scenarios/demo.yaml")}
trace: ${recorded}
`;

/** Files in a folder that goes with the test; the plan is the first of them. */
export function writePlanFiles(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return join(folder, Object.keys(files)[0]!);
}

/** A plan of `planHead` and more. */
export function planOf(body: string, head = planHead): Plan {
  return loadPlan(writePlanFiles({ "plan.yaml": `${head}${body}` }), planReaders);
}

export function runsOf(body: string) {
  return prepareSweep(planOf(body), "test").runs;
}
