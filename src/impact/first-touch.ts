import type { FaultLayout } from "./faults.ts";

/** Growable column of numbers. */
class Numbers {
  values: Uint32Array = new Uint32Array(1024);
  count = 0;

  push(value: number): void {
    if (this.count === this.values.length) {
      const larger = new Uint32Array(this.count * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value;
  }
}

/**
 * For a whole trace at once: how many granules each tick touches for the first time since any earlier moment.
 *
 * A granule that tick t writes and that was last written in tick p is a first touch exactly for guests that start after
 * p and not after t [SVC-08]. So it is enough to count pairs (p, t), once; going on from one start to the next adds the pairs of
 * the ticks between them.
 *
 * Cost     one store a granule written, then one addition a pair over all starts: no start replays anything
 */
export class FirstTouchIndex {
  readonly #layout: FaultLayout;
  /** Last tick that wrote a granule, plus 1; 0 = none. */
  readonly #last: Uint32Array;
  /** Of the tick that is open: counts by last tick, and which of them are not 0. */
  #open = new Uint32Array(1024);
  readonly #openLast: number[] = [];
  readonly #pairTick = new Numbers();
  readonly #pairLast = new Numbers();
  readonly #pairCount = new Numbers();
  #tick = 0;

  constructor(layout: FaultLayout) {
    this.#layout = layout;
    this.#last = new Uint32Array(layout.granuleCount);
  }

  get tickCount(): number {
    return this.#tick;
  }

  /** Frames that the open tick writes; a frame named twice counts once. */
  mark(first: number, count: number): void {
    const { groupCount, fromFrame, toFrame, order, firstGranule } = this.#layout;
    for (let group = 0; group < groupCount; group++) {
      const groupFrame = fromFrame[group]!;
      const from = Math.max(first, groupFrame) - groupFrame;
      const to = Math.min(first + count, toFrame[group]!) - groupFrame;
      if (from >= to) continue;
      const granuleFrames = 2 ** order[group]!;
      const base = firstGranule[group]!;
      this.#touch(base + Math.floor(from / granuleFrames), base + Math.floor((to - 1) / granuleFrames));
    }
  }

  #touch(firstGranule: number, lastGranule: number): void {
    const current = this.#tick + 1;
    const open = this.#open;
    for (let granule = firstGranule; granule <= lastGranule; granule++) {
      const last = this.#last[granule]!;
      if (last === current) continue;
      this.#last[granule] = current;
      if (open[last] === 0) this.#openLast.push(last);
      open[last] = open[last]! + 1;
    }
  }

  endTick(): void {
    for (const last of this.#openLast) {
      this.#pairTick.push(this.#tick);
      this.#pairLast.push(last);
      this.#pairCount.push(this.#open[last]!);
      this.#open[last] = 0;
    }
    this.#openLast.length = 0;
    this.#tick++;
    if (this.#tick + 1 < this.#open.length) return;
    const larger = new Uint32Array(this.#open.length * 2);
    larger.set(this.#open);
    this.#open = larger;
  }

  /** The index as a walk over starts; the trace must be complete. */
  walk(): FirstTouchWalk {
    const pairs = {
      tick: this.#pairTick.values.subarray(0, this.#pairTick.count),
      last: this.#pairLast.values.subarray(0, this.#pairLast.count),
      count: this.#pairCount.values.subarray(0, this.#pairCount.count),
    };
    return new FirstTouchWalk(pairs, this.#tick);
  }
}

interface Pairs {
  readonly tick: Uint32Array;
  readonly last: Uint32Array;
  readonly count: Uint32Array;
}

/** First touches by tick, for starts that never go back. */
export class FirstTouchWalk {
  /** First touches of each tick from `start` on, for a guest whose first tick is `start`. */
  readonly faultCount: Uint32Array;
  readonly #pairs: Pairs;
  /** Pairs by their last tick. */
  readonly #order: Uint32Array;
  #next = 0;

  constructor(pairs: Pairs, tickCount: number) {
    this.#pairs = pairs;
    this.faultCount = new Uint32Array(tickCount);
    const ends = new Uint32Array(tickCount + 2);
    for (const last of pairs.last) ends[last + 1] = ends[last + 1]! + 1;
    for (let last = 1; last < ends.length; last++) ends[last] = ends[last]! + ends[last - 1]!;
    this.#order = new Uint32Array(pairs.last.length);
    for (let pair = 0; pair < pairs.last.length; pair++) {
      const last = pairs.last[pair]!;
      this.#order[ends[last]!] = pair;
      ends[last] = ends[last]! + 1;
    }
  }

  /** From now on tick `start` is the first one after the resume. */
  advance(start: number): void {
    const { tick, last, count } = this.#pairs;
    for (; this.#next < this.#order.length; this.#next++) {
      const pair = this.#order[this.#next]!;
      // Kept by number plus 1, so a granule last written in the tick before the start has exactly that number.
      if (last[pair]! > start) return;
      this.faultCount[tick[pair]!] = this.faultCount[tick[pair]!]! + count[pair]!;
    }
  }
}
