import { FormatError } from "../base/index.ts";
import { DepthMeter, indexRequests, type Packets, type Requests } from "../impact/index.ts";
import { codeOf, type OpenFolder, readTable, type Table, traceSchema } from "../trace/index.ts";
import type { TraceFacts } from "./trace-facts.ts";

/** A stretch of the trace's time. */
export interface Window {
  readonly fromNs: number;
  readonly untilNs: number;
  /** Requests that are in flight at this moment count, however long ago they were submitted. */
  readonly openAtNs: number;
  /** How long requests take whose completion the trace does not have; Infinity: for ever. */
  readonly serviceTimeNs: number;
}

/** What one device of the trace did. */
export interface DeviceActivity {
  readonly requests: Requests;
  /** Beside each request. */
  readonly bytes: readonly number[];
  readonly direction: readonly number[];
  readonly packets: Packets;
}

interface Collected {
  readonly submitNs: number[];
  readonly completeNs: number[];
  readonly depth: DepthMeter;
  readonly depthCount: number[];
  readonly bytes: number[];
  readonly direction: number[];
  readonly packetNs: number[];
  readonly received: number[];
  readonly protocol: number[];
}

const received = codeOf(traceSchema.netPacketTable.columns[2], "rx");

function deviceOf(devices: readonly Collected[], index: number, place: { table: Table; row: number }): Collected {
  const device = devices[index];
  if (device) return device;
  throw new FormatError(
    `table ${place.table.name}, row ${place.row + 1}: device_index ${index}; the trace has ${devices.length} devices`,
  );
}

function collectRequests(trace: OpenFolder<"trace">, devices: readonly Collected[], window: Window): void {
  const table = traceSchema.deviceIoTable;
  const source = trace.sources.get(table.name);
  if (!source) return;
  for (const { columns, nulls, rows, firstRow } of readTable(table, source)) {
    const submitNs = columns["submit_ns"] as Float64Array;
    const completeNs = columns["complete_ns"] as Float64Array;
    const device = columns["device_index"] as Uint16Array;
    const bytes = columns["bytes"] as Float64Array;
    const direction = columns["direction"] as Uint8Array;
    const isOpen = nulls["complete_ns"];
    for (let row = 0; row < rows; row++) {
      const submit = submitNs[row]!;
      if (submit > window.untilNs) return;
      const complete = isOpen?.[row] === 1 ? submit + window.serviceTimeNs : completeNs[row]!;
      const into = deviceOf(devices, device[row]!, { table, row: firstRow + row });
      // What a device can do is seen in all that it did, however long ago.
      into.depth.add(submit, complete);
      if (submit < window.fromNs && complete <= window.openAtNs) continue;
      into.depthCount.push(into.depth.depthCount);
      into.submitNs.push(submit);
      into.completeNs.push(complete);
      into.bytes.push(bytes[row]!);
      into.direction.push(direction[row]!);
    }
  }
}

function collectPackets(trace: OpenFolder<"trace">, devices: readonly Collected[], window: Window): void {
  const table = traceSchema.netPacketTable;
  const source = trace.sources.get(table.name);
  if (!source) return;
  for (const { columns, nulls, rows, firstRow } of readTable(table, source)) {
    const timeNs = columns["time_ns"] as Float64Array;
    const device = columns["device_index"] as Uint16Array;
    const direction = columns["direction"] as Uint8Array;
    const protocol = columns["ip_protocol"] as Uint8Array;
    const unknown = nulls["ip_protocol"];
    for (let row = 0; row < rows; row++) {
      const ns = timeNs[row]!;
      if (ns > window.untilNs) return;
      if (ns < window.fromNs) continue;
      const into = deviceOf(devices, device[row]!, { table, row: firstRow + row });
      into.packetNs.push(ns);
      into.received.push(direction[row] === received ? 1 : 0);
      into.protocol.push(unknown?.[row] === 1 ? 0 : protocol[row]!);
    }
  }
}

/** Everything that the trace holds. */
export const wholeTrace: Omit<Window, "serviceTimeNs"> = {
  fromNs: 0,
  untilNs: Number.POSITIVE_INFINITY,
  openAtNs: Number.NEGATIVE_INFINITY,
};

/**
 * Reads what the devices did in a stretch of time, one entry a device of the trace.
 *
 * Cost   64 bytes a request and 24 a packet of that stretch, held in memory
 */
export function readActivity(trace: OpenFolder<"trace">, facts: TraceFacts, window: Window): DeviceActivity[] {
  const devices = facts.devices.map((): Collected => ({
    submitNs: [],
    completeNs: [],
    depth: new DepthMeter(),
    depthCount: [],
    bytes: [],
    direction: [],
    packetNs: [],
    received: [],
    protocol: [],
  }));
  collectRequests(trace, devices, window);
  collectPackets(trace, devices, window);
  return devices.map((device) => ({
    requests: indexRequests(
      Float64Array.from(device.submitNs),
      Float64Array.from(device.completeNs),
      Uint32Array.from(device.depthCount),
    ),
    bytes: device.bytes,
    direction: device.direction,
    packets: {
      count: device.packetNs.length,
      timeNs: Float64Array.from(device.packetNs),
      received: Uint8Array.from(device.received),
      protocol: Uint8Array.from(device.protocol),
    },
  }));
}
