import { FormatError, UsageError } from "../../base/index.ts";
import type { ByteFile } from "../byte-file.ts";
import type { Facts, Span, TimelineSink, Track, TrackId } from "../timeline/sink.ts";
import {
  counterDescriptor,
  counterUnit,
  debugAnnotation,
  eventName,
  eventType,
  explicitOrdering,
  internedData,
  processDescriptor,
  sequenceFlag,
  threadDescriptor,
  traceField,
  trackDescriptor,
  trackEvent,
  tracePacket,
} from "./fields.ts";
import { MessageWriter } from "./message-writer.ts";

/** All packets come from one writer. */
const sequenceId = 1;
/** Names that are written once and then go by number; those after them are written each time. */
const maxInternedNames = 100_000;
/** Tracks that one export may have: their ids lie next to each other. */
const maxTracks = 2 ** 20;

const units: Readonly<Record<string, number>> = {
  ns: counterUnit.timeNs,
  bytes: counterUnit.sizeBytes,
  count: counterUnit.count,
};

/** First id of the tracks of what has this hash, so that traces that are opened together keep theirs apart. */
export function firstTrackUuid(sha256: string): number {
  return Number.parseInt(sha256.slice(0, 8), 16) * maxTracks;
}

/**
 * Writes a timeline as a trace of Perfetto: TrackEvents in TracePackets, one after the other.
 *
 * Shape    the same timeline gives the same bytes. Packets are not in the order of time, which the format does not ask
 *          for: a slice's end follows its begin at once
 */
export class PerfettoSink implements TimelineSink {
  readonly #file: ByteFile;
  readonly #firstUuid: number;
  readonly #message = new MessageWriter();
  readonly #names = new Map<string, number>();
  #trackCount = 0;
  #processCount = 0;

  constructor(
    file: ByteFile,
    { sha256, firstProcessId }: { readonly sha256: string; readonly firstProcessId: number },
  ) {
    this.#file = file;
    this.#firstUuid = firstTrackUuid(sha256);
    this.#processCount = firstProcessId;
  }

  addTrack(track: Track): TrackId {
    const id = ++this.#trackCount;
    if (id >= maxTracks) {
      throw new UsageError(`more than ${maxTracks} tracks`, { hint: "export tables instead, or a shorter trace" });
    }
    const message = this.#message;
    message.begin(traceField.packet);
    this.#sequence(id === 1 ? sequenceFlag.incrementalStateCleared : 0);
    message.begin(tracePacket.trackDescriptor);
    message.uint(trackDescriptor.uuid, this.#firstUuid + id);
    if (track.parent !== undefined) message.uint(trackDescriptor.parentUuid, this.#firstUuid + track.parent);
    this.#describe(track, id);
    message.end();
    this.#endPacket();
    return id;
  }

  #describe({ name, kind, unit, thread }: Track, id: TrackId): void {
    const message = this.#message;
    if (kind === "process") {
      message.begin(trackDescriptor.process);
      message.uint(processDescriptor.pid, this.#processCount++);
      message.text(processDescriptor.processName, name);
      message.end();
    } else if (thread) {
      message.begin(trackDescriptor.thread);
      message.uint(threadDescriptor.pid, thread.processId);
      message.uint(threadDescriptor.tid, thread.threadId);
      message.text(threadDescriptor.threadName, name);
      message.end();
    } else {
      message.text(trackDescriptor.name, name);
    }
    if (kind === "counter") {
      message.begin(trackDescriptor.counter);
      if (unit !== undefined && unit in units) message.uint(counterDescriptor.unit, units[unit]!);
      else if (unit !== undefined) message.text(counterDescriptor.unitName, unit);
      message.end();
    }
    if (kind === "process" || kind === "group") message.uint(trackDescriptor.childOrdering, explicitOrdering);
    message.uint(trackDescriptor.siblingOrderRank, id);
  }

  slice(track: TrackId, { startNs, endNs }: Span, name: string, facts?: Facts): void {
    this.#beginEvent(track, startNs, eventType.sliceBegin, name);
    this.#facts(facts);
    this.#endEvent();
    this.#beginEvent(track, endNs, eventType.sliceEnd);
    this.#endEvent();
  }

  moment(track: TrackId, timeNs: number, name: string, facts?: Facts): void {
    this.#beginEvent(track, timeNs, eventType.instant, name);
    this.#facts(facts);
    this.#endEvent();
  }

  value(track: TrackId, timeNs: number, value: number): void {
    this.#beginEvent(track, timeNs, eventType.counter);
    if (Number.isSafeInteger(value)) this.#message.int(trackEvent.counterValue, value);
    else this.#message.double(trackEvent.doubleCounterValue, value);
    this.#endEvent();
  }

  #sequence(flags: number): void {
    this.#message.uint(tracePacket.trustedPacketSequenceId, sequenceId);
    if (flags !== 0) this.#message.uint(tracePacket.sequenceFlags, flags);
  }

  /** Opens a packet with an event; a name that is new goes in front of it. */
  #beginEvent(track: TrackId, timeNs: number, type: number, name?: string): void {
    if (!Number.isSafeInteger(timeNs) || timeNs < 0) {
      throw new FormatError(`a time of ${timeNs} ns: Perfetto knows none before 0, and we none beyond 2^53`, {
        hint: "`luoscope inspect --check` names the rows of a trace that are wrong",
      });
    }
    const message = this.#message;
    message.begin(traceField.packet);
    message.uint(tracePacket.timestamp, timeNs);
    this.#sequence(sequenceFlag.needsIncrementalState);
    const nameId = name === undefined ? undefined : this.#intern(name);
    message.begin(tracePacket.trackEvent);
    message.uint(trackEvent.type, type);
    message.uint(trackEvent.trackUuid, this.#firstUuid + track);
    if (nameId !== undefined) message.uint(trackEvent.nameIid, nameId);
    else if (name !== undefined) message.text(trackEvent.name, name);
  }

  #intern(name: string): number | undefined {
    const found = this.#names.get(name);
    if (found !== undefined) return found;
    if (this.#names.size === maxInternedNames) return undefined;
    const id = this.#names.size + 1;
    this.#names.set(name, id);
    const message = this.#message;
    message.begin(tracePacket.internedData);
    message.begin(internedData.eventNames);
    message.uint(eventName.iid, id);
    message.text(eventName.name, name);
    message.end();
    message.end();
    return id;
  }

  #facts(facts: Facts = []): void {
    const message = this.#message;
    for (const [name, value] of facts) {
      message.begin(trackEvent.debugAnnotations);
      message.text(debugAnnotation.name, name);
      if (typeof value === "string") message.text(debugAnnotation.stringValue, value);
      else if (Number.isSafeInteger(value)) message.int(debugAnnotation.intValue, value);
      else message.double(debugAnnotation.doubleValue, value);
      message.end();
    }
  }

  #endEvent(): void {
    this.#message.end();
    this.#endPacket();
  }

  #endPacket(): void {
    this.#message.end();
    this.#file.write(this.#message.buffer, 0, this.#message.length);
    this.#message.clear();
  }

  finish(): void {
    this.#file.finish();
  }
}
