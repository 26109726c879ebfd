import type { LineScanner } from "../../source/line-scanner.ts";
import { isDigit, isSpace, maxCpu, maxId } from "./event-line.ts";
import { CallText } from "./call-text.ts";

const bar = 124;
const dash = 45;
const closeParen = 41;
const greater = 62;
const equals = 61;

/** Which columns a function_graph trace has; its heading says so. */
export interface GraphColumns {
  readonly hasTime: boolean;
  readonly hasCpu: boolean;
  readonly hasTask: boolean;
  readonly hasFlags: boolean;
  readonly hasDuration: boolean;
}

/** The columns that a heading names, as `#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS`. */
export function graphColumns(heading: string): GraphColumns | undefined {
  if (!/^#.* FUNCTION CALLS\s*$/.test(heading)) return undefined;
  return {
    hasTime: heading.includes(" TIME "),
    hasCpu: heading.includes(" CPU "),
    hasTask: heading.includes(" TASK/PID "),
    hasFlags: heading.includes("|||"),
    hasDuration: heading.includes(" DURATION "),
  };
}

/**
 * Lines of tracer function_graph: `   10.998774 |   0)    init-135    | + 16.335 us   |  mutex_unlock();`, with the columns
 * that its options leave.
 *
 * Shape    places are offsets into the scanner's bytes; the task's id and the CPU are -1 where there is no column
 */
export class GraphLine {
  readonly columns: GraphColumns;
  readonly call = new CallText();
  second = 0;
  nanosecond = 0;
  cpu = -1;
  threadId = -1;
  taskStart = 0;
  taskEnd = 0;
  identityEnd = 0;

  constructor(columns: GraphColumns) {
    this.columns = columns;
  }

  read(scanner: LineScanner): boolean {
    const { hasTime, hasCpu, hasTask, hasFlags, hasDuration } = this.columns;
    const { bytes, end } = scanner;
    scanner.at = scanner.start;
    if (hasTime && !this.#time(scanner)) return false;
    if (hasCpu && !this.#cpu(scanner)) return false;
    if (hasTask) {
      scanner.skipSpaces();
      const from = scanner.at;
      if (!scanner.until(bar) || !this.task(bytes, from, scanner.wordEnd)) return false;
    }
    if (hasFlags && !scanner.until(bar)) return false;
    return this.call.read(bytes, scanner.at, end, hasDuration);
  }

  #time(scanner: LineScanner): boolean {
    scanner.skipSpaces();
    if (!scanner.seconds()) return false;
    this.second = scanner.second;
    this.nanosecond = scanner.nanosecond;
    scanner.skipSpaces();
    return scanner.take(bar);
  }

  #cpu(scanner: LineScanner): boolean {
    scanner.skipSpaces();
    if (!scanner.whole() || scanner.value > maxCpu) return false;
    this.cpu = scanner.value;
    return scanner.take(closeParen);
  }

  /** `kworker-38`, with spaces around it. */
  task(bytes: Uint8Array, start: number, end: number): boolean {
    let from = start;
    let last = end;
    while (from < last && isSpace(bytes[from])) from++;
    while (last > from && isSpace(bytes[last - 1])) last--;
    let at = last;
    while (at > from && isDigit(bytes[at - 1])) at--;
    if (at === last || at === from || bytes[at - 1] !== dash) return false;
    let id = 0;
    for (let digit = at; digit < last; digit++) id = id * 10 + bytes[digit]! - 48;
    if (id > maxId) return false;
    this.threadId = id;
    this.taskStart = from;
    this.taskEnd = at - 1;
    this.identityEnd = last;
    return true;
  }

  /** Whether a line is one of those that stand around the task that runs next. */
  isRule(scanner: LineScanner): boolean {
    let at = scanner.start;
    while (at < scanner.end && isSpace(scanner.bytes[at])) at++;
    if (scanner.end - at < 10) return false;
    for (; at < scanner.end; at++) if (scanner.bytes[at] !== dash) return false;
    return true;
  }

  /**
   * ` 0)    init-135    =>   kworker-38  `: the task that runs from here on, and who ran before, by `readBefore`.
   */
  readSwitch(scanner: LineScanner, readBefore: () => void): boolean {
    scanner.at = scanner.start;
    this.cpu = -1;
    const { bytes, end } = scanner;
    if (!this.#cpu(scanner)) scanner.at = scanner.start;
    for (let at = scanner.at; at + 1 < end; at++) {
      if (bytes[at] !== equals || bytes[at + 1] !== greater) continue;
      if (this.task(bytes, scanner.at, at)) readBefore();
      return this.task(bytes, at + 2, end);
    }
    return false;
  }
}
