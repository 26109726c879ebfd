// What guests and their clients feel, end to end: a run's tables, against the same update at other moments.
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { parseDuration } from "../../src/config/index.ts";
import { openFolder, readRows, runSchema, traceSchema } from "../../src/trace/index.ts";
import { runRows, runScenario, scenarioOf } from "../kit/run-scenario.ts";
import { guestsText as text, momentOf } from "../kit/served.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";

const recorded = "traces/vm-tcg-redis-nvme-net";

const at = (moment: string) => ["at: 25 s", `at: ${moment}`] as const;
const serviceOf = (service: string) => ["profile:", `service: {${service}}\nprofile:`] as const;
describe("starts at other moments", () => {
  test("[SVC-08] cost what a replay of each says, memory that is populated by then included", async () => {
    const atOnce = ["preserve_lead: 1 s", "preserve_lead: 10 ms"] as const;
    const { path } = await runScenario(recorded, scenarioOf(text, atOnce), undefined, {
      momentsEveryNs: 1_300_000_000,
    });
    const moments = runRows(path, runSchema.momentTable);
    expect(moments.length).toBe(37);
    // More is populated later: less to allocate while preserving, so the blackout comes sooner.
    const waits = moments.map((row) => Number(row["stop_ns"]) - Number(row["trace_time_ns"]));
    expect(new Set(waits).size).toBeGreaterThan(10);
    expect(waits.at(-1)).toBeLessThan(waits[1]!);
    for (const index of [0, 7, 13, 18, 19, 28, 33]) {
      const moment = moments[index]!;
      const startNs = Number(moment["trace_time_ns"]);
      const alone = await runScenario(recorded, scenarioOf(text, atOnce, at(`${startNs} ns`)));
      expect(alone.result.blackoutNs, `start ${startNs}`).toBe(moment["blackout_ns"]);
      expect(alone.result.blackoutStartNs).toBe(moment["stop_ns"]);
      expect(moment).toMatchObject(momentOf(alone.path));
    }
  });

  test("are not told where the trace does not show the whole blackout", async () => {
    const { path } = await runScenario(recorded, scenarioOf(text), undefined, { momentsEveryNs: 10_000_000_000 });
    const spanNs = 47_190_000_000;
    for (const row of runRows(path, runSchema.momentTable)) {
      const endNs = Number(row["stop_ns"]) + Number(row["blackout_ns"]);
      expect(row["complete"]).toBe(endNs <= spanNs ? 1 : 0);
    }
  });

  test("more than a million are refused", async () => {
    const study = runScenario(recorded, scenarioOf(text), undefined, { momentsEveryNs: 1000 });
    await expect(study).rejects.toThrow(/at most 1000000 are tried/);
  });

  test("a length of time is written as in a scenario", () => {
    expect(["100ms", "1.5 s", "3"].map(parseDuration)).toEqual([100_000_000, 1_500_000_000, undefined]);
  });
});

