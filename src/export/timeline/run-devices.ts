import { type OpenFolder, runSchema } from "../../trace/index.ts";
import { LaneSet } from "./lane-set.ts";
import { batchesOf, cellsOf, labelOf, type Pause, type Row, smallRows } from "./rows.ts";
import type { Span, TimelineSink, TrackId } from "./sink.ts";

const { deviceEventTable, deviceGapTable, requestTable, traceDeviceTable } = runSchema;

/** Tracks of one device of the trace. */
interface DeviceTracks {
  readonly requests: LaneSet;
  readonly events: TrackId;
}

/** The stretches of a gap: the guest stands still, the device does not answer yet, the network does not reach it yet. */
function drawGap(sink: TimelineSink, track: TrackId, gap: Row): void {
  const [stopNs, resumeNs, readyNs, reachableNs] = ["stop_ns", "resume_ns", "ready_ns", "reachable_ns"].map(
    (column) => gap[column] as number,
  ) as [number, number, number, number];
  const stretches = [
    ["stands still", stopNs, resumeNs],
    ["not ready", resumeNs, readyNs],
    ["not reachable", readyNs, reachableNs],
  ] as const;
  for (const [name, startNs, endNs] of stretches) {
    if (endNs > startNs)
      sink.slice(track, { startNs, endNs }, name, [["fate", labelOf(deviceGapTable, "fate", gap["fate"])]]);
  }
}

function addDevices(sink: TimelineSink, process: TrackId, folder: OpenFolder): readonly DeviceTracks[] {
  const gaps = smallRows(folder, deviceGapTable);
  return smallRows(folder, traceDeviceTable).map((device, index) => {
    const name = `device ${device["name"]}`;
    const group = sink.addTrack({ name, parent: process, kind: "group" });
    const gap = sink.addTrack({ name: "gap", parent: group, kind: "slices" });
    for (const row of gaps) if (row["trace_device_index"] === index) drawGap(sink, gap, row);
    const events = sink.addTrack({ name: "events in the blackout", parent: group, kind: "slices" });
    return { events, requests: new LaneSet(sink, { name: "requests", parent: group, kind: "lane" }, { nests: false }) };
  });
}

interface Request extends Span {
  readonly device: number;
  readonly name: string;
  readonly fate: string;
  readonly bytes: number;
  readonly isOpen: boolean;
}

/** The run holds the requests of a minute around the gap, so that they can be put in order here. */
async function readRequests(folder: OpenFolder, pause: Pause): Promise<Request[]> {
  const requests: Request[] = [];
  for await (const batch of batchesOf(folder, requestTable, pause)) {
    const devices = cellsOf(batch, "trace_device_index");
    const submits = cellsOf(batch, "submit_ns");
    const latencies = cellsOf(batch, "latency_ns");
    const fates = cellsOf(batch, "fate");
    const bytes = cellsOf(batch, "bytes");
    const directions = cellsOf(batch, "direction");
    for (let row = 0; row < batch.rows; row++) {
      const startNs = submits(row)!;
      requests.push({
        device: devices(row)!,
        name: labelOf(requestTable, "direction", directions(row)),
        fate: labelOf(requestTable, "fate", fates(row)),
        bytes: bytes(row)!,
        startNs,
        endNs: startNs + (latencies(row) ?? 0),
        isOpen: latencies(row) === null,
      });
    }
  }
  return requests.sort((one, two) => one.startNs - two.startNs);
}

async function drawEvents(
  sink: TimelineSink,
  devices: readonly DeviceTracks[],
  folder: OpenFolder,
  pause: Pause,
): Promise<void> {
  for await (const batch of batchesOf(folder, deviceEventTable, pause)) {
    const times = cellsOf(batch, "time_ns");
    const owners = cellsOf(batch, "trace_device_index");
    const kinds = cellsOf(batch, "kind");
    const effects = cellsOf(batch, "effect");
    const bytes = cellsOf(batch, "bytes");
    for (let row = 0; row < batch.rows; row++) {
      const device = devices[owners(row)!];
      if (!device) continue;
      const effect = labelOf(deviceEventTable, "effect", effects(row));
      sink.moment(device.events, times(row)!, effect, [
        ["kind", labelOf(deviceEventTable, "kind", kinds(row))],
        ["bytes", bytes(row)!],
      ]);
    }
  }
}

/** What the gap does to each device of the trace, its requests and its events. */
export async function drawTraceDevices(
  sink: TimelineSink,
  process: TrackId,
  folder: OpenFolder,
  pause: Pause,
): Promise<void> {
  const devices = addDevices(sink, process, folder);
  for (const { device, name, fate, bytes, isOpen, ...span } of await readRequests(folder, pause)) {
    const facts = [
      ["fate", fate],
      ["bytes", bytes],
    ] as const;
    if (isOpen) devices[device]?.requests.moment(span.startNs, `${name}, never completes`, facts);
    else devices[device]?.requests.slice(span, name, facts);
  }
  await drawEvents(sink, devices, folder, pause);
}
