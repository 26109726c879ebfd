// Sweeps over inventories: traces that say of VMs how large they are, and nothing else.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { describe, expect, test } from "vitest";

import { summarizeRun } from "../../src/cli/summarize-run.ts";
import { loadPlan } from "../../src/plan/index.ts";
import { replay } from "../../src/replay/index.ts";
import { Evaluator, prepareSweep } from "../../src/sweep/index.ts";
import { importTrace, openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { planReaders, writePlanFiles } from "../kit/plans.ts";
import { besideFolder } from "../kit/recordings.ts";
import { shippedProfile } from "../kit/run-scenario.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const traces = join(besideFolder, "..", "traces");

/** An inventory as a trace, and the plan that ships on it; `pattern` chooses VMs by name. */
async function sweepInventory(inputs: readonly string[], pattern = "*") {
  const trace = join(tempFolder(), "trace");
  await importTrace({ inputs: [...inputs], target: trace });
  const path = writePlanFiles({
    "plan.yaml": `include: ${resolve("plans/inventory.yaml")}\nscenario: scenario.yaml\ntrace: ${trace}\nrepeats: 3\n`,
    "scenario.yaml": `include: ${resolve("scenarios/inventory.yaml")}\nvms:\n  - {name: vm, trace_vm: "${pattern}", folio: 2 MiB, preallocated: true, in_scratch: 0}\n`,
  });
  const { runs } = prepareSweep(loadPlan(path, planReaders), "test");
  const evaluator = new Evaluator(runs);
  const rows = Array.from({ length: runs.segment("grid").count }, (_, index) => evaluator.evaluate(index));
  const table = traceSchema.vmTable;
  const vms = readRows(table, openFolder("trace", trace).sources.get(table.name)!);
  return { runs, rows, vms, trace, scenario: evaluator.draw(0) };
}

const sample = ["meta.parquet", "trace.parquet"].map((name) => resolve("traces/samples/fleet/1", name));

describe("an inventory", () => {
  test("puts each of its VMs on the host, once", async () => {
    const { rows, vms, scenario } = await sweepInventory(sample);
    for (const { status, pause_vm_count: counts } of rows) {
      expect(status).toBe("done");
      expect(counts!.reduce((sum, count) => sum + count, 0)).toBe(vms.length);
    }
    const resolved = scenario.trace.resolve(scenario.scenario).vms;
    expect(resolved.map(({ config }) => [config.name, config.guestBytes, config.vcpuCount])).toEqual(
      vms.map((vm) => [`vm-${vm["name"]}`, vm["guest_bytes"], vm["vcpu_count"]]),
    );
  });

  test("is replayed with each VM's own name", async () => {
    const { vms, scenario, trace } = await sweepInventory(sample);
    const target = join(tempFolder(), "run");
    const profile = shippedProfile(scenario.scenario.profile);
    const options = { tracePath: trace, scenario: scenario.scenario, profile, target, luoscopeVersion: "test" };
    const summary = summarizeRun(target, await replay(options));
    expect(summary.vms.map(({ name }) => name)).toEqual(vms.map((vm) => `vm-${vm["name"]}`));
  });

  test("takes those that a pattern matches; of one that matches none, says which there are", async () => {
    const { vms } = await sweepInventory(sample);
    const first = String(vms[0]!["name"]);
    const same = vms.filter(({ name }) => String(name).startsWith(first)).length;
    const { rows } = await sweepInventory(sample, `${first}*`);
    expect(rows[0]!.pause_vm_count!.reduce((sum, count) => sum + count, 0)).toBe(same);
    await expect(sweepInventory(sample, "(.*)*x")).rejects.toThrow(/no VM of the trace is called like .*\n?/);
  });

  test("is restored sooner by more workers, and its first VMs sooner where small ones come first", async () => {
    const { runs, rows } = await sweepInventory(sample);
    const medianOf = (labels: readonly string[]) =>
      rows.find((_, index) => {
        const { row, configurationIndex } = runs.at(index);
        const values = runs.configurations.at(configurationIndex!).values.map(({ label }) => label);
        return row === 0 && labels.every((label) => values.includes(label));
      })!;
    const one = medianOf(["as-listed", "1", "2 MiB"]);
    const many = medianOf(["as-listed", "32", "2 MiB"]);
    expect(many.blackout_ns).toBeLessThan(one.blackout_ns!);
    const small = medianOf(["smallest-first", "1", "2 MiB"]);
    const large = medianOf(["largest-first", "1", "2 MiB"]);
    expect(small.pause_ns![0]).toBeLessThan(large.pause_ns![0]!);
  });
});

describe.runIf(existsSync(traces))("inventories of others (beside the repository)", () => {
  test("50 VMs of Bitbrains", async () => {
    const { rows, vms } = await sweepInventory([join(traces, "opendc-vm-traces", "vms.csv")]);
    expect(vms).toHaveLength(50);
    expect(rows.every(({ status }) => status === "done")).toBe(true);
  });

  test("some requests of a cluster of Huawei Cloud's", async () => {
    const folder = join(traces, "huawei-vm-placement");
    const { rows } = await sweepInventory([join(folder, "vm_requests.csv"), join(folder, "servers.csv")], "C1-100*");
    // C1-100, and C1-1000 to C1-1009.
    expect(rows[0]!.pause_vm_count!.reduce((sum, count) => sum + count, 0)).toBe(11);
    expect(rows.every(({ status }) => status === "done")).toBe(true);
  });
});
