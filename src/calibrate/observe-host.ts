import { kernelLine, kernelVersions } from "../model/index.ts";
import { type BeforeUpdate, type HostRecording, payloadOf } from "../recording/index.ts";
import { type CalibrationRecording, joinUnpaid, type LeftOut, type Observation } from "./observe.ts";
import { modelSteps } from "./spans.ts";
import { stepsOf, sumTerms } from "./steps.ts";

/** Steps whose counts follow from the machine and its kernels alone. */
const machineSteps = [
  "reboot-call",
  "notify-reboot",
  "shutdown-device",
  "syscore-shutdown",
  "stop-cpus",
  "setup-arch",
  "map-memory",
  "init-memmap",
  "start-kernel",
  "restore-luo",
  "start-cpus",
  "init-deferred",
  "initcalls",
  "unpack-initrd",
  "start-userspace",
];

/** And those that the trace's own numbers of sessions and files add. */
const tracedSteps = [
  "create-session",
  "liveupdate-reboot",
  "open-and-deserialize",
  "retrieve-session",
  "finish-session",
];

/** A host's machine as an update of nothing: what is not counted is not used. */
function machineOf(recording: HostRecording): BeforeUpdate | undefined {
  const { name, oldKernel, newKernel, sessionCount = 0, fileCount = 0 } = recording;
  const { version } = newKernel;
  if (oldKernel.version === undefined || version === undefined || oldKernel.ramBytes === undefined) return undefined;
  const files = sessionCount > 0 ? fileCount / sessionCount : 0;
  return {
    name,
    kernelFrom: oldKernel.version,
    host: oldKernel,
    payload: payloadOf(version, newKernel.initrd?.bytes ?? 0),
    workload: { sessions: sessionCount, files, fileMib: 0, thp: 0, touchPercent: 0, traced: true },
    files: [],
    pagesInScratch: 0,
    keys: [],
    scratchAreasBytes: [],
    scratchStartsBytes: [],
  };
}

function isModelled(release: string): boolean {
  return kernelVersions.includes(kernelLine(release));
}

/**
 * What a fit takes from a bundle: the steps of the machine and its kernels. Preserving, retrieving, reserving and the jump
 * hang on folios and on an image that a bundle does not count. The host's own devices are in what shuts down and in the
 * initcalls.
 */
export function observeHost(recording: HostRecording): CalibrationRecording | LeftOut {
  const { name, sessionCount, fileCount, spans } = recording;
  const machine = machineOf(recording);
  if (!machine) return { name, why: "the bundle lacks a kernel's messages from its boot on" };
  const { kernelFrom, payload } = machine;
  const unknown = [kernelFrom, payload.release].find((release) => !isModelled(release));
  if (unknown !== undefined) return { name, why: `Linux ${unknown} is not modelled` };
  const isCounted = sessionCount !== undefined && fileCount !== undefined;
  const usable = new Set([...machineSteps, ...(isCounted ? tracedSteps : [])]);
  const steps = stepsOf(machine, { files: [], keys: [] });
  const common = { recording: name, from: kernelLine(kernelFrom), to: kernelLine(payload.release), weight: 1 };
  const observations = joinUnpaid(spans, steps).flatMap((measured): Observation[] => {
    const names = modelSteps(measured);
    const terms = sumTerms(names.map((step) => steps.steps.get(step) ?? new Map()));
    if (measured.ns === 0 || terms.size === 0 || names.some((step) => !usable.has(step))) return [];
    return [{ ...common, span: measured.steps.join(" + "), ns: measured.ns, terms }];
  });
  if (observations.length === 0)
    return { name, why: "no step of its machine is timed: no kexec came, or no clock joins it" };
  return { name, from: common.from, to: common.to, observations };
}
