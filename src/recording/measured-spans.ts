import { kernelFeatures, kernelLine, kernelVersions } from "../model/index.ts";
import { eventOf, type Recording } from "./recording.ts";

/** A stretch of an update that a recording times as a whole: the model's steps in it, in order. */
export interface Span {
  readonly id: string;
  readonly phase: "preserve" | "serialize" | "kexec" | "restore" | "finish";
  readonly steps: readonly string[];
}

const jumpSteps = ["stop-cpus", "copy-image", "purgatory", "decompress"];
const archSteps = ["setup-arch", "map-memory"];
const kernelSteps = ["start-kernel", "restore-luo"];
const initcallSteps = ["init-deferred", "initcalls", "unpack-initrd"];

/**
 * What can be told apart in a recorded update. `boot-rest` stands for the spans that it names where several CPUs run:
 * until it is marked stable, the clock of their messages falls behind the TSC.
 */
export const spans: readonly Span[] = [
  { id: "create-session", phase: "preserve", steps: ["create-session"] },
  { id: "preserve", phase: "preserve", steps: ["preserve-memory"] },
  { id: "load-kexec", phase: "preserve", steps: ["load-kexec"] },
  { id: "reboot", phase: "serialize", steps: ["reboot-call", "liveupdate-reboot"] },
  { id: "shutdown", phase: "kexec", steps: ["notify-reboot", "syscore-shutdown"] },
  { id: "jump", phase: "kexec", steps: jumpSteps },
  { id: "setup-arch", phase: "kexec", steps: archSteps },
  { id: "extend-scratch", phase: "kexec", steps: ["extend-scratch"] },
  { id: "init-memmap", phase: "kexec", steps: ["init-memmap"] },
  { id: "reserve", phase: "kexec", steps: ["reserve-preserved", "free-memory"] },
  { id: "start-kernel", phase: "kexec", steps: kernelSteps },
  { id: "start-cpus", phase: "kexec", steps: ["start-cpus"] },
  { id: "initcalls", phase: "kexec", steps: initcallSteps },
  { id: "start-userspace", phase: "kexec", steps: ["start-userspace"] },
  {
    id: "boot-rest",
    phase: "kexec",
    steps: [...jumpSteps, ...archSteps, ...kernelSteps, ...initcallSteps, "start-userspace"],
  },
  { id: "open", phase: "restore", steps: ["open-and-deserialize"] },
  { id: "retrieve-session", phase: "restore", steps: ["retrieve-session"] },
  { id: "retrieve", phase: "restore", steps: ["retrieve-memory"] },
  { id: "finish", phase: "finish", steps: ["finish-session"] },
];

/** From the reboot call to the first instruction of the new userspace, by the TSC, which runs through the kexec. */
export function rebootToUserspaceNs(recording: Recording): number | undefined {
  const before = eventOf(recording, "reboot")?.["tsc"];
  const after = eventOf(recording, "userspace2")?.["tsc"];
  if (before === undefined || after === undefined) return undefined;
  // In the lab's virtual time, one tick takes one nanosecond.
  return after > before ? after - before : undefined;
}

function extendsScratch(release = ""): boolean {
  return kernelVersions.includes(kernelLine(release)) && kernelFeatures(release).extendsScratch;
}

type Lengths = Record<string, number>;

/** Lengths that the lab's own program measured. */
function labLengths(recording: Recording): Lengths {
  const number = (kind: string, field: string): number => eventOf(recording, kind)?.[field] ?? Number.NaN;
  return {
    "create-session": number("preserve_total", "create_ns"),
    preserve: number("preserve_total", "preserve_ns"),
    "load-kexec": number("kexec_file_load", "ns"),
    open: number("open_deserialize", "ns"),
    "retrieve-session": number("restore_total", "retrieve_session_ns"),
    retrieve: number("restore_total", "retrieve_fd_ns"),
    finish: number("restore_total", "finish_ns"),
  };
}

/** Lengths between the reboot call and the new userspace, from both kernels' messages joined by the TSC. */
function kexecLengths(recording: Recording): Lengths {
  const { boot, oldKernel, newKernel } = recording;
  const at = (mark: keyof typeof boot): number => boot[mark] ?? Number.NaN;
  const { shutdownStartNs = Number.NaN, shutdownEndNs = Number.NaN } = recording;
  const printk = (kind: string, kernel: typeof oldKernel): number =>
    (eventOf(recording, kind)?.["mono_ns"] ?? Number.NaN) + (kernel.printkOffsetNs ?? Number.NaN);
  const rebootNs = printk("reboot", oldKernel);
  const userspaceNs = printk("userspace2", newKernel);
  const totalNs = rebootToUserspaceNs(recording) ?? Number.NaN;
  // Kernels before 7.3 do not extend scratch: what stands there belongs to setup_arch().
  const archEndNs = extendsScratch(newKernel.version) ? at("khoEarlyNs") : at("zonesNs");
  const early: Lengths = {
    reboot: shutdownStartNs - rebootNs,
    shutdown: shutdownEndNs - shutdownStartNs,
    "extend-scratch": at("zonesNs") - archEndNs,
    "init-memmap": at("perCpuNs") - at("zonesNs"),
    reserve: at("slubNs") - at("buddyNs"),
    "start-cpus": at("smpEndNs") - at("smpStartNs"),
  };
  if ((newKernel.cpuCount ?? 1) > 1) {
    const known = Object.values(early).reduce((sum, ns) => sum + ns, 0);
    return { ...early, "boot-rest": totalNs - known };
  }
  return {
    ...early,
    "start-cpus": Number.NaN,
    jump: totalNs - (shutdownEndNs - rebootNs) - userspaceNs,
    "setup-arch": archEndNs,
    "start-kernel": at("buddyNs") - at("perCpuNs") + (at("smpStartNs") - at("slubNs")),
    initcalls: at("initrdEndNs") - at("smpEndNs"),
    "start-userspace": userspaceNs - at("initrdEndNs"),
  };
}

/** Lengths by span, in ns; what a log does not say, or says against all sense, is missing. */
export function measureSpans(recording: Recording): ReadonlyMap<string, number> {
  const lengths = { ...labLengths(recording), ...kexecLengths(recording) };
  return new Map(Object.entries(lengths).filter(([, ns]) => Number.isFinite(ns) && ns >= 0));
}
