import type { LineScanner } from "../../source/line-scanner.ts";
import { EventLine, isDigit, isSpace, maxCpu, maxId } from "./event-line.ts";

const dash = 45;
const colon = 58;
const less = 60;
const greater = 62;
const openParen = 40;
const closeParen = 41;
const openBracket = 91;
const closeBracket = 93;
const plus = 43;

/** Width of the task's name, to the right of which its id stands; in latency format names are cut to 8. */
const nameWidth = 16;
const cutNameWidth = 8;

/**
 * Lines of the kernel's trace file and of `trace-cmd report`: `TASK-PID [(TGID)] [CPU] [flags] time: event: fields`, or in
 * latency format `TASK-PID CPUflags time: event: fields`.
 */
export class FtraceLine extends EventLine {
  read(scanner: LineScanner): boolean {
    const { bytes, start, end } = scanner;
    const at = this.#task(bytes, start, end);
    if (at < 0) return false;
    this.taskStart = this.skipSpaces(bytes, start, this.taskEnd);
    return this.#event(bytes, at, end);
  }

  /** Where the time ends; the usual layouts first, as a task's name may hold anything. */
  #task(bytes: Uint8Array, start: number, end: number): number {
    for (const width of [nameWidth, cutNameWidth]) {
      const at = bytes[start + width] === dash ? this.#ids(bytes, start + width, end) : -1;
      if (at >= 0) return at;
    }
    for (let at = start; at < end; at++) {
      if (bytes[at] !== dash || !isDigit(bytes[at + 1])) continue;
      const behind = this.#ids(bytes, at, end);
      if (behind >= 0) return behind;
    }
    return -1;
  }

  #ids(bytes: Uint8Array, dashAt: number, end: number): number {
    let at = this.whole(bytes, dashAt + 1, end);
    if (at < 0 || this.value > maxId || !isSpace(bytes[at])) return -1;
    this.taskEnd = dashAt;
    this.identityEnd = at;
    this.threadId = this.value;
    this.processId = -1;
    at = this.skipSpaces(bytes, at, end);
    if (bytes[at] === openParen) at = this.#process(bytes, at + 1, end);
    if (at < 0) return -1;
    at = this.#cpu(bytes, at, end);
    return at < 0 ? -1 : this.moment(bytes, at, end);
  }

  /** `(  135)`, or `(-------)` where the kernel did not know. */
  #process(bytes: Uint8Array, from: number, end: number): number {
    let at = this.skipSpaces(bytes, from, end);
    if (isDigit(bytes[at])) {
      at = this.whole(bytes, at, end);
      if (at < 0 || this.value > maxId) return -1;
      this.processId = this.value;
    } else {
      while (at < end && bytes[at] === dash) at++;
    }
    if (bytes[at] !== closeParen) return -1;
    this.identityEnd = at + 1;
    return this.skipSpaces(bytes, at + 1, end);
  }

  /** `[000]` and perhaps flags, or in latency format the number and the flags in one. */
  #cpu(bytes: Uint8Array, from: number, end: number): number {
    const isBracketed = bytes[from] === openBracket;
    let at = this.whole(bytes, isBracketed ? from + 1 : from, end);
    if (at < 0 || this.value > maxCpu) return -1;
    this.cpu = this.value;
    this.hasFlags = !isBracketed;
    if (isBracketed) {
      if (bytes[at] !== closeBracket) return -1;
      at = this.skipSpaces(bytes, at + 1, end);
      if (isDigit(bytes[at])) return at;
      this.hasFlags = true;
    } else if (isSpace(bytes[at])) {
      return -1;
    }
    return this.skipSpaces(bytes, this.skipWord(bytes, at, end), end);
  }

  /** `event: fields`; `function <-caller` of tracer function, `sys_x(...)` and `sys_x -> 0x0` of system calls. */
  #event(bytes: Uint8Array, from: number, end: number): boolean {
    let at = this.skipSpaces(bytes, from, end);
    // `trace-cmd report --ts-diff` puts (+551) before the name.
    if (bytes[at] === openParen && bytes[at + 1] === plus)
      at = this.skipSpaces(bytes, this.skipWord(bytes, at, end), end);
    this.nameStart = at;
    if (bytes[at] === less) {
      // `<stack trace>`
      while (at < end && bytes[at] !== greater) at++;
      at = Math.min(at + 1, end);
    } else {
      for (; at < end; at++) {
        const byte = bytes[at]!;
        if (isSpace(byte) || byte === openParen) break;
        if (byte === colon && (at + 1 === end || isSpace(bytes[at + 1]))) break;
      }
    }
    this.nameEnd = at;
    if (at < end && bytes[at] === colon) at++;
    this.detailStart = this.skipSpaces(bytes, at, end);
    this.detailEnd = end;
    return this.nameEnd > this.nameStart;
  }
}
