import { mibBytes } from "../../src/base/index.ts";
import { costIds } from "../../src/model/index.ts";
import { fitGroup, fitGroups, imageMib, median, pagesPerMib } from "./groups.ts";
import { eventOf, type FitRecording } from "./recording.ts";

export interface ProfileCost {
  unit_ns: number;
  low_ns: number;
  high_ns: number;
  source: string;
  assumed: boolean;
}

/** init_size in the headers of the recorded bzImages, 7.3.4 and 7.2.13. */
const initMib = 17.906_25;
const initMibOf72 = 19.949_218_75;

/** init_size of a recorded kernel, by its release. */
export function initMibOf(version: string): number {
  return version.startsWith("7.2.") ? initMibOf72 : initMib;
}

/** Bounds below which a fit of few observations must not claim to be exact. */
const leastRatio = 0.01;

function measured(unitNs: number, ratio: number, source: string): ProfileCost {
  const spread = Math.max(leastRatio, Math.min(ratio, 0.9));
  const round = (ns: number): number => Number(ns.toPrecision(6));
  return {
    unit_ns: round(unitNs),
    low_ns: round(unitNs * (1 - spread)),
    high_ns: round(unitNs * (1 + spread)),
    source,
    assumed: false,
  };
}

function assumed(unitNs: number, why: string): ProfileCost {
  return { unit_ns: unitNs, low_ns: unitNs / 4, high_ns: unitNs * 4, source: `assumed: ${why}`, assumed: true };
}

/** printk's clock starts later than CLOCK_MONOTONIC; the difference belongs to the earliest boot. */
function clockOffsetNs(recording: FitRecording): number {
  return (eventOf(recording, "userspace2")?.["mono_ns"] ?? Number.NaN) - recording.boot.initNs;
}

function userspaceNs(recording: FitRecording): number {
  return recording.boot.initNs - recording.boot.initrdEndNs;
}

function rebootCallNs(recording: FitRecording): number {
  const before = eventOf(recording, "reboot")?.["mono_ns"] ?? Number.NaN;
  const { sessions } = recording.workload;
  return sessions > 1 ? Number.NaN : recording.shutdownStartNs - (before - clockOffsetNs(recording));
}

function setupArchNs(recording: FitRecording): number {
  const { memmapNs, zonesNs, khoEarlyNs } = recording.boot;
  return memmapNs - (zonesNs - khoEarlyNs) + clockOffsetNs(recording);
}

function medians(recordings: readonly FitRecording[]): Record<string, ProfileCost> {
  const alone = recordings.filter(({ workload }) => workload.cpus === 1);
  const of = (read: (recording: FitRecording) => number, what: string): ProfileCost =>
    measured(median(alone.map(read)), 0.02, `median of ${alone.length} recordings: ${what}`);
  return {
    rebootCallNs: of(rebootCallNs, "reboot reading to the first device shutdown"),
    notifyRebootNs: of(
      (r) => r.shutdownEndNs - r.shutdownStartNs,
      "device shutdowns of QEMU's machine to Starting new kernel",
    ),
    setupArchNs: of(setupArchNs, "clock start to Initmem setup, less extend-scratch"),
    startUserspaceNs: of(userspaceNs, "Freeing initrd to Run /init"),
  };
}

const belowResolution = "below what the recordings resolve";
const userspace = "userspace is the lab's own small program; no VMM was recorded";
const noDevice = "the recorded machine has no such device";

