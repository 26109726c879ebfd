import type { CostId } from "../../src/model/index.ts";
import { type RowId, rowValue } from "./rows.ts";

/** A constant with its range, in ns, and the rows behind it. */
export interface PublishedCost {
  readonly baseNs: number;
  readonly lowNs: number;
  readonly highNs: number;
  readonly source: string;
  readonly rows: readonly RowId[];
}

const msNs = 1e6;
const secNs = 1e9;
const hugePages = 512;
const smallFolios = (100 * 1024 ** 3) / 4096;
const largeFolios = smallFolios / hugePages;
const gibSmallPages = 262_144;
const gibLargePages = gibSmallPages / hugePages;

/** Cost of a folio and of each of its pages, from what a 4 KiB folio and a 2 MiB folio cost. */
function solve(smallNs: number, largeNs: number): { folioNs: number; pageNs: number } {
  const pageNs = (largeNs - smallNs) / (hugePages - 1);
  return { folioNs: smallNs - pageNs, pageNs };
}

/** Changes between the two postings of the same series: the largest of its save and of its load cells. */
const saveSpread = 1.69;
const loadSpread = 1.32;

/** Time of one key under the tracker's mutex: part of saving a folio. */
const addKeyNs = 30;
const leastAddKeyNs = 10;

/** Compressed kernel of the report behind row C7. */
const imageMib = 8.5;

const save = solve(rowValue("A3-save-4K-unit"), rowValue("A3-save-2M-unit"));
const load = solve(rowValue("A3-load-4K-unit"), rowValue("A3-load-2M-unit"));
const threaded = (small: RowId, large: RowId) =>
  solve((rowValue(small) * msNs) / smallFolios, (rowValue(large) * msNs) / largeFolios);
const saveThreaded = threaded("A2-save-4K-t16", "A2-save-2M-t16");
const loadThreaded = threaded("A2-load-4K-t16", "A2-load-2M-t16");
const prefault = solve(
  (rowValue("G6-prefault-4k") * msNs) / gibSmallPages,
  (rowValue("G6-prefault-thp") * msNs) / gibLargePages,
);
const mapDma = solve(rowValue("J4-4K"), rowValue("J4-2M") * 1000);
const mapDmaPatched = solve(rowValue("J4-4K"), rowValue("J4-2M-new") * 1000);

const saveRows = ["A3-save-4K-unit", "A3-save-2M-unit", "A2-save-4K-t16", "A2-save-2M-t16"] as const;
const loadRows = ["A3-load-4K-unit", "A3-load-2M-unit", "A2-load-4K-t16", "A2-load-2M-t16"] as const;
const prefaultRows = ["G6-prefault-thp", "G6-prefault-4k"] as const;

const bootRows = [
  "E1-BDW-t0-kernel",
  "E1-BDW-t0-memmap",
  "E1-ZEN64-t16-kernel",
  "E1-ZEN64-t16-memmap",
  "E1-SKX-t0-kernel",
  "E1-SKX-t0-memmap",
] as const;
const bootRest = (kernel: RowId, memmap: RowId): number => (rowValue(kernel) - rowValue(memmap)) * msNs;

const inBoot: PublishedCost = {
  baseNs: 0,
  lowNs: 0,
  highNs: 0,
  source: "contained in initcallsNs, whose rows are the whole kernel boot of a 192 GiB host",
  rows: ["E1-BDW-t0-kernel"],
};

