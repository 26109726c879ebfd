import type { OpenFolder } from "../../trace/index.ts";
import { runSchema } from "../../trace/index.ts";
import { LaneSet } from "./lane-set.ts";
import { type Row, smallRows } from "./rows.ts";
import { type Phase, readPhases, readSteps, type Step } from "./run-steps.ts";
import type { Facts, TimelineSink, TrackId } from "./sink.ts";

/** Row of the lifecycle (docs/model.md) with which the new kernel begins: it is decompressed. */
const firstRowOfNewKernel = 17;
/** CPUs that get a track of their own. */
const maxCpus = 4096;

export function stepFacts({ phase, detail, lowNs, highNs }: Step): Facts {
  return [
    ["phase", phase],
    ["detail", detail],
    ["low_ns", lowNs],
    ["high_ns", highNs],
  ];
}

/** The moment from which steps run in the new kernel. */
function handoverNs(steps: readonly Step[], phases: readonly Phase[]): number {
  const first = steps.find(({ phase, lifecycleRow }) => phase === "kexec" && lifecycleRow >= firstRowOfNewKernel);
  return (first ?? phases.find(({ name }) => name === "kexec"))?.startNs ?? 0;
}

function drawPhases(sink: TimelineSink, host: TrackId, folder: OpenFolder<"run">, phases: readonly Phase[]): void {
  const group = sink.addTrack({ name: "phases", parent: host, kind: "group" });
  // Phases overlap outside of the blackout: each has a track.
  for (const { name, startNs, endNs, lowNs, highNs } of phases) {
    const track = sink.addTrack({ name: `phase ${name}`, parent: group, kind: "slices" });
    const facts: Facts = [
      ["low_ns", lowNs],
      ["high_ns", highNs],
    ];
    sink.slice(track, { startNs, endNs }, name, facts);
  }
  const { blackout_start_ns: startNs, blackout_end_ns: endNs } = folder.header;
  const track = sink.addTrack({ name: "blackout", parent: group, kind: "slices" });
  if (endNs > startNs) sink.slice(track, { startNs, endNs }, "blackout");
}

/** Both kernels on the one clock that goes on through the reboot, each with the host's own steps. */
function drawKernels(
  sink: TimelineSink,
  host: TrackId,
  folder: OpenFolder<"run">,
  { steps, boundaryNs }: { readonly steps: readonly Step[]; readonly boundaryNs: number },
): void {
  const { kernel_from: from, kernel_to: to, span_ns: spanNs } = folder.header;
  const kernels = [
    { name: `kernel ${from}, replaced`, startNs: 0, endNs: boundaryNs },
    { name: `kernel ${to}, takes over`, startNs: boundaryNs, endNs: Math.max(spanNs, boundaryNs) },
  ];
  for (const [index, { name, startNs, endNs }] of kernels.entries()) {
    const lanes = new LaneSet(sink, { name, parent: host, kind: "slices" });
    const own = steps.filter((step) => step.vmIndex === null && step.startNs >= boundaryNs === (index === 1));
    const lastNs = own.reduce((last, step) => Math.max(last, step.endNs), endNs);
    lanes.slice({ startNs, endNs: lastNs }, name);
    for (const step of own) lanes.slice(step, step.name, stepFacts(step));
  }
}

function cpuCountOf(folder: OpenFolder<"run">): number {
  try {
    const { host } = JSON.parse(folder.header.scenario_json) as { host?: { cpus?: unknown } };
    const count = host?.cpus;
    return typeof count === "number" && Number.isInteger(count) && count > 0 ? Math.min(count, maxCpus) : 0;
  } catch {
    return 0;
  }
}

/**
 * CPUs where it is known what they do: between stop-cpus and start-cpus the boot CPU runs all steps, and no other runs.
 * Before and after, the run does not say which CPU a step is on.
 */
function drawCpus(sink: TimelineSink, host: TrackId, folder: OpenFolder<"run">, steps: readonly Step[]): void {
  const stop = steps.find(({ name, phase }) => name === "stop-cpus" && phase === "kexec");
  const start = steps.find(({ name, phase }) => name === "start-cpus" && phase === "kexec");
  if (!stop || !start) return;
  const group = sink.addTrack({ name: "CPUs", parent: host, kind: "group" });
  for (let cpu = 0; cpu < cpuCountOf(folder); cpu++) {
    const lanes = new LaneSet(sink, { name: `CPU ${cpu}`, parent: group, kind: "slices" });
    if (cpu > 0) {
      if (start.startNs > stop.endNs) lanes.slice({ startNs: stop.endNs, endNs: start.startNs }, "offline");
      continue;
    }
    for (const step of steps) {
      const isAlone = step.vmIndex === null && step.startNs >= stop.startNs && step.endNs <= start.endNs;
      if (isAlone) lanes.slice(step, step.name, stepFacts(step));
    }
  }
}

/** Steps that are spent on one device of the host, which name it in their detail. */
function stepsOf(device: Row, steps: readonly Step[]): readonly Step[] {
  const name = `${device["kind"]} ${device["name"]}`;
  return steps.filter((step) => step.vmIndex === null && step.detail === name);
}

function drawHostDevices(sink: TimelineSink, host: TrackId, folder: OpenFolder, steps: readonly Step[]): void {
  const devices = smallRows(folder, runSchema.runDeviceTable).filter((row) => row["vm_index"] === null);
  for (const device of devices) {
    const lanes = new LaneSet(sink, { name: `device ${device["name"]}`, parent: host, kind: "slices" });
    if (stepsOf(device, steps).length === 0) void lanes.first;
    for (const step of stepsOf(device, steps)) lanes.slice(step, step.name, stepFacts(step));
  }
}

/** What happens on the host as a whole. */
export function drawHost(sink: TimelineSink, folder: OpenFolder<"run">): void {
  const host = sink.addTrack({ name: `host: ${folder.header.scenario.name}`, kind: "process" });
  const steps = readSteps(folder);
  const phases = readPhases(folder);
  drawPhases(sink, host, folder, phases);
  drawKernels(sink, host, folder, { steps, boundaryNs: handoverNs(steps, phases) });
  drawCpus(sink, host, folder, steps);
  drawHostDevices(sink, host, folder, steps);
}
