import { mibBytes, usNs } from "../../../base/index.ts";
import { counterTable, markTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { ImportContext } from "../importer.ts";
import type { EventArguments } from "./arguments.ts";
import type { EventHandler, EventHandlers } from "./events.ts";

const maxDurationUs = Number.MAX_SAFE_INTEGER / usNs;

function downtimeNs(args: EventArguments): number | undefined {
  const us = args.whole("downtime");
  return us === undefined || us > maxDurationUs ? undefined : us * usNs;
}

/** Events that say how long it took what they end; QEMU counts in µs. */
export const durations: ReadonlyMap<string, (args: EventArguments) => number | undefined> = new Map([
  ["vmstate_downtime_save", downtimeNs],
  ["vmstate_downtime_load", downtimeNs],
]);

interface CounterOf {
  readonly name: string;
  readonly unit: string;
  /** What one of QEMU's own units is of `unit`. */
  readonly scale: number;
  readonly argument: string;
  readonly textArgument?: string;
}

const counters: Readonly<Record<string, CounterOf>> = {
  migration_bitmap_sync_end: {
    name: "dirty pages found",
    unit: "pages",
    scale: 1,
    argument: "dirty_pages",
  },
  // Measured in bytes a millisecond.
  migrate_transferred: { name: "migration bandwidth", unit: "bytes/s", scale: 1000, argument: "bandwidth" },
  migrate_pending: { name: "migration pending", unit: "bytes", scale: 1, argument: "size" },
  migrate_pending_exact: { name: "migration pending", unit: "bytes", scale: 1, argument: "size" },
  migrate_pending_estimate: { name: "migration pending estimate", unit: "bytes", scale: 1, argument: "size" },
  // QEMU says MB and shifts by 20.
  dirtyrate_calculate: {
    name: "dirty rate",
    unit: "bytes/s",
    scale: mibBytes,
    argument: "dirtyrate",
    textArgument: "rate",
  },
};

/** Events of a migration: states and checkpoints become marks, numbers that are a rate or an amount counters. */
export class MigrationEvents {
  readonly #context: ImportContext;
  readonly #marks: TableWriter;
  readonly handlers: EventHandlers;

  constructor(context: ImportContext) {
    this.#context = context;
    this.#marks = context.writer.table(markTable, { sort: true });
    this.handlers = {
      migrate_set_state: ({ ns }, args) => this.#mark(ns, "migration", args.text("new_state", "state")),
      vmstate_downtime_checkpoint: ({ ns }, args) => this.#mark(ns, "downtime", args.first()),
      ...Object.fromEntries(Object.entries(counters).map(([event, counter]) => [event, this.#count(counter)])),
    };
  }

  #mark(ns: number, what: string, state: string | undefined): void {
    if (state === undefined || state === "") return;
    this.#marks.push({ time_ns: ns, name: `${what} ${state}` });
  }

  #count({ name, unit, scale, argument, textArgument }: CounterOf): EventHandler {
    let kind: number | undefined;
    return ({ ns }, args) => {
      const value = args.whole(argument, textArgument);
      if (value === undefined) return;
      kind ??= this.#context.catalogue.counterKind(name, unit, null);
      this.#context.writer
        .table(counterTable, { sort: true })
        .push({ time_ns: ns, kind_index: kind, value: value * scale });
    };
  }
}
