// The replay engine: against its slow twin, against itself, and on input that is wrong.
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { InterruptedError } from "../../src/base/index.ts";
import { replay } from "../../src/replay/index.ts";
import { dumpFolder, openFolder, readRows, runSchema, traceSchema } from "../../src/trace/index.ts";
import { expectGolden } from "../kit/golden.ts";
import { runRows, runScenario, scenarioOf, shippedProfile } from "../kit/run-scenario.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { code, writeTinyTrace } from "../kit/tiny-trace.ts";
import { replaySimply } from "../reference/replay-simple.ts";

const recorded = "traces/vm-tcg-redis-nvme-net";
const twoVms = "traces/tiny/two-vms";
const demo = readFileSync("scenarios/demo.yaml", "utf8");

const tiny = `version: 1
name: tiny
host:
  ram: 8 GiB
  cpus: 2
  kernel: {from: "7.3", to: "7.3", image: 5 MiB, memory: 12 MiB, initrd: 5 MiB}
vms:
  - {name: web, trace_vm: web, folio: 2 MiB}
  - name: db
    trace_vm: db
    folio: 4 KiB
    devices: [{name: disk, kind: nvme, treatment: emulated, trace_device: disk0}]
update: {at: 450 ms}
profile: qemu-icount-7.3
`;

describe("the engine", () => {
  test.each([
    [twoVms, tiny],
    [recorded, demo],
  ])("counts dirty and first-touched pages of %s as sets do", async (trace, text) => {
    const { path, result } = await runScenario(trace, scenarioOf(text));
    const ticks = runRows(path, runSchema.dirtyTickTable).map((row) => ({
      timeNs: row["trace_time_ns"],
      vmIndex: row["trace_vm_index"],
      dirtyPages: row["dirty_pages"],
      firstTouchPages: row["first_touch_pages"],
      afterResume: row["after_resume"] === 1,
    }));
    expect(ticks).toEqual(replaySimply(trace, result.blackoutStartNs));
  });

  test("gives the golden run of the tiny trace", async () => {
    const { path } = await runScenario(twoVms, scenarioOf(tiny));
    // The header names hashes that change with any constant; the tables are what a reader checks.
    const text = dumpFolder(path);
    expectGolden("replay/two-vms.txt", text.slice(text.indexOf("\nvm:") + 1));
  });

  test("gives the same bytes for the same inputs", async () => {
    const [first, second] = [
      await runScenario(recorded, scenarioOf(demo)),
      await runScenario(recorded, scenarioOf(demo)),
    ];
    const files = readdirSync(first.path);
    expect(readdirSync(second.path)).toEqual(files);
    for (const file of files) {
      expect(readFileSync(join(second.path, file)).equals(readFileSync(join(first.path, file))), file).toBe(true);
    }
  });

  test("[PLACE-01] gives other bytes for another seed where placement is drawn", async () => {
    const fragmented = [
      "folio: 4 KiB",
      "folio: 4 KiB\n    placement: {fragmented: {run_folios: 3, gap_folios: 2}}",
    ] as const;
    const [first, second] = [
      await runScenario(twoVms, scenarioOf(tiny, fragmented)),
      await runScenario(twoVms, scenarioOf(`${tiny}seed: 9\n`, fragmented)),
    ];
    const visits = [first, second].map(({ result }) => result.plan.counts.regionVisitCount);
    expect(visits[0]).not.toBe(visits[1]);
  });

  test("phases of the blackout follow each other without gap, and VMs stop and run within them", async () => {
    const { path, result } = await runScenario(recorded, scenarioOf(demo));
    const phases = runRows(path, runSchema.phaseTable).filter((row) => row["in_blackout"] === 1);
    expect(phases.map((row) => runSchema.phaseLabels[Number(row["phase"])])).toEqual([
      "freeze",
      "serialize",
      "kexec",
      "restore",
    ]);
    for (const [index, phase] of phases.slice(1).entries()) expect(phase["start_ns"]).toBe(phases[index]!["end_ns"]);
    expect(Number(phases.at(-1)!["end_ns"]) - Number(phases[0]!["start_ns"])).toBe(result.blackoutNs);
    for (const vm of runRows(path, runSchema.runVmTable)) {
      expect(vm["pause_ns"]).toBeGreaterThanOrEqual(Number(phases[0]!["start_ns"]));
      expect(vm["resume_ns"]).toBeLessThanOrEqual(Number(phases.at(-1)!["end_ns"]));
      expect(Number(vm["resume_ns"]) - Number(vm["pause_ns"])).toBe(vm["blackout_ns"]);
      expect(Number(vm["low_ns"])).toBeLessThanOrEqual(Number(vm["blackout_ns"]));
      expect(Number(vm["high_ns"])).toBeGreaterThanOrEqual(Number(vm["blackout_ns"]));
    }
  });

  test("each step lasts what its terms cost, and its range encloses them", async () => {
    const { path } = await runScenario(recorded, scenarioOf(demo));
    const steps = runRows(path, runSchema.stepTable);
    const sums = steps.map(() => 0);
    for (const term of runRows(path, runSchema.costTermTable)) {
      expect(term["source"]).not.toBe("");
      sums[Number(term["step_index"])]! += Number(term["unit_count"]) * Number(term["unit_ns"]);
    }
    for (const [index, step] of steps.entries()) {
      const name = String(step["name"]);
      if (name === "refault-memory" || name === "serial-console" || name === "drain-requests") continue;
      expect(Math.abs(Number(step["end_ns"]) - Number(step["start_ns"]) - sums[index]!), name).toBeLessThanOrEqual(0.5);
    }
  });

  test("[VMM-01] the brownout is the guest's own first touches, one fault each", async () => {
    const { path, result } = await runScenario(twoVms, scenarioOf(tiny));
    const writes = readRows(traceSchema.pageWriteTable, openFolder("trace", twoVms).sources.get("page_write")!);
    // VM web has folios of 2 MiB, which fault as one; db has pages of 4 KiB.
    const granuleFrames = [512, 1];
    const brownout = runRows(path, runSchema.stepTable)
      .map((step, index) => ({ step, index }))
      .filter(({ step }) => step["name"] === "refault-memory");
    const terms = runRows(path, runSchema.costTermTable);
    for (const { step, index } of brownout) {
      const touched = new Set<number>();
      for (const { time_ns: timeNs, vm_index: vm, start_gfn: first, page_count: count } of writes) {
        if (vm !== step["vm_index"] || Number(timeNs) <= result.blackoutStartNs) continue;
        for (let gfn = Number(first); gfn < Number(first) + Number(count); gfn++) {
          touched.add(Math.floor(gfn / granuleFrames[Number(vm)]!));
        }
      }
      expect(terms.find((term) => term["step_index"] === index)).toMatchObject({
        cost: "refaultPageNs",
        unit_count: touched.size,
      });
    }
    expect(brownout.length).toBeGreaterThan(0);
  });

  test("device events lie in the blackout and in order", async () => {
    const { path, result } = await runScenario(recorded, scenarioOf(demo));
    const events = runRows(path, runSchema.deviceEventTable);
    expect(events.length).toBeGreaterThan(1000);
    let lastNs = result.blackoutStartNs;
    for (const event of events) {
      expect(Number(event["time_ns"])).toBeGreaterThanOrEqual(lastNs);
      lastNs = Number(event["time_ns"]);
    }
    expect(lastNs).toBeLessThanOrEqual(result.blackoutStartNs + result.blackoutNs);
  });

  test("a request that is open when the guest stops is in flight", async () => {
    const { path } = await runScenario(
      twoVms,
      scenarioOf(tiny, ["update: {at: 450 ms}", "agent: {preserve_lead: 480 ms}\nupdate: {at: 500 ms}"]),
    );
    const [first] = runRows(path, runSchema.deviceEventTable).filter(
      (row) => row["kind"] === runSchema.deviceEventLabels.indexOf("io-complete"),
    );
    expect(first).toMatchObject({
      time_ns: 620_000_000,
      bytes: 4096,
      effect: runSchema.effectLabels.indexOf("in-flight"),
    });
  });
});

