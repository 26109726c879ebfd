import type { ProtoFields } from "../../source/protobuf.ts";
import { type EventRows, type OpenSlices } from "../event-rows.ts";
import type { ImportContext } from "../importer.ts";
import { readAnnotation } from "./annotations.ts";
import { noTrack, type Sequence, trackKey } from "./sequence.ts";
import type { PerfettoTracks } from "./tracks.ts";

/** TrackEvent.Type (track_event.proto). */
const types = { begin: 1, end: 2, instant: 3, counter: 4 } as const;

/** What a track event says (track_event.proto). */
interface TrackEvent {
  type: number;
  track: string | undefined;
  name: string | undefined;
  categories: string[];
  counter: number | undefined;
  /** Phase of the older JSON format, where the event has one. */
  phase: string;
  durationUs: number;
  asyncId: string | undefined;
  threadId: number | undefined;
  fields: Record<string, unknown>;
  /** Fields of programs' own and typed ones, which are not read. */
  others: number;
}

function readLegacy(fields: ProtoFields, event: TrackEvent, sequence: Sequence): void {
  let scope = "";
  while (fields.next()) {
    switch (fields.field) {
      case 1:
        event.name = sequence.names.get(fields.unsigned) ?? `name ${fields.exact}`;
        break;
      case 2:
        event.phase = String.fromCodePoint(Math.min(Math.max(fields.low, 32), 126));
        break;
      case 3:
        event.durationUs = fields.signed;
        break;
      case 6:
      case 10:
      case 11:
        event.asyncId = `${fields.field === 10 ? `${sequence.id}/` : ""}${fields.exact}`;
        event.fields["id"] = fields.exact;
        break;
      case 7:
        scope = fields.text;
        break;
      case 8:
        event.fields["bind_id"] = fields.exact;
        break;
      case 19:
        event.threadId = fields.unsigned;
        break;
      default:
    }
  }
  if (event.asyncId !== undefined) event.asyncId = `${scope} ${event.asyncId}`;
}

function addFlow(event: TrackEvent, key: string, fields: ProtoFields): void {
  const before = event.fields[key];
  if (Array.isArray(before)) before.push(fields.exact);
  else event.fields[key] = [fields.exact];
}

/** A field that most events do not have; false for one that is not read. */
function readRare(fields: ProtoFields, event: TrackEvent): boolean {
  switch (fields.field) {
    case 30:
      event.counter = fields.signed;
      return true;
    case 44:
      event.counter = fields.double;
      return true;
    case 36:
    case 47:
      addFlow(event, "flow_ids", fields);
      return true;
    case 42:
    case 48:
      addFlow(event, "terminating_flow_ids", fields);
      return true;
    // Times and instructions of threads, in front of the event's own times.
    case 1:
    case 2:
    case 8:
    case 12:
    case 16:
    case 17:
    case 20:
    case 31:
    case 45:
    case 46:
      return true;
    default:
      return false;
  }
}

function readTrackEvent(fields: ProtoFields, sequence: Sequence): TrackEvent {
  const event: TrackEvent = {
    type: 0,
    track: undefined,
    name: undefined,
    categories: [],
    counter: undefined,
    phase: "",
    durationUs: -1,
    asyncId: undefined,
    threadId: undefined,
    fields: {},
    others: 0,
  };
  while (fields.next()) {
    switch (fields.field) {
      case 9:
        event.type = fields.low;
        break;
      case 11:
        event.track = trackKey(fields);
        break;
      case 10:
        event.name = sequence.names.get(fields.unsigned) ?? `name ${fields.exact}`;
        break;
      case 23:
        event.name = fields.text;
        break;
      case 3:
        fields.numbers((id) => event.categories.push(sequence.categories.get(id.unsigned) ?? `category ${id.exact}`));
        break;
      case 22:
        event.categories.push(fields.text);
        break;
      case 4: {
        const [name, value] = readAnnotation(fields.inner(), sequence);
        event.fields[name] = value;
        break;
      }
      case 6:
        readLegacy(fields.inner(), event, sequence);
        break;
      default:
        if (!readRare(fields, event)) event.others++;
    }
  }
  return event;
}

/** Makes events and counters of track events. */
export class TrackEvents {
  readonly #context: ImportContext;
  readonly #rows: EventRows;
  readonly #slices: OpenSlices;
  readonly #tracks: PerfettoTracks;

  constructor(context: ImportContext, parts: { rows: EventRows; slices: OpenSlices; tracks: PerfettoTracks }) {
    this.#context = context;
    this.#rows = parts.rows;
    this.#slices = parts.slices;
    this.#tracks = parts.tracks;
  }

  /** Takes one event; false for the end of a slice that has not begun, and for a counter without a value. */
  take(fields: ProtoFields, sequence: Sequence, timeNs: number, row: number): boolean {
    const event = readTrackEvent(fields, sequence);
    if (event.others > 0) {
      const detail = "events with fields of single programs, which are left out of the detail";
      this.#context.warnings.addRow("event-fields-dropped", row, detail);
    }
    const own = sequence.defaultTrack ?? sequence.threadTrack;
    const track = event.track ?? own;
    // An event of the older format may be of no track, and is its thread's.
    const place = track === noTrack ? own : track;
    if (event.type === types.counter) return this.#counter(event, track, timeNs);
    const task =
      event.threadId !== undefined
        ? this.#tracks.threadTask(event.threadId)
        : place === undefined
          ? null
          : this.#tracks.task(place);
    return this.#event(event, { track: place ?? `sequence ${sequence.id}`, task, timeNs, row });
  }

  #counter(event: TrackEvent, track: string | undefined, timeNs: number): boolean {
    if (event.counter === undefined || !Number.isFinite(event.counter) || track === undefined) return false;
    const { kind, value } = this.#tracks.count(track, event.counter);
    this.#rows.counter(timeNs, kind, value);
    return true;
  }

  #event(
    event: TrackEvent,
    place: { readonly track: string; readonly task: number | null; readonly timeNs: number; readonly row: number },
  ): boolean {
    const { timeNs, row } = place;
    const name = event.name ?? "";
    const { phase } = event;
    const asyncTrack = event.asyncId === undefined ? undefined : `async ${event.categories.join(",")} ${event.asyncId}`;
    const isAsync = "beSF".includes(phase) && phase !== "" && asyncTrack !== undefined;
    const track = isAsync ? asyncTrack : place.track;
    if (event.type === types.end || phase === "E" || (isAsync && (phase === "e" || phase === "F"))) {
      return this.#slices.end(track, { timeNs, name: isAsync ? event.name : undefined, detail: this.#detail(event) });
    }
    const category = event.categories.length > 0 ? event.categories.join(",") : null;
    const kind = this.#context.catalogue.eventKind(category, name);
    const made = { timeNs, durationNs: null, kind, task: place.task, cpu: null, detail: this.#detail(event) };
    if (event.type === types.begin || phase === "B" || (isAsync && (phase === "b" || phase === "S"))) {
      this.#slices.begin(track, { ...made, name, row });
      return true;
    }
    const durationNs = phase === "X" && event.durationUs >= 0 ? event.durationUs * 1000 : null;
    this.#rows.event({ ...made, durationNs: Number.isSafeInteger(durationNs) ? durationNs : null }, row);
    return true;
  }

  #detail({ fields, phase }: TrackEvent): string | null {
    const all = "stfnp".includes(phase) && phase !== "" ? { ph: phase, ...fields } : fields;
    return Object.keys(all).length > 0 ? JSON.stringify(all) : null;
  }
}
