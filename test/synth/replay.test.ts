// Traces that were made go the way of recorded ones: replayed, described, and made to answer questions.
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { fitRecipe } from "../../src/synth/index.ts";
import { describeFolder, runSchema, traceSchema } from "../../src/trace/index.ts";
import { runRows, runScenario, scenarioOf } from "../kit/run-scenario.ts";
import { makeTrace, makeTraceOf, traceRows } from "../kit/synth.ts";

const demo = readFileSync("scenarios/demo.yaml", "utf8");

test("the demo's scenario runs on the twin of its trace", async () => {
  const path = "traces/vm-tcg-redis-nvme-net";
  const { target } = await makeTrace(fitRecipe({ path, seed: 4 }));
  const [real, twin] = [await runScenario(path, scenarioOf(demo)), await runScenario(target, scenarioOf(demo))];
  const blackoutOf = ({ path: run }: { path: string }) =>
    runRows(run, runSchema.phaseTable).map((row) => [row["name"], row["start_ns"] !== null]);
  expect(blackoutOf(twin)).toEqual(blackoutOf(real));
  // What the guests touch after resume is a matter of the working set, which the twin has.
  const touched = (run: string) =>
    runRows(run, runSchema.dirtyTickTable)
      .filter((row) => row["after_resume"] === 1)
      .reduce((sum, row) => sum + Number(row["first_touch_pages"]), 0);
  expect(touched(twin.path) / touched(real.path)).toBeGreaterThan(0.5);
  expect(touched(twin.path) / touched(real.path)).toBeLessThan(2);
});

describe("a scenario of its own", () => {
  const scenario = `version: 1
name: database
host:
  ram: 16 GiB
  cpus: 8
  kernel: {from: "7.3", to: "7.3", image: 14 MiB, initrd: 24 MiB}
vms:
  - name: database
    folio: 2 MiB
    devices: [{name: disk, kind: nvme, treatment: emulated, trace_device: disk}]
update: {at: {mark: first_checkpoint, after: 1 s}}
`;

  test("finds the recipe's marks and devices, and what is in flight at them", async () => {
    const { target } = await makeTraceOf("traces/recipes/database-checkpoint.yaml");
    const { path, result } = await runScenario(target, scenarioOf(scenario), undefined, { momentsEveryNs: 2e9 });
    expect(result).toBeDefined();
    expect(runRows(path, runSchema.requestTable).length).toBeGreaterThan(100);
    expect(runRows(path, runSchema.momentTable).length).toBeGreaterThan(10);
  });
});

test("describe counts what the recipe asked for", async () => {
  const { target } = await makeTraceOf("traces/recipes/idle.yaml");
  const description = describeFolder(target);
  expect(description.kind).toBe("trace");
  if (description.kind !== "trace") return;
  expect(description.vms[0]).toMatchObject({ present_pages: 24_576, distinct_pages: 150 });
  expect(traceRows(target, traceSchema.tickTable)[0]).toMatchObject({ time_ns: 0, start_ns: null });
});
