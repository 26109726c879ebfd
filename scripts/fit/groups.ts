import { countRegionVisits, countKeys, countPreservedPages, sumPages } from "../../src/model/index.ts";
import { fitUnits, type Fit, type Observation } from "./least-squares.ts";
import { eventOf, type FitRecording } from "./recording.ts";

export const pagesPerMib = 256;
const hugePages = 512;

/** A group of constants that one kind of measurement fixes, and how. */
export interface FitGroup {
  readonly constants: readonly string[];
  /** What was measured, for the profile's source text. */
  readonly measured: string;
  observe(recording: FitRecording): { counts: readonly number[]; ns: number } | undefined;
}

function filePages({ workload }: FitRecording): number {
  return workload.sessions * workload.files * workload.fileMib * pagesPerMib;
}

function pairs(count: number): number {
  return (count * (count - 1)) / 2;
}

function folioPages({ workload }: FitRecording): number {
  return workload.thp ? hugePages : 1;
}

function ramPages({ workload }: FitRecording): number {
  return workload.ramGib * 1024 * pagesPerMib;
}

const preserve: FitGroup = {
  constants: [
    "preserveFileNs",
    "preserveFileScanNs",
    "allFolioNs",
    "allocFolioNs",
    "zeroPageNs",
    "migrateFolioNs",
    "migratePageNs",
  ],
  measured: "preserve_total.preserve_ns",
  observe(recording) {
    const total = eventOf(recording, "preserve_total");
    if (!total) return undefined;
    const { sessions, files, touchRatio } = recording.workload;
    const size = folioPages(recording);
    const pages = filePages(recording);
    const holes = Math.round(pages * (1 - touchRatio));
    const moved = recording.pagesInScratch;
    const counts = [sessions * files, sessions * pairs(files), pages / size, holes / size, holes, moved / size, moved];
    return { counts, ns: total["preserve_ns"]! };
  },
};

const createSession: FitGroup = {
  constants: ["createSessionNs", "createSessionScanNs"],
  measured: "preserve_total.create_ns, 8 sessions or more",
  observe(recording) {
    const total = eventOf(recording, "preserve_total");
    const { sessions } = recording.workload;
    if (!total || sessions < 8) return undefined;
    return { counts: [sessions, pairs(sessions)], ns: total["create_ns"]! };
  },
};

const loadKexec: FitGroup = {
  constants: ["kexecLoadNs", "kexecLoadMibNs"],
  measured: "kexec_file_load.ns",
  observe(recording) {
    const event = eventOf(recording, "kexec_file_load");
    return event && { counts: [1, imageMib + recording.initrdBytes / 2 ** 20], ns: event["ns"]! };
  },
};

/** Size of the recorded kernels' bzImage. */
export const imageMib: number = 5_395_456 / 2 ** 20;

const extendScratch: FitGroup = {
  constants: ["extendScratchKeyNs"],
  measured: "printk from refined-jiffies to Zone ranges, 4,000 keys or more",
  observe({ keys, radixPages, boot }) {
    if (countKeys(keys) < 4000) return undefined; // Two printks take as long as so few keys.
    return { counts: [countKeys(keys) + sumPages(radixPages)], ns: boot.zonesNs - boot.khoEarlyNs };
  },
};

const initMemmap: FitGroup = {
  constants: ["initStructPageNs"],
  measured: "printk from Initmem setup to setup_percpu",
  observe(recording) {
    return { counts: [ramPages(recording)], ns: recording.boot.perCpuNs - recording.boot.memmapNs };
  },
};

const reservePreserved: FitGroup = {
  constants: ["freePageNs", "reserveKeyNs", "visitRegionNs"],
  measured: "printk from mem auto-init to SLUB, placement from KEYS",
  observe(recording) {
    const { keys, boot } = recording;
    const free = ramPages(recording) - countPreservedPages(keys);
    return { counts: [free, countKeys(keys), countRegionVisits(keys)], ns: boot.slubNs - boot.buddyNs };
  },
};

const startCpus: FitGroup = {
  constants: ["startCpuNs"],
  measured: "printk from Bringing up secondary CPUs to Brought up",
  observe({ workload, boot }) {
    return workload.cpus < 2 ? undefined : { counts: [workload.cpus - 1], ns: boot.smpEndNs - boot.smpStartNs };
  },
};

