/**
 * Importer for the binary files of blktrace: one for each CPU (x.blktrace.0 …), one of all (-o - or blkparse -d), or several
 * recordings of one machine, whose clock they share.
 *
 * Source   include/uapi/linux/blktrace_api.h, version 7; kernel/trace/blktrace.c, which takes times of CLOCK_MONOTONIC
 * Not      process names and further bytes of pass-through commands; a request does not say who made it
 */
import { FormatError } from "../../../base/index.ts";
import { ByteWindow } from "../../source/byte-window.ts";
import { type InputFile, stem } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import { type ClockStart, isEarlier, type Moment, type SourceClock } from "../clock.ts";
import { type Claim, type DroppedRows, type ImportContext, type Importer, type ImportFacts } from "../importer.ts";
import { BlockDevices } from "./block-devices.ts";
import { BlockEvent, operations, steps } from "./block-event.ts";
import { BlktraceRecords, categories, isBlktrace, notes } from "./blktrace-records.ts";
import { MessageRows } from "./message-rows.ts";
import { RequestRows } from "./request-rows.ts";
import { SequenceGaps } from "./sequence-gaps.ts";
import { StepCounts } from "./step-counts.ts";

/** Bit of an action and of a note: a control group's id stands in front of the further bytes. */
const cgroupBit = 256;
const cgroupBytes = 8;

const actions = { queue: 1, requeue: 6, issue: 7, complete: 8 } as const;

/** blkparse's letters of the others, by their number. */
const letters = ["", "Q", "M", "F", "G", "S", "R", "D", "C", "P", "U", "UT", "I", "X", "B", "A"];

/** A CPU that did nothing leaves an empty file. */
function isIdle({ bytes, name }: InputFile): boolean {
  return bytes === 0 && /\.blktrace\.\d+$/.test(name);
}

function claim(files: readonly InputFile[]): Claim {
  const known = files.filter(isBlktrace);
  if (known.length === 0) return { files: [], confidence: 0 };
  return { files: files.filter((file) => isBlktrace(file) || isIdle(file)), confidence: 1 };
}

function isNote(records: BlktraceRecords): boolean {
  return (records.category & categories.notify) !== 0;
}

/** The earliest event of the first piece that has one: blkparse too begins with it, and not with notes on processes. */
async function startOf(file: InputFile, reader: InputReader): Promise<ClockStart> {
  const window = new ByteWindow(file, reader);
  const records = new BlktraceRecords(file, window);
  let start: Moment | undefined;
  try {
    while (!start && (await window.fill(records.wanted))) {
      while (records.next()) {
        const found = { second: records.second, nanosecond: records.nanosecond };
        if (!isNote(records) && (!start || isEarlier(found, start))) start = found;
      }
    }
  } catch (error) {
    // What is damaged is refused where it is read.
    if (!(error instanceof FormatError)) throw error;
  }
  await window.close();
  return { clock: "monotonic", ...(start ?? { second: Number.MAX_SAFE_INTEGER, nanosecond: 0 }) };
}

/** The records of one file up to its next event. */
class EventFile {
  readonly file: InputFile;
  readonly records: BlktraceRecords;
  readonly clock: SourceClock;
  readonly #take: (file: EventFile) => void;
  /** Time of the event that is at hand. */
  timeNs = 0;

  /** `take` is told of notes. */
  constructor(file: InputFile, context: ImportContext, take: (file: EventFile) => void) {
    this.file = file;
    this.records = new BlktraceRecords(file, new ByteWindow(file, context.reader));
    this.clock = context.clock(file);
    this.#take = take;
  }

  /** Goes to the next event that is at hand; false where more of the file must be read for it. */
  next(): boolean {
    const { records } = this;
    while (records.next()) {
      if (!isNote(records)) {
        this.timeNs = this.clock.toNs(records.second, records.nanosecond, records.row);
        return true;
      }
      this.#take(this);
    }
    return false;
  }
}

/** Puts the events of all files together. */
class BlktraceEvents {
  readonly #context: ImportContext;
  readonly #devices: BlockDevices;
  readonly #requests: RequestRows;
  readonly #messages: MessageRows;
  readonly #steps = new StepCounts();
  readonly #event = new BlockEvent();
  readonly #sequences = new SequenceGaps();
  #notes = 0;
  #failed = 0;

  constructor(name: string, context: ImportContext) {
    this.#context = context;
    this.#devices = new BlockDevices(name, context.catalogue);
    this.#requests = new RequestRows(context);
    this.#messages = new MessageRows(context);
  }

