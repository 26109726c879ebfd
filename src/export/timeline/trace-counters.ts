import { type OpenFolder, traceSchema } from "../../trace/index.ts";
import { CounterSet } from "./counter-set.ts";
import { batchesOf, cellsOf, type Pause, smallRows } from "./rows.ts";
import type { TimelineSink } from "./sink.ts";
import type { TraceGroups } from "./trace-timeline.ts";

/** Readings of one VM, in their order; NaN where there is no earlier reading. */
interface Readings {
  readonly timesNs: number[];
  readonly startsNs: number[];
  next: number;
}

async function readReadings(folder: OpenFolder, pause: Pause): Promise<Map<number, Readings>> {
  const readings = new Map<number, Readings>();
  for await (const batch of batchesOf(folder, traceSchema.tickTable, pause)) {
    const times = cellsOf(batch, "time_ns");
    const owners = cellsOf(batch, "vm_index");
    const starts = cellsOf(batch, "start_ns");
    for (let row = 0; row < batch.rows; row++) {
      const vm = owners(row)!;
      const own = readings.get(vm) ?? { timesNs: [], startsNs: [], next: 0 };
      if (own.timesNs.length === 0) readings.set(vm, own);
      own.timesNs.push(times(row)!);
      own.startsNs.push(starts(row) ?? Number.NaN);
    }
  }
  return readings;
}

/** Pages that a VM writes a tick: each tick at its beginning, also those in which it wrote none. */
async function drawDirtyPages(
  sink: TimelineSink,
  { trace, vms }: TraceGroups,
  folder: OpenFolder,
  pause: Pause,
): Promise<void> {
  const readings = await readReadings(folder, pause);
  const counters = new CounterSet(sink, (vm) => ({
    name: "dirty pages a tick",
    parent: vms[vm] ?? trace,
    unit: "pages",
  }));
  const emitUntil = (vm: number, timeNs: number, pages: number): void => {
    const own = readings.get(vm);
    if (!own) return;
    for (; own.timesNs[own.next]! <= timeNs; own.next++) {
      const startNs = own.startsNs[own.next]!;
      if (Number.isNaN(startNs)) continue;
      counters.value(vm, startNs, own.timesNs[own.next] === timeNs ? pages : 0);
    }
  };
  const sums = new Map<number, number>();
  let presentNs = 0;
  const flush = (): void => {
    for (const [vm, pages] of sums) emitUntil(vm, presentNs, pages);
    sums.clear();
  };
  for await (const batch of batchesOf(folder, traceSchema.pageWriteTable, pause)) {
    const times = batch.columns["time_ns"] as Float64Array;
    const owners = batch.columns["vm_index"] as Uint16Array;
    const pages = batch.columns["page_count"] as Uint32Array;
    for (let row = 0; row < batch.rows; row++) {
      if (times[row] !== presentNs) {
        flush();
        presentNs = times[row]!;
      }
      sums.set(owners[row]!, (sums.get(owners[row]!) ?? 0) + pages[row]!);
    }
  }
  flush();
  for (const vm of readings.keys()) emitUntil(vm, Number.POSITIVE_INFINITY, 0);
}

/** Guest memory that is backed by the host's, as it grows. */
async function drawPopulation(
  sink: TimelineSink,
  { trace, vms }: TraceGroups,
  folder: OpenFolder,
  pause: Pause,
): Promise<void> {
  const counters = new CounterSet(sink, (vm) => ({ name: "backed pages", parent: vms[vm] ?? trace, unit: "pages" }));
  const sums = new Map<number, number>();
  const changed = new Set<number>();
  let presentNs = 0;
  const flush = (): void => {
    for (const vm of changed) counters.value(vm, presentNs, sums.get(vm)!);
    changed.clear();
  };
  for await (const batch of batchesOf(folder, traceSchema.pagePopulationTable, pause)) {
    const times = batch.columns["time_ns"] as Float64Array;
    const owners = batch.columns["vm_index"] as Uint16Array;
    const pages = batch.columns["page_count"] as Uint32Array;
    for (let row = 0; row < batch.rows; row++) {
      if (times[row] !== presentNs) flush();
      presentNs = times[row]!;
      sums.set(owners[row]!, (sums.get(owners[row]!) ?? 0) + pages[row]!);
      changed.add(owners[row]!);
    }
  }
  flush();
}

/** Pages of the regions that an access monitor saw used, aggregation by aggregation. */
async function drawAccesses(
  sink: TimelineSink,
  { trace, vms }: TraceGroups,
  folder: OpenFolder,
  pause: Pause,
): Promise<void> {
  const counters = new CounterSet(sink, (vm) => ({ name: "accessed pages", parent: vms[vm] ?? trace, unit: "pages" }));
  const sums = new Map<number, number>();
  let presentNs = 0;
  const flush = (): void => {
    for (const [vm, pages] of sums) counters.value(vm, presentNs, pages);
    sums.clear();
  };
  for await (const batch of batchesOf(folder, traceSchema.accessTable, pause)) {
    const times = cellsOf(batch, "time_ns");
    const owners = cellsOf(batch, "vm_index");
    const pages = cellsOf(batch, "page_count");
    const counts = cellsOf(batch, "access_count");
    for (let row = 0; row < batch.rows; row++) {
      if (times(row) !== presentNs) flush();
      presentNs = times(row)!;
      const used = counts(row)! > 0 ? pages(row)! : 0;
      sums.set(owners(row)!, (sums.get(owners(row)!) ?? 0) + used);
    }
  }
  flush();
}

/** Values of table counter, as they are. */
async function drawCounters(
  sink: TimelineSink,
  { trace, vms }: TraceGroups,
  folder: OpenFolder,
  pause: Pause,
): Promise<void> {
  const kinds = smallRows(folder, traceSchema.counterKindTable);
  const counters = new CounterSet(sink, (kind) => {
    const row = kinds[kind];
    const vm = row?.["vm_index"] as number | null | undefined;
    return {
      name: (row?.["name"] as string | undefined) ?? `counter ${kind}`,
      parent: vms[vm ?? -1] ?? trace,
      unit: (row?.["unit"] as string | null | undefined) ?? undefined,
    };
  });
  for await (const batch of batchesOf(folder, traceSchema.counterTable, pause)) {
    const times = cellsOf(batch, "time_ns");
    const owners = cellsOf(batch, "kind_index");
    const values = cellsOf(batch, "value");
    for (let row = 0; row < batch.rows; row++) counters.value(owners(row)!, times(row)!, values(row)!);
  }
}

/** Everything that a trace measured over time. */
export async function drawMeasures(
  sink: TimelineSink,
  groups: TraceGroups,
  folder: OpenFolder,
  pause: Pause,
): Promise<void> {
  await drawDirtyPages(sink, groups, folder, pause);
  await drawPopulation(sink, groups, folder, pause);
  await drawAccesses(sink, groups, folder, pause);
  await drawCounters(sink, groups, folder, pause);
}
