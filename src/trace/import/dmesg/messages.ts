import { usNs } from "../../../base/index.ts";
import { eventTable, markTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import { NamedRows } from "../catalogue.ts";
import type { ImportContext } from "../importer.ts";

const space = 32;
const dash = 45;
const plus = 43;
const zero = 48;
const nine = 57;
const colon = 58;
const openBracket = 91;
const smallC = 99;
const smallI = 105;

/** Subsystems and drivers that are told apart; a kernel has some hundreds. */
const maxKinds = 1000;
const maxCalls = 100_000;
const maxDurationUs = Number.MAX_SAFE_INTEGER / usNs;

const initcall = Buffer.from("initcall ");
const call = Buffer.from("call ");
const calling = Buffer.from("calling ");
const probe = Buffer.from("probe of ");
const usecs = Buffer.from(" usecs");
const after = Buffer.from("after ");
const took = Buffer.from("took ");

/** Messages that begin a phase of a boot or of a change of kernels: how they begin, and the mark's name. */
const phases: readonly { readonly begin: Buffer; readonly mark: (text: string) => string; readonly once?: true }[] = [
  { begin: Buffer.from("Linux version "), mark: (text) => /^Linux version \S*/.exec(text)![0].trim() },
  { begin: Buffer.from("Run /"), mark: (text) => /^Run \S+/.exec(text)![0] },
  { begin: Buffer.from("Freeing unused kernel"), mark: () => "Freeing unused kernel memory", once: true },
  { begin: Buffer.from("kexec_core: Starting new kernel"), mark: () => "kexec: Starting new kernel" },
  { begin: Buffer.from("kexec: Starting "), mark: (text) => text.replace(/\.$/, "") },
  { begin: Buffer.from("Starting new kernel"), mark: () => "kexec: Starting new kernel" },
];

/** Whether a range of bytes begins with others. */
function begins(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) if (bytes[start + index] !== prefix[index]) return false;
  return true;
}

function ends(bytes: Uint8Array, start: number, end: number, suffix: Uint8Array): boolean {
  return end - start >= suffix.length && begins(bytes, end - suffix.length, end, suffix);
}

function isWordByte(byte: number): boolean {
  const small = byte | 32;
  return (small >= 97 && small <= 122) || (byte >= zero && byte <= nine) || byte === 95 || (byte >= dash && byte <= 47);
}

/** Place behind the subsystem at a message's begin, as in `ACPI: x` and `pci 0000:00:01.0: x`; -1 where there is none. */
function subsystemEnd(bytes: Uint8Array, start: number, end: number): number {
  const first = (bytes[start] ?? 0) | 32;
  if (first < 97 || first > 122) return -1;
  let at = start;
  while (at < end && isWordByte(bytes[at]!)) at++;
  const wordEnd = at;
  if (bytes[at] === colon) return at + 1 === end || bytes[at + 1] === space ? wordEnd : -1;
  if (bytes[at] !== space || at >= end) return -1;
  // A driver's device holds digits: words like `Command line:` are no devices.
  let hasDigit = false;
  for (at++; at < end && bytes[at] !== space; at++) {
    if (bytes[at]! >= zero && bytes[at]! <= nine) hasDigit = true;
  }
  return hasDigit && bytes[at - 1] === colon ? wordEnd : -1;
}

/** The number before ` usecs` at the message's end, and the place before its digits; -1 where there is none. */
function usecsOf(bytes: Uint8Array, start: number, end: number): { readonly us: number; readonly at: number } {
  let at = end - usecs.length;
  let us = 0;
  for (let power = 1; at > start; power *= 10) {
    const digit = bytes[at - 1]! - zero;
    if (digit < 0 || digit > 9) break;
    us += digit * power;
    at--;
  }
  return { us: us <= maxDurationUs ? us : -1, at };
}

/** Where and by whom a message was printed. */
export interface MessagePlace {
  ns: number;
  threadId: number;
  cpu: number;
}

/**
 * Kernel messages as events, those that say how long something took with their duration, and the begins of phases as marks.
 *
 * Shape    a row is open until the next message begins, as lines may go on with it
 * Cost     no strings a message but those of marks
 */