describe("a run's service", () => {
  test("a longer blackout never lowers what it costs", async () => {
    const console = (characters: number) =>
      ["  iommu_units: 2", `  iommu_units: 2\n  console: {baud: 115200, characters: ${characters}}`] as const;
    const runs = [];
    for (const characters of [0, 2000, 20_000, 80_000]) {
      runs.push(await runScenario(recorded, scenarioOf(text, console(characters))));
    }
    const costs = runs.map(({ path }) => momentOf(path));
    for (const [index, run] of runs.slice(1).entries()) {
      expect(run.result.blackoutNs).toBeGreaterThan(runs[index]!.result.blackoutNs);
      for (const measure of ["stalled_ns", "waited_count", "worst_latency_ns", "dropped_count"] as const) {
        expect(costs[index + 1]![measure], measure).toBeGreaterThanOrEqual(costs[index]![measure]);
      }
    }
    expect(costs.at(-1)!.stalled_ns).toBeGreaterThan(costs[0]!.stalled_ns);
  });

  test("[SVC-06] an emulated card has no ring that outlives the kernel", async () => {
    const { path } = await runScenario(recorded, scenarioOf(text, serviceOf("rx_ring: 100")));
    const [, , net] = runRows(path, runSchema.deviceGapTable);
    expect(net).toMatchObject({ fate: 2, kept_count: 0 });
    expect(Number(net!["dropped_count"])).toBeGreaterThan(100);
  });

  test("clients that wait for their answers send nothing into the gap", async () => {
    const { path } = await runScenario(recorded, scenarioOf(text, serviceOf("clients: closed")));
    expect(momentOf(path)).toMatchObject({ waited_count: 0, dropped_count: 0 });
    expect(runRows(path, runSchema.requestTable).length).toBeGreaterThan(100);
  });

  test("[VMM-02] page tables that are filled ahead lengthen the blackout and leave no first touch", async () => {
    const prepopulate = ["agent: {", "agent: {prepopulate: true, "] as const;
    const [lazy, eager] = [
      await runScenario(recorded, scenarioOf(text)),
      await runScenario(recorded, scenarioOf(text, prepopulate)),
    ];
    // 51 pages of 2 MiB, and 4 KiB for the rest of each of two VMs; one worker restores both.
    const entries = 51 + (2 * 2 ** 18 - 51 * 512);
    const [step] = runRows(eager.path, runSchema.costTermTable).filter((row) => row["cost"] === "prefaultNs");
    expect(step!["unit_count"]).toBe(entries);
    const moreNs = eager.result.blackoutNs - lazy.result.blackoutNs;
    expect(Math.abs(moreNs - 2 * Number(step!["total_ns"]))).toBeLessThan(10);
    expect(momentOf(lazy.path).fault_count).toBeGreaterThan(1000);
    expect(runRows(eager.path, runSchema.brownoutTickTable)).toEqual([]);
  });

  test("[SVC-02] a card that goes on keeps a ring of packets, and changes memory while no CPU runs", async () => {
    const goesOn = [
      ["initrd: 20 MiB}", "initrd: 20 MiB, handlers: [pci@v9, vfio@v5, iommu@v5, vfio@phase4]}"],
      ["n0, kind: nvme, treatment: emulated", "n0, kind: nvme, treatment: preserved"],
      ["e0, kind: nic, treatment: emulated", "e0, kind: nic, treatment: preserved"],
      ["profile:", "service: {rx_ring: 100}\nprofile:"],
      at("24.5 s"),
    ] as const;
    const { path } = await runScenario(recorded, scenarioOf(text, ...goesOn));
    const gaps = runRows(path, runSchema.deviceGapTable);
    expect(gaps[2]).toMatchObject({ fate: 0, kept_count: 100 });
    expect(Number(gaps[2]!["arrived_count"])).toBe(100 + Number(gaps[2]!["dropped_count"]));
    // The trace's drive writes memory at 3 and 4 s, as the guest boots.
    const boot = await runScenario(recorded, scenarioOf(text, ...goesOn.slice(0, -1), at("2.9 s")));
    const { blackoutStartNs: fromNs, blackoutNs } = boot.result;
    const source = openFolder("trace", recorded).sources.get("dma")!;
    const frames = readRows(traceSchema.dmaTable, source)
      .filter((row) => row["device_index"] === 1 && row["direction"] === 0)
      .filter((row) => Number(row["time_ns"]) > fromNs && Number(row["time_ns"]) <= fromNs + blackoutNs)
      .flatMap((row) =>
        Array.from({ length: Number(row["page_count"]) }, (_, page) => Number(row["start_gfn"]) + page),
      );
    expect(frames.length).toBeGreaterThan(0);
    const changed = runRows(boot.path, runSchema.deviceGapTable).map((row) => row["changed_pages"]);
    expect(changed).toEqual([0, new Set(frames).size, 0]);
  });

  test("[SVC-03] a device that is reset serves when the guest's driver has restarted it", async () => {
    const reset = ["n0, kind: nvme, treatment: emulated", "n0, kind: nvme, treatment: shutdown"] as const;
    const { path, result } = await runScenario(recorded, scenarioOf(text, reset));
    const cost = runRows(path, runSchema.costTable).find((row) => row["cost"] === "probeNvmeNs")!;
    const [, nvme, net] = runRows(path, runSchema.deviceGapTable);
    expect(nvme).toMatchObject({ fate: 1 });
    expect(Number(nvme!["ready_ns"]) - Number(nvme!["resume_ns"])).toBe(Math.round(Number(cost["unit_ns"])));
    expect(net!["ready_ns"]).toBe(net!["resume_ns"]);
    const stopNs = result.blackoutStartNs;
    expect(Number(nvme!["stop_ns"])).toBeGreaterThanOrEqual(stopNs);
  });

  test("without devices there is no stall, and the run says what it cannot", async () => {
    const trace = join(tempFolder(), "trace");
    writeTinyTrace(trace, {
      name: "memory only",
      spanNs: 40_000_000_000,
      tables: {
        vm: [{ name: "vm", guest_bytes: 2 ** 21, vcpu_count: 1 }],
        tick: [{ time_ns: 30_000_000_000, vm_index: 0, start_ns: 0, scan_ns: null }],
        page_write: [{ time_ns: 30_000_000_000, vm_index: 0, start_gfn: 0, page_count: 3 }],
      },
    });
    const noDevices = [/    devices:\n.*\n.*\n/.exec(text)![0], ""] as const;
    const { path } = await runScenario(trace, scenarioOf(text, noDevices), undefined, {
      momentsEveryNs: 1_000_000_000,
    });
    for (const row of runRows(path, runSchema.momentTable)) {
      expect(row).toMatchObject({ in_flight_count: 0, waited_count: 0, stalled_ns: 0, dropped_count: 0 });
    }
    expect(runRows(path, runSchema.deviceGapTable)).toEqual([]);
    expect(runRows(path, runSchema.requestTable)).toEqual([]);
    const codes = runRows(path, runSchema.runWarningTable).map((row) => row["code"]);
    expect(codes).toEqual(expect.arrayContaining(["no-requests", "no-packets"]));
    expect(codes).not.toContain("no-page-writes");
  });
});
