/**
 * Importer for Perfetto's traces: a stream of packets in Protobuf, as traced, tracebox, the Perfetto SDK and Chromium write
 * it.
 *
 * Track events (slices, instants, counters, those of the older JSON format inside of them) become events and counters,
 * tracks and threads become tasks, bundles of ftrace become events; packed packets are unpacked. Texts and defaults that a
 * writer sent before are followed per sequence, and packets that rely on lost ones are counted. All times are put on the
 * trace's primary clock by its clock snapshots.
 *
 * Not supported: profiles, heap graphs, system and power statistics, logs, Android's, Chrome's and GPUs' own packets (all
 * counted), typed arguments of single programs, TrackEvent's times as differences without a clock snapshot.
 * Source: protos/perfetto/trace/ of google/perfetto, as of ec5d16b14b74 (2026-08): each file is named where its fields are.
 */
import { FormatError, secNs } from "../../../base/index.ts";
import { type InputFile, listInputs } from "../../source/input.ts";
import { ProtoFields } from "../../source/protobuf.ts";
import type { InputReader } from "../../source/reader.ts";
import { showPath } from "../../text.ts";
import type { ClockStart, SourceClock } from "../clock.ts";
import { addSlicesWithoutEnd, EventRows, OpenSlices } from "../event-rows.ts";
import {
  claimEach,
  type DroppedRows,
  type ImportContext,
  type Importer,
  type ImportFacts,
  type SourceReport,
} from "../importer.ts";
import type { Moment } from "../fields.ts";
import type { ProtoTime } from "./clocks.ts";
import { type Packet, packetFields, PerfettoDecoder } from "./decoder.ts";
import { FtraceEvents } from "./ftrace.ts";
import type { Sequence } from "./sequence.ts";
import { TrackEvents } from "./track-events.ts";
import { PerfettoTracks } from "./tracks.ts";

const packetTag = 0x0a;

const claimPackets = 8;

/** Whether some fields are those of TracePacket, as far as they are there; `says` is told of each. */
function isPacket(inner: ProtoFields, says: (field: number) => void): boolean {
  try {
    while (inner.next()) {
      if (inner.field === 0 || inner.field > 1000) return false;
      says(inner.field);
    }
    return true;
  } catch {
    // The head may end inside a packet, and only there.
    return inner.end > inner.bytes.length;
  }
}

/** Whether a file begins with packets, of which one says what only packets of a trace say. */
function confidenceOf({ head }: InputFile): number {
  let at = 0;
  let isTrace = false;
  for (let packets = 0; at < head.length && packets < claimPackets; packets++) {
    // Behind the first packet there may be damage, which the reading says.
    if (head[at] !== packetTag) return isTrace ? 0.9 : 0;
    let length = 0;
    let start = at + 1;
    for (let scale = 1; start < head.length && start < at + 6; scale *= 128) {
      const byte = head[start++]!;
      length += (byte & 127) * scale;
      if (byte < 128) break;
    }
    const inner = new ProtoFields(head, start, Math.min(start + length, head.length));
    const isSound = isPacket(inner, (field) => {
      // Each packet that went through the tracing service says whose it is.
      if (field === packetFields.sequenceId || field === packetFields.clockSnapshot) isTrace = true;
    });
    if (!isSound) return isTrace && packets > 0 ? 0.9 : 0;
    at = start + length;
  }
  return isTrace ? 0.9 : 0;
}

const dropReasons = {
  "packets-dropped": "packets of the tracing service and of kinds that the format has no place for",
  "orphaned-packets-dropped": "packets that rely on texts which were lost",
  "untimed-packets-dropped": "events whose time is on a clock that nobody relates to the trace's",
  "unmatched-ends-dropped": "ends of slices that the trace does not begin, and counters without a value",
} as const;
type DropCode = keyof typeof dropReasons;