export class Messages {
  readonly #context: ImportContext;
  readonly #events: TableWriter;
  readonly #subsystems: NamedRows;
  readonly #calls: Readonly<Record<"initcall" | "call" | "probe", NamedRows>>;
  readonly #programs: NamedRows;
  readonly #tasks = new Map<number, number>();
  readonly #message: number;
  /** Found when it is first needed: no kind stands in the trace that no event is of. */
  #calling: number | undefined;
  #isOpen = false;
  #text: { bytes: Uint8Array; start: number; end: number } = { bytes: new Uint8Array(0), start: 0, end: 0 };
  #hasFreed = false;

  constructor(context: ImportContext) {
    const { catalogue } = context;
    this.#context = context;
    this.#events = context.writer.table(eventTable, { sort: true });
    const rows = (category: string, max: number) => new NamedRows((name) => catalogue.eventKind(category, name), max);
    this.#subsystems = rows("printk", maxKinds);
    this.#programs = rows("journal", maxKinds);
    this.#calls = {
      initcall: rows("initcall", maxCalls),
      call: rows("call", maxCalls),
      probe: rows("probe", maxCalls),
    };
    this.#message = catalogue.eventKind("printk", "message");
  }

  /** A message whose bytes stay as they are until the next one. */
  take(place: MessagePlace, bytes: Uint8Array, start: number, end: number): void {
    this.close();
    const { columns, nulls, fill } = this.#events;
    const durationNs = Math.min(this.#kind(bytes, start, end, fill), place.ns);
    columns["time_ns"]![fill] = durationNs < 0 ? place.ns : place.ns - durationNs;
    columns["duration_ns"]![fill] = Math.max(durationNs, 0);
    nulls["duration_ns"]![fill] = durationNs < 0 ? 1 : 0;
    this.#open(place, bytes, start, end);
    this.#markPhase(place.ns, bytes, start, end);
  }

  /** A message of a program, as the journal keeps it: its name from `nameStart` to `nameEnd`. */
  takeOfProgram(
    place: MessagePlace,
    bytes: Uint8Array,
    range: { readonly nameStart: number; readonly nameEnd: number; readonly start: number; readonly end: number },
  ): void {
    this.close();
    const { columns, nulls, fill } = this.#events;
    const kind = this.#programs.index(bytes, range.nameStart, range.nameEnd);
    columns["kind_index"]![fill] = kind < 0 ? this.#message : kind;
    columns["time_ns"]![fill] = place.ns;
    columns["duration_ns"]![fill] = 0;
    nulls["duration_ns"]![fill] = 1;
    this.#open(place, bytes, range.start, range.end);
  }

  #open({ threadId, cpu }: MessagePlace, bytes: Uint8Array, start: number, end: number): void {
    const { columns, nulls, fill } = this.#events;
    columns["task_index"]![fill] = threadId < 0 ? 0 : this.#task(threadId);
    nulls["task_index"]![fill] = threadId < 0 ? 1 : 0;
    columns["cpu_index"]![fill] = Math.max(cpu, 0);
    nulls["cpu_index"]![fill] = cpu < 0 ? 1 : 0;
    nulls["detail"]![fill] = end > start ? 0 : 1;
    this.#events.setText("detail", bytes, start, end);
    const text = this.#text;
    text.bytes = bytes;
    text.start = start;
    text.end = end;
    this.#isOpen = true;
  }

  /** A further line of the message before; false where there is none. */
  goOn(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#isOpen) return false;
    const text = this.#text;
    const line = bytes.subarray(start, end);
    const whole = Buffer.concat([text.bytes.subarray(text.start, text.end), Buffer.from("\n"), line]);
    if (whole.length > this.#context.limits.lineBytes) return false;
    this.#text = { bytes: whole, start: 0, end: whole.length };
    this.#events.nulls["detail"]![this.#events.fill] = 0;
    this.#events.setText("detail", whole, 0, whole.length);
    return true;
  }

  /** Ends the row that is open. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#events.advance();
  }

  #task(threadId: number): number {
    const known = this.#tasks.get(threadId);
    if (known !== undefined) return known;
    const index = this.#context.catalogue.task(`thread ${threadId}`, threadId, null);
    this.#tasks.set(threadId, index);
    return index;
  }

  /** Sets the message's kind; gives the ns that it says something took, or -1. */
  #kind(bytes: Uint8Array, start: number, end: number, fill: number): number {
    const kinds = this.#events.columns["kind_index"]!;
    if (ends(bytes, start, end, usecs)) {
      const durationNs = this.#setCall(bytes, start, end, fill);
      if (durationNs >= 0) return durationNs;
    }
    const first = bytes[start];
    if (first === smallC && begins(bytes, start, end, calling)) {
      this.#calling ??= this.#context.catalogue.eventKind("printk", "calling");
      kinds[fill] = this.#calling;
      return -1;
    }
    const subsystem = subsystemEnd(bytes, start, end);
    const index = subsystem < 0 ? -1 : this.#subsystems.index(bytes, start, subsystem);
    kinds[fill] = index < 0 ? this.#message : index;
    return -1;
  }

  /**
   * `initcall f+0x0/0x1 returned 0 after 7 usecs`, `call usb1+ returned …`, `probe of x returned …`, and of drivers
   * `pci 0000:00:01.0: f+0x0/0x1 took 7 usecs`.
   */
  #setCall(bytes: Uint8Array, start: number, end: number, fill: number): number {
    const { us, at } = usecsOf(bytes, start, end);
    if (us < 0 || (!ends(bytes, start, at, after) && !ends(bytes, start, at, took))) return -1;
    let nameStart = start;
    let rows = this.#calls.call;
    const first = bytes[start];
    if (first === smallI && begins(bytes, start, end, initcall)) {
      rows = this.#calls.initcall;
      nameStart += initcall.length;
    } else if (begins(bytes, start, end, probe)) {
      rows = this.#calls.probe;
      nameStart += probe.length;
    } else if (first === smallC && begins(bytes, start, end, call)) {
      nameStart += call.length;
    } else {
      // A driver's function stands behind its device, so behind the last colon with a space.
      for (let offset = start; offset + 1 < at; offset++) {
        if (bytes[offset] === colon && bytes[offset + 1] === space) nameStart = offset + 2;
      }
    }
    let nameEnd = nameStart;
    while (nameEnd < at && bytes[nameEnd] !== plus && bytes[nameEnd] !== space) nameEnd++;
    const index = rows.index(bytes, nameStart, nameEnd);
    if (index < 0) return -1;
    this.#events.columns["kind_index"]![fill] = index;
    return us * usNs;
  }

  #markPhase(ns: number, bytes: Uint8Array, start: number, end: number): void {
    for (const { begin, mark, once } of phases) {
      if (bytes[start] !== begin[0] || !begins(bytes, start, end, begin)) continue;
      if (begin === phases[0]!.begin) this.#hasFreed = false;
      if (once && this.#hasFreed) return;
      if (once) this.#hasFreed = true;
      const text = Buffer.from(bytes.subarray(start, end)).toString("utf8");
      this.#context.writer.table(markTable, { sort: true }).push({ time_ns: ns, name: mark(text) });
      return;
    }
  }
}

/** Whether a message is the banner that a kernel begins with. */
export function isBanner(bytes: Uint8Array, start: number, end: number): boolean {
  return begins(bytes, start, end, phases[0]!.begin);
}

/** Bounds of `host program[1]: text` in a line of the journal; undefined where it is none. */
export function journalParts(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly nameStart: number; readonly nameEnd: number; readonly start: number; readonly end: number } | undefined {
  let nameStart = start;
  while (nameStart < end && bytes[nameStart] !== space) nameStart++;
  if (nameStart === start || ++nameStart >= end) return undefined;
  let nameEnd = nameStart;
  while (nameEnd < end && ![space, colon, openBracket].includes(bytes[nameEnd]!)) nameEnd++;
  let at = nameEnd;
  while (at < end && bytes[at] !== colon && bytes[at] !== space) at++;
  if (at === nameStart || bytes[at] !== colon || at >= end) return undefined;
  return { nameStart, nameEnd, start: Math.min(at + 2, end), end };
}
