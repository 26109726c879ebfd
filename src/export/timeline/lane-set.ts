import type { Facts, Span, TimelineSink, Track, TrackId } from "./sink.ts";

/** Slices that overlap deeper than this are drawn as moments: no screen shows that many rows. */
const maxLanes = 1000;

interface Lane {
  readonly track: TrackId;
  /** Ends of the slices that are open, the outermost first. */
  readonly ends: number[];
}

/**
 * Slices of one thing, put on as many tracks of one name as it takes for each to nest: no format draws two slices of one
 * track that overlap by half.
 *
 * Order    slices come in the order of their beginnings
 */
export class LaneSet {
  readonly #sink: TimelineSink;
  readonly #track: Track;
  readonly #nests: boolean;
  readonly #lanes: Lane[] = [];
  /** Slices that became moments. */
  flattenedCount = 0;

  constructor(sink: TimelineSink, track: Track, { nests = true }: { readonly nests?: boolean } = {}) {
    this.#sink = sink;
    this.#track = track;
    this.#nests = nests;
  }

  /** The first track, which there is even without slices. */
  get first(): TrackId {
    return (this.#lanes[0] ?? this.#addLane()).track;
  }

  slice(span: Span, name: string, facts?: Facts): void {
    const lane = this.#laneFor(span);
    if (lane) {
      lane.ends.push(span.endNs);
      this.#sink.slice(lane.track, span, name, facts);
      return;
    }
    this.flattenedCount++;
    this.moment(span.startNs, name, [...(facts ?? []), ["duration_ns", span.endNs - span.startNs]]);
  }

  moment(timeNs: number, name: string, facts?: Facts): void {
    this.#sink.moment(this.first, timeNs, name, facts);
  }

  #laneFor({ startNs, endNs }: Span): Lane | undefined {
    for (const lane of this.#lanes) {
      while (lane.ends.length > 0 && lane.ends.at(-1)! <= startNs) lane.ends.pop();
      if (lane.ends.length === 0 || (this.#nests && lane.ends.at(-1)! >= endNs)) return lane;
    }
    return this.#lanes.length < maxLanes ? this.#addLane() : undefined;
  }

  #addLane(): Lane {
    // A thread has one track; what does not nest in it lies beside.
    const { thread: _thread, ...beside } = this.#track;
    const lane = { track: this.#sink.addTrack(this.#lanes.length === 0 ? this.#track : beside), ends: [] };
    this.#lanes.push(lane);
    return lane;
  }
}
