import { FormatError } from "../base/index.ts";
import { GuestMemory, type FrameRuns } from "../model/index.ts";
import { FaultCounter } from "../impact/index.ts";
import { type TableWriter } from "../trace/index.ts";
import { frameRunsOf, type Slice } from "./merge.ts";
import type { VmClass } from "./vm-classes.ts";

/** First touches of VMs of one class after resume, tick by tick: what the brownout is measured on. */
export interface FirstTouches {
  /** End of the tick, on the trace's clock. */
  readonly timeNs: number[];
  readonly faultCount: number[];
  /** Pages of 4 KiB: what would fault if no folio were larger. */
  readonly pageCount: number[];
}

/** Refuses a row of page_write that the guests' memory did not take. */
export function refuseWrite(row: number, firstRow: number, runs: FrameRuns): never {
  const [vm, gfn, pages] = [runs.vmIndex[row], runs.startGfn[row], runs.pageCount[row]];
  throw new FormatError(
    `table page_write, row ${firstRow + row + 1}: VM ${vm}, frames ${gfn} + ${pages}: no such VM, no pages, or frames beyond its memory`,
    { hint: "see which rows are wrong with `luoscope inspect --check`" },
  );
}

/**
 * Feeds page writes to the guests' memory and writes one row of `dirty_tick` a tick and VM.
 *
 * Writes of a tick reach the model before the tick's own row, since the merge hands out tables in that order.
 */
export class DirtyTicks {
  readonly memory: GuestMemory;
  /** One entry a class of VMs. */
  readonly firstTouches: readonly FirstTouches[];
  /** Ticks that hold writes but have no row in table tick. */
  missingTicks = 0;
  readonly #out: TableWriter;
  readonly #classes: readonly VmClass[];
  #counters: readonly FaultCounter[] = [];
  #openNs = -1;
  /** Moment of the last tick: rows of several VMs may share it. */
  #foldedNs = -1;
  #resumed = false;

  constructor(memory: GuestMemory, out: TableWriter, classes: readonly VmClass[]) {
    this.memory = memory;
    this.#out = out;
    this.#classes = classes;
    this.firstTouches = classes.map(() => ({ timeNs: [], faultCount: [], pageCount: [] }));
  }

  /** From now on ticks belong to the guest that runs again. */
  resume(): void {
    this.#resumed = true;
    this.#counters = this.#classes.map(({ layout }) => new FaultCounter(layout));
    this.memory.resume();
  }

  /** Rows of page_write. */
  readonly onWrites = ({ batch, from, to }: Slice): void => {
    const runs = frameRunsOf(batch);
    for (let row = from; row < to;) {
      const ns = runs.timeNs[row]!;
      let end = to;
      // Almost always the slice ends where its tick does.
      if (runs.timeNs[to - 1] !== ns) for (end = row + 1; runs.timeNs[end] === ns;) end++;
      if (ns !== this.#openNs) this.#closeMissing();
      this.#openNs = ns;
      this.memory.mark(runs, row, end);
      if (this.memory.badRow >= 0) refuseWrite(this.memory.badRow, batch.firstRow, runs);
      row = end;
    }
  };

  /** Rows of tick. */
  readonly onTicks = ({ batch, from, to }: Slice): void => {
    const timeNs = batch.columns["time_ns"] as Float64Array;
    const vmIndex = batch.columns["vm_index"] as Uint16Array;
    const startNs = batch.columns["start_ns"] as Float64Array;
    const noStart = batch.nulls["start_ns"];
    for (let row = from; row < to; row++) {
      const ns = timeNs[row]!;
      if (ns !== this.#foldedNs) {
        if (ns !== this.#openNs) this.#closeMissing();
        this.#endTick(ns);
        this.#openNs = -1;
        this.#foldedNs = ns;
      }
      const vm = vmIndex[row]!;
      if (vm >= this.memory.vmCount) {
        throw new FormatError(
          `table tick, row ${batch.firstRow + row + 1}: vm_index ${vm}; the trace has ${this.memory.vmCount} VMs`,
        );
      }
      this.#emit(ns, vm, noStart?.[row] === 1 ? null : startNs[row]!);
    }
  };

  /** Closes what the last rows left open. */
  finish(): void {
    this.#closeMissing();
  }

  #closeMissing(): void {
    if (this.#openNs < 0) return;
    this.#endTick(this.#openNs);
    this.missingTicks++;
    for (let vm = 0; vm < this.memory.vmCount; vm++) {
      if (this.memory.dirtyPages[vm]! > 0) this.#emit(this.#openNs, vm, null);
    }
    this.#openNs = -1;
  }

  #endTick(ns: number): void {
    this.memory.endTick();
    if (!this.#resumed) return;
    for (const [index, { traceVmIndex }] of this.#classes.entries()) {
      const counter = this.#counters[index]!;
      counter.faultCount = 0;
      this.memory.takeFresh(traceVmIndex, counter);
      this.firstTouches[index]!.timeNs.push(ns);
      this.firstTouches[index]!.faultCount.push(counter.faultCount);
      this.firstTouches[index]!.pageCount.push(this.memory.firstTouchPages[traceVmIndex]!);
    }
  }

  #emit(ns: number, vm: number, startNs: number | null): void {
    const dirtyPages = this.memory.dirtyPages[vm]!;
    const firstTouchPages = this.memory.firstTouchPages[vm]!;
    this.#out.push({
      trace_time_ns: ns,
      trace_vm_index: vm,
      start_ns: startNs,
      dirty_pages: dirtyPages,
      first_touch_pages: firstTouchPages,
      after_resume: this.#resumed ? 1 : 0,
    });
  }
}
