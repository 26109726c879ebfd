import { FormatError, InterruptedError } from "../base/index.ts";
import { type FaultLayout, FirstTouchIndex } from "../impact/index.ts";
import { GuestMemory } from "../model/index.ts";
import { codeOf, type OpenFolder, traceSchema } from "../trace/index.ts";
import { refuseWrite } from "./dirty-ticks.ts";
import { onPopulation } from "./engine.ts";
import { frameRunsOf, Merge, type Slice } from "./merge.ts";
import { type TraceFacts, trackedFrames } from "./trace-facts.ts";

/** How the memory of a VM of the trace is mapped: what of it is a first touch depends on that. */
export interface MappedVm {
  readonly traceVmIndex: number;
  readonly layout: FaultLayout;
}

/** A moment at which somebody wants to know what is populated. */
export interface MemoryStop {
  readonly atNs: number;
  readonly look: (memory: GuestMemory) => void;
}

/** Goes over a trace's memory once, for any number of updates: stops where asked, and notes which tick touches what. */
export class MemoryWalk {
  readonly tickEndNs: number[] = [];
  /** One entry a mapped VM. */
  readonly indexes: readonly FirstTouchIndex[];
  readonly #facts: TraceFacts;
  readonly #mapped: readonly MappedVm[];
  readonly #memory: GuestMemory;
  readonly #merge: Merge;
  #openNs = -1;

  constructor({ trace, facts }: { trace: OpenFolder<"trace">; facts: TraceFacts }, mapped: readonly MappedVm[]) {
    this.#facts = facts;
    this.#mapped = mapped;
    this.indexes = mapped.map(({ layout }) => new FirstTouchIndex(layout));
    this.#memory = new GuestMemory(trackedFrames(trace, facts));
    this.#merge = new Merge(trace, [
      [traceSchema.pagePopulationTable, onPopulation(this.#memory)],
      [traceSchema.dmaTable, (slice) => this.#onDma(slice)],
      [traceSchema.pageWriteTable, (slice) => this.#onWrites(slice)],
      [traceSchema.tickTable, (slice) => this.#onTicks(slice)],
    ]);
  }

  /** Stops must come in the order of time. */
  run(stops: readonly MemoryStop[], signal: AbortSignal | undefined): void {
    for (const { atNs, look } of stops) {
      this.#runUntil(atNs, signal);
      look(this.#memory);
    }
    this.#runUntil(Number.POSITIVE_INFINITY, signal);
    this.#endTick();
  }

  #runUntil(untilNs: number, signal: AbortSignal | undefined): void {
    while (this.#merge.step(untilNs)) if (signal?.aborted === true) throw new InterruptedError();
  }

  #onDma({ batch, from, to }: Slice): void {
    const device = batch.columns["device_index"] as Uint16Array;
    const startGfn = batch.columns["start_gfn"] as Uint32Array;
    const pageCount = batch.columns["page_count"] as Uint32Array;
    const direction = batch.columns["direction"] as Uint8Array;
    const toMemory = codeOf(traceSchema.dmaTable.columns[4], "to-memory");
    for (let row = from; row < to; row++) {
      const vmIndex = this.#facts.devices[device[row]!]?.vmIndex;
      if (direction[row] !== toMemory) continue;
      if (vmIndex !== undefined && this.#memory.back(vmIndex, startGfn[row]!, pageCount[row]!)) continue;
      throw new FormatError(
        `table dma, row ${batch.firstRow + row + 1}: no such device, or frames beyond the VM's memory`,
      );
    }
  }

  #onWrites({ batch, from, to }: Slice): void {
    const runs = frameRunsOf(batch);
    for (let row = from; row < to;) {
      const ns = runs.timeNs[row]!;
      let end = row + 1;
      while (end < to && runs.timeNs[end] === ns) end++;
      if (ns !== this.#openNs) this.#endTick();
      this.#openNs = ns;
      this.#memory.mark(runs, row, end);
      if (this.#memory.badRow >= 0) refuseWrite(this.#memory.badRow, batch.firstRow, runs);
      for (const [index, { traceVmIndex }] of this.#mapped.entries()) {
        const touches = this.indexes[index]!;
        for (let each = row; each < end; each++) {
          if (runs.vmIndex[each] === traceVmIndex) touches.mark(runs.startGfn[each]!, runs.pageCount[each]!);
        }
      }
      row = end;
    }
  }

  #onTicks({ batch, from, to }: Slice): void {
    const timeNs = batch.columns["time_ns"] as Float64Array;
    for (let row = from; row < to; row++) {
      if (timeNs[row] !== this.#openNs) this.#endTick();
      this.#openNs = timeNs[row]!;
    }
  }

  #endTick(): void {
    if (this.#openNs < 0) return;
    this.#memory.endTick();
    for (const index of this.indexes) index.endTick();
    this.tickEndNs.push(this.#openNs);
    this.#openNs = -1;
  }
}
