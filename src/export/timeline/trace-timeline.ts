import { type OpenFolder, traceSchema } from "../../trace/index.ts";
import { LaneSet } from "./lane-set.ts";
import { batchesOf, cellsOf, type Pause, smallRows, textsOf } from "./rows.ts";
import type { TimelineSink, TrackId } from "./sink.ts";
import { drawMeasures } from "./trace-counters.ts";
import { drawDevices } from "./trace-devices.ts";
import { drawEvents } from "./trace-events.ts";

/** Tracks that things of a trace lie under. */
export interface TraceGroups {
  /** What belongs to no VM. */
  readonly trace: TrackId;
  /** By the VM's row. */
  readonly vms: readonly TrackId[];
}

/** A mark lasts to the next one of the same VM. */
async function drawMarks(
  sink: TimelineSink,
  { trace, vms }: TraceGroups,
  folder: OpenFolder<"trace">,
  pause: Pause,
): Promise<void> {
  const open = new Map<number, { readonly name: string; readonly startNs: number; readonly lanes: LaneSet }>();
  const close = (vm: number, endNs: number): LaneSet => {
    const mark = open.get(vm);
    const parent = vms[vm] ?? trace;
    const lanes = mark?.lanes ?? new LaneSet(sink, { name: "workload", parent, kind: "slices" });
    if (mark) lanes.slice({ startNs: mark.startNs, endNs: Math.max(mark.startNs, endNs) }, mark.name);
    return lanes;
  };
  for await (const batch of batchesOf(folder, traceSchema.markTable, pause)) {
    const times = cellsOf(batch, "time_ns");
    const owners = cellsOf(batch, "vm_index");
    const names = textsOf(batch, "name");
    for (let row = 0; row < batch.rows; row++) {
      const vm = owners(row) ?? -1;
      const lanes = close(vm, times(row)!);
      open.set(vm, { name: names(row)!, startNs: times(row)!, lanes });
    }
  }
  for (const vm of open.keys()) close(vm, folder.header.span_ns);
}

/** Probes from outside, each from where it was sent to its answer. */
async function drawProbes(
  sink: TimelineSink,
  { trace, vms }: TraceGroups,
  folder: OpenFolder<"trace">,
  pause: Pause,
): Promise<void> {
  const lanesByVm = new Map<number, LaneSet>();
  for await (const batch of batchesOf(folder, traceSchema.probeTable, pause)) {
    const times = cellsOf(batch, "time_ns");
    const answers = cellsOf(batch, "answer_ns");
    const sequences = cellsOf(batch, "sequence");
    const owners = cellsOf(batch, "vm_index");
    for (let row = 0; row < batch.rows; row++) {
      const vm = owners(row) ?? -1;
      const parent = vms[vm] ?? trace;
      const lanes = lanesByVm.get(vm) ?? new LaneSet(sink, { name: "probes", parent, kind: "lane" }, { nests: false });
      lanesByVm.set(vm, lanes);
      const startNs = times(row)!;
      const endNs = answers(row);
      const facts = [["sequence", sequences(row)!]] as const;
      if (endNs === null) lanes.moment(startNs, "no answer", facts);
      else lanes.slice({ startNs, endNs: Math.max(startNs, endNs) }, "answered", facts);
    }
  }
}

/**
 * Draws a trace: marks, dirty pages and other values over time, devices with their requests, and events on the tracks of
 * their tasks and CPUs.
 */
export async function drawTrace(sink: TimelineSink, folder: OpenFolder<"trace">, pause: Pause): Promise<void> {
  const trace = sink.addTrack({ name: `trace: ${folder.header.name}`, kind: "process" });
  const vms = smallRows(folder, traceSchema.vmTable).map(({ name }) =>
    sink.addTrack({ name: `VM ${name}`, kind: "process" }),
  );
  const groups = { trace, vms };
  await drawMarks(sink, groups, folder, pause);
  await drawProbes(sink, groups, folder, pause);
  await drawMeasures(sink, groups, folder, pause);
  await drawDevices(sink, groups, folder, pause);
  await drawEvents(sink, folder, pause);
}
