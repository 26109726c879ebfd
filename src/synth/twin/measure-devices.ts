import { readRows, readTable, type Table, traceSchema } from "../../trace/index.ts";
import type { Histogram } from "../groups.ts";
import type { TracePart } from "../trace-part.ts";

type Counts = Map<number, number>;

function count(counts: Counts, value: number): void {
  counts.set(value, (counts.get(value) ?? 0) + 1);
}

/** Events of one kind in one phase. */
export interface StreamMeasures {
  /** What tells streams apart besides device and phase: a direction, a vector. */
  readonly key: number;
  readonly deviceIndex: number;
  readonly phaseIndex: number;
  events: number;
  readonly gapsUs: Counts;
  readonly bytes: Counts;
  readonly latencyUs: Counts;
  flushes: number;
  reads: number;
  readonly protocols: Counts;
  /** Ports of the guest and of its peers. */
  readonly guestPorts: Counts;
  readonly peerPorts: Counts;
  lastNs: number;
}

export interface DeviceMeasures {
  readonly devices: readonly { readonly index: number; readonly name: string; readonly kind: number }[];
  readonly requests: readonly StreamMeasures[];
  readonly packets: readonly StreamMeasures[];
  readonly interrupts: readonly StreamMeasures[];
}

export function mostCommon(counts: Histogram): number | undefined {
  let best: number | undefined;
  for (const [value, found] of counts) if (best === undefined || found > counts.get(best)!) best = value;
  return best;
}

/** Streams of one table, made as they are met. */
class Streams {
  readonly #byKey = new Map<string, StreamMeasures>();
  readonly #phaseEndsNs: readonly number[];
  readonly #owned: ReadonlySet<number>;

  constructor(phaseEndsNs: readonly number[], owned: ReadonlySet<number>) {
    this.#phaseEndsNs = phaseEndsNs;
    this.#owned = owned;
  }

  /** The stream of an event, whose gap to the one before is noted; undefined for devices of other VMs. */
  at(deviceIndex: number, key: number, ns: number): StreamMeasures | undefined {
    if (!this.#owned.has(deviceIndex)) return undefined;
    const phaseIndex = this.#phaseEndsNs.findIndex((endNs) => ns <= endNs);
    const name = `${deviceIndex} ${phaseIndex} ${key}`;
    let stream = this.#byKey.get(name);
    if (!stream) {
      const lastNs = phaseIndex === 0 ? 0 : this.#phaseEndsNs[phaseIndex - 1]!;
      stream = { key, deviceIndex, phaseIndex, events: 0, flushes: 0, reads: 0, lastNs, ...emptyCounts() };
      this.#byKey.set(name, stream);
    }
    stream.events++;
    count(stream.gapsUs, Math.max(0, Math.floor((ns - stream.lastNs) / 1000)));
    stream.lastNs = ns;
    return stream;
  }

  list(): StreamMeasures[] {
    return [...this.#byKey.values()];
  }
}

function emptyCounts() {
  const counts = (): Counts => new Map();
  return {
    gapsUs: counts(),
    bytes: counts(),
    latencyUs: counts(),
    protocols: counts(),
    guestPorts: counts(),
    peerPorts: counts(),
  };
}

interface TableRows {
  readonly rows: number;
  value(column: string, row: number): number;
  isNull(column: string, row: number): boolean;
}

function eachBatch(part: TracePart, table: Table, note: (batch: TableRows) => void): void {
  const source = part.folder.sources.get(table.name);
  if (!source) return;
  for (const batch of readTable(table, source)) {
    note({
      rows: batch.rows,
      value: (column, row) => (batch.columns[column] as ArrayLike<number>)[row]!,
      isNull: (column, row) => batch.nulls[column]?.[row] === 1,
    });
  }
}

const [readCode, , flushCode] = [0, 1, 2];
/** Directions of packets: rx, tx; unknown ones are taken for rx, as they came over the wire. */
const txCode = 1;

function measureRequests(part: TracePart, streams: Streams): void {
  eachBatch(part, traceSchema.deviceIoTable, (batch) => {
    for (let row = 0; row < batch.rows; row++) {
      const submitNs = batch.value("submit_ns", row);
      const stream = streams.at(batch.value("device_index", row), 0, submitNs);
      if (!stream) continue;
      const direction = batch.value("direction", row);
      if (direction === flushCode) stream.flushes++;
      else count(stream.bytes, batch.value("bytes", row));
      if (direction === readCode) stream.reads++;
      if (batch.isNull("complete_ns", row)) continue;
      count(stream.latencyUs, Math.floor((batch.value("complete_ns", row) - submitNs) / 1000));
    }
  });
}

function measurePackets(part: TracePart, streams: Streams): void {
  eachBatch(part, traceSchema.netPacketTable, (batch) => {
    for (let row = 0; row < batch.rows; row++) {
      const isTx = batch.value("direction", row) === txCode;
      const stream = streams.at(batch.value("device_index", row), isTx ? 1 : 0, batch.value("time_ns", row));
      if (!stream) continue;
      count(stream.bytes, batch.value("bytes", row));
      count(stream.protocols, batch.isNull("ip_protocol", row) ? 0 : batch.value("ip_protocol", row));
      if (batch.isNull("source_port", row) || batch.isNull("destination_port", row)) continue;
      count(stream.guestPorts, batch.value(isTx ? "source_port" : "destination_port", row));
      count(stream.peerPorts, batch.value(isTx ? "destination_port" : "source_port", row));
    }
  });
}

function measureInterrupts(part: TracePart, streams: Streams): void {
  eachBatch(part, traceSchema.interruptTable, (batch) => {
    for (let row = 0; row < batch.rows; row++) {
      streams.at(batch.value("device_index", row), batch.value("vector", row), batch.value("time_ns", row));
    }
  });
}

/** Goes once over the tables of a VM's devices. */
export function measureDevices(part: TracePart, phaseEndsNs: readonly number[]): DeviceMeasures {
  const source = part.folder.sources.get(traceSchema.deviceTable.name);
  const devices = (source ? readRows(traceSchema.deviceTable, source) : []).flatMap((row, index) =>
    row["vm_index"] === part.vm.index ? [{ index, name: String(row["name"]), kind: Number(row["kind"]) }] : [],
  );
  const owned = new Set(devices.map(({ index }) => index));
  const [requests, packets, interrupts] = [1, 2, 3].map(() => new Streams(phaseEndsNs, owned)) as [
    Streams,
    Streams,
    Streams,
  ];
  measureRequests(part, requests);
  measurePackets(part, packets);
  measureInterrupts(part, interrupts);
  return { devices, requests: requests.list(), packets: packets.list(), interrupts: interrupts.list() };
}
