import { isDigit, isSpace } from "./event-line.ts";

const bar = 124;
const slash = 47;
const star = 42;
const openParen = 40;
const openBrace = 123;
const closeBrace = 125;
const semicolon = 59;
const zero = 48;
const point = 46;
const equals = 61;
const less = 60;

/**
 * The columns DURATION and FUNCTION CALLS of tracer function_graph (kernel/trace/trace_functions_graph.c):
 * `+ 16.335 us | mutex_unlock();`, `| vfs_read() {`, `+ 20.174 us | } /* vfs_read *\/`, `| /* block_rq_issue: ... *\/`,
 * and `==========> |` where an interrupt begins.
 *
 * Shape    places are offsets into the bytes; a duration that does not stand there is -1
 */
export class CallText {
  what: "leaf" | "entry" | "exit" | "comment" | "interrupt" = "leaf";
  durationNs = -1;
  /** Columns by which the function is indented, two for each caller. */
  indent = 0;
  nameStart = 0;
  nameEnd = 0;
  /** Arguments, returned values, or what a comment says. */
  detailStart = 0;
  detailEnd = 0;

  /** Reads both columns, or the functions alone where durations are switched off. */
  read(bytes: Uint8Array, start: number, end: number, hasDuration = true): boolean {
    this.durationNs = -1;
    let at = start;
    if (hasDuration) {
      at = bytes.indexOf(bar, start);
      if (at < 0 || at >= end || !this.#duration(bytes, start, at)) return false;
      at++;
    }
    let last = end;
    while (last > at && isSpace(bytes[last - 1])) last--;
    // The arrow of an interrupt has no function behind it.
    if (last === at && this.what === "interrupt") return true;
    const first = at;
    while (at < last && isSpace(bytes[at])) at++;
    this.indent = at - first;
    return at < last && this.#call(bytes, at, last);
  }

  #duration(bytes: Uint8Array, start: number, end: number): boolean {
    this.what = "leaf";
    let at = start;
    while (at < end && isSpace(bytes[at])) at++;
    if (at === end) return true;
    if (bytes[at] === equals || bytes[at] === less) {
      this.what = "interrupt";
      this.nameStart = at;
      this.nameEnd = end;
      while (isSpace(bytes[this.nameEnd - 1])) this.nameEnd--;
      this.detailStart = this.detailEnd = this.nameEnd;
      return true;
    }
    // A sign of how long it took: $ @ * # ! +
    if (!isDigit(bytes[at])) at++;
    while (at < end && isSpace(bytes[at])) at++;
    if (!isDigit(bytes[at])) return false;
    let ns = 0;
    for (; at < end && isDigit(bytes[at]); at++) ns = ns * 10 + bytes[at]! - zero;
    let unit = 1000;
    if (bytes[at] === point) {
      for (at++; at < end && isDigit(bytes[at]); at++) {
        if (unit === 1) continue;
        ns = ns * 10 + bytes[at]! - zero;
        unit /= 10;
      }
    }
    this.durationNs = ns * unit;
    // 117 = u: the kernel knows no other unit here.
    return this.durationNs <= Number.MAX_SAFE_INTEGER && isSpace(bytes[at]) && bytes[at + 1] === 117;
  }

  #call(bytes: Uint8Array, start: number, end: number): boolean {
    if (bytes[start] === slash && bytes[start + 1] === star) {
      this.what = "comment";
      return this.#comment(bytes, start, end);
    }
    if (bytes[start] === closeBrace) {
      this.what = "exit";
      return this.#exit(bytes, start + 1, end);
    }
    let last = end;
    if (bytes[end - 1] === slash && bytes[end - 2] === star) {
      last = lastComment(bytes, start, end);
      while (last > start && isSpace(bytes[last - 1])) last--;
    }
    if (bytes[last - 1] === openBrace) this.what = "entry";
    else if (bytes[last - 1] === semicolon) this.what = "leaf";
    else return false;
    const paren = bytes.indexOf(openParen, start);
    if (paren <= start || paren >= last) return false;
    this.nameStart = start;
    this.nameEnd = paren;
    // `();` and `() {` say nothing more.
    const isPlain = last === end && last - paren === (this.what === "leaf" ? 3 : 4);
    this.detailStart = isPlain ? end : paren;
    this.detailEnd = end;
    return true;
  }

  /** What stands between the signs of a comment; the end of one that goes on in the next line is the line's. */
  #comment(bytes: Uint8Array, start: number, end: number): boolean {
    let from = start + 2;
    while (from < end && isSpace(bytes[from])) from++;
    let to = end;
    if (to - 2 > from && bytes[to - 1] === slash && bytes[to - 2] === star) to -= 2;
    while (to > from && isSpace(bytes[to - 1])) to--;
    this.nameStart = this.nameEnd = this.detailStart = from;
    this.detailEnd = to;
    return true;
  }

  /** The name behind the brace, where the tracer writes it. */
  #exit(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    while (at < end && isSpace(bytes[at])) at++;
    if (at === end) {
      this.nameStart = this.nameEnd = this.detailStart = this.detailEnd = end;
      return true;
    }
    if (bytes[at] !== slash || bytes[at + 1] !== star) return false;
    this.#comment(bytes, at, end);
    let name = this.detailStart;
    while (name < this.detailEnd && !isSpace(bytes[name])) name++;
    this.nameEnd = this.detailStart = name;
    while (this.detailStart < this.detailEnd && isSpace(bytes[this.detailStart])) this.detailStart++;
    return true;
  }
}

function lastComment(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 4; at > start; at--) if (bytes[at] === slash && bytes[at + 1] === star) return at;
  return end;
}
