import { type JsonItem, jsonObject } from "../../source/json.ts";
import type { SourceClock } from "../clock.ts";
import { addSlicesWithoutEnd, EventRows, OpenSlices } from "../event-rows.ts";
import type { DroppedRows, ImportContext } from "../importer.ts";
import { Tracks } from "./tracks.ts";

type Fields = Readonly<Record<string, unknown>>;

const dropReasons = {
  "broken-events-dropped": "values that are no event: no phase, or no time that a clock can have",
  "metadata-dropped": "metadata besides the names of processes and threads",
  "unmatched-ends-dropped": "ends of slices that the trace does not begin",
  "empty-counters-dropped": "counters without a number",
} as const;
type DropCode = keyof typeof dropReasons;

/** Phases of the format that are a moment, or are kept as one: instants, marks, steps, flows, samples, objects. */
const moments = new Set("iIRPnTptsfNODvVc(),=".split(""));
/** What is kept in the detail besides `args`, for phases that mean nothing without. */
const kept: Readonly<Record<string, readonly string[]>> = {
  s: ["ph", "id", "bind_id", "bp"],
  t: ["ph", "id", "bind_id", "bp"],
  f: ["ph", "id", "bind_id", "bp"],
  n: ["ph", "id", "id2"],
  T: ["ph", "id"],
  p: ["ph", "id"],
  N: ["ph", "id"],
  O: ["ph", "id"],
  D: ["ph", "id"],
};

/** Seconds and ns of a time in us. */
export function momentOf(us: number): { second: number; nanosecond: number } {
  const second = Math.floor(us / 1e6);
  return { second, nanosecond: Math.round((us - second * 1e6) * 1000) };
}

/** When an event is, in us; infinity for what is none, and for metadata, which have no time. */
export function startUs(value: unknown): number {
  const event = jsonObject(value);
  const us = event?.["ph"] === "M" ? Number.NaN : microseconds(event?.["ts"]);
  return isTime(us) ? us : Number.POSITIVE_INFINITY;
}

function isTime(us: number): boolean {
  return us >= 0 && us < Number.MAX_SAFE_INTEGER;
}

