import { openFolder, readRows, type Table, traceSchema } from "../../src/trace/index.ts";

/** One tick of one VM, counted with sets: the slow and obvious twin of the replay engine. */
export interface SimpleTick {
  readonly timeNs: number;
  readonly vmIndex: number;
  readonly dirtyPages: number;
  readonly firstTouchPages: number;
  readonly afterResume: boolean;
}

function rowsOf(path: string, table: Table): Record<string, number>[] {
  const source = openFolder("trace", path).sources.get(table.name);
  return source ? (readRows(table, source) as Record<string, number>[]) : [];
}

/** Ticks of a whole trace; a tick that ends after `stopNs` belongs to the guest that runs again. */
export function replaySimply(path: string, stopNs: number): SimpleTick[] {
  const writes = Map.groupBy(rowsOf(path, traceSchema.pageWriteTable), (row) => `${row["time_ns"]}/${row["vm_index"]}`);
  const touched = new Map<number, Set<number>>();
  return rowsOf(path, traceSchema.tickTable).map(({ time_ns: timeNs, vm_index: vmIndex }) => {
    const pages = new Set<number>();
    for (const { start_gfn: first, page_count: count } of writes.get(`${timeNs}/${vmIndex}`) ?? []) {
      for (let gfn = first!; gfn < first! + count!; gfn++) pages.add(gfn);
    }
    const afterResume = timeNs! > stopNs;
    const known = touched.get(vmIndex!) ?? new Set();
    touched.set(vmIndex!, known);
    const fresh = afterResume ? [...pages].filter((gfn) => !known.has(gfn)) : [];
    for (const gfn of fresh) known.add(gfn);
    return { timeNs: timeNs!, vmIndex: vmIndex!, dirtyPages: pages.size, firstTouchPages: fresh.length, afterResume };
  });
}
