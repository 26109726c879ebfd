export interface Repeats {
  readonly rows: number;
  readonly pages: number;
}

/** Runs of a tick that are kept at a time: 64 MiB. */
const maxRuns = 4_194_304;
const firstRuns = 64;

function grow(values: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(values.length * 2);
  grown.set(values);
  return grown;
}

/** Merges the stretches of `order` that `borders` bound, each in order by itself, two at a time. */
function mergeStretches(order: Uint32Array, borders: number[], values: Float64Array): Uint32Array {
  let from: Uint32Array = order;
  let to: Uint32Array = new Uint32Array(order.length);
  let bounds = borders;
  while (bounds.length > 2) {
    const merged = [0];
    for (let index = 0; index + 1 < bounds.length; index += 2) {
      const middle = bounds[index + 1]!;
      const end = bounds[index + 2] ?? middle;
      let left = bounds[index]!;
      let right = middle;
      for (let at = left; at < end; at++) {
        const isLeft = left < middle && (right >= end || values[from[left]!]! <= values[from[right]!]!);
        to[at] = from[isLeft ? left++ : right++]!;
      }
      merged.push(end);
    }
    [from, to] = [to, from];
    bounds = merged;
  }
  return from;
}

/**
 * The runs of pages of one tick, until it is over.
 *
 * A scan may walk a stretch again that was written while it was being read, so a recording can hold a page twice in a tick.
 * The runs come in address order but for a few steps back, so only ticks with such a step are looked at.
 *
 * Limits   a tick of more than 4,194,304 runs is taken in pieces: what stands in two of them is not found to be repeated
 */
export class TickRuns {
  starts: Float64Array = new Float64Array(firstRuns);
  pageCounts: Float64Array = new Float64Array(firstRuns);
  count = 0;
  #highestEnd = 0;
  #stepsBack = false;

  get isFull(): boolean {
    return this.count === maxRuns;
  }

  add(start: number, pageCount: number): void {
    if (this.count === this.starts.length) {
      this.starts = grow(this.starts);
      this.pageCounts = grow(this.pageCounts);
    }
    this.starts[this.count] = start;
    this.pageCounts[this.count] = pageCount;
    this.count++;
    const end = start + pageCount;
    if (start < this.#highestEnd) this.#stepsBack = true;
    if (end > this.#highestEnd) this.#highestEnd = end;
  }

  /** Makes room for as many runs, which the caller fills in. */
  resize(count: number): void {
    while (this.starts.length < count) {
      this.starts = grow(this.starts);
      this.pageCounts = grow(this.pageCounts);
    }
    this.count = count;
  }

  /** Forgets the runs and tells what stood in them more than once. */
  take(): Repeats {
    const repeats = this.#stepsBack ? this.#countRepeats() : { rows: 0, pages: 0 };
    this.count = 0;
    this.#highestEnd = 0;
    this.#stepsBack = false;
    return repeats;
  }

  #byStart(): Uint32Array {
    const { starts, count } = this;
    const order = new Uint32Array(count);
    const borders = [0];
    for (let index = 0; index < count; index++) {
      order[index] = index;
      if (index > 0 && starts[index]! < starts[index - 1]!) borders.push(index);
    }
    borders.push(count);
    return mergeStretches(order, borders, starts);
  }

  #countRepeats(): Repeats {
    const { starts, pageCounts } = this;
    let rows = 0;
    let pages = 0;
    let highestEnd = 0;
    for (const index of this.#byStart()) {
      const start = starts[index]!;
      const end = start + pageCounts[index]!;
      if (start < highestEnd) {
        rows++;
        pages += Math.min(end, highestEnd) - start;
      }
      if (end > highestEnd) highestEnd = end;
    }
    return { rows, pages };
  }
}
