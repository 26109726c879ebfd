// What another kernel, a hop, or a posted series does to the answer, and what the kernel says where it does nothing.
import { describe, expect, test } from "vitest";

import type { CostId } from "../../src/model/index.ts";
import { profileFor } from "../../src/profile/index.ts";
import type { FinishedRun } from "../../src/replay/index.ts";
import { openFolder, readRows, runSchema } from "../../src/trace/index.ts";
import { overheadBytes, runScenario, scenarioOf, shippedProfile, stepNs } from "../kit/run-scenario.ts";

const trace = "traces/vm-tcg-redis-nvme-net";
const text = `version: 1
name: base
host:
  ram: 32 GiB
  cpus: 8
  iommu_units: 2
  kernel: {from: "7.3", to: "7.3", image: 10 MiB, memory: 30 MiB, init_size: 40 MiB, initrd: 20 MiB}
vms:
  - {name: vm, count: 3, memory: 4 GiB, folio: 2 MiB, preallocated: true, vcpus: 2, devices: [{name: n0, kind: nvme, treatment: shutdown}]}
update: {at: 20 s}
profile: qemu-icount-7.3
`;

const { costs } = shippedProfile("qemu-icount-7.3");
const unit = (id: CostId): number => costs[id].unitNs;
const older72 = profileFor(shippedProfile("qemu-icount-7.3"), { from: "7.2", to: "7.2" });
const olderUnit = (id: CostId): number => older72.costs[id].unitNs;
/** Kernel and initrd of the scenario. */
const fileMib = 30;
const replayOf = (...changes: (readonly [string, string])[]): Promise<FinishedRun> =>
  runScenario(trace, scenarioOf(text, ...changes));

const from = (version: string) => ['from: "7.3"', `from: "${version}"`] as const;
const to = (version: string) => ['to: "7.3"', `to: "${version}"`] as const;
const preserved = ["kind: nvme, treatment: shutdown", "kind: nvme, treatment: preserved"] as const;
const handlers = (names: string) => ["initrd: 20 MiB}", `initrd: 20 MiB, handlers: [${names}]}`] as const;