/** One file's packets on their way into the tables. */
class PerfettoRows {
  readonly #context: ImportContext;
  readonly #decoder = new PerfettoDecoder();
  readonly #clock: SourceClock;
  readonly #fileName: string;
  readonly #slices: OpenSlices;
  readonly #tracks: PerfettoTracks;
  readonly #events: TrackEvents;
  readonly #ftrace: FtraceEvents;
  readonly #dropped = new Map<DropCode, number>();
  readonly #moment: Moment = { second: 0, nanosecond: 0 };
  #sequence: Sequence | undefined;
  #rows = 0;

  constructor(context: ImportContext, clock: SourceClock, fileName: string) {
    this.#context = context;
    this.#clock = clock;
    this.#fileName = fileName;
    const rows = new EventRows(context);
    this.#slices = new OpenSlices(rows);
    this.#tracks = new PerfettoTracks(context.catalogue);
    this.#events = new TrackEvents(context, { rows, slices: this.#slices, tracks: this.#tracks });
    this.#ftrace = new FtraceEvents(context, rows, this.#tracks, (time, row, addNs) =>
      this.#toNs(time, this.#sequence!, row, addNs),
    );
  }

  async read(file: InputFile): Promise<void> {
    await this.#decoder.read(file, this.#context.reader, (packet) => this.#take(packet));
    this.#tracks.settleAll();
    this.#slices.close();
    addSlicesWithoutEnd(this.#slices, this.#context);
  }

  report(): SourceReport {
    const dropped: DroppedRows[] = [...this.#dropped].map(([code, rows]) => ({
      code,
      rows,
      detail: dropReasons[code],
    }));
    const lost = dropped.reduce((sum, { rows }) => sum + rows, 0);
    return { file: this.#fileName, rows: this.#rows, kept_rows: this.#rows - lost, dropped };
  }

  #drop(code: DropCode, rows = 1): void {
    if (rows === 0) return;
    this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + rows);
    for (let row = 0; row < rows; row++) {
      this.#context.warnings.addRow(code, this.#rows, `${this.#fileName}: ${dropReasons[code]}`);
    }
  }

  #toNs(time: ProtoTime, sequence: Sequence, row: number, addNs = 0): number | undefined {
    const moment = this.#moment;
    if (!this.#decoder.convert(moment, time, sequence)) return undefined;
    const seconds = Math.floor((moment.nanosecond + addNs) / secNs);
    return this.#clock.toNs(moment.second + seconds, moment.nanosecond + addNs - seconds * secNs, row);
  }

  #take(packet: Packet): void {
    if (packet.isLossBefore) {
      this.#context.warnings.addRow(
        "events-lost",
        packet.number,
        `${this.#fileName}: the recorder lost packets before these`,
      );
    }
    if (packet.field === packetFields.ftraceEvents) {
      this.#sequence = packet.sequence;
      const { rows, kept } = this.#ftrace.take(packet.payload(), this.#rows + 1);
      this.#rows += rows;
      this.#drop("untimed-packets-dropped", rows - kept);
      return;
    }
    this.#rows++;
    if (packet.field === packetFields.trackEvent) {
      this.#trackEvent(packet, packet.time && this.#toNs(packet.time, packet.sequence, this.#rows));
      return;
    }
    // Clocks of differences count on also where nothing is made of a packet.
    if (packet.time) this.#decoder.convert(this.#moment, packet.time, packet.sequence);
    this.#other(packet);
  }

  #trackEvent(packet: Packet, timeNs: number | undefined): void {
    if (packet.isOrphan) this.#drop("orphaned-packets-dropped");
    else if (timeNs === undefined) this.#drop("untimed-packets-dropped");
    else if (!this.#events.take(packet.payload(), packet.sequence, timeNs, this.#rows))
      this.#drop("unmatched-ends-dropped");
  }

  #other(packet: Packet): void {
    switch (packet.field) {
      case packetFields.trackDescriptor:
        return this.#tracks.describe(packet.payload());
      case packetFields.threadDescriptor:
        packet.sequence.threadTrack = this.#tracks.describeAlone(packet.payload(), "thread");
        return;
      case packetFields.processDescriptor:
        this.#tracks.describeAlone(packet.payload(), "process");
        return;
      case packetFields.processTree:
        return this.#processTree(packet.payload());
      case packetFields.clockSnapshot:
      case undefined:
        return;
      default:
        this.#drop("packets-dropped");
    }
  }

  /** Takes process_tree.proto. */
  #processTree(fields: ProtoFields): void {
    while (fields.next()) {
      const entry = fields.inner();
      let [id, process, name] = [0, 0, ""];
      const isThread = fields.field === 2;
      while (entry.next()) {
        if (entry.field === 1) id = entry.unsigned;
        else if (isThread && entry.field === 2) name = entry.text;
        else if (isThread && entry.field === 3) process = entry.unsigned;
        else if (!isThread && entry.field === 3 && name === "") name = entry.text;
      }
      if (isThread && name !== "") this.#tracks.nameThread(id, name, process);
      else if (fields.field === 1 && name !== "") this.#tracks.nameProcess(id, name);
    }
  }
}

