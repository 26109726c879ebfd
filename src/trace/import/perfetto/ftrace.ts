import { type ProtoFields, wire } from "../../source/protobuf.ts";
import type { EventRows } from "../event-rows.ts";
import type { ImportContext } from "../importer.ts";
import { rawFields } from "./annotations.ts";
import type { ProtoTime } from "./clocks.ts";
import type { PerfettoTracks } from "./tracks.ts";

interface EventShape {
  readonly category: string;
  readonly name: string;
  /** Names of its fields by their numbers. */
  readonly fields: readonly string[];
}

const wakeup = ["", "comm", "pid", "prio", "success", "target_cpu"];
const schedSwitch = ["", "prev_comm", "prev_pid", "prev_prio", "prev_state", "next_comm", "next_pid", "next_prio"];

/** Events by their field of FtraceEvent (ftrace_event.proto), with fields as sched.proto, irq.proto and ftrace.proto say. */
const shapes: ReadonlyMap<number, EventShape> = new Map([
  [3, { category: "ftrace", name: "print", fields: ["", "ip", "buf"] }],
  [4, { category: "sched", name: "sched_switch", fields: schedSwitch }],
  [17, { category: "sched", name: "sched_wakeup", fields: wakeup }],
  [20, { category: "sched", name: "sched_waking", fields: wakeup }],
  [24, { category: "irq", name: "softirq_entry", fields: ["", "vec"] }],
  [25, { category: "irq", name: "softirq_exit", fields: ["", "vec"] }],
  [26, { category: "irq", name: "softirq_raise", fields: ["", "vec"] }],
  [36, { category: "irq", name: "irq_handler_entry", fields: ["", "irq", "name", "handler"] }],
  [37, { category: "irq", name: "irq_handler_exit", fields: ["", "irq", "ret"] }],
]);

/** Times of the bundle's events; FTRACE_CLOCK_UNSPECIFIED stands for the time since boot. */
const boottime = 6;
const maxCpus = 65_535;

/** A bundle's events of a process's switches, as columns (FtraceEventBundle.CompactSched). */
interface CompactSched {
  readonly names: string[];
  readonly columns: Map<number, { low: number; high: number }[]>;
}

/** Puts a time of the bundle, and so many ns, on the trace's clock; undefined where that cannot be. */
export type ToNs = (time: ProtoTime, row: number, addNs: number) => number | undefined;

/** Makes events of what the kernel's tracer wrote (ftrace_event_bundle.proto). */
export class FtraceEvents {
  readonly #context: ImportContext;
  readonly #rows: EventRows;
  readonly #tracks: PerfettoTracks;
  readonly #toNs: ToNs;
  #cpu: number | null = null;
  /** What is to be added to the bundle's times for those since boot, in ns. */
  #addNs = 0;

  constructor(context: ImportContext, rows: EventRows, tracks: PerfettoTracks, toNs: ToNs) {
    this.#context = context;
    this.#rows = rows;
    this.#tracks = tracks;
    this.#toNs = toNs;
  }

  /** Takes a bundle; gives how many events it held and how many were kept. */
  take(fields: ProtoFields, firstRow: number): { readonly rows: number; readonly kept: number } {
    const events: ProtoFields[] = [];
    let compact: CompactSched | undefined;
    let [clock, ftraceNs, bootNs] = [0, 0, 0];
    this.#cpu = null;
    while (fields.next()) {
      if (fields.field === 1) this.#cpu = fields.unsigned < maxCpus ? fields.unsigned : null;
      else if (fields.field === 2) events.push(fields.inner());
      else if (fields.field === 3 && fields.low !== 0) this.#lost(firstRow);
      else if (fields.field === 4) compact = readCompact(fields.inner());
      else if (fields.field === 5) clock = fields.low;
      else if (fields.field === 6) ftraceNs = fields.signed;
      else if (fields.field === 7) bootNs = fields.signed;
    }
    this.#addNs = clock === 0 ? 0 : bootNs - ftraceNs;
    let kept = 0;
    let rows = 0;
    for (const event of events) if (this.#event(event, firstRow + rows++)) kept++;
    const made = compact ? this.#compact(compact, firstRow + rows) : { rows: 0, kept: 0 };
    return { rows: rows + made.rows, kept: kept + made.kept };
  }

  #lost(row: number): void {
    this.#context.warnings.addRow("events-lost", row, "the kernel's buffer ran over: it lost events before these");
  }

