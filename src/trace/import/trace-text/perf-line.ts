import type { LineScanner } from "../../source/line-scanner.ts";
import { EventLine, isDigit, isSpace, maxCpu, maxId } from "./event-line.ts";

const dash = 45;
const slash = 47;
const colon = 58;
const openBracket = 91;
const closeBracket = 93;

/** Width of the task's name where perf does not print stacks. */
const nameWidth = 16;
/** perf's own records, which it prints with --show-mmap-events and the like, have no colon behind their name. */
const recordName = Buffer.from("PERF_RECORD_");

/** The end of a text without the spaces at its end. */
function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(bytes[at - 1])) at--;
  return at;
}

/** An ASCII letter, a digit or an underscore. */
function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && (isDigit(byte) || byte === 95 || ((byte | 32) >= 97 && (byte | 32) <= 122));
}

/**
 * Lines of `perf script`: `comm pid[/tid] [cpu] time: [period] event: fields`, of which -F may leave out any but the time
 * and the event.
 */
export class PerfLine extends EventLine {
  read(scanner: LineScanner): boolean {
    const { bytes, start, end } = scanner;
    const first = this.skipSpaces(bytes, start, end);
    // Stacks are indented too, but begin with an address.
    this.taskStart = first;
    let at = this.#task(bytes, start, first, end);
    if (at < 0) at = this.#momentAlone(bytes, first, end);
    return at >= 0 && this.#event(bytes, at, end);
  }

  #task(bytes: Uint8Array, start: number, first: number, end: number): number {
    // With -F the task's name may be left out.
    if (isDigit(bytes[first])) {
      const at = this.#ids(bytes, first, end);
      if (at >= 0) return at;
    }
    const padded = start + nameWidth;
    if (first <= padded && isSpace(bytes[padded])) {
      const at = this.#ids(bytes, padded, end);
      if (at >= 0) return at;
    }
    for (let at = first; at < end; at++) {
      if (!isSpace(bytes[at]) || isSpace(bytes[at - 1])) continue;
      const behind = this.#ids(bytes, at, end);
      if (behind >= 0) return behind;
    }
    return -1;
  }

  #ids(bytes: Uint8Array, spaceAt: number, end: number): number {
    let at = this.#id(bytes, this.skipSpaces(bytes, spaceAt, end), end);
    if (at < 0) return -1;
    this.taskEnd = trimmedEnd(bytes, this.taskStart, spaceAt);
    this.threadId = this.value;
    this.processId = -1;
    if (bytes[at] === slash) {
      this.processId = this.value;
      at = this.#id(bytes, at + 1, end);
      if (at < 0) return -1;
      this.threadId = this.value;
    }
    this.identityEnd = at;
    if (!isSpace(bytes[at])) return -1;
    at = this.#cpu(bytes, this.skipSpaces(bytes, at, end), end);
    return at < 0 ? -1 : this.moment(bytes, at, end);
  }

  /** A task's id into `value`; -1 is perf's word for a task that has gone. */
  #id(bytes: Uint8Array, from: number, end: number): number {
    if (bytes[from] === dash) {
      const at = this.whole(bytes, from + 1, end);
      this.value = -1;
      return at;
    }
    const at = this.whole(bytes, from, end);
    return this.value > maxId ? -1 : at;
  }

  #cpu(bytes: Uint8Array, from: number, end: number): number {
    this.cpu = -1;
    if (bytes[from] !== openBracket) return from;
    const at = this.whole(bytes, from + 1, end);
    if (at < 0 || bytes[at] !== closeBracket || this.value > maxCpu) return -1;
    this.cpu = this.value;
    return this.skipSpaces(bytes, at + 1, end);
  }

  /** A time without a task's id before it: with -F the line may begin with the time, or name the task alone. */
  #momentAlone(bytes: Uint8Array, first: number, end: number): number {
    for (let at = first; at < end; at++) {
      if (!isDigit(bytes[at]) || (at > first && !isSpace(bytes[at - 1]))) continue;
      const behind = this.moment(bytes, at, end);
      if (behind < 0 || this.time !== "seconds") continue;
      this.threadId = this.processId = this.cpu = -1;
      this.taskEnd = at;
      this.taskEnd = trimmedEnd(bytes, first, at);
      this.#cpuBefore(bytes, first);
      this.identityEnd = this.taskEnd;
      return behind;
    }
    return -1;
  }

  /** A CPU between the task's name and the time. */
  #cpuBefore(bytes: Uint8Array, first: number): void {
    if (bytes[this.taskEnd - 1] !== closeBracket) return;
    let at = this.taskEnd - 1;
    while (at > first && isDigit(bytes[at - 1])) at--;
    if (bytes[at - 1] !== openBracket || at - 1 < first) return;
    this.whole(bytes, at, this.taskEnd - 1);
    if (this.value > maxCpu) return;
    this.cpu = this.value;
    this.taskEnd = trimmedEnd(bytes, first, at - 1);
  }

  #event(bytes: Buffer, from: number, end: number): boolean {
    let at = this.skipSpaces(bytes, from, end);
    this.period = 1;
    if (isDigit(bytes[at])) {
      const behind = this.whole(bytes, at, end);
      if (behind >= 0 && isSpace(bytes[behind])) {
        this.period = this.value;
        at = this.skipSpaces(bytes, behind, end);
      }
    }
    this.nameStart = at;
    this.detailEnd = end;
    if (bytes.compare(recordName, 0, recordName.length, at, Math.min(at + recordName.length, end)) === 0) {
      while (at < end && isNameByte(bytes[at])) at++;
      this.nameEnd = at;
      this.detailStart = this.skipSpaces(bytes, bytes[at] === colon ? at + 1 : at, end);
      return true;
    }
    at = this.skipWord(bytes, at, end);
    if (at === this.nameStart || bytes[at - 1] !== colon) return false;
    this.nameEnd = at - 1;
    this.detailStart = this.skipSpaces(bytes, at, end);
    return this.nameEnd > this.nameStart;
  }
}