/** A time in us as numbers or, in some traces, text. */
function microseconds(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The fields of an event as JSON; null where it has none. */
function detailOf(event: Fields, phase: string): string | null {
  const fields: Record<string, unknown> = {};
  for (const name of kept[phase] ?? []) if (event[name] !== undefined) fields[name] = event[name];
  const args = event["args"];
  const own = jsonObject(args);
  if (own) Object.assign(fields, own);
  else if (args !== undefined && args !== null) fields["args"] = args;
  return Object.keys(fields).length > 0 ? JSON.stringify(fields) : null;
}

/** The slices of one asynchronous operation, by category, scope and id; a local id is of its process alone. */
function asyncTrack(event: Fields): string {
  const id2 = jsonObject(event["id2"]);
  const local = id2?.["local"];
  const id = id2?.["global"] ?? event["id"];
  const owner = local === undefined ? id : [event["pid"], local];
  return JSON.stringify(["async", event["cat"], event["scope"], owner]);
}

/** Makes events, tasks and counters of the objects of a trace. */
export class ChromeEvents {
  readonly #context: ImportContext;
  readonly #clock: SourceClock;
  readonly #rows: EventRows;
  readonly #slices: OpenSlices;
  readonly #tracks: Tracks;
  readonly #fileName: string;
  readonly #dropped = new Map<DropCode, number>();
  #row = 0;

  constructor(context: ImportContext, clock: SourceClock, fileName: string) {
    this.#context = context;
    this.#clock = clock;
    this.#fileName = fileName;
    this.#rows = new EventRows(context);
    this.#slices = new OpenSlices(this.#rows);
    this.#tracks = new Tracks(context.catalogue);
  }

  get rows(): number {
    return this.#row;
  }

  get dropped(): DroppedRows[] {
    return [...this.#dropped].map(([code, rows]) => ({ code, rows, detail: dropReasons[code] }));
  }

  #drop(code: DropCode): void {
    this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + 1);
    this.#context.warnings.addRow(code, this.#row, `${this.#fileName}: ${dropReasons[code]}`);
  }

  take({ value }: JsonItem): void {
    this.#row++;
    const event = jsonObject(value);
    const phase = textOf(event?.["ph"]);
    if (!event || phase === undefined) return this.#drop("broken-events-dropped");
    if (phase === "M") return this.#metadata(event);
    const timeNs = this.#time(event);
    if (timeNs === undefined) return this.#drop("broken-events-dropped");
    this.#timed(event, phase, timeNs);
  }

  #time(event: Fields): number | undefined {
    const us = microseconds(event["ts"]);
    if (!isTime(us)) return undefined;
    const { second, nanosecond } = momentOf(us);
    return this.#clock.toNs(second, nanosecond, this.#row);
  }

  #timed(event: Fields, phase: string, timeNs: number): void {
    switch (phase) {
      case "X":
        return this.#moment(event, phase, timeNs, this.#duration(event));
      case "B":
        return this.#begin(event, phase, timeNs, this.#threadTrack(event));
      case "E":
        return this.#end(event, phase, timeNs, this.#threadTrack(event));
      case "b":
      case "S":
        return this.#begin(event, phase, timeNs, asyncTrack(event));
      case "e":
      case "F":
        return this.#end(event, phase, timeNs, asyncTrack(event));
      case "C":
        return this.#counters(event, timeNs);
      default:
        if (!moments.has(phase)) {
          this.#context.warnings.addRow(
            "unknown-phases",
            this.#row,
            "phases that the format does not have are moments",
          );
        }
        return this.#moment(event, phase, timeNs, null);
    }
  }

  #duration(event: Fields): number | null {
    const us = microseconds(event["dur"]);
    return us >= 0 && us * 1000 < Number.MAX_SAFE_INTEGER ? Math.round(us * 1000) : null;
  }

  #threadTrack(event: Fields): string {
    return JSON.stringify([event["pid"], event["tid"]]);
  }

  #kind(event: Fields): number {
    const category = textOf(event["cat"]);
    const name = textOf(event["name"]) ?? "";
    return this.#context.catalogue.eventKind(category === undefined || category === "" ? null : category, name);
  }

  #rowOf(event: Fields, phase: string, timeNs: number, durationNs: number | null) {
    const task = this.#tracks.task(event["pid"], event["tid"]);
    return { timeNs, durationNs, kind: this.#kind(event), task, cpu: null, detail: detailOf(event, phase) };
  }

  #moment(event: Fields, phase: string, timeNs: number, durationNs: number | null): void {
    this.#rows.event(this.#rowOf(event, phase, timeNs, durationNs), this.#row);
  }

  #begin(event: Fields, phase: string, timeNs: number, track: string): void {
    const name = textOf(event["name"]) ?? "";
    this.#slices.begin(track, { ...this.#rowOf(event, phase, timeNs, null), name, row: this.#row });
  }

  #end(event: Fields, phase: string, timeNs: number, track: string): void {
    const end = { timeNs, name: textOf(event["name"]), detail: detailOf(event, phase) };
    // The row itself goes into the slice that it ends.
    if (!this.#slices.end(track, end)) this.#drop("unmatched-ends-dropped");
  }

  #counters(event: Fields, timeNs: number): void {
    const values = Object.entries(jsonObject(event["args"]) ?? {});
    const id = textOf(event["id"]);
    const base = `${textOf(event["name"]) ?? ""}${id === undefined ? "" : `[${id}]`}`;
    const pid = event["pid"];
    const process = typeof pid === "number" || typeof pid === "string" ? ` (process ${pid})` : "";
    let count = 0;
    for (const [series, value] of values) {
      const number = typeof value === "string" && value !== "" ? Number(value) : value;
      if (typeof number !== "number" || !Number.isFinite(number)) continue;
      const kind = this.#context.catalogue.counterKind(`${base}.${series}${process}`, null, null);
      this.#rows.counter(timeNs, kind, number);
      count++;
    }
    if (count === 0) this.#drop("empty-counters-dropped");
  }

  #metadata(event: Fields): void {
    const name = textOf(jsonObject(event["args"])?.["name"]);
    if (name !== undefined && event["name"] === "thread_name") {
      this.#tracks.nameThread(event["pid"], event["tid"], name);
    } else if (name !== undefined && event["name"] === "process_name") {
      this.#tracks.nameProcess(event["pid"], name);
    } else {
      this.#drop("metadata-dropped");
    }
  }

  end(): void {
    this.#slices.close();
    addSlicesWithoutEnd(this.#slices, this.#context);
  }
}
