import { createPrng } from "../src/base/index.ts";
import { FolderWriter, traceSchema } from "../src/trace/index.ts";

/** The canonical workload of every benchmark here; changing it changes all earlier figures. */
export interface Workload {
  readonly rows: number;
  readonly rowsPerTick: number;
  readonly guestBytes: number;
  readonly seed: number;
}

export const tickNs = 100_000_000;

export function workloadOf(rows: number): Workload {
  return { rows, rowsPerTick: 20_000, guestBytes: 64 * 1024 ** 3, seed: 7 };
}

/** One run of frames after another: mostly near the last one, as guests write, sometimes far away. */
export function drawRuns(
  workload: Workload,
  emit: (index: number, tick: number, gfn: number, count: number) => void,
): void {
  const random = createPrng(workload.seed);
  const frames = workload.guestBytes / 4096;
  let gfn = 0;
  for (let index = 0; index < workload.rows; index++) {
    const draw = random();
    // One in eight jumps anywhere; the others go on a little further.
    gfn = (draw & 7) === 0 ? random() % (frames - 64) : (gfn + 1 + ((draw >>> 3) & 31)) % (frames - 64);
    emit(index, Math.floor(index / workload.rowsPerTick), gfn, 1 + ((draw >>> 8) & 3));
  }
}

/** Writes the workload as a trace folder. */
export function writeWorkloadTrace(workload: Workload, target: string): void {
  const out = new FolderWriter("trace", target);
  try {
    out.table(traceSchema.vmTable).push({ name: "bench", guest_bytes: workload.guestBytes, vcpu_count: 8 });
    const writes = out.table(traceSchema.pageWriteTable);
    const ticks = out.table(traceSchema.tickTable);
    const time = writes.columns["time_ns"] as Float64Array;
    const start = writes.columns["start_gfn"] as Uint32Array;
    const pages = writes.columns["page_count"] as Uint32Array;
    let lastTick = -1;
    drawRuns(workload, (_, tick, gfn, count) => {
      const ns = (tick + 1) * tickNs;
      if (tick !== lastTick) ticks.push({ time_ns: ns, vm_index: 0, start_ns: ns - tickNs, scan_ns: null });
      lastTick = tick;
      const row = writes.fill;
      time[row] = ns;
      start[row] = gfn;
      pages[row] = count;
      writes.advance();
    });
    out.finish({
      name: "bench",
      source: "bench/workload.ts",
      licence: "Apache-2.0",
      importer: "synthetic",
      clock: "synthetic",
      page_bytes: 4096,
      span_ns: (lastTick + 1) * tickNs,
      inputs: [],
    });
  } catch (error) {
    out.discard();
    throw error;
  }
}
