import type { ProtoFields } from "../../source/protobuf.ts";

const needsState = 2;
const clearsState = 1;
/** Interned texts of one kind that a sequence may hold. */
const maxInterned = 1_000_000;

/** Texts by the numbers that stand for them (interned_data.proto); the numbers of a kind. */
type Interned = Map<number, string>;

/** What the packets of one writer rely on: texts that were sent before, and values that hold where a packet says none. */
export class Sequence {
  readonly id: number;
  readonly categories: Interned = new Map();
  readonly names: Interned = new Map();
  readonly annotationNames: Interned = new Map();
  readonly annotationTexts: Interned = new Map();
  /** Clock and track of packets that name none. */
  defaultClock: number | undefined;
  defaultTrack: string | undefined;
  /** Thread of a descriptor that stands alone in a packet, as older writers have it. */
  threadTrack: string | undefined;
  /** False from a loss on until the writer begins anew. */
  isValid = false;

  constructor(id: number) {
    this.id = id;
  }

  /** Follows a packet's flags; false for a packet that relies on what was lost. */
  follow(flags: number, isLossBefore: boolean): boolean {
    if ((flags & clearsState) !== 0) {
      for (const interned of [this.categories, this.names, this.annotationNames, this.annotationTexts])
        interned.clear();
      this.defaultClock = this.defaultTrack = undefined;
      this.isValid = true;
    } else if (isLossBefore) {
      this.isValid = false;
    }
    return this.isValid || (flags & needsState) === 0;
  }

  /** Takes trace_packet_defaults.proto. */
  setDefaults(fields: ProtoFields): void {
    while (fields.next()) {
      if (fields.field === 58) this.defaultClock = fields.unsigned;
      if (fields.field !== 11) continue;
      const track = fields.inner();
      while (track.next()) if (track.field === 11) this.defaultTrack = trackKey(track);
    }
  }

  /** Takes interned_data.proto. */
  intern(fields: ProtoFields): void {
    const kinds: ReadonlyMap<number, Interned> = new Map([
      [1, this.categories],
      [2, this.names],
      [3, this.annotationNames],
      [29, this.annotationTexts],
    ]);
    while (fields.next()) {
      const interned = kinds.get(fields.field);
      if (!interned || interned.size >= maxInterned) continue;
      const entry = fields.inner();
      let id = 0;
      let text = "";
      while (entry.next()) {
        if (entry.field === 1) id = entry.unsigned;
        else if (entry.field === 2) ({ text } = entry);
      }
      interned.set(id, text);
    }
  }
}

/** A track's number, which takes all of 64 bits. */
export function trackKey({ low, high }: ProtoFields): string {
  return `${high >>> 0}:${low >>> 0}`;
}

export const noTrack = "0:0";
