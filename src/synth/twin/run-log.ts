/** Runs that are remembered: older ones can no longer be found by their tick. */
const maxRuns = 2 ** 22;

/** Runs written, by tick, with the oldest forgotten first. */
export class RunLog {
  readonly #starts: Uint32Array;
  readonly #lengths: Uint32Array;
  /** Number of the first run of each tick; runs are numbered from the begin. */
  readonly #firstRuns: number[] = [];
  #runs = 0;

  constructor(expectedRuns: number) {
    const capacity = Math.min(maxRuns, Math.max(1024, expectedRuns));
    this.#starts = new Uint32Array(capacity);
    this.#lengths = new Uint32Array(capacity);
  }

  /** Runs from now on belong to the tick with this number, from 0. */
  beginTick(): void {
    this.#firstRuns.push(this.#runs);
  }

  add(start: number, length: number): void {
    const slot = this.#runs % this.#starts.length;
    this.#starts[slot] = start;
    this.#lengths[slot] = length;
    this.#runs++;
  }

  /** Runs of a tick that are still remembered. */
  countOf(tick: number): number {
    return Math.max(0, this.#endOf(tick) - this.#firstOf(tick));
  }

  #firstOf(tick: number): number {
    return Math.max(this.#firstRuns[tick] ?? this.#runs, this.#runs - this.#starts.length);
  }

  #endOf(tick: number): number {
    return this.#firstRuns[tick + 1] ?? this.#runs;
  }

  startOf(tick: number, index: number): number {
    return this.#starts[(this.#firstOf(tick) + index) % this.#starts.length]!;
  }

  lengthOf(tick: number, index: number): number {
    return this.#lengths[(this.#firstOf(tick) + index) % this.#starts.length]!;
  }
}
