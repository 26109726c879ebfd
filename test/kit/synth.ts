import { readFileSync } from "node:fs";
import { join } from "node:path";

import { loadRecipe, prepareRecipe, synthesize, type SynthReport } from "../../src/synth/index.ts";
import { openFolder, readRows, type Table } from "../../src/trace/index.ts";
import { tempFolder } from "./temp-folder.ts";

export type TraceRow = Record<string, number | string | null>;

/** Makes the trace of a recipe's text, in a folder that goes with the test; paths in it are relative to the repository. */
export async function makeTrace(text: string): Promise<SynthReport> {
  return await synthesize(prepareRecipe(loadRecipe("test.yaml", () => text)), join(tempFolder(), "trace"));
}

/** Makes the trace of a recipe's file. */
export async function makeTraceOf(path: string): Promise<SynthReport> {
  const recipe = loadRecipe(path, (file) => readFileSync(file, "utf8"));
  return await synthesize(prepareRecipe(recipe), join(tempFolder(), "trace"));
}

export function traceRows(path: string, table: Table): TraceRow[] {
  const source = openFolder("trace", path).sources.get(table.name);
  return source ? readRows(table, source) : [];
}

/** A recipe of one VM with one workload, given as YAML on one line. */
export function recipeOf(workload: string, facts: { guest?: string; duration?: string; seed?: number } = {}): string {
  const { guest = "64 MiB", duration = "2 s", seed = 1 } = facts;
  return `version: 1
name: test
seed: ${seed}
duration: ${duration}
tick: 100 ms
vms:
  - {name: vm, guest_bytes: ${guest}, workloads: [${workload}]}
`;
}
