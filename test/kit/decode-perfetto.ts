/**
 * Reads a trace of Perfetto again, without anything of what wrote it: a decoder of Protocol Buffers with the messages below,
 * whose fields were taken down from the published perfetto_trace.proto on their own.
 */

type Kind = "uint" | "int" | "double" | "text" | Message;
interface Message {
  readonly [field: number]: readonly [name: string, kind: Kind];
}

const annotation: Message = {
  4: ["int_value", "int"],
  5: ["double_value", "double"],
  6: ["string_value", "text"],
  10: ["name", "text"],
};
const packet: Message = {
  8: ["timestamp", "uint"],
  10: ["trusted_packet_sequence_id", "uint"],
  11: [
    "track_event",
    {
      4: ["debug_annotations", annotation],
      9: ["type", "uint"],
      10: ["name_iid", "uint"],
      11: ["track_uuid", "uint"],
      23: ["name", "text"],
      30: ["counter_value", "int"],
      44: ["double_counter_value", "double"],
    },
  ],
  12: ["interned_data", { 2: ["event_names", { 1: ["iid", "uint"], 2: ["name", "text"] }] }],
  13: ["sequence_flags", "uint"],
  60: [
    "track_descriptor",
    {
      1: ["uuid", "uint"],
      2: ["name", "text"],
      3: ["process", { 1: ["pid", "uint"], 6: ["process_name", "text"] }],
      4: ["thread", { 1: ["pid", "uint"], 2: ["tid", "uint"], 5: ["thread_name", "text"] }],
      5: ["parent_uuid", "uint"],
      8: ["counter", { 3: ["unit", "uint"], 6: ["unit_name", "text"] }],
      11: ["child_ordering", "uint"],
      12: ["sibling_order_rank", "uint"],
    },
  ],
};
const trace: Message = { 1: ["packet", packet] };

type Value = number | string | Decoded;
/** Values of each field, in their order. */
interface Decoded {
  readonly [field: string]: readonly Value[];
}

function decode(message: Message, bytes: Uint8Array): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result: Record<string, Value[]> = {};
  let place = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (place >= bytes.length || shift > 63n) throw new Error("a varint does not end");
      const byte = bytes[place++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (place < bytes.length) {
    const key = Number(varint());
    const field = message[key >>> 3];
    if (!field) throw new Error(`unknown field ${key >>> 3}`);
    const [name, kind] = field;
    const wanted = kind === "uint" || kind === "int" ? 0 : kind === "double" ? 1 : 2;
    if ((key & 7) !== wanted) throw new Error(`field ${name} has wire type ${key & 7}`);
    let value: Value;
    if (kind === "uint" || kind === "int") {
      value = Number(kind === "int" ? BigInt.asIntN(64, varint()) : varint());
    } else if (kind === "double") {
      value = view.getFloat64(place, true);
      place += 8;
    } else {
      const length = Number(varint());
      const body = bytes.subarray(place, place + length);
      if (body.length !== length) throw new Error(`field ${name} is cut`);
      place += length;
      value = kind === "text" ? new TextDecoder("utf-8", { fatal: true }).decode(body) : decode(kind, body);
    }
    (result[name] ??= []).push(value);
  }
  return result;
}

export interface DecodedTrack {
  readonly uuid: number;
  readonly name: string;
  readonly parent: number | undefined;
  readonly kind: "process" | "thread" | "counter" | "track";
  readonly unit?: number | string | undefined;
  readonly pid?: number | undefined;
}

export interface DecodedSlice {
  readonly track: number;
  readonly name: string;
  readonly startNs: number;
  readonly endNs: number;
  readonly depth: number;
  readonly facts: Readonly<Record<string, number | string>>;
}

export interface DecodedTimeline {
  readonly tracks: ReadonlyMap<number, DecodedTrack>;
  readonly slices: readonly DecodedSlice[];
  readonly moments: readonly Omit<DecodedSlice, "endNs" | "depth">[];
  readonly values: readonly { readonly track: number; readonly timeNs: number; readonly value: number }[];
}

const one = (message: Decoded, field: string): number | undefined => message[field]?.[0] as number | undefined;
const text = (message: Decoded, field: string): string | undefined => message[field]?.[0] as string | undefined;
const inner = (message: Decoded, field: string): Decoded | undefined => message[field]?.[0] as Decoded | undefined;

function readTrack(descriptor: Decoded): DecodedTrack {
  const [process, thread, counter] = ["process", "thread", "counter"].map((field) => inner(descriptor, field));
  const name = text(descriptor, "name") ?? (process ? text(process, "process_name") : text(thread!, "thread_name"));
  return {
    uuid: one(descriptor, "uuid")!,
    parent: one(descriptor, "parent_uuid"),
    name: name!,
    kind: process ? "process" : thread ? "thread" : counter ? "counter" : "track",
    unit: counter && (one(counter, "unit") ?? text(counter, "unit_name")),
    pid: one(process ?? thread ?? {}, "pid"),
  };
}

function factsOf(event: Decoded): Record<string, number | string> {
  const annotations = (event["debug_annotations"] ?? []) as Decoded[];
  return Object.fromEntries(
    annotations.map((fact) => [
      text(fact, "name")!,
      (fact["int_value"] ?? fact["double_value"] ?? fact["string_value"])![0] as number | string,
    ]),
  );
}