  #time(low: number, high: number, row: number): number | undefined {
    return this.#toNs({ clock: boottime, low, high }, row, this.#addNs);
  }

  #event(fields: ProtoFields, row: number): boolean {
    let [low, high, threadId] = [0, 0, -1];
    let kind: number | null = null;
    let detail: Record<string, unknown> = {};
    while (fields.next()) {
      if (fields.field === 1) {
        ({ low, high } = fields);
      } else if (fields.field === 2) {
        threadId = fields.unsigned;
      } else if (fields.type === wire.bytes) {
        const shape = shapes.get(fields.field);
        kind = this.#kind(fields.field, shape, row);
        detail = shape ? named(rawFields(fields.inner()), shape) : rawFields(fields.inner());
        if (shape?.name === "sched_switch") this.#learn(detail);
      }
    }
    const timeNs = this.#time(low, high, row);
    if (kind === null || timeNs === undefined) return false;
    this.#rows.event(
      {
        timeNs,
        durationNs: null,
        kind,
        task: threadId < 0 ? null : this.#tracks.threadTask(threadId),
        cpu: this.#cpu,
        detail: Object.keys(detail).length > 0 ? JSON.stringify(detail) : null,
      },
      row,
    );
    return true;
  }

  #kind(field: number, shape: EventShape | undefined, row: number): number {
    if (shape) return this.#context.catalogue.eventKind(shape.category, shape.name);
    const detail = "events of ftrace that are kept by the numbers of their fields (ftrace_event.proto)";
    this.#context.warnings.addRow("unnamed-events", row, detail);
    return this.#context.catalogue.eventKind("ftrace", `ftrace event ${field}`);
  }

  /** Tasks are named by the switches between them. */
  #learn({
    prev_comm: previous,
    prev_pid: previousId,
    next_comm: next,
    next_pid: nextId,
  }: Record<string, unknown>): void {
    if (typeof previous === "string" && typeof previousId === "number") this.#tracks.nameThread(previousId, previous);
    if (typeof next === "string" && typeof nextId === "number") this.#tracks.nameThread(nextId, next);
  }

  #compact({ names, columns }: CompactSched, firstRow: number): { rows: number; kept: number } {
    const switches = this.#unfold(
      columns.get(1),
      (timeNs, index, row) => {
        const nextId = columns.get(3)?.[index]?.low ?? 0;
        const comm = names[columns.get(6)?.[index]?.low ?? -1];
        if (comm !== undefined) this.#tracks.nameThread(nextId, comm);
        const detail = {
          next_comm: comm,
          next_pid: nextId,
          next_prio: columns.get(4)?.[index]?.low,
          prev_state: columns.get(2)?.[index]?.low,
        };
        this.#compactEvent(4, { timeNs, detail, row });
      },
      firstRow,
    );
    const wakings = this.#unfold(
      columns.get(7),
      (timeNs, index, row) => {
        const comm = names[columns.get(11)?.[index]?.low ?? -1];
        const detail = {
          comm,
          pid: columns.get(8)?.[index]?.low,
          prio: columns.get(10)?.[index]?.low,
          target_cpu: columns.get(9)?.[index]?.low,
        };
        this.#compactEvent(20, { timeNs, detail, row });
      },
      firstRow + switches.rows,
    );
    return { rows: switches.rows + wakings.rows, kept: switches.kept + wakings.kept };
  }

  #compactEvent(field: number, { timeNs, detail, row }: { timeNs: number; detail: object; row: number }): void {
    const kind = this.#kind(field, shapes.get(field), row);
    this.#rows.event(
      { timeNs, durationNs: null, kind, task: null, cpu: this.#cpu, detail: JSON.stringify(detail) },
      row,
    );
  }

  /** Times that each count from the one before. */
  #unfold(
    times: readonly { low: number; high: number }[] | undefined,
    take: (timeNs: number, index: number, row: number) => void,
    firstRow: number,
  ): { rows: number; kept: number } {
    let kept = 0;
    let [low, high] = [0, 0];
    for (const [index, step] of (times ?? []).entries()) {
      const sum = (low >>> 0) + (step.low >>> 0);
      low = sum | 0;
      high = (high + step.high + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      const timeNs = this.#time(low, high, firstRow + index);
      if (timeNs === undefined) continue;
      take(timeNs, index, firstRow + index);
      kept++;
    }
    return { rows: times?.length ?? 0, kept };
  }
}

function named(raw: Record<string, unknown>, { fields }: EventShape): Record<string, unknown> {
  return Object.fromEntries(Object.entries(raw).map(([number, value]) => [fields[Number(number)] ?? number, value]));
}

function readCompact(fields: ProtoFields): CompactSched {
  const compact: CompactSched = { names: [], columns: new Map() };
  while (fields.next()) {
    if (fields.field === 5) {
      compact.names.push(fields.text);
      continue;
    }
    const column = compact.columns.get(fields.field) ?? [];
    fields.numbers(({ low, high }) => column.push({ low, high }));
    compact.columns.set(fields.field, column);
  }
  return compact;
}
