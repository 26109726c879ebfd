import type { LineScanner } from "../../source/line-scanner.ts";

const space = 32;
const tab = 9;
const zero = 48;
const nine = 57;
const point = 46;
const colon = 58;

export const isDigit = (byte: number | undefined) => byte !== undefined && byte >= zero && byte <= nine;
export const isSpace = (byte: number | undefined) => byte === space || byte === tab;

/** Ids and CPU numbers beyond the width of their columns make a line that is no event. */
export const maxId = 2 ** 32 - 1;
export const maxCpu = 65_535;

/**
 * One event as a line of text: who, where, when, what. Each dialect fills it from the line's bytes.
 *
 * Shape    places are offsets into the scanner's bytes; ids and the CPU are -1 where the line does not say
 * Cost     a pass over the line's beginning; no strings and no allocation
 */
export abstract class EventLine {
  taskStart = 0;
  taskEnd = 0;
  /** The end of the task's name and its ids together, which tell one task from another. */
  identityEnd = 0;
  threadId = -1;
  processId = -1;
  cpu = -1;
  second = 0;
  nanosecond = 0;
  /** How the time stands there: as seconds, as a number of a clock whose rate nobody says, or not at all. */
  time: "seconds" | "ticks" | "none" = "none";
  hasFlags = false;
  nameStart = 0;
  nameEnd = 0;
  detailStart = 0;
  detailEnd = 0;
  /** What perf counted for the sample; 1 for a tracepoint. */
  period = 1;
  /** What `whole` read. */
  protected value = 0;

  /** Reads the scanner's present line; false for a line that is no event. */
  abstract read(scanner: LineScanner): boolean;

  /** A whole number into `value`; gives the place behind it, or -1. */
  protected whole(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    let value = 0;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < zero || byte > nine) break;
      value = value * 10 + byte - zero;
    }
    this.value = value;
    return at === from || value > Number.MAX_SAFE_INTEGER ? -1 : at;
  }

  protected skipSpaces(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    while (at < end && isSpace(bytes[at])) at++;
    return at;
  }

  protected skipWord(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    while (at < end && !isSpace(bytes[at])) at++;
    return at;
  }

  /** A moment and the colon behind it: `12.345678:`, in latency format `345us+:`, or ticks; gives the place behind. */
  protected moment(bytes: Uint8Array, from: number, end: number): number {
    let at = this.whole(bytes, from, end);
    if (at < 0) return -1;
    const whole = this.value;
    if (bytes[at] === point) {
      const digitsAt = ++at;
      let nanosecond = 0;
      for (; at < end && isDigit(bytes[at]); at++) {
        if (at - digitsAt < 9) nanosecond = nanosecond * 10 + bytes[at]! - zero;
      }
      if (at === digitsAt || bytes[at] !== colon) return -1;
      for (let digits = at - digitsAt; digits < 9; digits++) nanosecond *= 10;
      this.second = whole;
      this.nanosecond = nanosecond;
      this.time = "seconds";
      return at + 1;
    }
    // 117 = u, 115 = s; then a sign of how long it is until the next event.
    if (bytes[at] === 117 && bytes[at + 1] === 115 && bytes[at + 3] === colon && at + 3 < end) {
      this.second = Math.floor(whole / 1e6);
      this.nanosecond = (whole % 1e6) * 1000;
      this.time = "seconds";
      return at + 4;
    }
    if (bytes[at] !== colon || at >= end) return -1;
    this.time = "ticks";
    return at + 1;
  }
}
