// What else one could do, from the same trace: each way's figures against what must follow from the scenario.
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { openFolder, readRows, runSchema, traceSchema } from "../../src/trace/index.ts";
import { type RunRow, runRows, runScenario, scenarioOf } from "../kit/run-scenario.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";

const recorded = "traces/vm-tcg-redis-nvme-net";
const text = `version: 1
name: base
host:
  ram: 32 GiB
  cpus: 8
  kernel: {from: "7.3", to: "7.3", image: 10 MiB, memory: 30 MiB, initrd: 20 MiB}
vms:
  - name: vm
    count: 3
    memory: 1 GiB
    folio: 4 KiB
    preallocated: true
    vcpus: 2
    devices: [{name: n0, kind: nvme, treatment: emulated, trace_device: nvme}]
migration: {bandwidth: 256 MiB/s, link: 10 Gbit/s, unseen_memory: zero}
update: {at: 25 s}
profile: published-x86
`;

async function alternativesOf(...changes: (readonly [string, string])[]) {
  const { path } = await runScenario(recorded, scenarioOf(text, ...changes), undefined, { withAlternatives: true });
  const rows = runRows(path, runSchema.alternativeTable);
  const find = (name: string): RunRow => rows.find((row) => row["name"] === name)!;
  const rounds = runRows(path, runSchema.migrationRoundTable);
  return { path, rows, find, rounds };
}

/** Frames that hold data at a moment of the trace: there at its start, or written since. */
function populatedFrames(untilNs: number): Set<number> {
  const frames = new Set<number>();
  const source = openFolder("trace", recorded).sources.get("page_write")!;
  for (const { time_ns: ns, start_gfn: first, page_count: count } of readRows(traceSchema.pageWriteTable, source)) {
    if (Number(ns) > untilNs) continue;
    for (let gfn = Number(first); gfn < Number(first) + Number(count); gfn++) frames.add(gfn);
  }
  return frames;
}

describe("alternatives", () => {
  test("are listed for each kind of VM, the update itself first", async () => {
    const { rows, find } = await alternativesOf();
    expect(rows.map((row) => row["name"])).toEqual([
      "live-update",
      "pre-copy",
      "pre-copy-auto-converge",
      "post-copy",
      "stop-and-copy",
      "vmm-swap",
      "suspend-and-kexec",
      "cold-reboot",
    ]);
    expect(rows.every((row) => row["vm_count"] === 3 && row["feasible"] === 1)).toBe(true);
    expect(find("vmm-swap")["replaces_kernel"]).toBe(0);
    for (const name of ["pre-copy", "post-copy", "stop-and-copy"]) {
      // One link: VMs go one after the other.
      expect(find(name)["host_ns"], name).toBe(3 * Number(find(name)["total_ns"]));
    }
    expect(find("live-update")["host_ns"]).toBe(find("live-update")["total_ns"]);
    // QEMU's downtime is the last part of a stop-and-copy only.
    const stopCopy = find("stop-and-copy");
    expect(Number(stopCopy["qemu_downtime_ns"])).toBeLessThan(Number(stopCopy["stopped_ns"]) / 5);
    expect(find("cold-reboot")["qemu_downtime_ns"]).toBeNull();
  });

  test("move each page with data once, and again what is written meanwhile: sets of frames, not rates", async () => {
    const { find, rounds } = await alternativesOf();
    const populated = populatedFrames(25e9).size;
    const zero = 2 ** 18 - populated;
    const once = populated * 4104 + zero * 9;
    const stopped = Number(find("stop-and-copy")["moved_bytes"]);
    expect(stopped - once).toBeGreaterThanOrEqual(0);
    expect(stopped - once).toBeLessThan(1_000_000);
    const precopy = rounds.filter((row) => row["alternative_index"] === 1);
    expect(precopy[0]!["dirty_pages"]).toBe(2 ** 18);
    // The guest writes 59,101 distinct frames in all: no later round has more.
    for (const row of precopy.slice(1)) expect(Number(row["dirty_pages"])).toBeLessThan(59_101);
    expect(Number(find("pre-copy")["moved_bytes"])).toBeGreaterThan(stopped);
  });

  test("what lies beyond the trace's VM is data or zeros, as the scenario says", async () => {
    const [zero, data] = [await alternativesOf(), await alternativesOf(["unseen_memory: zero", "unseen_memory: data"])];
    const unseen = (2 ** 30 - 2 ** 28) / 4096;
    const more = Number(data.find("stop-and-copy")["moved_bytes"]) - Number(zero.find("stop-and-copy")["moved_bytes"]);
    expect(more).toBe(unseen * (4104 - 9));
  });

  test("more bandwidth never lengthens pre-copy, and too little never ends", async () => {
    let lastNs = Infinity;
    for (const bandwidth of ["32 MiB/s", "64 MiB/s", "256 MiB/s", "1 GiB/s"]) {
      const { find } = await alternativesOf(["bandwidth: 256 MiB/s", `bandwidth: ${bandwidth}`]);
      expect(find("pre-copy")["feasible"], bandwidth).toBe(1);
      expect(Number(find("pre-copy")["total_ns"]), bandwidth).toBeLessThanOrEqual(lastNs);
      lastNs = Number(find("pre-copy")["total_ns"]);
    }
    const { find } = await alternativesOf([
      "bandwidth: 256 MiB/s",
      "bandwidth: 2 MiB/s, downtime_limit: 1 ms, max_time: 5 min",
    ]);
    expect(find("pre-copy")).toMatchObject({
      feasible: 0,
      reason: "does not converge: given up at its limit of time",
      stopped_ns: 0,
    });
    expect(String(find("pre-copy")["detail"])).toContain("began again");
    expect(find("post-copy")["feasible"]).toBe(1);
  });

  test("say what the trace does not show", async () => {
    const { find } = await alternativesOf();
    expect(find("pre-copy")["detail"]).toContain("768 MiB beyond the trace's VM are taken for zeros, assumed");
    const trace = join(tempFolder(), "trace");
    const vm = [{ name: "vm", guest_bytes: 2 ** 28, vcpu_count: 1 }];
    writeTinyTrace(trace, { name: "no memory", spanNs: 60e9, tables: { vm } });
    const noDevices = scenarioOf(text, [/    devices:.*\n/.exec(text)![0], ""]);
    const { path } = await runScenario(trace, noDevices, undefined, { withAlternatives: true });
    const [, precopy] = runRows(path, runSchema.alternativeTable);
    expect(precopy!["detail"]).toContain("the trace has no page writes");
  });

  test("a device that is passed through keeps a VM where it is, unless its state can move", async () => {
    const passthrough = ["treatment: emulated", "treatment: shutdown"] as const;
    const { find } = await alternativesOf(passthrough);
    for (const name of ["pre-copy", "post-copy", "stop-and-copy", "suspend-and-kexec"]) {
      expect(find(name), name).toMatchObject({ feasible: 0 });
      expect(String(find(name)["reason"]), name).toContain("passthrough");
    }
    expect(find("live-update")["feasible"]).toBe(1);
    const movable = await alternativesOf(passthrough, ["link: 10", "migratable_devices: true, link: 10"]);
    expect(movable.find("pre-copy")["feasible"]).toBe(1);
  });
});