/** Constants that published measurements fix, each by its derivation. */
export const measuredCosts: Partial<Record<CostId, PublishedCost>> = {
  preserveFolioNs: {
    baseNs: save.folioNs - addKeyNs,
    lowNs: Math.max(saveThreaded.folioNs - leastAddKeyNs, 0),
    highNs: (save.folioNs - addKeyNs) * saveSpread,
    source:
      "PKRAM save of 100 GB: ns a 4 KiB folio and a 2 MiB folio solved for folio and page, less addKeyNs; low: 16 threads; high: + 69 %, the largest change between the two postings",
    rows: saveRows,
  },
  preservePageNs: {
    baseNs: save.pageNs,
    lowNs: saveThreaded.pageNs,
    highNs: save.pageNs * saveSpread,
    source: "as preserveFolioNs, a 4 KiB page of the folio",
    rows: saveRows,
  },
  retrieveFolioNs: {
    baseNs: load.folioNs,
    lowNs: Math.max(loadThreaded.folioNs, 1),
    highNs: load.folioNs * loadSpread,
    source:
      "PKRAM load of 100 GB: ns a 4 KiB folio and a 2 MiB folio solved for folio and page; low: 16 threads; high: + 32 %",
    rows: loadRows,
  },
  retrievePageNs: {
    baseNs: load.pageNs,
    lowNs: loadThreaded.pageNs,
    highNs: load.pageNs * loadSpread,
    source: "as retrieveFolioNs, a 4 KiB page of the folio",
    rows: loadRows,
  },
  zeroPageNs: {
    baseNs: prefault.pageNs,
    lowNs: prefault.pageNs / 2,
    highNs: prefault.pageNs * 2,
    source:
      "Cloud Hypervisor prefault, ms/GiB with 2 MiB and 4 KiB pages solved for folio and page; range: half and double, assumed",
    rows: prefaultRows,
  },
  allocFolioNs: {
    baseNs: prefault.folioNs,
    lowNs: prefault.folioNs / 2,
    highNs: prefault.folioNs * 2,
    source: "as zeroPageNs, a folio",
    rows: prefaultRows,
  },
  shutdownNvmeNs: {
    baseNs: rowValue("B1-nvme-one") * secNs,
    lowNs: 50 * msNs,
    highNs: rowValue("J8-nvme") * secNs,
    source:
      "one NVMe drive, typical of that report; low: a drive that shuts down at once, assumed; high: 80 s of 16 drives",
    rows: ["B1-nvme-one", "J8-nvme"],
  },
  decompressMibNs: {
    baseNs: (rowValue("C7-x86-decompress") * msNs) / imageMib,
    lowNs: (110 * msNs) / imageMib,
    highNs: (rowValue("C6-x86-jump-base") * msNs) / imageMib,
    source:
      "150 ms saved by an uncompressed kernel of 8.5 MiB; high: copy, hash and decompress together above 500 ms; low: 110 ms reported for one platform",
    rows: ["C7-x86-decompress", "C6-x86-jump-base"],
  },
  initStructPageNs: {
    baseNs: rowValue("J9-SKX-serial"),
    lowNs: rowValue("J9-ZEN16-serial"),
    highNs: rowValue("J9-HSW14-serial"),
    source: "struct page init with one thread: a 2-socket Xeon; low and high of six machines",
    rows: ["J9-SKX-serial", "J9-ZEN16-serial", "J9-HSW14-serial"],
  },
  startCpuNs: {
    baseNs: rowValue("J5-uv-par") * msNs,
    lowNs: 0.34 * msNs,
    highNs: rowValue("J5-uv") * msNs,
    source: "1,920 CPUs brought up in parallel; high: serially; low: 11 ms for 32 CPUs of one VM",
    rows: ["J5-uv-par", "J5-uv"],
  },
  initcallsNs: {
    baseNs: bootRest("E1-BDW-t0-kernel", "E1-BDW-t0-memmap"),
    lowNs: bootRest("E1-ZEN64-t16-kernel", "E1-ZEN64-t16-memmap"),
    highNs: bootRest("E1-SKX-t0-kernel", "E1-SKX-t0-memmap"),
    source: "whole kernel boot less struct page init: a Xeon E5; low: an EPYC guest; high: a bare 2-socket Xeon",
    rows: bootRows,
  },
  setupArchNs: inBoot,
  startKernelNs: inBoot,
  startKernelGibNs: inBoot,
  bounceBufferNs: inBoot,
  initcallsGibNs: inBoot,
  initcallsCpuNs: inBoot,
  spreadHashGibNs: inBoot,
  mapDmaFolioNs: {
    baseNs: mapDma.folioNs,
    lowNs: rowValue("J4-4K") / 2,
    highNs: rowValue("J4-4K") * 1.5,
    source:
      "VFIO map of 16 GiB in 4 KiB and 2 MiB pages solved for folio and page; low and high: half and one and a half, assumed",
    rows: ["J4-4K", "J4-2M"],
  },
  mapDmaPageNs: {
    baseNs: mapDma.pageNs,
    lowNs: mapDmaPatched.pageNs,
    highNs: mapDma.pageNs * 1.5,
    source: "as mapDmaFolioNs, a 4 KiB page; low: the patched code",
    rows: ["J4-4K", "J4-2M", "J4-2M-new"],
  },
  prefaultNs: {
    baseNs: prefault.folioNs,
    lowNs: prefault.folioNs / 2,
    highNs: prefault.folioNs * 2,
    source:
      "Cloud Hypervisor prefault, ms/GiB with 2 MiB and 4 KiB pages solved for folio and page: a folio, without the zeroing of its pages; range: half and double, assumed",
    rows: prefaultRows,
  },
  refaultPageNs: {
    baseNs: rowValue("J2-tdp") * 1000,
    lowNs: rowValue("J2-legacy") * 1000,
    highNs: rowValue("J2-tdp") * 2000,
    source:
      "re-fault of 4 KiB pages, 96 vCPUs side by side; low: serialised legacy MMU, by fault; high: double, assumed",
    rows: ["J2-tdp", "J2-legacy"],
  },
};

