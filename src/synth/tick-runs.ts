import type { TableWriter } from "../trace/index.ts";

/** Runs are packed into one double: 32 bits of frame number above 21 bits of length. */
const lengthSpan = 2 ** 21;
/** Longer runs are added in pieces; `emit` puts neighbours together again. */
const pieceFrames = 2 ** 20;

/**
 * What a VM wrote in one tick: runs in any order, which may overlap, as runs in order that do not touch.
 *
 * Cost     one store a run, one native sort a tick; nothing is allocated a row
 */
export class TickRuns {
  #packed = new Float64Array(4096);
  #fill = 0;
  #isSorted = true;

  /** Runs added since `clear`. */
  get count(): number {
    return this.#fill;
  }

  add(startGfn: number, frames: number): void {
    for (let done = 0; done < frames; done += pieceFrames) {
      this.#push((startGfn + done) * lengthSpan + Math.min(frames - done, pieceFrames));
    }
  }

  #push(packed: number): void {
    if (this.#fill === this.#packed.length) {
      const grown = new Float64Array(2 * this.#fill);
      grown.set(this.#packed);
      this.#packed = grown;
    }
    if (this.#fill > 0 && packed < this.#packed[this.#fill - 1]!) this.#isSorted = false;
    this.#packed[this.#fill++] = packed;
  }

  clear(): void {
    this.#fill = 0;
    this.#isSorted = true;
  }

  /** Puts the runs in order and together; calls `each` with those that are left, and gives their number. */
  forEach(each: (startGfn: number, frames: number) => void): number {
    const packed = this.#packed;
    if (!this.#isSorted) packed.subarray(0, this.#fill).sort();
    this.#isSorted = true;
    let runs = 0;
    let start = 0;
    let end = -1;
    for (let index = 0; index < this.#fill; index++) {
      const value = packed[index]!;
      const from = Math.floor(value / lengthSpan);
      const to = from + (value - from * lengthSpan);
      if (from <= end) {
        if (to > end) end = to;
        continue;
      }
      if (end >= 0) each(start, end - start);
      if (end >= 0) runs++;
      start = from;
      end = to;
    }
    if (end < 0) return runs;
    each(start, end - start);
    return runs + 1;
  }
}

/** Appends runs as rows of page_write. */
export class PageWriteSink {
  readonly #writer: TableWriter;
  readonly #time: Float64Array;
  readonly #vm: Uint16Array;
  readonly #start: Uint32Array;
  readonly #count: Uint32Array;
  #timeNs = 0;
  #vmIndex = 0;

  constructor(writer: TableWriter) {
    this.#writer = writer;
    this.#time = writer.columns["time_ns"] as Float64Array;
    this.#vm = writer.columns["vm_index"] as Uint16Array;
    this.#start = writer.columns["start_gfn"] as Uint32Array;
    this.#count = writer.columns["page_count"] as Uint32Array;
  }

  /** Rows from now on belong to this tick. */
  begin(timeNs: number, vmIndex: number): void {
    this.#timeNs = timeNs;
    this.#vmIndex = vmIndex;
  }

  readonly push = (startGfn: number, frames: number): void => {
    const row = this.#writer.fill;
    this.#time[row] = this.#timeNs;
    this.#vm[row] = this.#vmIndex;
    this.#start[row] = startGfn;
    this.#count[row] = frames;
    this.#writer.advance();
  };
}