describe("input that is wrong", () => {
  const vm = { name: "a", guest_bytes: 1024 * 1024, vcpu_count: 1 };
  const tick = { time_ns: 1000, vm_index: 0, start_ns: null, scan_ns: null };
  const write = { time_ns: 1000, vm_index: 0, start_gfn: 0, page_count: 1 };
  const oneVm = tiny.replace(/vms:[^]*(?=update)/, "vms: [{name: a, folio: 4 KiB}]\n").replace("450 ms", "1 us");

  async function refusal(
    tables: Parameters<typeof writeTinyTrace>[1]["tables"],
  ): Promise<Error & { exitCode?: number }> {
    const folder = tempFolder();
    writeTinyTrace(join(folder, "trace"), { name: "bad", spanNs: 10_000, tables });
    const options = {
      tracePath: join(folder, "trace"),
      scenario: scenarioOf(oneVm),
      profile: shippedProfile("published-x86"),
      target: join(folder, "run"),
      luoscopeVersion: "test",
    };
    const error = await replay(options).then(
      () => new Error("it was accepted"),
      (caught: Error) => caught,
    );
    expect(readdirSync(folder), "nothing half-written is left").toEqual(["trace"]);
    return error;
  }

  test.each([
    [
      "frames beyond the VM's memory",
      { vm: [vm], tick: [tick], page_write: [{ ...write, start_gfn: 255, page_count: 2 }] },
      "table page_write, row 1: VM 0, frames 255 + 2",
    ],
    [
      "a VM that is not there",
      { vm: [vm], tick: [tick], page_write: [{ ...write, vm_index: 1 }] },
      "table page_write, row 1: VM 1",
    ],
    [
      "a run without pages",
      { vm: [vm], tick: [tick], page_write: [{ ...write, page_count: 0 }] },
      "table page_write, row 1",
    ],
    ["a tick of no VM", { vm: [vm], tick: [{ ...tick, vm_index: 7 }] }, "table tick, row 1: vm_index 7"],
    [
      "population beyond memory",
      { vm: [vm], page_population: [{ ...write, start_gfn: 999, order: 0 }] },
      "table page_population, row 1",
    ],
    [
      "a device that is not there",
      { vm: [vm], interrupt: [{ time_ns: 5, device_index: 3, vector: 0 }] },
      "table interrupt, row 1: device_index 3",
    ],
    ["a VM without memory", { vm: [{ ...vm, guest_bytes: 0 }] }, "table vm, row 1: guest_bytes 0"],
    ["no VM at all", { tick: [] }, "the trace has no VM"],
  ])("%s is refused with its row", async (_, tables, message) => {
    const error = await refusal(tables);
    expect(error.message).toContain(message);
    expect(error.exitCode).toBe(3);
  });

  test("times that go back are refused, by the writer and by the reader", () => {
    const tables = { vm: [vm], page_write: [{ ...write, time_ns: 2000 }, write] };
    expect(() => writeTinyTrace(join(tempFolder(), "t"), { name: "bad", spanNs: 1, tables })).toThrow(
      "time_ns goes back from 2000 to 1000",
    );
  });

  test("a trace that was cut is refused and leaves nothing", async () => {
    const folder = tempFolder();
    cpSync(recorded, join(folder, "trace"), { recursive: true });
    const file = join(folder, "trace", "page_write.arrow");
    const { truncateSync, statSync } = await import("node:fs");
    truncateSync(file, Math.floor(statSync(file).size / 2));
    const scenario = scenarioOf(demo);
    const options = {
      tracePath: join(folder, "trace"),
      scenario,
      profile: shippedProfile("published-x86"),
      target: join(folder, "run"),
      luoscopeVersion: "test",
    };
    await expect(replay(options)).rejects.toMatchObject({ exitCode: 3 });
    expect(readdirSync(folder)).toEqual(["trace"]);
  });

  test("an abort leaves the older run as it was", async () => {
    const { path } = await runScenario(twoVms, scenarioOf(tiny));
    const before = readFileSync(join(path, "run.json"), "utf8");
    const folder = tempFolder();
    const { writeWorkloadTrace, workloadOf } = await import("../../bench/workload.ts");
    writeWorkloadTrace(workloadOf(2_500_000), join(folder, "trace"));
    const scenario = scenarioOf(oneVm.replace("8 GiB", "128 GiB"));
    const options = {
      tracePath: join(folder, "trace"),
      scenario,
      profile: shippedProfile("published-x86"),
      target: path,
      luoscopeVersion: "test",
    };
    const abort = new AbortController();
    const running = replay(options, { signal: abort.signal, progress: () => abort.abort() });
    await expect(running).rejects.toBeInstanceOf(InterruptedError);
    expect(readFileSync(join(path, "run.json"), "utf8")).toBe(before);
    expect(existsSync(join(folder, "run"))).toBe(false);
  });

  test.each([
    ["an unknown VM", tiny.replace("trace_vm: web", "trace_vm: wep"), 'vms[0].trace_vm: the trace has no VM "wep"'],
    ["an unknown device", tiny.replace("trace_device: disk0", "trace_device: disk9"), "vms[1].devices[0].trace_device"],
    ["an unknown mark", tiny.replace("450 ms", "{mark: lunch}"), 'update.at.mark: the trace has no mark "lunch"'],
    [
      "a moment after the trace",
      tiny.replace("450 ms", "2 s"),
      "update.at: 2000000000 ns, but the trace ends after 1010000000 ns",
    ],
    ["less memory than the trace's VM", tiny.replace("trace_vm: web", "trace_vm: web, memory: 4 MiB"), "vms[0].memory"],
    [
      "VMs that do not fit the host",
      tiny.replace("trace_vm: web", "trace_vm: web, memory: 12 GiB"),
      "the host has room for",
    ],
  ])("a scenario with %s does not fit the trace", async (_, text, message) => {
    await expect(runScenario(twoVms, scenarioOf(text))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
    });
  });

  test("codes of the kit are those of the schema", () => {
    expect(code(runSchema.phaseTable, "phase", "kexec")).toBe(3);
  });
});
