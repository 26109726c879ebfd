import { type OpenFolder, type Table, traceSchema } from "../../trace/index.ts";
import { BinnedCounters, binNsOf, CounterSet } from "./counter-set.ts";
import { LaneSet } from "./lane-set.ts";
import { batchesOf, cellsOf, labelOf, type Pause, smallRows } from "./rows.ts";
import type { TimelineSink, TrackId } from "./sink.ts";
import type { TraceGroups } from "./trace-timeline.ts";

const { deviceIoTable, dmaTable, interruptTable, netPacketTable } = traceSchema;

interface Context {
  readonly sink: TimelineSink;
  readonly folder: OpenFolder<"trace">;
  readonly pause: Pause;
  /** Groups of the devices, by their rows; made when something lies in one. */
  readonly groupOf: (device: number) => TrackId;
}

/** Requests, each from its submission to its completion: many are under way at once. */
async function drawRequests({ sink, folder, pause, groupOf }: Context): Promise<void> {
  const lanesByDevice = new Map<number, LaneSet>();
  const lanesOf = (device: number): LaneSet => {
    const found = lanesByDevice.get(device);
    if (found) return found;
    const lanes = new LaneSet(sink, { name: "requests", parent: groupOf(device), kind: "lane" }, { nests: false });
    lanesByDevice.set(device, lanes);
    return lanes;
  };
  for await (const batch of batchesOf(folder, deviceIoTable, pause)) {
    const submits = cellsOf(batch, "submit_ns");
    const completes = cellsOf(batch, "complete_ns");
    const devices = cellsOf(batch, "device_index");
    const bytes = cellsOf(batch, "bytes");
    const directions = cellsOf(batch, "direction");
    const offsets = cellsOf(batch, "offset_bytes");
    for (let row = 0; row < batch.rows; row++) {
      const lanes = lanesOf(devices(row)!);
      const name = labelOf(deviceIoTable, "direction", directions(row));
      const startNs = submits(row)!;
      const endNs = completes(row);
      const offset = offsets(row);
      const size = ["bytes", bytes(row)!] as const;
      const facts = offset === null ? [size] : [size, ["offset_bytes", offset] as const];
      if (endNs === null) lanes.moment(startNs, `${name}, no completion`, facts);
      else lanes.slice({ startNs, endNs: Math.max(startNs, endNs) }, name, facts);
    }
  }
}

/** Sums a table's rows by device and code in bins of time. */
async function drawBins(
  { sink, folder, pause, groupOf }: Context,
  table: Table,
  { what, code, amount, unit }: { what: string; code?: string; amount?: string; unit: string },
): Promise<void> {
  const binNs = binNsOf(folder.header.span_ns);
  const codes = table.columns.find(({ name }) => name === code)?.labels?.length ?? 1;
  const counters = new CounterSet(sink, (key) => {
    const label = code === undefined ? "" : `, ${labelOf(table, code, key % codes)}`;
    return { name: `${what} in ${binNs / 1e6} ms${label}`, parent: groupOf(Math.floor(key / codes)), unit };
  });
  const bins = new BinnedCounters(counters, binNs);
  for await (const batch of batchesOf(folder, table, pause)) {
    const times = cellsOf(batch, "time_ns");
    const devices = cellsOf(batch, "device_index");
    const labels = code === undefined ? () => 0 : cellsOf(batch, code);
    const amounts = amount === undefined ? () => 1 : cellsOf(batch, amount);
    for (let row = 0; row < batch.rows; row++) {
      const label = Math.min(labels(row)!, codes - 1);
      bins.add(devices(row)! * codes + label, times(row)!, amounts(row)!);
    }
  }
  bins.finish();
}

/** What the devices of a trace did: requests one by one, and how much else there was, in bins of time. */
export async function drawDevices(
  sink: TimelineSink,
  { trace, vms }: TraceGroups,
  folder: OpenFolder<"trace">,
  pause: Pause,
): Promise<void> {
  const devices = smallRows(folder, traceSchema.deviceTable);
  const groups = new Map<number, TrackId>();
  const groupOf = (device: number): TrackId => {
    const found = groups.get(device);
    if (found !== undefined) return found;
    const row = devices[device];
    const parent = vms[(row?.["vm_index"] as number | undefined) ?? -1] ?? trace;
    const name = row ? `device ${row["name"]}` : `device ${device}, not in the trace`;
    const group = sink.addTrack({ name, parent, kind: "group" });
    groups.set(device, group);
    return group;
  };
  for (const device of devices.keys()) groupOf(device);
  const context = { sink, folder, pause, groupOf };
  await drawRequests(context);
  await drawBins(context, netPacketTable, { what: "packets", code: "direction", unit: "count" });
  await drawBins(context, interruptTable, { what: "interrupts", unit: "count" });
  await drawBins(context, dmaTable, { what: "DMA", code: "direction", amount: "page_count", unit: "pages" });
}
