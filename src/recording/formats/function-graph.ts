import { usNs } from "../../base/index.ts";
import { callNs, Spans } from "./spans.ts";

/** More than the tracer nests. linux-7.3 include/linux/ftrace.h FTRACE_RETFUNC_DEPTH is 50 */
const maxDepth = 64;

// Bytes of ASCII.
const tab = 0x09;
const space = 0x20;
const bang = 0x21;
const hash = 0x23;
const dollar = 0x24;
const openParen = 0x28;
const closeParen = 0x29;
const star = 0x2a;
const plus = 0x2b;
const dash = 0x2d;
const dot = 0x2e;
const slash = 0x2f;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const semicolon = 0x3b;
const less = 0x3c;
const equals = 0x3d;
const greater = 0x3e;
const at = 0x40;
const openBracket = 0x5b;
const openBrace = 0x7b;
const bar = 0x7c;
const closeBrace = 0x7d;

/** An entry's name or an exit's: which of them, the brace says. */
const eventText = Buffer.from("funcgraph_e");

/** Of a line, in which an event's name has to stand. */
const maxStampBytes = 200;

/** Later than any clock of a kernel, and still exact in ns. */
const maxSeconds = 9_000_000;

/** What a line of a function graph turned out to be. */
type LineKind = "call" | "other" | "none" | "damaged";

/**
 * Reads the function_graph tracer's text, line by line: as in `trace`, with or without times, tasks, latency flags,
 * tail comments, arguments and return values, and as `trace-cmd report` prints it.
 *
 * Source   linux-7.3 kernel/trace/trace_functions_graph.c print_graph_entry_leaf(), print_graph_return(), …; trace-cmd
 *          plugins/plugin_function.c
 * Cost     on bytes; nothing is allocated for a line
 */
export class FunctionGraphReader {
  readonly spans = new Spans();
  /** Ends of calls whose beginning the trace does not have, and which do not say their name. */
  namelessEnds = 0;
  /** Open calls of each task, by depth: their number plus one. */
  readonly #stacks = new Map<number, Int32Array>();
  #taskId = -1;
  #stack: Int32Array = new Int32Array(maxDepth);
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  /** Of the current line; NaN where there is none. */
  #ns = Number.NaN;
  #durationNs = Number.NaN;

  add(bytes: Buffer, start: number, end: number, line: number): LineKind {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#ns = Number.NaN;
    this.#durationNs = Number.NaN;
    this.#skipSpaces();
    const first = this.#byte();
    if (!isDigit(first)) return this.#addReport(start, line);
    // A task's name may begin with a digit too.
    if (!this.#readPlace(start)) return this.#addReport(start, line);
    return this.#addColumns(line);
  }

  #byte(): number {
    return this.#at < this.#end ? this.#bytes[this.#at]! : 0;
  }

  #skipSpaces(): void {
    while (this.#at < this.#end && (this.#bytes[this.#at] === space || this.#bytes[this.#at] === tab)) this.#at++;
  }

