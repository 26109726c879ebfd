/**
 * Importer for what blkparse prints: an event a line, as `maj,min cpu seq sec.nsec pid action rwbs sector + blocks [proc]`,
 * and summaries behind them, which are counted.
 *
 * Source   blkparse(1) of blktrace 1.2: the default output, with or without -t
 * Not      other formats (-f): ask for the default, or import the binary files, which hold all that blkparse prints
 */
import { FormatError } from "../../../base/index.ts";
import { headText, type InputFile, listInputs, stem } from "../../source/input.ts";
import { type LineScanner, scanLines } from "../../source/line-scanner.ts";
import { type ClockStart, isEarlier, type SourceClock } from "../clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import { BlockDevices, maxMajor, maxMinor } from "./block-devices.ts";
import { BlockEvent, maxSector, operations, sectorBytes, steps } from "./block-event.ts";
import { MessageRows } from "./message-rows.ts";
import { RequestRows } from "./request-rows.ts";
import { StepCounts } from "./step-counts.ts";

const eventLine = /^ *\d+,\d+ +\d+ +\d+ +(\d+)\.(\d{9}) +\d+ +(?:[A-Z]{1,2}|m) +[A-Z]{1,6}(?: |$)/gm;
const defaultFormat = '"%D %2c %8s %5T.%9t %5p %2a %3d"';
const expectedLine = "maj,min cpu seq sec.nsec pid action rwbs sector + blocks [process]";

function confidenceOf(file: InputFile): number {
  // Not `test`, which would begin where the last search ended.
  return headText(file).search(eventLine) >= 0 ? 1 : 0;
}

function startOf(file: InputFile): ClockStart | undefined {
  let start: ClockStart | undefined;
  for (const [, second, nanosecond] of headText(file).matchAll(eventLine)) {
    const found = { clock: "own", second: Number(second), nanosecond: Number(nanosecond) } as const;
    if (!start || isEarlier(found, start)) start = found;
  }
  return start;
}

const letter = {
  C: 67,
  D: 68,
  F: 70,
  Q: 81,
  R: 82,
  W: 87,
  comma: 44,
  m: 109,
  plus: 43,
  zero: 48,
  nine: 57,
  open: 91,
  close: 93,
} as const;

/** Letters of RWBS: what is neither R, W nor D has no data. */
function operationOf(byte: number): number {
  if (byte === letter.W) return operations.write;
  if (byte === letter.R) return operations.read;
  return byte === letter.D ? operations.discard : operations.none;
}

/** Reads the lines of one file. */
class BlkparseLines {
  readonly #context: ImportContext;
  readonly #clock: SourceClock;
  readonly #devices: BlockDevices;
  readonly #requests: RequestRows;
  readonly #messages: MessageRows;
  readonly #event = new BlockEvent();
  readonly #steps = new StepCounts();
  #cpu = 0;
  #otherLines = 0;
  #isSummary = false;
  #failed = 0;
  #skipped = 0;

  constructor(file: InputFile, context: ImportContext) {
    this.#context = context;
    this.#clock = context.clock(file);
    this.#devices = new BlockDevices(stem(file), context.catalogue);
    this.#requests = new RequestRows(context);
    this.#messages = new MessageRows(context);
  }

  readonly read = (line: LineScanner): void => {
    if (!this.#readPlace(line)) this.#readOther(line);
    else if (!this.#readEvent(line)) line.refuse(expectedLine, undefined, `the default format is -f ${defaultFormat}`);
  };

  /** Device and CPU, by which an event's line begins. */
  #readPlace(line: LineScanner): boolean {
    line.skipSpaces();
    if (!line.whole()) return false;
    const major = line.value;
    if (!line.take(letter.comma) || !line.whole()) return false;
    const minor = line.value;
    line.skipSpaces();
    if (!line.whole() || major > maxMajor || minor > maxMinor || line.value > 65_535) return false;
    this.#cpu = line.value;
    this.#event.device = this.#devices.index(major, minor);
    return true;
  }

  #readEvent(line: LineScanner): boolean {
    line.skipSpaces();
    if (!line.whole()) return false; // Sequence number.
    line.skipSpaces();
    if (!line.seconds()) return false;
    const { second, nanosecond } = line;
    line.skipSpaces();
    if (!line.whole() || !line.word()) return false; // Process id, action.
    const { wordStart, wordEnd, bytes } = line;
    const action = wordEnd - wordStart === 1 ? bytes[wordStart]! : 0;
    const event = this.#event;
    if (action === letter.D) event.step = steps.issue;
    else if (action === letter.C) event.step = steps.complete;
    else if (action === letter.Q) event.step = steps.queue;
    else if (action === letter.R) event.step = steps.requeue;
    else if (action === letter.m) return this.#readMessage(line, second, nanosecond);
    else {
      this.#steps.add(bytes[wordStart]!, wordEnd - wordStart > 1 ? bytes[wordStart + 1]! : 0);
      return true;
    }
    if (!line.word()) return false;
    event.timeNs = this.#clock.toNs(second, nanosecond, line.line);
    return this.#readRequest(line);
  }

