import { divCeil, gibBytes, mibBytes, pageBytes, pagesToBytes, secNs } from "../../base/index.ts";
import type { DeviceConfig, DeviceKind, HostConfig, UpdateConfig } from "../config.ts";
import type { CostId } from "../costs.ts";
import type { UpdateCounts } from "../counts.ts";
import { kernelFeatures } from "../kernel/versions.ts";
import { alone, type CostTerm, type Stage, term, type Work } from "./work.ts";

/** Start bit, eight data bits, stop bit. */
const bitsPerChar = 10;

/** Threads beyond which deferred struct-page init gains nothing: rows E1-SKX-t13 (11.4 times) and E1-SKX-t52 (12.9). */
const deferredThreads = 12;

/** Frames below 4 GiB are never deferred, and one section of 128 MiB a node. linux-7.3 mm/mm_init.c defer_init() */
const lowZoneFrames = (4 * gibBytes) / pageBytes;
const sectionFrames = (128 * mibBytes) / pageBytes;

/** RAM from which some of it lies above 4 GiB (the PCI hole is below), so that 32-bit devices need a bounce buffer. */
const bounceRamBytes = 4 * gibBytes;

const shutdownCosts = {
  nvme: "shutdownNvmeNs",
  nic: "shutdownNicNs",
  gpu: "shutdownGpuNs",
  other: "shutdownOtherNs",
} as const satisfies Record<DeviceKind, CostId>;

const probeCosts = {
  nvme: "probeNvmeNs",
  nic: "probeNicNs",
  gpu: "probeGpuNs",
  other: "probeOtherNs",
} as const satisfies Record<DeviceKind, CostId>;

function step(name: string, lifecycleRow: number, detail: string, ...terms: CostTerm[]): Stage {
  return alone({ name, lifecycleRow, phase: "kexec", detail, terms });
}

/** Real devices that the old kernel shuts down and the new one probes; 7.3 itself can do no other. */
export function shutDownDevices({ host, vms }: UpdateConfig): readonly DeviceConfig[] {
  return [...host.devices, ...vms.flatMap((vm) => vm.devices)].filter(({ treatment }) => treatment === "shutdown");
}

function deviceStages(devices: readonly DeviceConfig[], what: "shutdown" | "probe"): Stage[] {
  const row = what === "shutdown" ? 10 : 29;
  const costs = what === "shutdown" ? shutdownCosts : probeCosts;
  return devices.map((device) =>
    step(`${what}-device`, row, `${device.kind} ${device.name}`, term(costs[device.kind], 1)),
  );
}

/** Posted: units of preserved I/O address spaces go on translating; which ones those are is not known, so all do [IOMMU-02]. */
function unitsTurnedOff(host: HostConfig, { vms }: UpdateCounts): number {
  return vms.some(({ sideFiles }) => sideFiles.pageTablePages > 0) ? 0 : host.iommuUnitCount;
}

/** Rows 10 to 16: the old kernel goes down. */
function oldKernelStages(config: UpdateConfig, counts: UpdateCounts): Stage[] {
  const { host } = config;
  return [
    step("notify-reboot", 10, "kernel_restart_prepare, usermodehelper_disable", term("notifyRebootNs", 1)),
    // Reverse creation order, one after the other: device_shutdown().
    ...deviceStages([...shutDownDevices(config)].reverse(), "shutdown"),
    step(
      "syscore-shutdown",
      12,
      "syscore_shutdown, kvm_shutdown",
      term("syscoreShutdownNs", 1),
      term("kvmDisableCpuNs", host.cpuCount),
    ),
    step(
      "stop-cpus",
      14,
      "native_machine_shutdown: stop_other_cpus, iommu_shutdown",
      term("stopCpuNs", host.cpuCount - 1),
      term("disableIommuNs", unitsTurnedOff(host, counts)),
    ),
    step("copy-image", 15, "relocate_kernel: swap_pages", term("copyPageNs", counts.image.copiedPages)),
    ...purgatoryStages(host, counts),
  ];
}

/** Row 16: through 7.2 purgatory hashes every segment; 7.3 leaves that out when KHO is on [KEXEC-01]. */
function purgatoryStages(host: HostConfig, { image }: UpdateCounts): Stage[] {
  if (!kernelFeatures(host.kernelFrom).hashesImage) return [];
  const hashedMib = pagesToBytes(image.copiedPages) / mibBytes;
  return [step("purgatory", 16, "verify_sha256_digest", term("hashPurgatoryMibNs", hashedMib))];
}

interface InitPages {
  readonly earlyPages: number;
  readonly deferredPages: number;
}

/** Struct pages that one CPU initialises early, and those left to threads. */
function splitInitPages({ host }: UpdateConfig, { ramPageCount, preservedPageCount }: UpdateCounts): InitPages {
  if (!host.deferredInit) return { earlyPages: ramPageCount, deferredPages: 0 };
  const earlyPages = Math.min(ramPageCount, lowZoneFrames + host.numaNodeCount * sectionFrames);
  return { earlyPages, deferredPages: Math.max(0, ramPageCount - earlyPages - preservedPageCount) };
}

/** Row 20: since 7.3 every key is entered into a map of busy blocks of 1 GiB [KHO-03]. */
function extendScratchStages(host: HostConfig, { keyCount, tracker }: UpdateCounts): Stage[] {
  if (!kernelFeatures(host.kernelTo).extendsScratch) return [];
  const detail = "kho_memory_init_early: kho_extend_scratch";
  return [step("extend-scratch", 20, detail, term("extendScratchKeyNs", keyCount + tracker.pages))];
}