describe("kernels", () => {
  test("[KEXEC-01] 7.2 hashes the image when it loads it and in purgatory, by what it needs to start", async () => {
    const [base, older] = [await replayOf(), await replayOf(from("7.2"), to("7.2"))];
    const mib = (older.result.plan.counts.image.copiedPages * 4096) / 2 ** 20;
    expect(mib).toBeGreaterThan(60);
    expect(stepNs(base, "purgatory")).toBe(0);
    expect(stepNs(older, "purgatory")).toBeCloseTo(mib * olderUnit("hashPurgatoryMibNs"), -2);
    const hashNs = mib * olderUnit("hashLoadMibNs");
    const [loadNs, olderLoadNs] = [unit, olderUnit].map((of) => of("kexecLoadNs") + fileMib * of("kexecLoadMibNs"));
    const moreNs = stepNs(older, "load-kexec") - stepNs(base, "load-kexec");
    expect(moreNs).toBeCloseTo(hashNs + olderLoadNs! - loadNs!, -2);
  });

  test("[KHO-03] only a new kernel of 7.3 enters keys into the map of busy blocks", async () => {
    const [up, down] = [await replayOf(from("7.2")), await replayOf(to("7.2"))];
    expect(stepNs(up, "extend-scratch")).toBeGreaterThan(0);
    expect(stepNs(up, "purgatory")).toBeGreaterThan(0);
    expect(stepNs(down, "extend-scratch")).toBe(0);
    expect(stepNs(down, "purgatory")).toBe(0);
  });

  test("[KHO-06] gigantic pages at boot blow up the scratch of 7.2, and no longer that of 7.3", async () => {
    const reserved = ["iommu_units: 2", "gigantic_pages: 4"] as const;
    const scratchOf = async (...changes: (readonly [string, string])[]): Promise<number> =>
      overheadBytes(await replayOf(...changes), "scratch");
    expect(await scratchOf(reserved)).toBe(await scratchOf());
    const older = [from("7.2"), to("7.2")];
    const moreBytes = (await scratchOf(reserved, ...older)) - (await scratchOf(...older));
    // Twice in the areas of all memory, twice in those of its node.
    expect(moreBytes).toBe(2 * 2 * 4 * 1024 ** 3);
  });

  test("[KHO-21] [LUO-05] 7.0 has bitmaps, a finalization, and arrays of fixed size", async () => {
    const older = await replayOf(from("7.0"), to("7.0"));
    const { tracker, sessionBlockCount, sessionPages, filePages, fixedPages, runs } = older.result.plan.counts;
    expect([sessionBlockCount, sessionPages, filePages, fixedPages]).toEqual([1, 16, 3 * 2, 3]);
    // Each array is one block, and so one key.
    const keysOf = (order: number): number => runs.reduce((sum, run) => sum + (run.order === order ? run.count : 0), 0);
    expect([keysOf(4), keysOf(1)]).toEqual([1, 3]);
    expect(tracker.bitmapCount).toBeGreaterThanOrEqual(2);
    expect(stepNs(older, "finalize-kho")).toBe(Math.round(tracker.bitmapCount * unit("finalizeBitmapNs")));
  });

  test.each([
    ["a hop that loses memory", [from("7.1")], /disabling KHO revival.*lost/],
    ["a kernel without LUO", [from("6.18"), to("6.18")], /Linux 6\.18: open\(\/dev\/liveupdate\) gives ENOENT/],
    [
      "too many sessions",
      [
        from("7.1"),
        to("7.1"),
        ["count: 3, memory: 4 GiB", "count: 745, memory: 512 MiB"],
        ["ram: 32 GiB", "ram: 512 GiB"],
      ],
      /745 VMs .* 744, and CREATE_SESSION gives -ENOMEM/,
    ],
    [
      "deferred init before 7.2",
      [from("7.1"), to("7.1"), ["initrd: 20 MiB}", "initrd: 20 MiB, deferred_struct_page_init: true}"]],
      /CONFIG_DEFERRED_STRUCT_PAGE_INIT/,
    ],
    ["scratch without room", [["iommu_units: 2", "scratch: 5 GiB, 1 GiB, 1 GiB"]], /Failed to reserve scratch area/],
    ["an initrd beyond any area", [["initrd: 20 MiB", "initrd: 5 GiB"]], /kexec_file_load\(\) gives EADDRNOTAVAIL/],
    [
      "areas that are too small together",
      [["iommu_units: 2", "scratch: 40 MiB, 0 MiB, 0 MiB"]],
      /need 60 MiB of scratch.*kexec_file_load\(\) gives EADDRNOTAVAIL/,
    ],
    [
      "half a huge page",
      [["memory: 4 GiB, folio: 2 MiB", "memory: 1536 MiB, folio: 1 GiB, backing: hugetlb"], handlers("hugetlb@rfc")],
      /1610612736 bytes are no whole huge pages/,
    ],
    [
      "more gigantic pages than RAM",
      [["iommu_units: 2", "gigantic_pages: 64"]],
      /the kernel and its gigantic pages alone need 65566 MiB/,
    ],
    ["a VFIO device", [preserved], /PRESERVE_FD with ENOENT: no handler accepts a VFIO device/],
    ["a guest_memfd", [["folio: 2 MiB", "folio: 4 KiB, backing: guest_memfd"]], /no handler accepts a guest_memfd/],
    ["huge pages", [["folio: 2 MiB", "folio: 1 GiB, backing: hugetlb"]], /no handler accepts a hugetlb memfd/],
    ["a posted series on 7.2", [from("7.2"), handlers("pci@v9")], /apply to Linux 7\.3, not 7\.2/],
    ["a series without what it builds on", [handlers("vfio@v5")], /builds on pci@v9/],
  ] as const)("[HOP-01] [LUO-21] %s gets the kernel's answer, not a number", async (_, changes, answer) => {
    await expect(replayOf(...changes)).rejects.toThrow(answer);
  });
});

