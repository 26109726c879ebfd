// What a VM's page writes are like, counted the slow way: with a map of pages, and nothing of src/synth.
import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";

export interface TraceStatistics {
  /** One value a tick, empty ticks included. */
  readonly pagesPerTick: readonly number[];
  /** One value a run of neighbouring pages. */
  readonly runPages: readonly number[];
  /** One value a page that was written again: ticks since the last time. */
  readonly ageTicks: readonly number[];
  /** Distinct pages by the end of each tick. */
  readonly distinctPages: readonly number[];
}

function rowsOf(path: string, table: (typeof traceSchema.traceTables)[number]) {
  const source = openFolder("trace", path).sources.get(table.name);
  return source ? readRows(table, source) : [];
}

/** Statistics of the first VM; pages that were there when the recording began are left out. */
export function traceStatistics(path: string): TraceStatistics {
  const written = new Map<number, Set<number>>();
  for (const row of rowsOf(path, traceSchema.tickTable)) {
    if (row["vm_index"] === 0 && row["start_ns"] !== null) written.set(Number(row["time_ns"]), new Set());
  }
  for (const row of rowsOf(path, traceSchema.pageWriteTable)) {
    if (row["vm_index"] !== 0) continue;
    const pages = written.get(Number(row["time_ns"]));
    const start = Number(row["start_gfn"]);
    for (let page = start; page < start + Number(row["page_count"]); page++) pages?.add(page);
  }
  const last = new Map<number, number>();
  const statistics = {
    pagesPerTick: [] as number[],
    runPages: [] as number[],
    ageTicks: [] as number[],
    distinctPages: [] as number[],
  };
  let tick = 0;
  for (const pages of written.values()) {
    tick++;
    statistics.pagesPerTick.push(pages.size);
    const sorted = [...pages].sort((left, right) => left - right);
    let start = 0;
    for (const [index, page] of sorted.entries()) {
      if (sorted[index + 1] !== page + 1) {
        statistics.runPages.push(index + 1 - start);
        start = index + 1;
      }
      const before = last.get(page);
      if (before !== undefined) statistics.ageTicks.push(tick - before);
      last.set(page, tick);
    }
    statistics.distinctPages.push(last.size);
  }
  return statistics;
}

/** Two-sample Kolmogorov-Smirnov distance: the widest gap between two empirical distributions. */
export function ksDistance(left: readonly number[], right: readonly number[]): number {
  const [first, second] = [left, right].map((values) => Float64Array.from(values).sort()) as [
    Float64Array,
    Float64Array,
  ];
  let [i, j, widest] = [0, 0, 0];
  while (i < first.length && j < second.length) {
    const value = Math.min(first[i]!, second[j]!);
    while (i < first.length && first[i] === value) i++;
    while (j < second.length && second[j] === value) j++;
    widest = Math.max(widest, Math.abs(i / first.length - j / second.length));
  }
  return first.length === 0 || second.length === 0 ? Number(first.length !== second.length) : widest;
}

/** The widest gap between two curves of distinct pages over time, as a share of the first one's end. */
export function growthDistance(left: readonly number[], right: readonly number[]): number {
  const end = left.at(-1)!;
  const widest = left.map((pages, tick) => Math.abs(pages - (right[Math.min(tick, right.length - 1)] ?? 0)) / end);
  return widest.reduce((most, gap) => Math.max(most, gap), 0);
}

export interface TraceDistances {
  readonly pagesPerTick: number;
  readonly runPages: number;
  readonly ageTicks: number;
  readonly distinctPages: number;
}

export function traceDistances(left: TraceStatistics, right: TraceStatistics): TraceDistances {
  return {
    pagesPerTick: ksDistance(left.pagesPerTick, right.pagesPerTick),
    runPages: ksDistance(left.runPages, right.runPages),
    ageTicks: ksDistance(left.ageTicks, right.ageTicks),
    distinctPages: growthDistance(left.distinctPages, right.distinctPages),
  };
}