  /** Operation, place and size of a request, and whether its end is an error. */
  #readRequest(line: LineScanner): boolean {
    const event = this.#event;
    const { bytes, wordStart } = line;
    const isFlush = bytes[wordStart] === letter.F;
    const operation = operationOf(bytes[isFlush ? wordStart + 1 : wordStart]!);
    const isComplete = event.step === steps.complete;
    line.skipSpaces();
    event.bytes = 0;
    let isPassThrough = isComplete;
    if (this.#readNumber(line)) {
      line.skipSpaces();
      isPassThrough = false;
      if (line.take(letter.plus)) {
        line.skipSpaces();
        if (!line.whole() || line.value > maxSector) return false;
        event.bytes = line.value * sectorBytes;
      } else if (!isComplete) {
        // A command that passes through has bytes and no place.
        isPassThrough = true;
        event.bytes = event.sector;
      }
    }
    if (isComplete && this.#isFailed(line)) this.#failed++;
    event.setKind(operation, isFlush, isPassThrough);
    this.#requests.add(event);
    return true;
  }

  /** A sector; that of no place is 2^64 - 1. */
  #readNumber(line: LineScanner): boolean {
    const from = line.at;
    while (line.at < line.end && line.bytes[line.at]! >= letter.zero && line.bytes[line.at]! <= letter.nine) line.at++;
    const digits = line.at - from;
    if (digits === 0) return false;
    line.at = from;
    this.#event.sector = line.whole() ? line.value : maxSector;
    line.at = from + digits;
    return true;
  }

  /** The line ends with the error, `[0]` for none. */
  #isFailed({ bytes, end }: LineScanner): boolean {
    return bytes[end - 1] === letter.close && !(bytes[end - 2] === letter.zero && bytes[end - 3] === letter.open);
  }

  #readMessage(line: LineScanner, second: number, nanosecond: number): boolean {
    if (!line.word()) return false;
    line.skipSpaces();
    const timeNs = this.#clock.toNs(second, nanosecond, line.line);
    this.#messages.add({ timeNs, cpu: this.#cpu, bytes: line.bytes, start: line.at, end: line.end });
    return true;
  }

  /** What is no event: blank lines, names of input files, and the summaries at the end. */
  #readOther(line: LineScanner): void {
    this.#otherLines++;
    line.at = line.start;
    line.skipSpaces();
    if (line.isAtEnd || line.takeText("Input file ")) return;
    const first = line.bytes[line.at]!;
    const isDigit = first >= letter.zero && first <= letter.nine;
    if (isDigit && !this.#isSummary) line.refuse(expectedLine, undefined, `the default format is -f ${defaultFormat}`);
    this.#isSummary = true;
    if (line.takeText("Skips:")) {
      const [, events] = /^ *\d+ forward \((\d{1,15})\b/.exec(line.text(line.at)) ?? [];
      this.#skipped += Number(events ?? 0);
    }
  }

  /** Ends the file. */
  finish(name: string, lines: number): { readonly report: SourceReport; readonly spanNs: number } {
    const { warnings } = this.#context;
    const { kept, dropped } = this.#requests.finish(this.#steps);
    if (this.#failed > 0)
      warnings.addRows("requests-failed", this.#failed, "completions that say an error; rows do not");
    if (this.#skipped > 0) warnings.addRows("events-lost", this.#skipped, "events that blkparse says it skipped");
    const others = {
      code: "summary-lines-dropped",
      rows: this.#otherLines,
      detail: "blkparse's own lines around the events",
    };
    return {
      report: {
        file: name,
        rows: lines,
        kept_rows: kept + this.#messages.rows,
        dropped: [...dropped, ...(others.rows > 0 ? [others] : [])],
      },
      spanNs: this.#clock.highestNs,
    };
  }
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const [file, ...others] = files;
  if (!file || others.length > 0) {
    throw new FormatError(`expected one output of blkparse, found ${listInputs(files)}`, {
      hint: "times count from each recording's first event: import each by itself, or the binary files of blktrace",
    });
  }
  const lines = new BlkparseLines(file, context);
  const { report, spanNs } = lines.finish(file.name, await scanLines(file, context.reader, lines.read));
  return {
    name: stem(file),
    source: "events of the block layer as blktrace recorded and blkparse printed them",
    licence: "unknown",
    clock: "seconds since the recording's first event, in ns",
    spanNs,
    sources: [report],
  };
}

export const blkparse: Importer = {
  name: "blkparse",
  version: 1,
  doc: "what blkparse prints of a blktrace recording, in its default format",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
