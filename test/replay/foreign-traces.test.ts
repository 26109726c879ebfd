// Real loads of others: traces without memory, without completions, without requests.
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { runSchema } from "../../src/trace/index.ts";
import { blockLoads, boardEvents, hasForeignTraces, writeBlockLoad, writeBoardPackets } from "../kit/foreign-traces.ts";
import { runRows, runScenario, scenarioOf } from "../kit/run-scenario.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const text = `version: 1
name: foreign
host:
  ram: 16 GiB
  cpus: 4
  kernel: {from: "7.3", to: "7.3", image: 14 MiB, initrd: 24 MiB}
vms:
  - {name: vm, folio: 2 MiB, preallocated: true}
update: {at: 1 s}
profile: published-x86
`;

const codesOf = (path: string) => runRows(path, runSchema.runWarningTable).map((row) => row["code"]);
const skipped = hasForeignTraces ? "" : `(skipped: there is no ${blockLoads} or no ${boardEvents})`;

describe.skipIf(!hasForeignTraces)(`loads of others ${skipped}`, () => {
  test.each([
    ["linux-mysql", "1800 s"],
    ["windows-shared-server", "1800 s"],
  ])("an hour of %s: what comes into the gap is counted, and latency is not made up", async (name, moment) => {
    const trace = join(tempFolder(), "trace");
    const { requestCount } = await writeBlockLoad(trace, name);
    const scenario = scenarioOf(text, ["at: 1 s", `at: ${moment}`]);
    const { path, result } = await runScenario(trace, scenario, undefined, { momentsEveryNs: 10_000_000_000 });
    const requests = runRows(path, runSchema.requestTable);
    expect(requests.length).toBeGreaterThan(10);
    expect(requests.every((row) => row["latency_ns"] === null)).toBe(true);
    expect(codesOf(path)).toEqual(expect.arrayContaining(["io-never-completed", "no-packets", "no-page-writes"]));
    const [gap] = runRows(path, runSchema.deviceGapTable);
    const inGap = requests.filter(
      ({ submit_ns: ns }) => Number(ns) > Number(gap!["stop_ns"]) && Number(ns) < Number(gap!["ready_ns"]),
    );
    const moments = runRows(path, runSchema.momentTable);
    const [same] = moments.filter((row) => row["trace_time_ns"] === 1800e9);
    expect(same!["stop_ns"]).toBe(result.blackoutStartNs);
    expect(same).toMatchObject({ waited_count: inGap.length, stalled_ns: 0 });
    expect(moments.reduce((sum, row) => sum + Number(row["waited_count"]), 0)).toBeLessThan(requestCount);
  });

  test("with a service time, its requests wait and are served", async () => {
    const trace = join(tempFolder(), "trace");
    await writeBlockLoad(trace, "linux-mysql");
    const changes = [
      ["at: 1 s", "at: 1800 s"],
      ["profile:", "service: {service_time: 500 us}\nprofile:"],
    ] as const;
    const { path } = await runScenario(trace, scenarioOf(text, ...changes));
    const waited = runRows(path, runSchema.requestTable).filter((row) => row["fate"] === 4);
    expect(waited.length).toBeGreaterThan(10);
    for (const row of waited) expect(Number(row["latency_ns"])).toBeGreaterThan(500_000);
    expect(codesOf(path)).toContain("service-time-assumed");
  });

  test("a board's packets: those from outside are lost, whatever they are", async () => {
    const trace = join(tempFolder(), "trace");
    const { receivedCount } = await writeBoardPackets(trace);
    const { path } = await runScenario(trace, scenarioOf(text, ["{name: vm,", "{name: events,"]));
    // The board's other devices have interrupts alone.
    const gap = runRows(path, runSchema.deviceGapTable).find((row) => Number(row["dropped_count"]) > 0);
    expect(Number(gap!["dropped_count"])).toBeGreaterThan(10);
    expect(Number(gap!["dropped_count"])).toBeLessThanOrEqual(receivedCount);
    // The source does not say what they are: no segment is known to be lost.
    expect(gap).toMatchObject({ tcp_dropped_count: 0, udp_dropped_count: 0, tcp_resume_ns: null });
    expect(codesOf(path)).toEqual(expect.arrayContaining(["no-requests", "no-page-writes"]));
  });
});
