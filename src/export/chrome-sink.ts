import type { ByteFile } from "./byte-file.ts";
import type { Facts, Span, TimelineSink, Track, TrackId } from "./timeline/sink.ts";

/** Where a track's events go in a format that knows processes and threads only. */
interface Place {
  readonly process: number;
  readonly thread: number;
  readonly track: Track;
  /** Names of the groups around it and its own. */
  readonly name: string;
}

/** µs with the ns as decimals, exactly. */
function microseconds(ns: number): string {
  const whole = Math.floor(ns / 1000);
  const rest = ns - whole * 1000;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(3, "0")}`;
}

/** JSON has no word for what is no number. */
function jsonValue(value: string | number): string {
  return typeof value === "number" && !Number.isFinite(value) ? JSON.stringify(String(value)) : JSON.stringify(value);
}

function factsJson(facts: Facts): string {
  return `{${facts.map(([name, value]) => `${JSON.stringify(name)}:${jsonValue(value)}`).join(",")}}`;
}

/**
 * Writes a timeline as JSON in Chrome's trace event format.
 *
 * Shape    an object with `traceEvents`; slices that nest are complete events (X), slices that overlap are asynchronous
 *          ones (b, e) with an id for each lane, moments i, values C; `ts` and `dur` are µs with the ns as decimals
 * Source   Trace Event Format, as chrome://tracing and Perfetto read it
 */
export class ChromeSink implements TimelineSink {
  readonly #file: ByteFile;
  readonly #places: Place[] = [];
  #processCount = 0;
  #isFirst = true;

  constructor(file: ByteFile) {
    this.#file = file;
    this.#file.writeText('{"displayTimeUnit":"ns","traceEvents":[\n');
  }

  #write(event: string): void {
    this.#file.writeText(this.#isFirst ? event : `,\n${event}`);
    this.#isFirst = false;
  }

  #metadata(kind: string, place: Pick<Place, "process" | "thread">, facts: Facts): void {
    this.#write(`{"ph":"M","name":"${kind}","pid":${place.process},"tid":${place.thread},"args":${factsJson(facts)}}`);
  }

  addTrack(track: Track): TrackId {
    const id = this.#places.length + 1;
    const parent = track.parent === undefined ? undefined : this.#places[track.parent - 1]!;
    const isInProcess = parent !== undefined && parent.track.kind === "process";
    const place: Place = {
      process: parent?.process ?? ++this.#processCount,
      // The format calls the first thread the main one; ours are all alike.
      thread: parent === undefined ? 0 : id,
      track,
      name: parent === undefined || isInProcess ? track.name : `${parent.name}: ${track.name}`,
    };
    this.#places.push(place);
    if (parent === undefined) {
      this.#metadata("process_name", place, [["name", track.name]]);
      this.#metadata("process_sort_index", place, [["sort_index", place.process]]);
    }
    if (track.kind === "slices" || (track.kind === "lane" && parent !== undefined)) {
      this.#metadata("thread_name", place, [["name", place.name]]);
      this.#metadata("thread_sort_index", place, [["sort_index", id]]);
    }
    return id;
  }

  #event(track: TrackId, phase: string, timeNs: number, name: string, rest: string): void {
    const { process, thread } = this.#places[track - 1]!;
    const begin = `{"ph":"${phase}","name":${JSON.stringify(name)},"pid":${process},"tid":${thread}`;
    this.#write(`${begin},"ts":${microseconds(timeNs)}${rest}}`);
  }

  slice(track: TrackId, { startNs, endNs }: Span, name: string, facts: Facts = []): void {
    const {
      track: { kind },
      name: category,
    } = this.#places[track - 1]!;
    const args = facts.length === 0 ? "" : `,"args":${factsJson(facts)}`;
    if (kind !== "lane") {
      this.#event(track, "X", startNs, name, `,"dur":${microseconds(endNs - startNs)}${args}`);
      return;
    }
    const lane = `,"cat":${JSON.stringify(category)},"id":"${track}"`;
    this.#event(track, "b", startNs, name, `${lane}${args}`);
    this.#event(track, "e", endNs, name, lane);
  }

  moment(track: TrackId, timeNs: number, name: string, facts: Facts = []): void {
    const args = facts.length === 0 ? "" : `,"args":${factsJson(facts)}`;
    this.#event(track, "i", timeNs, name, `,"s":"t"${args}`);
  }

  value(track: TrackId, timeNs: number, value: number): void {
    const { name } = this.#places[track - 1]!;
    if (!Number.isFinite(value)) return;
    this.#event(track, "C", timeNs, name, `,"args":{"value":${value}}`);
  }

  finish(): void {
    this.#file.writeText("\n]}\n");
    this.#file.finish();
  }
}
