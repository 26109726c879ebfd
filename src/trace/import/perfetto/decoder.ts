import type { InputFile } from "../../source/input.ts";
import { ProtoFields, wire } from "../../source/protobuf.ts";
import type { InputReader } from "../../source/reader.ts";
import type { Moment } from "../fields.ts";
import { PerfettoClocks, type ProtoTime } from "./clocks.ts";
import { readPackets } from "./packets.ts";
import { Sequence } from "./sequence.ts";

/** Sequences that a trace may have: each holds what its writer sent. */
const maxSequences = 100_000;

/** Fields of TracePacket (trace_packet.proto). */
export const packetFields = {
  ftraceEvents: 1,
  processTree: 2,
  clockSnapshot: 6,
  timestamp: 8,
  sequenceId: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  stateCleared: 41,
  dropped: 42,
  isFirst: 87,
  processDescriptor: 43,
  threadDescriptor: 44,
  clock: 58,
  defaults: 59,
  trackDescriptor: 60,
} as const;

/** Fields that say something of the packet and not of what happened. */
const envelope = new Set<number>([3, 8, 10, 12, 13, 41, 42, 58, 59, 79, 87, 98]);

/** A packet whose frame was read. */
export interface Packet {
  readonly sequence: Sequence;
  readonly time: ProtoTime | undefined;
  /** The field with its payload, and the payload; neither for a packet that is only an envelope. */
  readonly field: number | undefined;
  payload(): ProtoFields;
  readonly isLossBefore: boolean;
  /** It relies on texts that were lost. */
  readonly isOrphan: boolean;
  readonly number: number;
}

interface Frame {
  sequenceId: number;
  flags: number;
  isLossBefore: boolean;
  isFirst: boolean;
  clock: number | undefined;
  low: number;
  high: number;
  hasTime: boolean;
  field: number | undefined;
  start: number;
  end: number;
  readonly inner: Map<number, [number, number][]>;
}

function readFrame(bytes: Uint8Array): Frame {
  const frame: Frame = {
    sequenceId: 0,
    flags: 0,
    isLossBefore: false,
    isFirst: false,
    clock: undefined,
    low: 0,
    high: 0,
    hasTime: false,
    field: undefined,
    start: 0,
    end: 0,
    inner: new Map(),
  };
  const fields = new ProtoFields(bytes);
  while (fields.next()) {
    const { field } = fields;
    if (field === packetFields.sequenceId) frame.sequenceId = fields.unsigned;
    else if (field === packetFields.sequenceFlags) frame.flags |= fields.low;
    else if (field === packetFields.stateCleared) frame.flags |= fields.low !== 0 ? 1 : 0;
    else if (field === packetFields.dropped) frame.isLossBefore = fields.low !== 0;
    else if (field === packetFields.isFirst) frame.isFirst = fields.low !== 0;
    else if (field === packetFields.clock) frame.clock = fields.unsigned;
    else if (field === packetFields.timestamp)
      Object.assign(frame, { low: fields.low, high: fields.high, hasTime: true });
    else if (field === packetFields.defaults || field === packetFields.internedData) addInner(frame, fields);
    else if (!envelope.has(field)) setPayload(frame, fields);
  }
  return frame;
}

function addInner(frame: Frame, { field, type, start, end }: ProtoFields): void {
  if (type !== wire.bytes) return;
  const parts = frame.inner.get(field) ?? [];
  parts.push([start, end]);
  frame.inner.set(field, parts);
}

function setPayload(frame: Frame, { field, type, start, end }: ProtoFields): void {
  frame.field = field;
  const isMessage = type === wire.bytes;
  frame.start = isMessage ? start : 0;
  frame.end = isMessage ? end : 0;
}

/**
 * Reads a trace's packets with what earlier ones of their writer said: interned texts and defaults are in place, and clock
 * snapshots are taken, before a packet is handed on.
 */
export class PerfettoDecoder {
  readonly clocks = new PerfettoClocks();
  readonly #sequences = new Map<number, Sequence>();

  #sequence(id: number): Sequence {
    let sequence = this.#sequences.get(id);
    if (!sequence) {
      sequence = new Sequence(id);
      if (this.#sequences.size >= maxSequences) this.#sequences.delete(this.#sequences.keys().next().value!);
      this.#sequences.set(id, sequence);
    }
    return sequence;
  }

  async read(file: InputFile, reader: InputReader, take: (packet: Packet) => void): Promise<number> {
    return readPackets(file, reader, (bytes, number) => take(this.#packet(bytes, number)));
  }

  #packet(bytes: Uint8Array, number: number): Packet {
    const frame = readFrame(bytes);
    const sequence = this.#sequence(frame.sequenceId);
    // Nothing was lost before a writer's first packet, whatever else it says.
    const isLossBefore = frame.isLossBefore && !frame.isFirst;
    const isSound = sequence.follow(frame.flags, isLossBefore);
    const each = (field: number, work: (fields: ProtoFields) => void) => {
      for (const [start, end] of frame.inner.get(field) ?? []) work(new ProtoFields(bytes, start, end));
    };
    each(packetFields.defaults, (fields) => sequence.setDefaults(fields));
    each(packetFields.internedData, (fields) => sequence.intern(fields));
    const payload = () => new ProtoFields(bytes, frame.start, frame.end);
    const isSnapshot = frame.field === packetFields.clockSnapshot;
    if (isSnapshot) this.clocks.snapshot(payload(), frame.sequenceId);
    const clock = frame.clock ?? sequence.defaultClock ?? this.clocks.defaultClock;
    // A snapshot's own time is what it reads.
    const hasTime = frame.hasTime && !isSnapshot;
    return {
      sequence,
      time: hasTime ? { clock, low: frame.low, high: frame.high } : undefined,
      field: frame.field,
      payload,
      isLossBefore,
      isOrphan: !isSound,
      number,
    };
  }

  /** Puts a time on the trace's clock; false where that cannot be. */
  convert(moment: Moment, time: ProtoTime, sequence: Sequence): boolean {
    return this.clocks.convert(moment, time, sequence.id);
  }
}