interface Event {
  readonly timeNs: number;
  readonly event: Decoded;
  readonly name: string | undefined;
}

/** Events in the order in which Perfetto takes them: by time, and those of one moment as they stand in the file. */
function readEvents(packets: readonly Decoded[], tracks: Map<number, DecodedTrack>): Event[] {
  const names = new Map<number, string>();
  const events: Event[] = [];
  for (const [index, packet] of packets.entries()) {
    if (one(packet, "trusted_packet_sequence_id") !== 1) throw new Error(`packet ${index} is of no sequence`);
    if ((index === 0) !== (one(packet, "sequence_flags") === 1)) throw new Error("only the first packet clears state");
    const descriptor = inner(packet, "track_descriptor");
    if (descriptor) {
      const track = readTrack(descriptor);
      if (tracks.has(track.uuid)) throw new Error(`track ${track.uuid} is described twice`);
      if (track.parent !== undefined && !tracks.has(track.parent)) throw new Error(`${track.name} lies under nothing`);
      tracks.set(track.uuid, track);
    }
    for (const data of (packet["interned_data"] ?? []) as Decoded[]) {
      for (const name of (data["event_names"] ?? []) as Decoded[]) names.set(one(name, "iid")!, text(name, "name")!);
    }
    const event = inner(packet, "track_event");
    if (!event) continue;
    if (one(packet, "sequence_flags") !== 2) throw new Error("an event does not say that it needs names");
    if (!tracks.has(one(event, "track_uuid")!)) throw new Error(`an event lies on no track`);
    const iid = one(event, "name_iid");
    const name = iid === undefined ? text(event, "name") : names.get(iid);
    if (iid !== undefined && name === undefined) throw new Error(`name ${iid} is unknown`);
    events.push({ timeNs: one(packet, "timestamp")!, event, name });
  }
  return events.sort((left, right) => left.timeNs - right.timeNs);
}

/** Reads a trace as Perfetto does; throws for anything that it would not understand. */
export function decodePerfetto(bytes: Uint8Array): DecodedTimeline {
  const tracks = new Map<number, DecodedTrack>();
  const events = readEvents((decode(trace, bytes)["packet"] ?? []) as Decoded[], tracks);
  const slices: DecodedSlice[] = [];
  const moments: Omit<DecodedSlice, "endNs" | "depth">[] = [];
  const values: { track: number; timeNs: number; value: number }[] = [];
  const open = new Map<number, Omit<DecodedSlice, "endNs">[]>();
  for (const { timeNs, event, name } of events) {
    const track = one(event, "track_uuid")!;
    const stack = open.get(track) ?? [];
    open.set(track, stack);
    const begun = { track, name: name!, startNs: timeNs, facts: factsOf(event) };
    const type = one(event, "type");
    if (type === 1) stack.push({ ...begun, depth: stack.length });
    else if (type === 3) moments.push(begun);
    else if (type === 4)
      values.push({ track, timeNs, value: (one(event, "counter_value") ?? one(event, "double_counter_value"))! });
    else if (type === 2) {
      const slice = stack.pop();
      if (!slice) throw new Error(`a slice of track ${tracks.get(track)!.name} ends that never began`);
      slices.push({ ...slice, endNs: timeNs });
    } else throw new Error(`event type ${type}`);
  }
  for (const [track, stack] of open) {
    if (stack.length > 0) throw new Error(`a slice of track ${tracks.get(track)!.name} never ends`);
  }
  return { tracks, slices: slices.sort((left, right) => left.startNs - right.startNs), moments, values };
}

/** A timeline as text that a reviewer can read: tracks as a tree, and what lies on each. */
export function timelineText({ tracks, slices, moments, values }: DecodedTimeline, maxLines = 12): string {
  const lines: string[] = [];
  const write = (track: DecodedTrack, indent: string): void => {
    const unit = track.unit === undefined ? "" : ` in ${track.unit}`;
    lines.push(`${indent}${JSON.stringify(track.name)} ${track.kind}${unit}`);
    const factText = (facts: object): string => (Object.keys(facts).length > 0 ? ` ${JSON.stringify(facts)}` : "");
    const own = [
      ...slices
        .filter((slice) => slice.track === track.uuid)
        .map((s) => `${s.startNs}..${s.endNs} ${">".repeat(s.depth)}${JSON.stringify(s.name)}${factText(s.facts)}`),
      ...moments
        .filter((moment) => moment.track === track.uuid)
        .map((moment) => `${moment.startNs} ! ${JSON.stringify(moment.name)}${factText(moment.facts)}`),
      ...values.filter((value) => value.track === track.uuid).map(({ timeNs, value }) => `${timeNs} = ${value}`),
    ];
    for (const line of own.slice(0, maxLines)) lines.push(`${indent}    ${line}`);
    if (own.length > maxLines) lines.push(`${indent}    … ${own.length - maxLines} more`);
    for (const child of tracks.values()) if (child.parent === track.uuid) write(child, `${indent}  `);
  };
  for (const track of tracks.values()) if (track.parent === undefined) write(track, "");
  return `${lines.join("\n")}\n`;
}