  readonly takeNote = ({ records, clock }: EventFile): void => {
    if ((records.action & ~cgroupBit) !== notes.message) {
      this.#notes++;
      return;
    }
    const { second, nanosecond, row, cpu, end } = records;
    const start = Math.min(records.start + ((records.action & cgroupBit) === 0 ? 0 : cgroupBytes), end);
    this.#messages.add({ timeNs: clock.toNs(second, nanosecond, row), cpu, bytes: records.window.bytes, start, end });
  };

  takeEvent({ records, timeNs }: EventFile): void {
    const event = this.#event;
    event.device = this.#devices.index(records.major, records.minor);
    this.#sequences.see(event.device, records.cpu, records.sequence);
    const action = records.action & ~cgroupBit;
    if (action === actions.issue) event.step = steps.issue;
    else if (action === actions.complete) event.step = steps.complete;
    else if (action === actions.queue) event.step = steps.queue;
    else if (action === actions.requeue) event.step = steps.requeue;
    else {
      const letter = letters[action] ?? "?";
      this.#steps.add(letter.charCodeAt(0), letter.charCodeAt(1) || 0);
      return;
    }
    event.timeNs = timeNs;
    event.sector = records.sector;
    event.bytes = records.size;
    const { category } = records;
    event.setKind(
      operationOf(category, records.size),
      (category & categories.flush) !== 0,
      (category & categories.passThrough) !== 0,
    );
    if (event.step === steps.complete && records.error !== 0) this.#failed++;
    this.#requests.add(event);
  }

  /** Ends the recording. */
  finish(): { readonly kept: number; readonly dropped: readonly DroppedRows[] } {
    const { warnings } = this.#context;
    const { kept, dropped } = this.#requests.finish(this.#steps);
    if (this.#failed > 0)
      warnings.addRows("requests-failed", this.#failed, "completions that say an error; rows do not");
    if (this.#sequences.lost > 0) {
      warnings.addRows(
        "events-lost",
        this.#sequences.lost,
        "events whose numbers are missing: the tracer could not keep up",
      );
    }
    const others = { code: "notes-dropped", rows: this.#notes, detail: "names of processes and the time of day" };
    return { kept: kept + this.#messages.rows, dropped: [...dropped, ...(others.rows > 0 ? [others] : [])] };
  }
}

/** The letter that blkparse would show. */
function operationOf(category: number, size: number): number {
  if ((category & categories.discard) !== 0) return operations.discard;
  if ((category & categories.write) !== 0) return operations.write;
  return size > 0 ? operations.read : operations.none;
}

/** Reads on in a file until an event is at hand; false at its end. */
async function readOn(file: EventFile, { reader }: ImportContext): Promise<boolean> {
  const { records } = file;
  while (!file.next()) {
    if (await records.window.fill(records.wanted)) continue;
    if (records.window.left > 0) {
      const place = `byte ${records.window.offset}`;
      reader.noteTruncated(file.file, `the file ends inside the record that begins at ${place}, which was left out`);
    }
    return false;
  }
  return true;
}

/** Gives the events of all files in the order of their times, as far as each file is in order. */
async function mergeEvents(all: readonly EventFile[], events: BlktraceEvents, context: ImportContext): Promise<void> {
  const files: EventFile[] = [];
  for (const file of all) if (await readOn(file, context)) files.push(file);
  while (files.length > 0) {
    const first = files.reduce((least, file) => (file.timeNs < least.timeNs ? file : least));
    const untilNs = files.reduce(
      (least, file) => (file === first ? least : Math.min(least, file.timeNs)),
      Number.POSITIVE_INFINITY,
    );
    let isAtHand = true;
    while (isAtHand && first.timeNs <= untilNs) {
      events.takeEvent(first);
      isAtHand = first.next();
    }
    if (!isAtHand && !(await readOn(first, context))) files.splice(files.indexOf(first), 1);
  }
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const name = stem(files[0]!).replace(/\.blktrace$/, "");
  const events = new BlktraceEvents(name, context);
  const eventFiles = files.map((file) => new EventFile(file, context, events.takeNote));
  await mergeEvents(eventFiles, events, context);
  const { kept, dropped } = events.finish();
  const rows = eventFiles.reduce((sum, { records }) => sum + records.row, 0);
  return {
    name,
    source: "events of the block layer as blktrace recorded them",
    licence: "unknown",
    clock: "CLOCK_MONOTONIC, in ns",
    spanNs: Math.max(...eventFiles.map(({ clock }) => clock.highestNs)),
    sources: [{ file: files.map((file) => file.name).join(", "), rows, kept_rows: kept, dropped }],
  };
}

export const blktrace: Importer = {
  name: "blktrace",
  version: 1,
  doc: "binary files of blktrace, of each CPU or of all",
  claim,
  startOf,
  run,
};