function assumptions(): Record<string, ProfileCost> {
  const nanoseconds: Record<string, [number, string]> = {
    openDeviceNs: [5000, "as the later open without sessions (open_deserialize of size-*)"],
    preservePageNs: [0, belowResolution],
    addKeyNs: [100, "share of the fitted cost of a folio that is under the tracker's mutex"],
    freezeSessionNs: [1000, "reboot reading to first shutdown of sessions-64 less that of size-64, by session"],
    freezeFileNs: [210, "the same of files-512, by file"],
    pauseVcpuNs: [50_000, userspace],
    saveDeviceNs: [200_000, userspace],
    saveVmNs: [1_000_000, userspace],
    stopUserspaceNs: [100_000_000, userspace],
    shutdownNvmeNs: [50_000_000, noDevice],
    shutdownNicNs: [50_000_000, noDevice],
    shutdownGpuNs: [100_000_000, noDevice],
    shutdownOtherNs: [20_000, "374 us for the 16 devices of the recorded machine"],
    syscoreShutdownNs: [10_000, "printk of the two syscore steps in size-64"],
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
  return Object.fromEntries(Object.entries(nanoseconds).map(([id, [ns, why]]) => [id, assumed(ns, why)]));
}

/** From the reboot reading to where the second kernel's clock begins. */
function beforeClockNs(recording: FitRecording): number {
  const [before, after] = [eventOf(recording, "reboot"), eventOf(recording, "userspace2")];
  return before && after ? after["tsc"]! - before["tsc"]! - after["mono_ns"]! : Number.NaN;
}

/** What a kernel before 7.3 hashes in recorded updates: its own image, kernel and initrd. */
function hashedMib({ newVersion, initrdBytes }: FitRecording): number {
  return initMibOf(newVersion) + initrdBytes / mibBytes;
}

/** Loading and jumping of updates out of 7.2, less what the same takes out of 7.3, by MiB of the image. */
function hashCosts(recordings: readonly FitRecording[], costs: Readonly<Record<string, ProfileCost>>) {
  const [loadNs, loadMibNs, copyNs, jumpNs] = ["kexecLoadNs", "kexecLoadMibNs", "copyPageNs", "jumpNs"].map(
    (id) => costs[id]!.unit_ns,
  ) as [number, number, number, number];
  const of = (read: (recording: FitRecording) => number, what: string): ProfileCost =>
    measured(
      median(recordings.map((recording) => read(recording) / hashedMib(recording))),
      0.02,
      `median of ${recordings.length} recordings of updates out of 7.2: ${what}, by MiB of the image`,
    );
  return {
    hashLoadMibNs: of(
      (recording) =>
        (eventOf(recording, "kexec_file_load")?.["ns"] ?? Number.NaN) -
        loadNs -
        loadMibNs * (imageMib + recording.initrdBytes / mibBytes),
      "kexec_file_load.ns less that of 7.3",
    ),
    hashPurgatoryMibNs: of((recording) => {
      // The jump's constant has a kernel of 7.3 in it, and no initrd.
      const moreCopiedMib = hashedMib(recording) - initMib;
      return beforeClockNs(recording) - jumpNs - moreCopiedMib * pagesPerMib * copyNs;
    }, "reboot reading to the second kernel's clock less that of 7.3"),
  };
}

function fitted(recordings: readonly FitRecording[]): Record<string, ProfileCost> {
  const costs: Record<string, ProfileCost> = {};
  for (const group of fitGroups) {
    const fit = fitGroup(group, recordings);
    const how = `least squares of ${fit.observations} recordings, rms ${(fit.rmsRatio * 100).toFixed(1)} %: ${group.measured}`;
    for (const [index, id] of group.constants.entries()) costs[id] = measured(fit.units[index]!, fit.rmsRatio, how);
  }
  return costs;
}

/**
 * Every constant of the model, from recordings: fitted, a median, or assumed with its reason. `hashing` are those of
 * updates out of 7.2, from which the price of hashing is taken.
 */
export function fitCosts(
  recordings: readonly FitRecording[],
  hashing: readonly FitRecording[],
): Record<string, ProfileCost> {
  const costs: Record<string, ProfileCost> = { ...assumptions(), ...medians(recordings), ...fitted(recordings) };
  Object.assign(costs, hashCosts(hashing, costs));
  const folio = costs["allFolioNs"]!;
  const key = costs["addKeyNs"]!.unit_ns;
  costs["preserveFolioNs"] = measured(folio.unit_ns - key, 0.03, `${folio.source}; less addKeyNs`);
  const jump = costs["jumpNs"]!;
  const copiedNs = initMib * 256 * costs["copyPageNs"]!.unit_ns;
  costs["decompressMibNs"] = measured(
    (jump.unit_ns - copiedNs) / imageMib,
    0.05,
    `${jump.source}; less copying, by MiB`,
  );
  return Object.fromEntries(costIds.map((id) => [id, costs[id]!]));
}
