import type { TableWriter } from "../trace/index.ts";

/** Frame numbers are sorted by this many bits at a time: 32 bits in three passes. */
const digitBits = 11;
const digits = 2 ** digitBits;

/**
 * What a VM wrote in one tick: runs in any order, which may overlap, as runs in order that do not touch.
 *
 * Cost     two stores a run, and one radix sort a tick where runs did not come in order; nothing is allocated a row
 */
export class TickRuns {
  #starts = new Uint32Array(4096);
  #lengths = new Uint32Array(4096);
  /** Where the sort puts runs, in turns with the arrays above. */
  #otherStarts = new Uint32Array(4096);
  #otherLengths = new Uint32Array(4096);
  readonly #counts = new Uint32Array(digits);
  #fill = 0;
  #isSorted = true;

  /** Adds a run of one frame or more. */
  add(startGfn: number, frames: number): void {
    const at = this.#fill;
    if (at === this.#starts.length) this.#grow();
    if (at > 0 && startGfn < this.#starts[at - 1]!) this.#isSorted = false;
    this.#starts[at] = startGfn;
    this.#lengths[at] = frames;
    this.#fill = frames > 0 ? at + 1 : at;
  }

  #grow(): void {
    const double = (values: Uint32Array): Uint32Array<ArrayBuffer> => {
      const grown = new Uint32Array(2 * values.length);
      grown.set(values);
      return grown;
    };
    this.#starts = double(this.#starts);
    this.#lengths = double(this.#lengths);
    this.#otherStarts = new Uint32Array(this.#starts.length);
    this.#otherLengths = new Uint32Array(this.#starts.length);
  }

  clear(): void {
    this.#fill = 0;
    this.#isSorted = true;
  }

  #sort(): void {
    for (let shift = 0; shift < 32; shift += digitBits) this.#sortByDigit(shift);
    this.#isSorted = true;
  }

  #sortByDigit(shift: number): void {
    const fill = this.#fill;
    const [starts, lengths, counts] = [this.#starts, this.#lengths, this.#counts];
    counts.fill(0);
    for (let run = 0; run < fill; run++) counts[(starts[run]! >>> shift) & (digits - 1)]!++;
    // All alike: nothing to move.
    if (counts[(starts[0]! >>> shift) & (digits - 1)] === fill) return;
    for (let digit = 0, before = 0; digit < digits; digit++) {
      const count = counts[digit]!;
      counts[digit] = before;
      before += count;
    }
    const [otherStarts, otherLengths] = [this.#otherStarts, this.#otherLengths];
    for (let run = 0; run < fill; run++) {
      const start = starts[run]!;
      const to = counts[(start >>> shift) & (digits - 1)]!++;
      otherStarts[to] = start;
      otherLengths[to] = lengths[run]!;
    }
    this.#starts = otherStarts;
    this.#lengths = otherLengths;
    this.#otherStarts = starts;
    this.#otherLengths = lengths;
  }

  /** Puts the runs in order and together, and calls `each` with those that are left. */
  forEach(each: (startGfn: number, frames: number) => void): void {
    if (this.#fill === 0) return;
    if (!this.#isSorted) this.#sort();
    const [starts, lengths] = [this.#starts, this.#lengths];
    let start = starts[0]!;
    let end = start + lengths[0]!;
    for (let run = 1; run < this.#fill; run++) {
      const from = starts[run]!;
      const to = from + lengths[run]!;
      if (from > end) {
        each(start, end - start);
        start = from;
        end = to;
      } else if (to > end) {
        end = to;
      }
    }
    each(start, end - start);
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
