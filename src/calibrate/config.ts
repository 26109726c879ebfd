import { bytesToPagesCeil, gibBytes, mibBytes, roundUp } from "../base/index.ts";
import {
  countKeys,
  countPreservedPages,
  countKeyAreas,
  countRegionVisits,
  countTracker,
  entryPages,
  kernelFeatures,
  type KeyRun,
  type ScratchConfig,
  sizeKexecImage,
  sizeScratch,
  type UpdateConfig,
  type UpdateCounts,
} from "../model/index.ts";
import type { BeforeUpdate } from "../recording/index.ts";

/** RAM is plugged in pieces of 128 MiB at least; what a log says of it lacks what firmware took. */
const ramPieceBytes = 128 * mibBytes;

/** RAM of the recorded host as it is plugged in: what its log counts, and the little that firmware took of it. */
export function hostRamBytes({ host }: BeforeUpdate): number {
  return roundUp(host.ramBytes ?? 0, ramPieceBytes);
}

/** The areas as the log tells them; without them there is room for anything. */
function scratchOf({ scratchAreasBytes }: BeforeUpdate): ScratchConfig {
  const [lowmemBytes = gibBytes, globalBytes = gibBytes, nodeBytes = gibBytes] = scratchAreasBytes;
  return { kind: "fixed", lowmemBytes, globalBytes, nodeBytes };
}

/** The recorded host and its update as the model's own configuration; userspace is the lab's, so there are no VMs. */
export function configOf(before: BeforeUpdate): UpdateConfig {
  const { host, payload, kernelFrom } = before;
  return {
    seed: 0,
    vms: [],
    agent: {
      order: "as-listed",
      preserveWorkers: 1,
      pauseWorkers: 1,
      restoreWorkers: 1,
      prepopulate: false,
      kexecLoad: "before",
      stopUserspace: "before",
    },
    host: {
      kernelFrom,
      kernelTo: payload.release,
      postedSeries: [],
      pciDeviceCount: 0,
      ramBytes: hostRamBytes(before),
      cpuCount: host.cpuCount ?? 1,
      numaNodeCount: host.nodeCount ?? 1,
      kernelImageBytes: payload.imageBytes,
      kernelMemoryBytes: host.kernelMemoryBytes ?? 0,
      kernelInitBytes: payload.initBytes,
      initrdBytes: payload.initrdBytes,
      logBufBytes: host.logBufBytes ?? 0,
      consoleBaud: 0,
      consoleChars: 0,
      deferredInit: false,
      scratch: scratchOf(before),
      giganticPages: { bytes: gibBytes, count: 0 },
      iommuUnitCount: 0,
      devices: [],
    },
  };
}

/** Counts of the whole host for the steps of the kexec, with the preserved set lying as `keys` say. */
export function countsOf(
  before: BeforeUpdate,
  config: UpdateConfig,
  { keys, regionVisitCount }: { keys: readonly KeyRun[]; regionVisitCount?: number },
): UpdateCounts {
  const { workload } = before;
  const { host } = config;
  const from = kernelFeatures(host.kernelFrom);
  const scratch = sizeScratch(host, from.scratch);
  return {
    vms: [],
    sessionCount: workload.sessions,
    fileCount: workload.sessions * workload.files,
    sessionBlockCount: entryPages(from.sessions, workload.sessions),
    sessionPages: entryPages(from.sessions, workload.sessions),
    filePages: workload.sessions * entryPages(from.files, workload.files),
    fixedPages: from.fixedPages,
    sharedDevices: { pciOrder: undefined, singlePages: 0, sharedBytes: 0 },
    runs: keys,
    keyCount: countKeys(keys),
    tracker: countTracker(from.tracker, keys),
    regionVisitCount:
      regionVisitCount ?? countRegionVisits(keys, from.tracker.kind === "radix" ? "largest-first" : "smallest-first"),
    keyAreaCount: countKeyAreas(keys, before.scratchStartsBytes),
    preservedPageCount: countPreservedPages(keys),
    ramPageCount: bytesToPagesCeil(host.ramBytes),
    scratch,
    image: sizeKexecImage(host, scratch),
  };
}
