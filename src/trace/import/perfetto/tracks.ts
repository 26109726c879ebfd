import type { ProtoFields } from "../../source/protobuf.ts";
import type { Catalogue } from "../catalogue.ts";
import { trackKey } from "./sequence.ts";

interface Track {
  parent?: string | undefined;
  name?: string | undefined;
  processId?: number | undefined;
  processName?: string | undefined;
  threadId?: number | undefined;
  threadName?: string | undefined;
  unit?: string | null;
  multiplier: number;
  isIncremental: boolean;
  task?: ReturnType<Catalogue["taskNamedLater"]>;
  counter?: ReturnType<Catalogue["counterNamedLater"]>;
  /** Where an incremental counter stands. */
  value: number;
}

/** Tracks that a trace may have; a name for each is held in memory. */
const maxTracks = 1_000_000;
const maxDepth = 16;
const units: readonly (string | null)[] = [null, "ns", "count", "bytes"];

function idOf(value: number | undefined): number | null {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : null;
}

/** A process's name, or the program of its command line. */
function readProcess(fields: ProtoFields, track: Track): void {
  let program: string | undefined;
  while (fields.next()) {
    if (fields.field === 1) track.processId = fields.unsigned;
    else if (fields.field === 2) program ??= fields.text;
    else if (fields.field === 6) track.processName = fields.text;
  }
  if (track.processName === undefined && program !== undefined) track.processName = program.split("/").at(-1);
}

function readThread(fields: ProtoFields, track: Track): void {
  while (fields.next()) {
    if (fields.field === 1) track.processId = fields.unsigned;
    else if (fields.field === 2) track.threadId = fields.unsigned;
    else if (fields.field === 5) track.threadName = fields.text;
  }
}

function readCounter(fields: ProtoFields, track: Track): void {
  track.unit = null;
  while (fields.next()) {
    if (fields.field === 1 && fields.low === 1) track.unit = "ns";
    else if (fields.field === 3) track.unit = units[fields.low] ?? null;
    else if (fields.field === 4) track.multiplier = Math.max(fields.signed, 1);
    else if (fields.field === 5) track.isIncremental = fields.low !== 0;
    else if (fields.field === 6) track.unit = fields.text;
  }
}

/** Tracks and threads of a trace as tasks; descriptors may come before or after the events. */
export class PerfettoTracks {
  readonly #catalogue: Catalogue;
  readonly #tracks = new Map<string, Track>();
  /** Threads by their id alone, as ftrace and lists of processes know them. */
  readonly #threads = new Map<number, Track>();
  readonly #processNames = new Map<number, string>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  #track(key: string): Track {
    let track = this.#tracks.get(key);
    if (!track) {
      track = { multiplier: 1, isIncremental: false, value: 0 };
      if (this.#tracks.size < maxTracks) this.#tracks.set(key, track);
    }
    return track;
  }

  #thread(threadId: number): Track {
    let track = this.#threads.get(threadId);
    if (!track) {
      track = { multiplier: 1, isIncremental: false, value: 0, threadId };
      if (this.#threads.size < maxTracks) this.#threads.set(threadId, track);
    }
    return track;
  }

  /** Takes track_descriptor.proto. */
  describe(fields: ProtoFields): void {
    const found: Track = { multiplier: 1, isIncremental: false, value: 0 };
    let key = "";
    while (fields.next()) {
      if (fields.field === 1) key = trackKey(fields);
      else if (fields.field === 5) found.parent = trackKey(fields);
      else if (fields.field === 2 || fields.field === 10 || fields.field === 13) found.name = fields.text;
      else if (fields.field === 3) readProcess(fields.inner(), found);
      else if (fields.field === 4) readThread(fields.inner(), found);
      else if (fields.field === 8) readCounter(fields.inner(), found);
    }
    const track = this.#track(key);
    Object.assign(track, found, { value: track.value });
    if (track.processId !== undefined && track.processName !== undefined) {
      this.#processNames.set(track.processId, track.processName);
    }
    this.#settle(track);
  }

  /** Takes thread_descriptor.proto or process_descriptor.proto that stand alone; gives the track's key. */
  describeAlone(fields: ProtoFields, kind: "thread" | "process"): string {
    const found: Track = { multiplier: 1, isIncremental: false, value: 0 };
    (kind === "thread" ? readThread : readProcess)(fields, found);
    const key = `${kind} ${found.processId ?? ""} ${found.threadId ?? ""}`;
    Object.assign(this.#track(key), found);
    if (found.processId !== undefined && found.processName !== undefined) {
      this.#processNames.set(found.processId, found.processName);
    }
    this.#settle(this.#track(key));
    return key;
  }

  nameThread(threadId: number, name: string, processId?: number): void {
    const track = this.#thread(threadId);
    track.threadName = name;
    if (processId !== undefined) track.processId = processId;
    this.#settle(track);
  }

  nameProcess(processId: number, name: string): void {
    this.#processNames.set(processId, name);
    const main = this.#threads.get(processId);
    if (main && main.threadName === undefined) this.#settle(main);
  }

  /** The process that a track belongs to by its own word or that of the tracks above it. */
  #processOf(track: Track): number | undefined {
    let at: Track | undefined = track;
    for (let depth = 0; at && depth < maxDepth; depth++) {
      if (at.processId !== undefined) return at.processId;
      at = at.parent === undefined ? undefined : this.#tracks.get(at.parent);
    }
    return undefined;
  }

  #row(track: Track): [string, number | null, number | null] {
    const process = this.#processOf(track);
    const processName = process === undefined ? undefined : this.#processNames.get(process);
    const { name, threadName, threadId } = track;
    const shown = threadName ?? name ?? processName ?? (threadId === undefined ? "track" : `thread ${threadId}`);
    return [shown, idOf(threadId), idOf(process)];
  }

  #counterRow(track: Track): [string, string | null] {
    const process = this.#processOf(track);
    const owner = process === undefined ? "" : ` (process ${process})`;
    return [`${track.name ?? "counter"}${owner}`, track.unit ?? null];
  }

  #settle(track: Track): void {
    track.counter?.settle(...this.#counterRow(track));
    track.task?.settle(...this.#row(track));
  }

  #task(track: Track): number {
    // Asynchronous operations each have a track of their own, and all of a kind and process are one task.
    if (!track.task && track.threadId === undefined && track.name !== undefined) {
      return this.#catalogue.task(...this.#row(track));
    }
    track.task ??= this.#catalogue.taskNamedLater(...this.#row(track));
    return track.task.taskIndex;
  }

  /** The task of a track's events. */
  task(key: string): number {
    return this.#task(this.#track(key));
  }

  threadTask(threadId: number): number {
    return this.#task(this.#thread(threadId));
  }

  /** Names and units that only came after the first events. */
  settleAll(): void {
    for (const track of this.#tracks.values()) this.#settle(track);
    for (const track of this.#threads.values()) this.#settle(track);
  }

  /** The counter of a track and its value now, from what an event says. */
  count(key: string, said: number): { readonly kind: number; readonly value: number } {
    const track = this.#track(key);
    track.value = track.isIncremental ? track.value + said : said;
    track.counter ??= this.#catalogue.counterNamedLater(...this.#counterRow(track));
    return { kind: track.counter.kind, value: track.value * track.multiplier };
  }
}
