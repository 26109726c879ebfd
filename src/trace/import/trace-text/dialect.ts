import type { InputFile } from "../../source/input.ts";
import { LineScanner } from "../../source/line-scanner.ts";
import type { ClockName } from "../clock.ts";
import type { EventLine } from "./event-line.ts";
import type { KindName } from "./events.ts";

/** What tells one tool's text from another's. */
export interface Dialect {
  /** What it is, for the trace's header. */
  readonly source: string;
  /** What is known of its times, for the header. */
  readonly clock: string;
  readonly line: () => EventLine;
  /** Subsystem and name of an event from what stands in the line. */
  readonly kind: (name: string) => KindName;
  /** Whether a line is a function of a stack that belongs to the event before it. */
  readonly isStack: (scanner: LineScanner) => boolean;
  /** Whether a line is about the recording and no event. */
  readonly isNote: (scanner: LineScanner) => boolean;
  /** How to record times where there are none, or none that anybody can read. */
  readonly timeHint: string;
  /** Times count from the first event or from the event before. */
  readonly mayBeRelative: boolean;
}

const hash = 35;

export function isComment({ bytes, start, end }: LineScanner): boolean {
  return end === start || bytes[start] === hash;
}

/** Lines of a file's head, without one that is cut at its end. */
export function* headLines(file: InputFile): Generator<LineScanner> {
  const scanner = new LineScanner(file);
  const end = file.head.lastIndexOf(10) + 1;
  scanner.load(Buffer.from(file.head.buffer, file.head.byteOffset, end));
  while (scanner.nextLine()) yield scanner;
}

/** Seconds since 1970 at the beginning of 2000: no machine's clock since boot gets there. */
export const firstDateSecond = 946_684_800;

/** The clock of times that a text does not name: that of the calendar, or the tracer's own. */
export function clockOf(second: number): ClockName {
  return second >= firstDateSecond ? "realtime" : "own";
}

export const maxHeadEvents = 50;

/** How many of the first lines of a head are events of the dialect: 0 … 1. */
export function eventShare(file: InputFile, { line, isStack, isNote }: Dialect): number {
  const reader = line();
  let events = 0;
  let others = 0;
  for (const scanner of headLines(file)) {
    if (isComment(scanner) || isNote(scanner)) continue;
    if (reader.read(scanner) && reader.time !== "none") events++;
    else if (!isStack(scanner)) others++;
    if (events + others === maxHeadEvents) break;
  }
  return events === 0 ? 0 : events / (events + others);
}
