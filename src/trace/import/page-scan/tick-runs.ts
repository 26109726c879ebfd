export interface Repeats {
  readonly rows: number;
  readonly pages: number;
}

/**
 * The runs of one tick, kept to find pages that stand in it twice.
 *
 * PAGEMAP_SCAN may walk a stretch again that was written while it was being read, so a recording can hold a page twice
 * in a tick. The runs come in address order but for such stretches, so only ticks with a step back are looked at.
 */
export class TickRuns {
  #starts = new Float64Array(1024);
  #ends = new Float64Array(1024);
  #count = 0;
  #highestEnd = 0;
  #stepsBack = false;

  add(start: number, end: number): void {
    if (this.#count === this.#starts.length) this.#grow();
    this.#starts[this.#count] = start;
    this.#ends[this.#count] = end;
    this.#count++;
    if (start < this.#highestEnd) this.#stepsBack = true;
    else this.#highestEnd = end;
    if (end > this.#highestEnd) this.#highestEnd = end;
  }

  #grow(): void {
    const starts = new Float64Array(this.#count * 2);
    const ends = new Float64Array(this.#count * 2);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#starts = starts;
    this.#ends = ends;
  }

  /** Forgets the tick's runs and tells what stood in them more than once. */
  take(): Repeats {
    const repeats = this.#stepsBack ? this.#countRepeats() : { rows: 0, pages: 0 };
    this.#count = 0;
    this.#highestEnd = 0;
    this.#stepsBack = false;
    return repeats;
  }

  #countRepeats(): Repeats {
    const starts = this.#starts;
    const byStart = Uint32Array.from({ length: this.#count }, (_, index) => index).sort(
      (left, right) => starts[left]! - starts[right]! || left - right,
    );
    let rows = 0;
    let pages = 0;
    let highestEnd = 0;
    for (const index of byStart) {
      const start = starts[index]!;
      const end = this.#ends[index]!;
      if (start < highestEnd) {
        rows++;
        pages += Math.min(end, highestEnd) - start;
      }
      highestEnd = Math.max(highestEnd, end);
    }
    return { rows, pages };
  }
}
