import type { CostId } from "../model/index.ts";
import type { Profile } from "../profile/index.ts";

const belowResolution = "below what the recordings resolve";
const userspace = "userspace is the lab's own small program; no VMM was recorded";
const noDevice = "the recorded machine has no such device";

/** What a constant is held at while others are fitted, in ns, with the reason. */
export interface Assumption {
  readonly ns: number;
  readonly why: string;
}

/** Constants that the lab's recordings cannot show at all. */
const held: Table = {
  openDeviceNs: [5000, "as the later open without sessions (open_deserialize of size-*)"],
  preservePageNs: [0, belowResolution],
  addKeyNs: [100, "share of the fitted cost of a folio that is under the tracker's mutex"],
  pauseVcpuNs: [50_000, userspace],
  saveDeviceNs: [200_000, userspace],
  saveVmNs: [1_000_000, userspace],
  stopUserspaceNs: [100_000_000, userspace],
  shutdownNvmeNs: [50_000_000, noDevice],
  shutdownNicNs: [50_000_000, noDevice],
  shutdownGpuNs: [100_000_000, noDevice],
  shutdownOtherNs: [20_000, "374 us for the 16 devices of the recorded machine, which are in notifyRebootNs"],
  resetDeviceNs: [100_000_000, "PCIe gives a function-level reset 100 ms; no such device was recorded"],
  finalizeBitmapNs: [500, "one list entry a bitmap; no kernel before 7.1 was recorded"],
  kvmDisableCpuNs: [5000, "no KVM was in use"],
  stopCpuNs: [10_000, belowResolution],
  disableIommuNs: [1_000_000, noDevice],
  addScratchNs: [10_000, belowResolution],
  mapGibNs: [1000, `${belowResolution}: 1 GiB mappings`],
  restoreBlockNs: [10_000, belowResolution],
  probeNvmeNs: [100_000_000, noDevice],
  probeNicNs: [100_000_000, noDevice],
  probeGpuNs: [200_000_000, noDevice],
  probeOtherNs: [5_000_000, "QEMU's machine is in initcallsNs"],
  restoreVmNs: [5_000_000, userspace],
  restoreVcpuNs: [200_000, userspace],
  restoreDeviceNs: [500_000, userspace],
  attachDeviceNs: [5_000_000, noDevice],
  mapDmaFolioNs: [400, noDevice],
  mapDmaPageNs: [10, noDevice],
};

/** Values for constants that recordings with one and the same image cannot tell apart from others. */
const fallbacks: Table = {
  copyPageNs: [528, "instructions a page, as an update with an initrd larger by 16 MiB shows them (initrd-48m)"],
  startKernelNs: [
    195_000_000,
    "the least that TSC and messages leave for it (boots of one CPU); the rest is in initcallsNs",
  ],
  kexecLoadMibNs: [
    2_060_000,
    "instructions a MiB, as an update with an initrd larger by 16 MiB shows them (initrd-48m)",
  ],
  unpackMibNs: [2_570_000, "instructions a MiB, as an update with an initrd larger by 16 MiB shows them (initrd-48m)"],
};

/** What a fit takes for granted. */
export interface Assumptions {
  /** What a constant is held at, if it is never fitted. */
  readonly heldAt: (id: CostId) => Assumption | undefined;
  /** What one is held at when the recordings cannot tell it apart from others; else it is contained in them. */
  readonly fallbackFor: (id: CostId) => Assumption | undefined;
}

type Table = Partial<Record<CostId, readonly [number, string]>>;

function look(table: Table, id: CostId, base: Profile | undefined): Assumption | undefined {
  const entry = table[id];
  if (!entry) return undefined;
  return base ? { ns: base.costs[id].unitNs, why: `profile ${base.name}` } : { ns: entry[0], why: entry[1] };
}

/** The lab's, or the same constants with the values of another profile. */
export function assumptionsOf(base?: Profile): Assumptions {
  return { heldAt: (id) => look(held, id, base), fallbackFor: (id) => look(fallbacks, id, base) };
}

/** True for a constant that no fit ever finds. */
export function isHeld(id: CostId): boolean {
  return held[id] !== undefined;
}

/** Constants that pay for the same work: zeroing a page writes each of its bytes once, and so does copying it. */
export const likeIds: Partial<Record<CostId, CostId>> = { zeroPageNs: "migratePageNs" };

/** How far an assumed constant may be off: a factor each way. */
export const assumedFactor = 4;

const host = "a host with another amount of RAM";
const advice: Partial<Record<CostId, string>> = {
  createSessionScanNs: "updates of one session and of some hundred",
  preserveFileScanNs: "a session of one file and one of some hundred",
  preserveFolioNs: "files of different sizes",
  allocFolioNs: "files that are only half written before they are preserved, in 4 KiB and in 2 MiB folios",
  zeroPageNs: "files that are only half written, in 4 KiB and in 2 MiB folios",
  repinFolioNs: "files of the same size of which different parts lie in scratch",
  migrateFolioNs: "files in 4 KiB and in 2 MiB folios that lie in scratch in part",
  migratePageNs: "files in 4 KiB and in 2 MiB folios that lie in scratch in part",
  spillPageNs: "a file that nearly fills the upper zone and lies in scratch in part",
  kexecLoadMibNs: "an update whose initrd is some MiB larger",
  hashLoadMibNs: "updates out of 7.2 and out of 7.3 of the same image",
  freezeSessionNs: "updates of one session and of some hundred",
  freezeFileNs: "a session of one file and one of some hundred",
  copyPageNs: "an update whose initrd is some MiB larger",
  decompressMibNs: "another kernel image",
  notifyRebootNs: "updates with a trace of the reboot, as the recorder makes them",
  startKernelNs: "boots whose message clock is steady from the start",
  hashPurgatoryMibNs: "updates out of 7.2 and out of 7.3 of the same image",
  initStructPageNs: host,
  freePageNs: host,
  reserveKeyNs: "updates of few and of many folios",
  visitRegionNs: "scattered folios",
  startKernelGibNs: host,
  bounceBufferNs: "a host with all its RAM below 4 GiB, and one with more",
  spreadHashGibNs: "a host of several nodes",
  startCpuNs: "hosts with different numbers of CPUs",
  initcallsGibNs: host,
  initcallsCpuNs: "hosts with different numbers of CPUs",
  unpackMibNs: "an update whose initrd is some MiB larger",
  deserializeSessionNs: "updates of one session and of some hundred",
  deserializeScanNs: "updates of different numbers of sessions",
  deserializeFileNs: "sessions of one file and of some hundred",
  retrieveSessionScanNs: "updates of one session and of some hundred",
  retrieveFolioNs: "files in 4 KiB and in 2 MiB folios",
  retrievePageNs: "files in 4 KiB and in 2 MiB folios",
  retrieveNodeNs: "a host of several nodes",
  finishFileNs: "sessions of one file and of some hundred",
};

/** What to record so that a constant can be told apart from the others. */
export function whatToRecord(id: CostId): string {
  return advice[id] ?? "updates that differ in it alone";
}
