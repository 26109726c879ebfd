import { FormatError, pageBytes } from "../../base/index.ts";
import { readRows, traceSchema } from "../../trace/index.ts";
import type { TracePart } from "../trace-part.ts";

/** 4 B a frame are kept while a trace is measured. */
const maxFrames = 2 ** 26;

type Counts = Map<number, number>;

/** What one phase of a VM's trace is made of. */
export interface PhaseMeasures {
  tickCount: number;
  readonly pagesPerTick: Counts;
  readonly runPages: Counts;
  /** Ticks since a page was last written, by page. */
  readonly ageTicks: Counts;
  /** Pages of each tick. */
  readonly pages: number[];
  /** New pages of each tick. */
  readonly newPages: number[];
}

export interface VmMeasures {
  /** Pages that were there when the first tick began. */
  presentPages: number;
  /** Length of each tick. */
  readonly tickNs: number[];
  readonly phases: readonly PhaseMeasures[];
  /** Names of marks, and the ticks that had ended by then. */
  readonly marks: { readonly name: string; tickCount: number }[];
  /** Ends of the phases on the trace's clock. */
  readonly phaseEndsNs: readonly number[];
}

function count(counts: Counts, value: number, amount = 1): void {
  counts.set(value, (counts.get(value) ?? 0) + amount);
}

function emptyPhase(): PhaseMeasures {
  return { tickCount: 0, pagesPerTick: new Map(), runPages: new Map(), ageTicks: new Map(), pages: [], newPages: [] };
}

/** Marks of the VM or of the whole trace. */
function marksOf({ folder, vm }: TracePart): { readonly timeNs: number; readonly name: string }[] {
  const source = folder.sources.get(traceSchema.markTable.name);
  if (!source) return [];
  if (source.rows > 4000) throw new FormatError(`${source.path}: ${source.rows} marks; at most 4000 phases are fitted`);
  return readRows(traceSchema.markTable, source)
    .filter((row) => row["vm_index"] === null || row["vm_index"] === vm.index)
    .map((row) => ({ timeNs: Number(row["time_ns"]), name: String(row["name"]) }));
}

/** Notes runs of one tick. */
class RunCounter {
  readonly #lastTicks: Uint32Array;
  phase = emptyPhase();
  tick = 0;
  pages = 0;
  newPages = 0;

  constructor(frames: number) {
    this.#lastTicks = new Uint32Array(frames);
  }

  readonly note = (startGfn: number, frames: number): void => {
    count(this.phase.runPages, frames);
    this.pages += frames;
    for (let frame = startGfn; frame < startGfn + frames; frame++) {
      const last = this.#lastTicks[frame]!;
      if (last === 0) this.newPages++;
      else count(this.phase.ageTicks, this.tick - last);
      this.#lastTicks[frame] = this.tick;
    }
  };
}

/** Goes once over a VM's writes. */
export function measureVm(part: TracePart): VmMeasures {
  const frames = Math.floor(part.vm.guestBytes / pageBytes);
  if (frames > maxFrames) {
    throw new FormatError(`${part.folder.path}: VM of ${part.vm.guestBytes} bytes; at most 256 GiB are fitted`);
  }
  const marks = marksOf(part);
  const endsNs = [...new Set(marks.map(({ timeNs }) => timeNs).filter((ns) => ns > 0)), Number.POSITIVE_INFINITY];
  const measures: VmMeasures = {
    presentPages: 0,
    tickNs: [],
    phases: endsNs.map(emptyPhase),
    marks: marks.map(({ name }) => ({ name, tickCount: 0 })),
    phaseEndsNs: endsNs,
  };
  const counter = new RunCounter(frames);
  for (const { tick, runs } of part.writes()) {
    if (tick.startNs === null) {
      runs.forEach((_, pages) => (measures.presentPages += pages));
      continue;
    }
    measures.tickNs.push(tick.timeNs - tick.startNs);
    for (const [index, mark] of marks.entries()) if (tick.timeNs <= mark.timeNs) measures.marks[index]!.tickCount++;
    const phase = measures.phases[endsNs.findIndex((endNs) => tick.timeNs <= endNs)]!;
    counter.phase = phase;
    counter.tick++;
    counter.pages = 0;
    counter.newPages = 0;
    runs.forEach(counter.note);
    phase.tickCount++;
    count(phase.pagesPerTick, counter.pages);
    phase.pages.push(counter.pages);
    phase.newPages.push(counter.newPages);
  }
  return measures;
}