describe("posted series", () => {
  test("[VFIO-02] a preserved device is neither shut down nor probed, but reset at freeze, one after the other", async () => {
    const [base, kept] = [await replayOf(), await replayOf(preserved, handlers("pci@v9, vfio@v5"))];
    expect(stepNs(base, "shutdown-device")).toBe(3 * unit("shutdownNvmeNs"));
    for (const step of ["shutdown-device", "probe-device"]) expect(stepNs(kept, step)).toBe(0);
    expect(stepNs(kept, "reset-device")).toBe(3 * unit("resetDeviceNs"));
  });

  test("[PCI-01] [VFIO-01] it adds a file, a page of state each, and the PCI core's block", async () => {
    const [base, kept] = [await replayOf(), await replayOf(preserved, handlers("pci@v9, vfio@v5"))];
    expect(kept.result.plan.counts.fileCount - base.result.plan.counts.fileCount).toBe(3);
    expect(overheadBytes(kept, "device-metadata")).toBe((3 + 1) * 4096);
    expect(kept.result.plan.counts.keyCount - base.result.plan.counts.keyCount).toBe(3 + 1);
  });

  test("[IOMMU-01] [IOMMU-03] with the IOMMU's tables kept, memory stays mapped for DMA", async () => {
    const phase1 = await replayOf(preserved, handlers("pci@v9, vfio@v5"));
    const kept = await replayOf(preserved, handlers("pci@v9, vfio@v5, iommu@v5"));
    // Per VM: 4 tables of 1 GiB, one of 512 GiB, the root; shared: 4 lists, 2 pages a unit and a device.
    const pages = 3 * (4 + 1 + 1) + 4 + 2 * 2 + 3 * 2;
    expect(overheadBytes(kept, "device-metadata") - overheadBytes(phase1, "device-metadata")).toBe(pages * 4096);
    const folios = (4 * 1024 ** 3) / (2 * 1024 ** 2);
    expect(stepNs(phase1, "stop-cpus") - stepNs(kept, "stop-cpus")).toBeCloseTo(2 * unit("disableIommuNs"), -1);
    const mappedNs = 3 * (folios * unit("mapDmaFolioNs") + folios * 512 * unit("mapDmaPageNs"));
    expect(stepNs(phase1, "attach-devices") - stepNs(kept, "attach-devices")).toBeCloseTo(mappedNs, -3);
  });

  test("[VFIO-03] a device that goes on is not reset; DMA continues, interrupts are lost, and one follows", async () => {
    const traced = [
      "{name: n0, kind: nvme, treatment: shutdown}",
      "{name: n0, kind: nvme, treatment: preserved, trace_device: nvme}",
    ] as const;
    const duringDiskWork = ["at: 20 s", "at: 39.5 s"] as const;
    const effectsOf = async (names: string): Promise<Map<string, number>> => {
      const { path, result } = await runScenario(trace, scenarioOf(text, traced, duringDiskWork, handlers(names)));
      expect(stepNs({ result }, "reset-device") > 0).toBe(!names.includes("phase4"));
      const rows = readRows(runSchema.deviceEventTable, openFolder("run", path).sources.get("device_event")!);
      const counts = new Map<string, number>();
      for (const row of rows) {
        const effect = runSchema.effectLabels[Number(row["effect"])]!;
        counts.set(effect, (counts.get(effect) ?? 0) + 1);
      }
      return counts;
    };
    const [reset, kept] = [
      await effectsOf("pci@v9, vfio@v5"),
      await effectsOf("pci@v9, vfio@v5, iommu@v5, vfio@phase4"),
    ];
    expect(reset.get("dma-lost")).toBeGreaterThan(0);
    expect([reset.get("dma-continues"), reset.get("interrupt-spurious")]).toEqual([undefined, undefined]);
    expect(kept.get("dma-continues")).toBeGreaterThan(0);
    expect(kept.get("interrupt-lost")).toBeGreaterThan(0);
    expect([kept.get("dma-lost"), kept.get("interrupt-spurious")]).toEqual([undefined, 1]);
  });

  test("[KVM-01] guest_memfd takes its VM's descriptor along", async () => {
    const small = ["folio: 2 MiB", "folio: 4 KiB"] as const;
    const base = await replayOf(small);
    const kept = await replayOf(["folio: 2 MiB", "folio: 4 KiB, backing: guest_memfd"], handlers("guest_memfd@v4"));
    expect(kept.result.plan.counts.fileCount - base.result.plan.counts.fileCount).toBe(3);
    expect(kept.result.plan.counts.keyCount - base.result.plan.counts.keyCount).toBe(3);
  });

  test("[KVM-03] it is preserved while the VM stands still, and its holes stay holes", async () => {
    const sparse = ["preallocated: true", "preallocated: false"] as const;
    const memfd = await replayOf(["folio: 2 MiB", "folio: 4 KiB"], sparse);
    const kept = await replayOf(
      ["folio: 2 MiB", "folio: 4 KiB, backing: guest_memfd"],
      sparse,
      handlers("guest_memfd@v4"),
    );
    const phasesOf = ({ result }: FinishedRun) =>
      result.plan.phases
        .filter(({ steps }) => steps.some(({ work }) => work.name === "preserve-memory"))
        .map(({ phase }) => phase);
    expect([phasesOf(memfd), phasesOf(kept)]).toEqual([["preserve"], ["freeze"]]);
    const [filled, left] = [memfd, kept].map(({ result }) => result.plan.counts.vms[0]!);
    expect(filled!.holeFolioCount).toBeGreaterThan(0);
    expect([left!.holeFolioCount, left!.folioCount]).toEqual([0, filled!.folioCount - filled!.holeFolioCount]);
    expect(kept.result.plan.counts.preservedPageCount).toBeLessThan(memfd.result.plan.counts.preservedPageCount);
  });

  test("[HUGE-01] huge pages of 1 GiB are four keys a VM, and one page of counters", async () => {
    const kept = await replayOf(["folio: 2 MiB", "folio: 1 GiB, backing: hugetlb"], handlers("hugetlb@rfc"));
    expect(kept.result.plan.counts.vms[0]!.folioCount).toBe(4);
    expect(overheadBytes(kept, "device-metadata")).toBe(4096);
  });

  test("a run says what it rests on", async () => {
    const { warnings } = await warningsOf([preserved, handlers("pci@v9, vfio@v5")]);
    expect(warnings).toEqual(expect.arrayContaining(["posted-series"]));
    expect((await warningsOf([from("7.0"), to("7.0")])).warnings).toContain("kernel-not-recorded");
    expect((await warningsOf([])).warnings).not.toContain("kernel-not-recorded");
  });
});

async function warningsOf(changes: readonly (readonly [string, string])[]): Promise<{ warnings: string[] }> {
  const { path } = await runScenario(trace, scenarioOf(text, ...changes));
  const rows = readRows(runSchema.runWarningTable, openFolder("run", path).sources.get("warning")!);
  return { warnings: rows.map((row) => String(row["code"])) };
}
