// One host of a fleet and a replay of the same host tell of the same update.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { openDatabase, runCatalogueQuery } from "../../src/analysis/index.ts";
import { planFleet } from "../../src/fleet/index.ts";
import { loadScenario, replay } from "../../src/replay/index.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { fleetOf, publishedProfile } from "../kit/tiny-fleet.ts";

const scenarioText = readFileSync("scenarios/demo.yaml", "utf8");

/** The demo's host, VMs and agent as a fleet of one host. */
function asFleet(): string {
  const section = (from: string, to: string): string =>
    scenarioText.slice(scenarioText.indexOf(`\n${from}:`), scenarioText.indexOf(`\n${to}:`));
  const vms = section("vms", "agent").replaceAll(/, trace_device: [\w-]+/g, "");
  return `version: 1
name: one
seed: 1
${section("host", "vms")}
hosts: [{name: h}]
${vms}
${section("agent", "migration").replaceAll(/^#.*$/gm, "")}
packing: {reserve_ram: 8 GiB, cpu_overcommit: 2}
rollout: {host_failure_ratio: 0}
`;
}

test("blackout, pauses and memory are those of the run", async () => {
  // Requests in flight are the trace's, of which a fleet has none.
  const text = `${scenarioText}\nservice: { in_flight: requeued }\n`;
  const target = join(tempFolder(), "run");
  const scenario = loadScenario("demo.yaml", () => text);
  const tracePath = "traces/vm-tcg-redis-nvme-net";
  await replay({ tracePath, scenario, profile: publishedProfile(), target, luoscopeVersion: "0.1.0" });
  const run = await openDatabase({ kind: "run", path: target });
  const [headline] = await runCatalogueQuery(run, "headline");
  run.close();

  const { rollout } = planFleet(fleetOf(asFleet()), publishedProfile());
  const { blackout, scratchBytes, metadataBytes, transientBytes, vmPauses } = rollout.hosts[0]!.composition.plan!;
  expect(vmPauses.length).toBe(headline!.vm_count);
  expect({
    blackout_ns: blackout.baseNs,
    blackout_low_ns: blackout.lowNs,
    blackout_high_ns: blackout.highNs,
    worst_vm_ns: Math.max(...vmPauses.map(({ baseNs }) => baseNs)),
    scratch_bytes: scratchBytes,
    metadata_bytes: metadataBytes,
    transient_peak_bytes: transientBytes,
  }).toEqual({
    blackout_ns: headline!.blackout_ns,
    blackout_low_ns: headline!.blackout_low_ns,
    blackout_high_ns: headline!.blackout_high_ns,
    worst_vm_ns: headline!.worst_vm_ns,
    scratch_bytes: headline!.scratch_bytes,
    metadata_bytes: headline!.metadata_bytes,
    transient_peak_bytes: headline!.transient_peak_bytes,
  });
});
