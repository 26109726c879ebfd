import { type FolderWriter, type TableWriter, traceSchema } from "../trace/index.ts";
import { PageWriteSink, type TickRuns } from "./tick-runs.ts";

const sorted = { sort: true };

/** Number columns of a table, to be filled at the writer's index `fill`. */
type NumberColumns = TableWriter["columns"];

interface DmaRow {
  readonly atNs: number;
  readonly startGfn: number;
  readonly frames: number;
  readonly direction: number;
}

interface PacketRow {
  readonly atNs: number;
  readonly direction: number;
  readonly bytes: number;
  readonly protocol: number | null;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

interface RequestRow {
  readonly submitNs: number;
  readonly completeNs: number | null;
  readonly bytes: number;
  readonly direction: number;
  readonly offsetBytes: number | null;
}

/** The tables of a trace that is being made, and the time of its last event. */
export class SynthOutput {
  /** Time of the last event of any table. */
  spanNs = 0;
  readonly folder: FolderWriter<"trace">;
  readonly writes: TableWriter;
  readonly #sink: PageWriteSink;
  readonly #ticks: TableWriter;
  readonly #population: TableWriter;
  readonly #requests: TableWriter;
  readonly #dma: TableWriter;
  readonly #interrupts: TableWriter;
  readonly #packets: TableWriter;

  constructor(folder: FolderWriter<"trace">) {
    this.folder = folder;
    // Those of version 1 are there even without rows, as in every imported trace. Devices and parts of traces hand out
    // rows that lie a little ahead, so that their tables are put in order on disk.
    for (const table of traceSchema.traceTables.filter(({ since }) => since === undefined)) {
      const isInOrder = table === traceSchema.pageWriteTable || table === traceSchema.tickTable;
      folder.table(table, table.orderedBy === undefined || isInOrder ? {} : sorted);
    }
    this.writes = folder.table(traceSchema.pageWriteTable);
    this.#sink = new PageWriteSink(this.writes);
    this.#ticks = folder.table(traceSchema.tickTable);
    this.#population = folder.table(traceSchema.pagePopulationTable);
    this.#requests = folder.table(traceSchema.deviceIoTable);
    this.#dma = folder.table(traceSchema.dmaTable);
    this.#interrupts = folder.table(traceSchema.interruptTable);
    this.#packets = folder.table(traceSchema.netPacketTable);
  }

  note(ns: number): void {
    if (ns > this.spanNs) this.spanNs = ns;
  }

  /** One tick of a VM and what it wrote; `each` sees every run as well. */
  tick(
    vmIndex: number,
    tick: { readonly timeNs: number; readonly startNs: number | null; readonly scanNs: number | null },
    runs: TickRuns,
    each?: (startGfn: number, frames: number) => void,
  ): void {
    this.note(tick.timeNs);
    this.#sink.begin(tick.timeNs, vmIndex);
    const { push } = this.#sink;
    runs.forEach(each ? (startGfn, frames) => (push(startGfn, frames), each(startGfn, frames)) : push);
    this.#ticks.push({ time_ns: tick.timeNs, vm_index: vmIndex, start_ns: tick.startNs, scan_ns: tick.scanNs });
  }

  populate(
    vmIndex: number,
    row: { readonly timeNs: number; readonly startGfn: number; readonly frames: number; readonly order: number | null },
  ): void {
    const writer = this.#population;
    const at = writer.fill;
    const { columns, nulls } = writer;
    columns["time_ns"]![at] = row.timeNs;
    columns["vm_index"]![at] = vmIndex;
    columns["start_gfn"]![at] = row.startGfn;
    columns["page_count"]![at] = row.frames;
    setNullable(columns["order"]!, nulls["order"]!, at, row.order);
    writer.advance();
    this.note(row.timeNs);
  }

  request(deviceIndex: number, row: RequestRow): void {
    const writer = this.#requests;
    const at = writer.fill;
    const { columns, nulls } = writer;
    columns["submit_ns"]![at] = row.submitNs;
    setNullable(columns["complete_ns"]!, nulls["complete_ns"]!, at, row.completeNs);
    columns["device_index"]![at] = deviceIndex;
    columns["bytes"]![at] = row.bytes;
    columns["direction"]![at] = row.direction;
    setNullable(columns["offset_bytes"]!, nulls["offset_bytes"]!, at, row.offsetBytes);
    writer.advance();
    this.note(row.completeNs ?? row.submitNs);
  }

  dma(deviceIndex: number, row: DmaRow): void {
    const writer = this.#dma;
    const at = writer.fill;
    const { columns } = writer;
    columns["time_ns"]![at] = row.atNs;
    columns["device_index"]![at] = deviceIndex;
    columns["start_gfn"]![at] = row.startGfn;
    columns["page_count"]![at] = row.frames;
    columns["direction"]![at] = row.direction;
    writer.advance();
    this.note(row.atNs);
  }

  interrupt(deviceIndex: number, atNs: number, vector: number): void {
    const writer = this.#interrupts;
    const at = writer.fill;
    const { columns } = writer;
    columns["time_ns"]![at] = atNs;
    columns["device_index"]![at] = deviceIndex;
    columns["vector"]![at] = vector;
    writer.advance();
    this.note(atNs);
  }

  packet(deviceIndex: number, row: PacketRow): void {
    const writer = this.#packets;
    const at = writer.fill;
    const { columns, nulls } = writer;
    columns["time_ns"]![at] = row.atNs;
    columns["device_index"]![at] = deviceIndex;
    columns["direction"]![at] = row.direction;
    columns["bytes"]![at] = row.bytes;
    const ports = row.protocol === null ? null : row;
    setNullable(columns["ip_protocol"]!, nulls["ip_protocol"]!, at, row.protocol);
    setNullable(columns["source_port"]!, nulls["source_port"]!, at, ports?.sourcePort ?? null);
    setNullable(columns["destination_port"]!, nulls["destination_port"]!, at, ports?.destinationPort ?? null);
    writer.advance();
    this.note(row.atNs);
  }
}

/** A value, or null, of a column that may hold nulls. */
function setNullable(values: NumberColumns[string], nulls: Uint8Array, row: number, value: number | null): void {
  values[row] = value ?? 0;
  nulls[row] = value === null ? 1 : 0;
}