const startKernel: FitGroup = {
  constants: ["startKernelNs", "startKernelGibNs", "bounceBufferNs"],
  measured: "printk from setup_percpu to mem auto-init and from SLUB to Bringing up secondary CPUs, one CPU",
  observe({ workload, boot }) {
    if (workload.cpus > 1) return undefined;
    const counts = [1, workload.ramGib, workload.ramGib >= 4 ? 1 : 0];
    return { counts, ns: boot.buddyNs - boot.perCpuNs + (boot.smpStartNs - boot.slubNs) };
  },
};

const initcalls: FitGroup = {
  constants: ["initcallsNs", "initcallsGibNs", "unpackMibNs"],
  measured: "printk from Brought up to Freeing initrd, one CPU",
  observe({ workload, boot, initrdBytes }) {
    // Several CPUs unpack the initrd beside other initcalls.
    if (workload.cpus > 1) return undefined;
    return { counts: [1, workload.ramGib, initrdBytes / 2 ** 20], ns: boot.initrdEndNs - boot.smpEndNs };
  },
};

const deserialize: FitGroup = {
  constants: ["deserializeOpenNs", "deserializeSessionNs", "deserializeScanNs", "deserializeFileNs"],
  measured: "open_deserialize.ns",
  observe(recording) {
    const event = eventOf(recording, "open_deserialize");
    const { sessions, files } = recording.workload;
    return event && { counts: [1, sessions, pairs(sessions), sessions * files], ns: event["ns"]! };
  },
};

const retrieveSession: FitGroup = {
  constants: ["retrieveSessionNs", "retrieveSessionScanNs"],
  measured: "restore_total.retrieve_session_ns",
  observe(recording) {
    const event = eventOf(recording, "restore_total");
    const { sessions } = recording.workload;
    return event && { counts: [sessions, pairs(sessions)], ns: event["retrieve_session_ns"]! };
  },
};

const retrieveFile: FitGroup = {
  constants: ["retrieveFileNs", "retrieveFolioNs", "retrievePageNs"],
  measured: "restore_total.retrieve_fd_ns",
  observe(recording) {
    const event = eventOf(recording, "restore_total");
    // Files of several nodes' memory are retrieved from afar, which one constant cannot say.
    if (!event || recording.workload.nodes > 1) return undefined;
    const { sessions, files } = recording.workload;
    const pages = filePages(recording);
    const counts = [sessions * files, pages / folioPages(recording), pages];
    return { counts, ns: event["retrieve_fd_ns"]! };
  },
};

const finish: FitGroup = {
  constants: ["finishSessionNs", "finishFileNs"],
  measured: "restore_total.finish_ns",
  observe(recording) {
    const event = eventOf(recording, "restore_total");
    const { sessions, files } = recording.workload;
    return event && { counts: [sessions, sessions * files], ns: event["finish_ns"]! };
  },
};

const refault: FitGroup = {
  constants: ["refaultPageNs"],
  measured: "restore_total.refault_ns, 4 KiB folios",
  observe(recording) {
    const event = eventOf(recording, "restore_total");
    const { thp, touchRatio } = recording.workload;
    if (!event || thp || touchRatio === 0) return undefined;
    return { counts: [filePages(recording) * touchRatio], ns: event["refault_ns"]! };
  },
};

/** Everything between the reboot call and the new userspace that no printk divides, by the TSC. */
const jump: FitGroup = {
  constants: ["jumpNs", "copyPageNs"],
  measured: "TSC from reboot to the new userspace less that kernel's own clock",
  observe(recording) {
    const before = eventOf(recording, "reboot");
    const after = eventOf(recording, "userspace2");
    if (!before || !after) return undefined;
    return { counts: [1, recording.initrdBytes / 4096], ns: after["tsc"]! - before["tsc"]! - after["mono_ns"]! };
  },
};

export const fitGroups: readonly FitGroup[] = [
  createSession,
  preserve,
  loadKexec,
  jump,
  extendScratch,
  initMemmap,
  reservePreserved,
  startKernel,
  startCpus,
  initcalls,
  deserialize,
  retrieveSession,
  retrieveFile,
  finish,
  refault,
];

export function fitGroup(group: FitGroup, recordings: readonly FitRecording[]): Fit {
  const observations: Observation[] = [];
  for (const recording of recordings) {
    const observation = group.observe(recording);
    if (observation) observations.push({ name: recording.name, ...observation });
  }
  return fitUnits(observations);
}

/** Median of a length that no count drives. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)]!;
}