/** Rows 17 to 24: the new kernel finds its memory and what is preserved in it. */
function memoryStages(config: UpdateConfig, counts: UpdateCounts): Stage[] {
  const { host } = config;
  const { earlyPages } = splitInitPages(config, counts);
  const freePages = Math.max(0, counts.ramPageCount - counts.preservedPageCount);
  const preservedInit = host.deferredInit ? [term("initStructPageNs", counts.preservedPageCount)] : [];
  return [
    step("decompress", 17, "extract_kernel", term("decompressMibNs", host.kernelImageBytes / mibBytes)),
    step(
      "setup-arch",
      18,
      "setup_arch: kho_populate",
      term("setupArchNs", 1),
      term("addScratchNs", 2 + counts.scratch.nodeBytes.length),
    ),
    step("map-memory", 19, "init_mem_mapping", term("mapGibNs", host.ramBytes / gibBytes)),
    ...extendScratchStages(host, counts),
    step("init-memmap", 22, "free_area_init, memmap_init_range", term("initStructPageNs", earlyPages)),
    step(
      "reserve-preserved",
      23,
      "kho_memory_init: kho_preserved_memory_reserve, memblock_reserve",
      term("reserveKeyNs", counts.keyCount),
      term("visitRegionNs", counts.regionVisitCount),
      term("reserveAreaNs", counts.keyAreaCount),
      ...preservedInit,
    ),
    step("free-memory", 24, "memblock_free_all", term("freePageNs", Math.min(freePages, earlyPages))),
  ];
}

function deferredStages(config: UpdateConfig, counts: UpdateCounts): Stage[] {
  const { host } = config;
  const { deferredPages } = splitInitPages(config, counts);
  if (deferredPages === 0) return [];
  const threads = Math.max(1, Math.min(deferredThreads, Math.floor(host.cpuCount / host.numaNodeCount)));
  // One kernel thread a node, each with its own helpers: nodes run beside each other.
  const pages = divCeil(deferredPages, threads * host.numaNodeCount);
  return [step("init-deferred", 28, "page_alloc_init_late: deferred_init_memmap", term("initStructPageNs", pages))];
}

function consoleStages(host: HostConfig): Stage[] {
  if (host.consoleBaud === 0 || host.consoleChars === 0) return [];
  const work: Work = {
    name: "serial-console",
    lifecycleRow: 13,
    phase: "kexec",
    detail: `${host.consoleChars} characters at ${host.consoleBaud} baud`,
    terms: [],
    fixedNs: (host.consoleChars * bitsPerChar * secNs) / host.consoleBaud,
  };
  return [alone(work)];
}

/** Tables that grow with RAM have a power of two of entries [BOOT-02]. linux-7.3 mm/mm_init.c alloc_large_system_hash() */
function hashGib({ ramBytes }: HostConfig): number {
  return 2 ** Math.ceil(Math.log2(ramBytes / gibBytes));
}

/** Bounce buffer for 32-bit devices; where it finds no place, half of it is tried, and so on. linux-7.3 swiotlb.c */
const bounceBytes = 64 * mibBytes;
const leastBounceBytes = mibBytes;

/**
 * Share of a whole bounce buffer that a host with RAM above 4 GiB gets: it lies below, and before scratch is extended only
 * the lowmem area is there, with the kernel and its initrd in it [BOOT-03].
 */
function bounceShare(host: HostConfig, { scratch }: UpdateCounts): number {
  if (host.ramBytes < bounceRamBytes) return 0;
  if (kernelFeatures(host.kernelTo).extendsScratch) return 1;
  const roomBytes = scratch.lowmemBytes - host.kernelInitBytes - host.initrdBytes;
  let bytes = bounceBytes;
  while (bytes > roomBytes && bytes > leastBounceBytes) bytes /= 2;
  return bytes / bounceBytes;
}

/** Rows 25 to 30: the rest of the boot, up to the agent in the new userspace. */
function bootStages(config: UpdateConfig, counts: UpdateCounts): Stage[] {
  const { host } = config;
  return [
    step(
      "start-kernel",
      25,
      "start_kernel: alloc_large_system_hash, swiotlb_init, sched_init … console_init",
      term("startKernelNs", 1),
      term("startKernelGibNs", hashGib(host)),
      term("bounceBufferNs", bounceShare(host, counts)),
      // On several nodes the tables are spread over them, page by page.
      term("spreadHashGibNs", host.numaNodeCount > 1 ? hashGib(host) : 0),
    ),
    step(
      "restore-luo",
      26,
      "luo_early_startup: kho_block_set_restore",
      term("restoreBlockNs", counts.sessionBlockCount),
    ),
    step("start-cpus", 27, "smp_init: bringup_nonboot_cpus", term("startCpuNs", host.cpuCount - 1)),
    ...deferredStages(config, counts),
    step(
      "initcalls",
      29,
      "do_initcalls: kho_init, luo_late_startup, drivers",
      term("initcallsNs", 1),
      term("initcallsGibNs", hashGib(host)),
      term("initcallsCpuNs", host.cpuCount - 1),
    ),
    ...deviceStages(shutDownDevices(config), "probe"),
    step("unpack-initrd", 30, "populate_rootfs", term("unpackMibNs", host.initrdBytes / mibBytes)),
    ...consoleStages(host),
    step("start-userspace", 30, "run_init_process to the agent", term("startUserspaceNs", 1)),
  ];
}

/** Rows 10 to 30: from the first reboot notifier to the agent's first instruction under the new kernel. */
export function kexecStages(config: UpdateConfig, counts: UpdateCounts): Stage[] {
  return [...oldKernelStages(config, counts), ...memoryStages(config, counts), ...bootStages(config, counts)];
}
