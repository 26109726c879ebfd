import { eventTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { ImportContext } from "../importer.ts";
import type { EventArguments } from "./arguments.ts";
import { Machine } from "./machine.ts";
import { durations, MigrationEvents } from "./migration.ts";
import { NvmeEvents } from "./nvme.ts";
import { VirtioEvents } from "./virtio.ts";
import { interruptController } from "./interrupt-controller.ts";

/** When, on which thread and in which row of the source an event stands. */
export interface EventPlace {
  ns: number;
  /** The thread, or the process where the source knows no threads. */
  thread: number;
  row: number;
}

export type EventHandler = (place: EventPlace, args: EventArguments) => void;
export type EventHandlers = Readonly<Record<string, EventHandler>>;

interface Kind {
  readonly index: number;
  readonly handler: EventHandler | undefined;
  readonly durationNs: ((args: EventArguments) => number | undefined) | undefined;
}

/**
 * Trace events of QEMU, whatever backend wrote them: each becomes a row of `event`, and those of devices, interrupts and
 * migrations rows of their tables besides. Events are known by their names and by names of their arguments; what differs in
 * another version of QEMU stays an event alone.
 */
export class QemuEvents {
  readonly place: EventPlace = { ns: 0, thread: 0, row: 0 };
  readonly #context: ImportContext;
  readonly #events: TableWriter;
  readonly #nvme: NvmeEvents;
  readonly #virtio: VirtioEvents;
  readonly #handlers: ReadonlyMap<string, EventHandler>;
  readonly #kinds: Kind[] = [];
  #lastNs = 0;

  constructor(context: ImportContext, name: string) {
    const machine = new Machine(context.catalogue, name);
    this.#context = context;
    this.#events = context.writer.table(eventTable, { sort: true });
    this.#nvme = new NvmeEvents(context, machine);
    this.#virtio = new VirtioEvents(context, machine);
    const parts: readonly EventHandlers[] = [
      this.#nvme.handlers,
      this.#virtio.handlers,
      new MigrationEvents(context).handlers,
      interruptController(context, machine),
    ];
    this.#handlers = new Map(parts.flatMap((part) => Object.entries(part)));
  }

  /** Number of an event's kind, for `take`. */
  kind(name: string): number {
    const index = this.#context.catalogue.eventKind("qemu", name);
    return this.#kinds.push({ index, handler: this.#handlers.get(name), durationNs: durations.get(name) }) - 1;
  }

  /**
   * Takes the event that stands at `place`.
   *
   * Shape    `detail` are the bytes of its arguments as text, from `start` to `end`
   */
  take(
    kindNumber: number,
    task: number,
    args: EventArguments,
    detail: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
  ): void {
    const { place } = this;
    const kind = this.#kinds[kindNumber]!;
    if (place.ns < this.#lastNs) {
      this.#context.warnings.addRow(
        "rows-reordered",
        place.row,
        "events that stand behind later ones, put in their order",
      );
    } else {
      this.#lastNs = place.ns;
    }
    // QEMU says at the end of something how long it took.
    const durationNs = Math.min(kind.durationNs?.(args) ?? -1, place.ns);
    const { columns, nulls, fill } = this.#events;
    columns["time_ns"]![fill] = durationNs < 0 ? place.ns : place.ns - durationNs;
    columns["duration_ns"]![fill] = Math.max(durationNs, 0);
    nulls["duration_ns"]![fill] = durationNs < 0 ? 1 : 0;
    columns["kind_index"]![fill] = kind.index;
    columns["task_index"]![fill] = task;
    nulls["task_index"]![fill] = 0;
    columns["cpu_index"]![fill] = 0;
    nulls["cpu_index"]![fill] = 1;
    nulls["detail"]![fill] = detail.end > detail.start ? 0 : 1;
    this.#events.setText("detail", detail.bytes, detail.start, detail.end);
    this.#events.advance();
    kind.handler?.(place, args);
  }

  end(): void {
    const nvme = this.#nvme.end();
    const virtio = this.#virtio.end();
    const uncompleted = nvme.uncompleted + virtio.uncompleted;
    if (uncompleted > 0) {
      this.#context.warnings.add(
        "requests-without-completion",
        uncompleted,
        "requests that the trace does not complete; complete_ns is null",
      );
    }
    const unsized = nvme.unsized + virtio.unsized;
    if (unsized > 0) {
      this.#context.warnings.add(
        "request-sizes-unknown",
        unsized,
        "reads and writes of which no event says the size: 0",
      );
    }
  }
}