/** A base, a low and a high value that nobody measured, with the reason. */
type Assumption = readonly [baseNs: number, lowNs: number, highNs: number, why: string, rows?: readonly RowId[]];

export const assumedCosts: Partial<Record<CostId, Assumption>> = {
  addKeyNs: [addKeyNs, leastAddKeyNs, 100, "six-level walk in cache, 100 instructions at 3 a ns"],
  copyPageNs: [
    500,
    250,
    (rowValue("J7-reloc-on") * msNs) / 256,
    "copy of 8 GB/s, as memory bandwidth of one x86 core; high: relocation with MMU on arm64",
    ["J7-reloc-on"],
  ],
  mapGibNs: [2000, 500, 20_000, "a few 1 GiB entries"],
  kexecLoadNs: [20 * msNs, 5 * msNs, 100 * msNs, "signature check and set-up"],
  kexecLoadMibNs: [1.5 * msNs, 0.5 * msNs, 5 * msNs, "read and copy"],
  pauseVcpuNs: [0.1 * msNs, 0.02 * msNs, 1 * msNs, "a few dozen KVM_GET_* ioctls"],
  saveDeviceNs: [1 * msNs, 0.1 * msNs, 10 * msNs, "state of one emulated device"],
  saveVmNs: [10 * msNs, 2 * msNs, 50 * msNs, "VMM writes state and flushes its own queues"],
  resetDeviceNs: [100 * msNs, 1 * msNs, 1 * secNs, "a function-level reset has 100 ms by the PCIe standard"],
  finalizeBitmapNs: [200, 50, 2000, "one list entry a bitmap"],
  stopUserspaceNs: [2 * secNs, 0.2 * secNs, 10 * secNs, "systemd stops the services of a small host"],
  notifyRebootNs: [5 * msNs, 0.1 * msNs, 50 * msNs, "no published row"],
  shutdownNicNs: [200 * msNs, 10 * msNs, 2 * secNs, "no published row; firmware command and link down"],
  shutdownGpuNs: [500 * msNs, 50 * msNs, 5 * secNs, "no published row"],
  shutdownOtherNs: [0.1 * msNs, 0.01 * msNs, 10 * msNs, "no published row; a platform device"],
  syscoreShutdownNs: [1 * msNs, 0.1 * msNs, 10 * msNs, "no published row"],
  kvmDisableCpuNs: [5000, 1000, 0.1 * msNs, "one IPI and VMXOFF a CPU"],
  stopCpuNs: [10_000, 1000, 1 * msNs, "x86 stops CPUs by one IPI in parallel; the acknowledgement a CPU"],
  disableIommuNs: [1 * msNs, 0.1 * msNs, 10 * msNs, "no published row"],
  probeNvmeNs: [300 * msNs, 50 * msNs, 2 * secNs, "no published row; controller enable"],
  probeNicNs: [500 * msNs, 50 * msNs, 3 * secNs, "no published row; firmware and link"],
  probeGpuNs: [1 * secNs, 0.1 * secNs, 5 * secNs, "no published row"],
  probeOtherNs: [1 * msNs, 0.1 * msNs, 10 * msNs, "no published row"],
  unpackMibNs: [8 * msNs, 1 * msNs, 20 * msNs, "zstd initramfs at 120 MB/s"],
  startUserspaceNs: [500 * msNs, 50 * msNs, 3 * secNs, "initramfs without a full distribution, to the agent"],
  restoreVmNs: [
    40 * msNs,
    rowValue("F6-srcu") * msNs,
    200 * msNs,
    "KVM_CREATE_VM, memory slots and threads of a VMM; low: one SRCU grace period of a memory slot",
    ["F6-srcu"],
  ],
  restoreVcpuNs: [1 * msNs, 0.2 * msNs, 5 * msNs, "KVM_CREATE_VCPU and KVM_SET_*"],
  restoreDeviceNs: [1 * msNs, 0.2 * msNs, 10 * msNs, "one emulated device"],
  attachDeviceNs: [20 * msNs, 2 * msNs, 200 * msNs, "vfio and iommufd set-up of one device, without mapping"],
};
