import type { TimelineSink, Track, TrackId } from "./sink.ts";

/** Counters of one kind, one for each VM, device or kind of value, added when it has its first. */
export class CounterSet {
  readonly #sink: TimelineSink;
  readonly #trackOf: (key: number) => Omit<Track, "kind">;
  readonly #tracks = new Map<number, TrackId>();

  constructor(sink: TimelineSink, trackOf: (key: number) => Omit<Track, "kind">) {
    this.#sink = sink;
    this.#trackOf = trackOf;
  }

  value(key: number, timeNs: number, value: number): void {
    let track = this.#tracks.get(key);
    if (track === undefined) {
      track = this.#sink.addTrack({ ...this.#trackOf(key), kind: "counter" });
      this.#tracks.set(key, track);
    }
    this.#sink.value(track, timeNs, value);
  }
}

/**
 * Adds up what happens in bins of time, so that a counter has no more values than a screen has room for.
 *
 * Order    times of a key do not go back
 */
export class BinnedCounters {
  readonly #counters: CounterSet;
  readonly #binNs: number;
  readonly #bins = new Map<number, { bin: number; sum: number }>();

  constructor(counters: CounterSet, binNs: number) {
    this.#counters = counters;
    this.#binNs = binNs;
  }

  add(key: number, timeNs: number, amount: number): void {
    const bin = Math.floor(timeNs / this.#binNs);
    const open = this.#bins.get(key);
    if (open === undefined) {
      this.#bins.set(key, { bin, sum: amount });
    } else if (open.bin === bin) {
      open.sum += amount;
    } else {
      this.#emit(key, open, bin);
      open.bin = bin;
      open.sum = amount;
    }
  }

  /** A value holds until the next one, so that a gap begins with a 0. */
  #emit(key: number, { bin, sum }: { bin: number; sum: number }, next: number): void {
    this.#counters.value(key, bin * this.#binNs, sum);
    if (next > bin + 1) this.#counters.value(key, (bin + 1) * this.#binNs, 0);
  }

  finish(): void {
    for (const [key, open] of this.#bins) this.#emit(key, open, Number.POSITIVE_INFINITY);
    this.#bins.clear();
  }
}

/** Bins of 1 ms or more, at most 10,000 of them. */
export function binNsOf(spanNs: number): number {
  return Math.max(1_000_000, Math.ceil(spanNs / 10_000));
}