/** Writers hand on their packets in pieces, so that all must be seen to know the first event. */
async function startOf(file: InputFile, reader: InputReader): Promise<ClockStart> {
  const decoder = new PerfettoDecoder();
  const moment: Moment = { second: 0, nanosecond: 0 };
  let least: Moment | undefined;
  reader.expectAgain(file);
  const look = (time: ProtoTime, sequence: Sequence) => {
    if (!decoder.convert(moment, time, sequence)) return;
    const isEarlier =
      !least ||
      moment.second < least.second ||
      (moment.second === least.second && moment.nanosecond < least.nanosecond);
    if (isEarlier) least = { ...moment };
  };
  try {
    await decoder.read(file, reader, (packet) => {
      const { field, time, sequence, isOrphan } = packet;
      if (time && field !== packetFields.ftraceEvents) {
        if (field === packetFields.trackEvent && !isOrphan) look(time, sequence);
        else decoder.convert(moment, time, sequence);
      }
      if (field === packetFields.ftraceEvents)
        firstOfBundle(packet.payload(), (low, high) => look({ clock: 6, low, high }, sequence));
    });
  } catch (error) {
    // `run` meets the same, and says where.
    if (!(error instanceof FormatError)) throw error;
  }
  return { clock: decoder.clocks.name, ...(least ?? { second: 0, nanosecond: 0 }) };
}

/** The times of a bundle's events, of packed switches the first. */
function firstOfBundle(fields: ProtoFields, look: (low: number, high: number) => void): void {
  while (fields.next()) {
    if (fields.field !== 2 && fields.field !== 4) continue;
    const inner = fields.inner();
    while (inner.next()) {
      if (fields.field === 2 && inner.field === 1) look(inner.low, inner.high);
      if (fields.field !== 4 || (inner.field !== 1 && inner.field !== 7)) continue;
      let isFirst = true;
      inner.numbers(({ low, high }) => {
        if (isFirst) look(low, high);
        isFirst = false;
      });
    }
  }
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  if (files.length === 0) throw new FormatError(`expected a trace of Perfetto, found ${listInputs(files)}`);
  const sources: SourceReport[] = [];
  let spanNs = 0;
  for (const file of files) {
    const clock = context.clock(file);
    // Processes write their events one behind the other.
    clock.watches = false;
    const rows = new PerfettoRows(context, clock, file.name);
    await rows.read(file);
    const report = rows.report();
    if (report.rows === 0) throw new FormatError(`${showPath(file.path)}: expected packets, found none`);
    sources.push(report);
    spanNs = Math.max(spanNs, clock.highestNs);
  }
  return {
    name: files[0]!.name.replace(/(\.[a-z]{2,8}){1,2}$/, ""),
    source: "trace packets of Perfetto",
    licence: "unknown",
    clock: "the trace's primary clock in ns, 0 = the first event",
    spanNs,
    sources,
  };
}

export const perfetto: Importer = {
  name: "perfetto",
  version: 1,
  doc: "Perfetto's traces (Protobuf): track events, counters, ftrace, processes and threads",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
