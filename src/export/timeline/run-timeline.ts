import { type OpenFolder, runSchema } from "../../trace/index.ts";
import { LaneSet } from "./lane-set.ts";
import { CounterSet } from "./counter-set.ts";
import { batchesOf, cellsOf, labelOf, type Pause, smallRows } from "./rows.ts";
import { drawTraceDevices } from "./run-devices.ts";
import { drawHost, stepFacts } from "./run-host.ts";
import { readSteps, type Step } from "./run-steps.ts";
import type { TimelineSink, TrackId } from "./sink.ts";

function drawVms(sink: TimelineSink, folder: OpenFolder): void {
  const devices = smallRows(folder, runSchema.runDeviceTable);
  const stepsByVm = Map.groupBy(readSteps(folder), ({ vmIndex }) => vmIndex);
  for (const [index, vm] of smallRows(folder, runSchema.runVmTable).entries()) {
    const process = sink.addTrack({ name: `VM ${vm["name"]}`, kind: "process" });
    const gap = { startNs: vm["pause_ns"] as number, endNs: vm["resume_ns"] as number };
    const vcpus = sink.addTrack({ name: "vCPUs", parent: process, kind: "slices" });
    sink.slice(vcpus, gap, "stand still", [
      ["low_ns", vm["low_ns"] as number],
      ["high_ns", vm["high_ns"] as number],
    ]);
    drawSteps(sink, process, stepsByVm.get(index) ?? []);
    for (const device of devices.filter((row) => row["vm_index"] === index)) {
      const track = sink.addTrack({ name: `device ${device["name"]}`, parent: process, kind: "slices" });
      const treatment = labelOf(runSchema.runDeviceTable, "treatment", device["treatment"]);
      sink.slice(track, gap, treatment, [["kind", device["kind"] as string]]);
    }
  }
}

function drawSteps(sink: TimelineSink, process: TrackId, steps: readonly Step[]): void {
  const lanes = new LaneSet(sink, { name: "steps", parent: process, kind: "slices" });
  for (const step of steps) lanes.slice(step, step.name, stepFacts(step));
}

/** Phases of the workload, on the host's clock: what comes after the guests stopped is later by the blackout. */
function drawMarks(sink: TimelineSink, process: TrackId, folder: OpenFolder<"run">): void {
  const { blackout_start_ns: startNs, blackout_end_ns: endNs, span_ns: spanNs } = folder.header;
  const toHostNs = (ns: number): number => (ns > startNs ? ns + endNs - startNs : ns);
  const marks = smallRows(folder, runSchema.runMarkTable);
  const lanes = new LaneSet(sink, { name: "workload", parent: process, kind: "slices" });
  for (const [index, mark] of marks.entries()) {
    const next = marks[index + 1]?.["trace_time_ns"] as number | undefined;
    const fromNs = toHostNs(mark["trace_time_ns"] as number);
    const toNs = next === undefined ? spanNs : toHostNs(next);
    lanes.slice({ startNs: fromNs, endNs: Math.max(fromNs, toNs) }, mark["name"] as string);
  }
}

/** Pages that the guests write, each tick at its beginning on the host's clock. */
async function drawDirtyPages(
  sink: TimelineSink,
  process: TrackId,
  folder: OpenFolder<"run">,
  pause: Pause,
): Promise<void> {
  const blackoutNs = folder.header.blackout_end_ns - folder.header.blackout_start_ns;
  const dirty = new CounterSet(sink, (vm) => ({
    name: `dirty pages a tick, VM ${vm}`,
    parent: process,
    unit: "pages",
  }));
  const first = new CounterSet(sink, (vm) => ({
    name: `first touches a tick, VM ${vm}`,
    parent: process,
    unit: "pages",
  }));
  for await (const batch of batchesOf(folder, runSchema.dirtyTickTable, pause)) {
    const vms = cellsOf(batch, "trace_vm_index");
    const starts = cellsOf(batch, "start_ns");
    const dirtyPages = cellsOf(batch, "dirty_pages");
    const firstPages = cellsOf(batch, "first_touch_pages");
    const after = cellsOf(batch, "after_resume");
    for (let row = 0; row < batch.rows; row++) {
      const startNs = starts(row);
      if (startNs === null) continue;
      const hostNs = startNs + (after(row) === 1 ? blackoutNs : 0);
      dirty.value(vms(row)!, hostNs, dirtyPages(row)!);
      first.value(vms(row)!, hostNs, firstPages(row)!);
    }
  }
}

/**
 * Draws a run: the host's phases and kernels, its CPUs where it is known what they do, VMs with their steps and devices,
 * and what the trace's devices did around the gap; all of it on the host's clock.
 */
export async function drawRun(sink: TimelineSink, folder: OpenFolder<"run">, pause: Pause): Promise<void> {
  drawHost(sink, folder);
  drawVms(sink, folder);
  const trace = sink.addTrack({ name: `trace: ${folder.header.trace.name}`, kind: "process" });
  drawMarks(sink, trace, folder);
  await drawDirtyPages(sink, trace, folder, pause);
  await drawTraceDevices(sink, trace, folder, pause);
}