  /** Digits with at most one dot, as a number in units of one; NaN when there are none or too many to be a time. */
  #readNumber(): number {
    const start = this.#at;
    let value = 0;
    let scale = 0;
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at]!;
      if (byte === dot && scale === 0) scale = 1;
      else if (isDigit(byte)) {
        value = value * 10 + (byte - zero);
        scale *= 10;
      } else break;
    }
    const length = this.#at - start;
    return length === 0 || length > 20 ? Number.NaN : value / (scale || 1);
  }

  /** `1.666603 |   0)` or `0)`: the time, if there is one, and the CPU. */
  #readPlace(start: number): boolean {
    let number = this.#readNumber();
    this.#skipSpaces();
    if (this.#byte() === bar && number < maxSeconds) {
      this.#ns = Math.round(number * 1e9);
      this.#at++;
      this.#skipSpaces();
      number = this.#readNumber();
    }
    if (this.#byte() !== closeParen || !(number < 65_536)) {
      this.#at = start;
      return false;
    }
    this.#at++;
    this.#setTask(-2 - number);
    return true;
  }

  /** CPUs have negative numbers, tasks that of their name. */
  #setTask(taskId: number): void {
    if (taskId === this.#taskId) return;
    let stack = this.#stacks.get(taskId);
    if (!stack) this.#stacks.set(taskId, (stack = new Int32Array(maxDepth)));
    this.#stack = stack;
    this.#taskId = taskId;
  }

  /** Columns up to the last bar: the task, flags, and the duration, which stands last. */
  #addColumns(line: number): LineKind {
    for (;;) {
      this.#skipSpaces();
      const start = this.#at;
      let found = start;
      while (found < this.#end && this.#bytes[found] !== bar) found++;
      // A line that says that another task runs now has no bar.
      if (found === this.#end) return this.#switchesTask(start) ? "other" : "damaged";
      if (this.#readDuration(found)) break;
      if (this.#bytes[start] === equals || this.#bytes[start] === less) return "other"; // ==========> of an interrupt
      this.#at = found;
      let end = found;
      while (end > start && this.#bytes[end - 1] === space) end--;
      if (this.#looksLikeTask(start, end)) this.#setTask(this.spans.names.intern(this.#bytes, start, end));
      this.#at = found + 1;
    }
    return this.#addFunction(line, 3);
  }

  #switchesTask(start: number): boolean {
    for (let at = start; at + 1 < this.#end; at++) {
      if (this.#bytes[at] === equals && this.#bytes[at + 1] === greater) return true;
    }
    return false;
  }

  /** A task's column ends in its number; flags do not. */
  #looksLikeTask(start: number, end: number): boolean {
    let digits = end;
    while (digits > start && isDigit(this.#bytes[digits - 1]!)) digits--;
    return digits < end && digits > start + 1 && this.#bytes[digits - 1] === dash;
  }

  /** `+ 24.394 us   |`, or nothing before the bar; moves behind the bar when it is there. */
  #readDuration(barAt: number): boolean {
    let byte = this.#byte();
    if (byte === plus || byte === bang || byte === hash || byte === star || byte === at || byte === dollar) {
      this.#at++;
      this.#skipSpaces();
      byte = this.#byte();
    }
    if (this.#at < barAt) {
      const us = this.#readNumber();
      this.#skipSpaces();
      if (Number.isNaN(us) || this.#byte() !== 0x75 || this.#bytes[this.#at + 1] !== 0x73) return false;
      this.#durationNs = callNs(us * usNs);
    }
    this.#at = barAt + 1;
    return true;
  }

  /** Each level is two more spaces than `indent`, more or less one. */
  #addFunction(line: number, indent: number): LineKind {
    const start = this.#at;
    this.#skipSpaces();
    const depth = Math.max(0, (this.#at - start - indent + 1) >> 1);
    const byte = this.#byte();
    if (depth >= maxDepth) return "damaged";
    if (byte === closeBrace) return this.#addEnd(depth, line);
    if (byte === slash || byte === 0) return "other"; // A comment: an event or what somebody printed.
    const nameStart = this.#at;
    while (this.#at < this.#end && this.#bytes[this.#at] !== openParen && this.#bytes[this.#at] !== space) this.#at++;
    const nameEnd = this.#at;
    if (nameEnd === nameStart || nameEnd === this.#end) return "damaged";
    const last = this.#lastByte();
    if (last !== openBrace && last !== semicolon) return "damaged";
    const index = this.spans.push(this.spans.names.intern(this.#bytes, nameStart, nameEnd), this.#taskId, depth, line);
    this.spans.startNs[index] = this.#ns;
    this.spans.durationNs[index] = last === semicolon ? this.#durationNs : Number.NaN;
    this.#stack[depth] = last === openBrace ? index + 1 : 0;
    return "call";
  }

  /** The line's last byte but for spaces and comments such as return values. */
  #lastByte(): number {
    let end = this.#end;
    while (end > this.#at && this.#bytes[end - 1] === space) end--;
    if (this.#bytes[end - 1] === slash && this.#bytes[end - 2] === star) {
      let begin = end - 3;
      while (begin > this.#at && (this.#bytes[begin] !== star || this.#bytes[begin - 1] !== slash)) begin--;
      end = begin - 1;
      while (end > this.#at && this.#bytes[end - 1] === space) end--;
    }
    return end > this.#at ? this.#bytes[end - 1]! : 0;
  }

  #addEnd(depth: number, line: number): LineKind {
    const nameId = this.#readTailName();
    const open = this.#stack[depth]! - 1;
    this.#stack[depth] = 0;
    if (open >= 0 && (nameId < 0 || nameId === this.spans.nameIds[open])) {
      this.spans.durationNs[open] = Number.isNaN(this.#durationNs)
        ? callNs(this.#ns - this.spans.startNs[open]!)
        : this.#durationNs;
      return "call";
    }
    if (nameId < 0) {
      this.namelessEnds++;
      return "other";
    }
    // It began before the trace did.
    const index = this.spans.push(nameId, this.#taskId, depth, line);
    this.spans.startNs[index] = this.#ns - this.#durationNs;
    this.spans.durationNs[index] = this.#durationNs;
    return "call";
  }

  /** The name in a closing comment: its number, or -1 without one. */
  #readTailName(): number {
    this.#at++;
    this.#skipSpaces();
    if (this.#byte() !== slash) return -1;
    this.#at += 2;
    this.#skipSpaces();
    const start = this.#at;
    while (this.#at < this.#end && this.#bytes[this.#at] !== space && this.#bytes[this.#at] !== star) this.#at++;
    // `= 0x0` is a return value, `<-caller` who called.
    const first = this.#bytes[start];
    if (this.#at === start || first === equals || first === less) return -1;
    return this.spans.names.intern(this.#bytes, start, this.#at);
  }

  /**
   * `task-12 [001] ..... 123.456789: funcgraph_entry: 0.1 us | name();` as trace-cmd prints it, or without the event's name
   * and with the call's depth before it, as a buffer without tracer does.
   */
  #addReport(start: number, line: number): LineKind {
    const colonAt = this.#findStamp(start);
    if (colonAt < 0) return "none";
    this.#at = colonAt + 1;
    this.#skipSpaces();
    const isEvent = this.#startsWith(eventText);
    if (!isEvent && !this.#looksLikeCall()) return "none";
    if (!this.#readStamp(start, colonAt)) return "damaged";
    this.#at = colonAt + 1;
    if (!isEvent) return this.#addFunction(line, 1);
    while (this.#at < this.#end && this.#bytes[this.#at] !== colon) this.#at++;
    this.#at++;
    return this.#addColumns(line);
  }

  /** Of the colon behind the time, which is the first behind digits with a point in them; -1 without one. */
  #findStamp(start: number): number {
    const end = Math.min(this.#end, start + maxStampBytes);
    let dotAt = -1;
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at]!;
      if (byte === dot) dotAt = at;
      else if (byte === colon && dotAt >= 0 && dotAt < at - 1) return at;
      else if (!isDigit(byte)) dotAt = -1;
    }
    return -1;
  }

  #startsWith(text: Buffer): boolean {
    for (let at = 0; at < text.length; at++) if (this.#bytes[this.#at + at] !== text[at]) return false;
    return true;
  }

  /** `name() {`, `name();` or `}`: a name up to a parenthesis, and the end of a call's line. */
  #looksLikeCall(): boolean {
    const start = this.#at;
    if (this.#byte() === closeBrace) return true;
    let at = start;
    while (at < this.#end && this.#bytes[at] !== openParen && this.#bytes[at] !== space) at++;
    if (at === start || this.#bytes[at] !== openParen) return false;
    const last = this.#lastByte();
    return last === openBrace || last === semicolon;
  }

  /** The task before its CPU in brackets, and the time before the colon. */
  #readStamp(start: number, colonAt: number): boolean {
    let time = colonAt;
    while (time > start && (this.#bytes[time - 1] === dot || isDigit(this.#bytes[time - 1]!))) time--;
    this.#at = time;
    const seconds = this.#readNumber();
    let bracket = time;
    while (bracket > start && this.#bytes[bracket] !== openBracket) bracket--;
    if (!(seconds < maxSeconds) || this.#at !== colonAt || this.#bytes[bracket] !== openBracket) return false;
    this.#ns = Math.round(seconds * 1e9);
    this.#at = start;
    this.#skipSpaces();
    let end = bracket;
    while (end > this.#at && this.#bytes[end - 1] === space) end--;
    if (end === this.#at) return false;
    this.#setTask(this.spans.names.intern(this.#bytes, this.#at, end));
    return true;
  }

  /** Events of a CPU were lost: what was open may have ended meanwhile. */
  forgetOpen(): void {
    for (const stack of this.#stacks.values()) stack.fill(0);
  }
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}
