// What a change of the scenario does to the answer: in the direction and by the amount that the lifecycle table says.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { CostId } from "../../src/model/index.ts";
import type { FinishedRun, Scenario } from "../../src/replay/index.ts";
import { openFolder, readRows, runSchema } from "../../src/trace/index.ts";
import { overheadBytes, runScenario, scenarioOf, shippedProfile, stepNs } from "../kit/run-scenario.ts";

const trace = "traces/vm-tcg-redis-nvme-net";
const mib = 1024 ** 2;
const gib = 1024 ** 3;

const text = `version: 1
name: base
host:
  ram: 32 GiB
  cpus: 8
  kernel: {from: "7.3", to: "7.3", image: 10 MiB, initrd: 20 MiB}
  devices: [{name: n0, kind: nvme, treatment: shutdown}]
vms:
  - {name: vm, count: 3, memory: 4 GiB, folio: 4 KiB, preallocated: true, vcpus: 2}
update: {at: 20 s}
profile: qemu-icount-7.3
`;

const { costs } = shippedProfile("qemu-icount-7.3");
const unit = (id: CostId): number => costs[id].unitNs;

const folder = mkdtempSync(join(tmpdir(), "luoscope-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let base: FinishedRun;
beforeAll(async () => {
  base = await replayOf(scenarioOf(text));
});

async function replayOf(scenario: Scenario): Promise<FinishedRun> {
  return runScenario(trace, scenario, join(folder, "run"));
}

const changed = (...changes: (readonly [string, string])[]) => replayOf(scenarioOf(text, ...changes));

describe("folios of 2 MiB instead of 4 KiB", () => {
  const vms = 3;
  const smallFolios = (4 * gib) / 4096;
  const largeFolios = (4 * gib) / (2 * mib);
  let large: FinishedRun;
  beforeAll(async () => {
    large = await changed(["folio: 4 KiB", "folio: 2 MiB"]);
  });

  test("cost 16 bytes of metadata a folio in whole pages, and a bit a folio in the tracker", () => {
    const chunks = (pages: number): number => Math.floor(pages / 511) + 1;
    const smallPages = 1 + (smallFolios * 16) / 4096 + chunks((smallFolios * 16) / 4096);
    const largePages = 1 + (largeFolios * 16) / 4096 + chunks((largeFolios * 16) / 4096);
    const saved = overheadBytes(base, "folio-metadata") - overheadBytes(large, "folio-metadata");
    expect(saved).toBe(vms * (smallPages - largePages) * 4096);
    // 12 GiB of 4 KiB folios fill 96 leaves of 128 MiB.
    expect(base.result.plan.counts.tracker.parts[0]).toBeGreaterThanOrEqual(96);
    expect(large.result.plan.counts.tracker.parts[0]).toBeLessThanOrEqual(3);
  });

  test("save the cost of each folio in preserve and retrieve", () => {
    const folios = vms * (smallFolios - largeFolios);
    expect(stepNs(base, "retrieve-memory") - stepNs(large, "retrieve-memory")).toBeCloseTo(
      folios * unit("retrieveFolioNs"),
      -3,
    );
    const perKey = unit("preserveFolioNs") + unit("addKeyNs");
    const metadataKeys = (overheadBytes(base, "folio-metadata") - overheadBytes(large, "folio-metadata")) / 4096;
    expect(stepNs(base, "preserve-memory") - stepNs(large, "preserve-memory")).toBeCloseTo(
      folios * perKey + metadataKeys * unit("addKeyNs"),
      -3,
    );
  });

  test("spare the new kernel a reservation a folio", () => {
    const keys = base.result.plan.counts.keyCount - large.result.plan.counts.keyCount;
    const visits = base.result.plan.counts.regionVisitCount - large.result.plan.counts.regionVisitCount;
    const areas = base.result.plan.counts.keyAreaCount - large.result.plan.counts.keyAreaCount;
    const savedNs = keys * unit("reserveKeyNs") + visits * unit("visitRegionNs") + areas * unit("reserveAreaNs");
    expect(stepNs(base, "reserve-preserved") - stepNs(large, "reserve-preserved")).toBeCloseTo(savedNs, -3);
    expect(keys).toBeGreaterThan(vms * (smallFolios - largeFolios));
  });

  test("change nothing in the 8 bytes a page that preserving holds for a while", () => {
    expect(overheadBytes(large, "transient-peak")).toBe(overheadBytes(base, "transient-peak"));
    expect(overheadBytes(base, "transient-peak")).toBe(((4 * gib) / 4096) * 8);
  });
});

test("twice the RAM: struct pages and free pages by page, scratch by 2 x 2 x 64 bytes a page and hashes", async () => {
  const more = await changed(["ram: 32 GiB", "ram: 64 GiB"]);
  const pages = (32 * gib) / 4096;
  expect(stepNs(more, "init-memmap") - stepNs(base, "init-memmap")).toBeCloseTo(pages * unit("initStructPageNs"), -3);
  expect(stepNs(more, "free-memory") - stepNs(base, "free-memory")).toBeCloseTo(pages * unit("freePageNs"), -3);
  const scratch = overheadBytes(more, "scratch") - overheadBytes(base, "scratch");
  expect(Math.abs(scratch - (2 * 2 * pages * 64 + 2 * 32 * 1.5 * mib))).toBeLessThanOrEqual(3 * 4 * mib);
  expect(more.result.blackoutNs).toBeGreaterThan(base.result.blackoutNs);
});

test("twice the CPUs: each is stopped, leaves virtualization and is brought up", async () => {
  const more = await changed(["cpus: 8", "cpus: 16"]);
  const ids = ["startCpuNs", "stopCpuNs", "kvmDisableCpuNs", "initcallsCpuNs"] as const;
  const expectedNs = 8 * ids.reduce((sum, id) => sum + unit(id), 0);
  expect(more.result.blackoutNs - base.result.blackoutNs).toBeCloseTo(expectedNs, -3);
});

test("[KHO-07] [KEXEC-01] a kernel image larger by 6 MiB: decompressed by MiB, copied by page of its memory, and held while loaded", async () => {
  const larger = await changed(["image: 10 MiB", "image: 16 MiB"]);
  const copiedPages = (6 * 4 * mib) / 4096;
  expect(stepNs(larger, "decompress") - stepNs(base, "decompress")).toBeCloseTo(6 * unit("decompressMibNs"), -3);
  expect(stepNs(larger, "copy-image") - stepNs(base, "copy-image")).toBeCloseTo(copiedPages * unit("copyPageNs"), -3);
  expect(stepNs(larger, "load-kexec") - stepNs(base, "load-kexec")).toBeCloseTo(6 * unit("kexecLoadMibNs"), -3);
  const heldPages = (overheadBytes(larger, "kexec-image") - overheadBytes(base, "kexec-image")) / 4096;
  expect(heldPages).toBeGreaterThanOrEqual(copiedPages);
  expect(heldPages).toBeLessThanOrEqual(copiedPages + Math.ceil(copiedPages / 511));
});

test("[MEMFD-04] memory that the trace has not touched is allocated and zeroed when it is preserved", async () => {
  const sparse = await changed(["preallocated: true", "preallocated: false"]);
  const holes = sparse.result.plan.counts.vms[0]!.holePageCount;
  expect(holes).toBeGreaterThan((3.7 * gib) / 4096);
  const expectedNs = 3 * holes * (unit("allocFolioNs") + unit("zeroPageNs"));
  expect(stepNs(sparse, "preserve-memory") - stepNs(base, "preserve-memory")).toBeCloseTo(expectedNs, -3);
  expect(sparse.result.blackoutNs).toBe(base.result.blackoutNs);
});

test("a serial console costs ten bits a character at its speed", async () => {
  const serial = await changed(["cpus: 8", "cpus: 8\n  console: {baud: 115200, characters: 11520}"]);
  expect(serial.result.blackoutNs - base.result.blackoutNs).toBe(1_000_000_000);
});

test("[MEMFD-05] restoring VMs side by side shortens the blackout to the longest job, and preserving waits for the tracker", async () => {
  const parallel = await changed(["update:", "agent: {restore_workers: 3, preserve_workers: 3}\nupdate:"]);
  const restoreNs = (run: FinishedRun) => run.result.plan.phases.find(({ phase }) => phase === "restore")!.band.baseNs;
  expect(restoreNs(parallel)).toBeLessThan(0.4 * restoreNs(base));
  const { counts } = parallel.result.plan;
  expect(parallel.result.plan.phases[0]!.band.baseNs).toBeGreaterThan(counts.keyCount * unit("addKeyNs"));
});

test("deferred struct-page init moves free pages to all CPUs, and preserved pages stay with one", async () => {
  const deferred = await changed(["initrd: 20 MiB", "initrd: 20 MiB, deferred_struct_page_init: true"]);
  const { preservedPageCount, ramPageCount, keyCount, keyAreaCount, regionVisitCount } = deferred.result.plan.counts;
  const earlyPages = (4 * gib) / 4096 + (128 * mib) / 4096;
  expect(stepNs(deferred, "init-memmap")).toBeCloseTo(earlyPages * unit("initStructPageNs"), -3);
  const threads = Math.ceil((ramPageCount - earlyPages - preservedPageCount) / 8);
  expect(stepNs(deferred, "init-deferred")).toBeCloseTo(threads * unit("initStructPageNs"), -3);
  expect(stepNs(deferred, "reserve-preserved")).toBeCloseTo(
    keyCount * unit("reserveKeyNs") +
      regionVisitCount * unit("visitRegionNs") +
      keyAreaCount * unit("reserveAreaNs") +
      preservedPageCount * unit("initStructPageNs"),
    -3,
  );
});

describe("the agent's order", () => {
  const two = [
    "  - {name: vm, count: 3, memory: 4 GiB, folio: 4 KiB, preallocated: true, vcpus: 2}",
    "  - {name: small, memory: 1 GiB, folio: 4 KiB, preallocated: true}\n  - {name: large, memory: 8 GiB, folio: 4 KiB, preallocated: true}",
  ] as const;
  const resumes = ({ result }: FinishedRun) => result.plan.vms.map(({ resumeNs }) => resumeNs);

  test("smallest first lets the small VM run first, largest first the large one", async () => {
    const [small, large] = resumes(await changed(two, ["update:", "agent: {order: smallest-first}\nupdate:"]));
    expect(small).toBeLessThan(large!);
    const [smallLast, largeFirst] = resumes(await changed(two, ["update:", "agent: {order: largest-first}\nupdate:"]));
    expect(largeFirst).toBeLessThan(smallLast!);
  });

  test("changes who waits and not how long the host stands still", async () => {
    const [first, second] = [
      await changed(two, ["update:", "agent: {order: smallest-first}\nupdate:"]),
      await changed(two, ["update:", "agent: {order: largest-first}\nupdate:"]),
    ];
    expect(first.result.blackoutNs).toBe(second.result.blackoutNs);
  });
});

test("what does not fill a whole folio is taken as 4 KiB folios, and said", async () => {
  const odd = await changed(["memory: 4 GiB, folio: 4 KiB", "memory: 4097 MiB, folio: 2 MiB"]);
  expect(odd.result.plan.counts.vms[0]!.folioCount).toBe(2048 + 256);
  const { sources } = openFolder("run", join(folder, "run"));
  const warnings = readRows(runSchema.runWarningTable, sources.get("warning")!);
  expect(warnings).toContainEqual(expect.objectContaining({ code: "folio-remainder", origin: "scenario" }));
});

test("[KHO-05] scattered folios cost the square of their pieces, and the run says so", async () => {
  const scatter = (runFolios: number) =>
    changed(["folio: 4 KiB,", `folio: 4 KiB, placement: {fragmented: {run_folios: ${runFolios}, gap_folios: 1}},`]);
  const [coarse, fine] = [await scatter(400), await scatter(200)];
  const visits = [coarse, fine].map(({ result }) => result.plan.counts.regionVisitCount);
  // Twice the pieces: each key finds twice as many regions below it.
  expect(visits[1]! / visits[0]!).toBeCloseTo(2, 1);
  const { sources } = openFolder("run", join(folder, "run"));
  const warnings = readRows(runSchema.runWarningTable, sources.get("warning")!);
  expect(warnings).toContainEqual(expect.objectContaining({ code: "memory-scattered", origin: "model" }));
});

test("memory in more pieces than can be placed is refused", async () => {
  const dust = ["folio: 4 KiB,", "folio: 4 KiB, placement: {fragmented: {run_folios: 1, gap_folios: 1}},"] as const;
  await expect(changed(dust)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining("pieces") });
});
