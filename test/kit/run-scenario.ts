import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parseProfile } from "../../src/profile/index.ts";
import { type FinishedRun, loadScenario, replay, type ReplayOptions, type Scenario } from "../../src/replay/index.ts";
import { openFolder, readRows, type Table } from "../../src/trace/index.ts";
import { tempFolder } from "./temp-folder.ts";

/** A cost profile that ships, by name. */
export function shippedProfile(name: string) {
  const path = `profiles/${name}.yaml`;
  return parseProfile(readFileSync(path, "utf8"), path);
}

/** A scenario from text; `changes` replace pieces of it, and each must be there. */
export function scenarioOf(text: string, ...changes: readonly (readonly [string, string])[]): Scenario {
  const changed = changes.reduce((current, [from, to]) => {
    if (!current.includes(from)) throw new Error(`the scenario has no ${JSON.stringify(from)}`);
    return current.replace(from, to);
  }, text);
  return loadScenario("test.yaml", () => changed);
}

/** Replays into a folder that goes with the test, or into the given one. */
export async function runScenario(
  tracePath: string,
  scenario: Scenario,
  target?: string,
  extras: Pick<ReplayOptions, "momentsEveryNs" | "withAlternatives"> = {},
): Promise<FinishedRun & { readonly path: string }> {
  const path = target ?? join(tempFolder(), "run");
  const options = {
    tracePath,
    scenario,
    profile: shippedProfile(scenario.profile),
    target: path,
    luoscopeVersion: "test",
    ...extras,
  };
  return { ...(await replay(options)), path };
}

export type RunRow = Record<string, number | string | null>;

/** Rows of one table of a run. */
export function runRows(path: string, table: Table): RunRow[] {
  const source = openFolder("run", path).sources.get(table.name);
  return source ? readRows(table, source) : [];
}

/** What all steps of one name take together. */
export function stepNs({ result }: Pick<FinishedRun, "result">, name: string): number {
  return result.plan.phases
    .flatMap(({ steps }) => steps)
    .filter(({ work }) => work.name === name)
    .reduce((sum, { startNs, endNs }) => sum + endNs - startNs, 0);
}

/** Host memory of one kind. */
export function overheadBytes({ result }: Pick<FinishedRun, "result">, kind: string): number {
  return result.plan.overhead.filter((item) => item.kind === kind).reduce((sum, item) => sum + item.overheadBytes, 0);
}
