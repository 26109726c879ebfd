import type { InputFile } from "../../source/input.ts";
import { type LineScanner, scanLines } from "../../source/line-scanner.ts";
import type { SourceClock } from "../clock.ts";
import type { ImportContext, SourceReport } from "../importer.ts";
import { type Dialect, headLines, isComment } from "./dialect.ts";
import { EventFields } from "./event-fields.ts";
import type { EventLine } from "./event-line.ts";
import type { Events } from "./events.ts";
import { LineCounts } from "./line-counts.ts";

const capitalC = 67;
const perfRecord = Buffer.from("PERF_RECORD_");
const perfLost = /^PERF_RECORD_LOST(?:_SAMPLES)?:? lost(?:_samples)? (\d{1,15})/;
const damonEvent = Buffer.from("damon_aggregated");

export interface ReadResult {
  readonly source: SourceReport;
  readonly highestNs: number;
}

function startsWith(bytes: Buffer, start: number, end: number, text: Buffer): boolean {
  return end - start >= text.length && bytes.compare(text, 0, text.length, start, start + text.length) === 0;
}

/** Whether an event is one of perf's own records, which have time 0 where they tell of what was there before. */
export function isUntimed(line: EventLine, bytes: Buffer): boolean {
  return line.second === 0 && line.nanosecond === 0 && startsWith(bytes, line.nameStart, line.nameEnd, perfRecord);
}

/** Reads the lines of one file, each of which is an event, goes on with one, or is about the recording. */
class TextReader {
  readonly #file: InputFile;
  readonly #context: ImportContext;
  readonly #dialect: Dialect;
  readonly #events: Events;
  readonly #line: EventLine;
  readonly #clock: SourceClock;
  readonly #counts: LineCounts;
  #firstNs = -1;
  #highestNs = 0;
  #isFirstZero = false;
  #displaced = 0;
  #flagged = 0;

  constructor(file: InputFile, context: ImportContext, dialect: Dialect, events: Events) {
    this.#file = file;
    this.#context = context;
    this.#dialect = dialect;
    this.#events = events;
    this.#line = dialect.line();
    this.#clock = context.clock(file);
    this.#counts = new LineCounts(context, file);
  }

  readLine(scanner: LineScanner): void {
    const { bytes, start, end } = scanner;
    const counts = this.#counts;
    if (isComment(scanner)) {
      counts.comment(scanner);
      return;
    }
    const { log } = this.#events;
    if (this.#line.read(scanner)) this.#takeEvent(scanner);
    else if (this.#dialect.isStack(scanner) && log.extend(bytes, start, end)) counts.continuation();
    else if (bytes[start] === capitalC && counts.lostNote(scanner)) return;
    else if (this.#dialect.isNote(scanner)) counts.drop("comment-lines-dropped");
    else if (log.isMark && log.extend(bytes, start, end)) counts.continuation();
    else counts.dropWithWarning("lines-not-understood", scanner);
  }

  #takeEvent(scanner: LineScanner): void {
    const line = this.#line;
    const { bytes } = scanner;
    if (line.time !== "seconds") this.#refuseTime(scanner);
    const timeNs = this.#timeNs(scanner);
    if (line.hasFlags) this.#flagged++;
    this.#counts.event();
    this.#events.take(line, bytes, timeNs, scanner.line);
    if (bytes[line.nameStart] === perfRecord[0] && startsWith(bytes, line.nameStart, line.nameEnd, perfRecord)) {
      const lost = perfLost.exec(scanner.text(line.nameStart, line.detailEnd).slice(0, 100))?.[1];
      if (lost !== undefined) this.#counts.lost(Number(lost));
    }
  }

  #timeNs(scanner: LineScanner): number {
    const { second, nanosecond } = this.#line;
    if (second === 0 && nanosecond === 0 && isUntimed(this.#line, scanner.bytes)) {
      const detail = "records of what was there before, which have no time of their own: they stand at the start";
      this.#context.warnings.addRow("untimed-events", scanner.line, `${this.#file.name}: ${detail}`);
      return Math.max(this.#firstNs, 0);
    }
    const timeNs = this.#clock.toNs(second, nanosecond, scanner.line);
    if (this.#firstNs < 0) {
      this.#firstNs = timeNs;
      this.#isFirstZero = second === 0 && nanosecond === 0;
    }
    if (timeNs >= this.#highestNs) {
      this.#highestNs = timeNs;
    } else {
      if (this.#isFirstZero && this.#dialect.mayBeRelative) this.#refuseDelta(scanner);
      this.#displaced++;
    }
    return timeNs;
  }

  #refuseTime(scanner: LineScanner): never {
    const found = this.#line.time === "ticks" ? "a number of a clock whose rate the file does not say" : "no time";
    scanner.refuse("times in seconds", found, this.#dialect.timeHint);
  }

  #refuseDelta(scanner: LineScanner): never {
    scanner.refuse(
      "times since one moment",
      "a time before the one above, as --deltatime prints",
      this.#dialect.timeHint,
    );
  }

  end(lines: number): ReadResult {
    const { warnings } = this.#context;
    this.#events.endFile();
    if (this.#displaced > 0) {
      const detail = `${this.#file.name}: events that stand behind later ones were put in their order`;
      warnings.add("rows-reordered", warnings.rows("rows-reordered") + this.#displaced, detail);
    }
    if (this.#flagged > 0) {
      const detail = `${this.#file.name}: the column of flags (interrupts off, need to reschedule, preemption depth) has no place`;
      warnings.add("flags-dropped", warnings.rows("flags-dropped") + this.#flagged, detail);
    }
    return { source: this.#counts.report(lines), highestNs: this.#clock.highestNs };
  }
}

/** The earliest moment of the events in a file's head. */
export function firstMoment(file: InputFile, dialect: Dialect): { second: number; nanosecond: number } | undefined {
  const line = dialect.line();
  let found: { second: number; nanosecond: number } | undefined;
  for (const scanner of headLines(file)) {
    if (isComment(scanner) || !line.read(scanner) || line.time !== "seconds" || isUntimed(line, scanner.bytes))
      continue;
    const { second, nanosecond } = line;
    const isEarlier = !found || second < found.second || (second === found.second && nanosecond < found.nanosecond);
    if (isEarlier) found = { second, nanosecond };
  }
  return found;
}

export async function readText(
  file: InputFile,
  context: ImportContext,
  dialect: Dialect,
  events: Events,
): Promise<ReadResult> {
  const text = new TextReader(file, context, dialect, events);
  return text.end(await scanLines(file, context.reader, (scanner) => text.readLine(scanner)));
}

/** Reads a file once more, for DAMON's regions alone: their pages have numbers only now. */
export async function readRegions(
  file: InputFile,
  context: ImportContext,
  dialect: Dialect,
  events: Events,
): Promise<void> {
  const line = dialect.line();
  const clock = context.clock(file);
  const fields = new EventFields();
  const { damon } = events.handlers;
  context.reader.expectAgain(file);
  damon.beginFile();
  await scanLines(file, context.reader, (scanner) => {
    const { bytes } = scanner;
    if (isComment(scanner) || !line.read(scanner)) return;
    const from = Math.max(line.nameEnd - damonEvent.length, line.nameStart);
    if (!startsWith(bytes, from, line.nameEnd, damonEvent)) return;
    fields.set(bytes, line.detailStart, line.detailEnd);
    fields.timeNs = clock.againNs(line.second, line.nanosecond);
    damon.write(fields);
  });
}
