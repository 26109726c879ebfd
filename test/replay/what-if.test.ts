// What a sweep asks of a trace without replaying it must be what a replay says.
import { describe, expect, test } from "vitest";

import { type Costs, phaseSteps, timeUpdate } from "../../src/model/index.ts";
import { profileFor, profileWith } from "../../src/profile/index.ts";
import { replay, type Scenario, WhatIf } from "../../src/replay/index.ts";
import { scenarioOf, shippedProfile } from "../kit/run-scenario.ts";
import { guestsText as text, momentOf } from "../kit/served.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const recorded = "traces/vm-tcg-redis-nvme-net";

const lead = (time: string) => ["preserve_lead: 1 s", `preserve_lead: ${time}`] as const;
const at = (moment: string) => ["at: 25 s", `at: ${moment}`] as const;
const service = (entry: string) => ["profile:", `service: {${entry}}\nprofile:`] as const;

/** Later moments before earlier ones, so that nothing hangs on the order of questions. */
const cases: readonly (readonly [string, ...(readonly [string, string])[]])[] = [
  ["as it is"],
  ["a later moment", at("38.5 s")],
  ["an earlier moment", at("7 s")],
  ["almost no lead", lead("10 ms")],
  ["all memory populated", ["    vcpus: 2", "    vcpus: 2\n    preallocated: true"]],
  ["whole huge pages", ["{2 MiB: 0.05, 4 KiB: 0.95}", "2 MiB"]],
  [
    "pieces all over memory",
    ["    vcpus: 2", "    vcpus: 2\n    placement: {fragmented: {run_folios: 40, gap_folios: 9}}"],
  ],
  ["requests that are requeued", service("in_flight: requeued")],
  ["page tables filled before", ["agent: {", "agent: {prepopulate: true, "]],
  ["one VM at a time, no worker more", ["agent: {", "agent: {restore_workers: 3, pause_workers: 2, "]],
  ["a device that is shut down", ["kind: nvme, treatment: emulated", "kind: nvme, treatment: shutdown"]],
  ["clients that wait", service("clients: closed, switch_relearn: 50 ms")],
  ["out of an older kernel", [`from: "7.3"`, `from: "7.2"`]],
];

const profile = shippedProfile("published-x86");

/** Every constant elsewhere in its interval. */
function otherCosts(costs: Costs): Costs {
  const changed = Object.entries(costs).map(([id, cost], index) => {
    const unitNs = cost.lowNs + (cost.highNs - cost.lowNs) * ((index % 7) / 7);
    return [id, { ...cost, unitNs, lowNs: unitNs, highNs: unitNs }];
  });
  return Object.fromEntries(changed) as Costs;
}

async function replayWith(scenario: Scenario, costs: Costs) {
  const target = tempFolder();
  const drawn = profileWith(profile.data, "drawn", costs);
  const options = { tracePath: recorded, scenario, profile: drawn, target: `${target}/run`, luoscopeVersion: "test" };
  return { ...(await replay(options)), path: `${target}/run` };
}

describe("an update that was not replayed", () => {
  const trace = new WhatIf(recorded);
  const scenarios = cases.map(([, ...changes]) => scenarioOf(text, ...changes));
  trace.prepare(scenarios.map((scenario) => trace.resolve(scenario)));

  test.each(cases.map(([name], index) => ({ name, index })))("is what a replay says: $name", async ({ index }) => {
    const scenario = scenarios[index]!;
    const { costs } = profileFor(profile, scenario.host.kernel);
    for (const own of [costs, otherCosts(costs)]) {
      const update = trace.open(trace.resolve(scenario));
      const answer = trace.run(update, own);
      const { result, path } = await replayWith(scenario, own);
      expect(answer.blackoutNs).toBe(result.blackoutNs);
      expect(answer.blackoutStartNs).toBe(result.blackoutStartNs);
      expect(answer.phases).toEqual(result.plan.phases.map(({ phase, band }) => ({ phase, totalNs: band.baseNs })));
      expect([...answer.vmPauseNs]).toEqual(result.plan.vms.map(({ blackout }) => blackout.baseNs));
      expect(update.overhead).toEqual(result.plan.overhead);
      const { served, brownout } = answer;
      expect({
        stalled_ns: served.stalledNs,
        waited_count: served.waitedCount,
        worst_latency_ns: served.worstLatencyNs,
        dropped_count: served.droppedCount,
        fault_count: brownout.faultCount,
        lost_ns: brownout.lostNs,
      }).toEqual(momentOf(path));
    }
  });

  test.each(cases.map(([name], index) => ({ name, index })))("is the sum of its steps: $name", ({ index }) => {
    const scenario = scenarios[index]!;
    const { costs } = profileFor(profile, scenario.host.kernel);
    const update = trace.open(trace.resolve(scenario));
    const steps = trace.steps(update, costs);
    for (const { phase, totalNs } of trace.run(update, costs).phases) {
      const ownNs = steps.filter((step) => step.phase === phase).reduce((sum, { stepNs }) => sum + stepNs, 0);
      expect(ownNs, phase).toBe(totalNs);
    }
  });

  test("waits for a lock where workers together take less than what is done one by one", () => {
    const busy = scenarioOf(
      text,
      ["agent: {", "agent: {preserve_workers: 3, "],
      ["{2 MiB: 0.05, 4 KiB: 0.95}", "4 KiB"],
    );
    const { costs } = profileFor(profile, busy.host.kernel);
    const slowKeys = { ...costs, addKeyNs: { ...costs.addKeyNs, unitNs: 1_000_000 } };
    const { counts, scenario } = trace.open(trace.resolve(busy));
    const [preserve] = timeUpdate(scenario.update, counts, slowKeys).phases;
    const steps = phaseSteps(preserve!, slowKeys);
    expect(steps.get("wait-for-lock")).toBeGreaterThan(0);
    expect([...steps.values()].reduce((sum, ns) => sum + ns, 0)).toBe(preserve!.totalNs);
  });
});
