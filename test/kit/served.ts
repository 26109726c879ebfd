import { runSchema } from "../../src/trace/index.ts";
import { type RunRow, runRows } from "./run-scenario.ts";

export const sum = (rows: readonly RunRow[], value: (row: RunRow) => number): number =>
  rows.reduce((total, row) => total + value(row), 0);
/** What the update adds to the latency of a request. */
export const addedNs = (row: RunRow): number =>
  row["latency_ns"] === null ? 0 : Number(row["latency_ns"]) - Number(row["alone_ns"]);

/** What a run says of its one update, as a moment of a study would. */
export function momentOf(path: string) {
  const requests = runRows(path, runSchema.requestTable);
  const gaps = runRows(path, runSchema.deviceGapTable);
  const ticks = runRows(path, runSchema.brownoutTickTable).filter((row) => row["mapping"] === 0);
  const touched = requests.filter((row) => Number(row["fate"]) > 0 && row["latency_ns"] !== null);
  return {
    stalled_ns: sum(requests, addedNs),
    waited_count: requests.filter((row) => row["fate"] === 4).length,
    worst_latency_ns: Math.max(0, ...touched.map((row) => Number(row["latency_ns"]))),
    dropped_count: sum(gaps, (row) => Number(row["dropped_count"])),
    fault_count: sum(ticks, (row) => Number(row["fault_count"])),
    lost_ns: sum(ticks, (row) => Number(row["lost_ns"])),
  };
}
