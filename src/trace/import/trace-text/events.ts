import { NamedRows } from "../catalogue.ts";
import type { ImportContext } from "../importer.ts";
import { CallText } from "./call-text.ts";
import { EventFields } from "./event-fields.ts";
import type { EventLine } from "./event-line.ts";
import { EventLog } from "./event-log.ts";
import { type EventHandler, EventHandlers } from "./handlers.ts";
import { OpenCalls } from "./open-calls.ts";

/** What an event is called, apart from its subsystem. */
export interface KindName {
  readonly category: string | null;
  readonly name: string;
}

/** Kinds that share a name are told apart by a number. */
const plainKind = 0;
const functionKind = 1;
const commentKind = 2;

const callKind = -1;

const graphCategory = "function_graph";
/** Texts that programs write into the kernel's marker file. */
const markNames = new Set(["tracing_mark_write", "print"]);
const markPrefix = Buffer.from("tracing_mark_write: ");
const graphNames = new Set(["funcgraph_entry", "funcgraph_exit"]);

const dash = 45;
const less = 60;

/** What an event is, besides an event: decided when its name is first met. */
type Role = EventHandler | "mark" | "plain";

/**
 * The events of an import: a row for each, and what the handlers make of them.
 *
 * Cost     a hash of the event's name and of the task's, and the row; nothing is allocated for names that are known
 */
export class Events {
  readonly log: EventLog;
  readonly handlers: EventHandlers;
  readonly #context: ImportContext;
  readonly #kinds: NamedRows;
  readonly #graphKinds: NamedRows;
  readonly #tasks: NamedRows;
  readonly #roles: Role[] = [];
  readonly #fields = new EventFields();
  readonly #call = new CallText();
  readonly #calls: OpenCalls;
  /** The ids of the task that is met; the name is in the bytes. */
  #threadId: number | null = null;
  #processId: number | null = null;
  #bytes: Uint8Array = new Uint8Array(0);
  #nameStart = 0;
  #nameEnd = 0;
  #line = 0;

  constructor(context: ImportContext, nameKind: (name: string) => KindName) {
    const { catalogue } = context;
    this.#context = context;
    this.log = new EventLog(context);
    this.handlers = new EventHandlers(context);
    this.#calls = new OpenCalls(this.log);
    this.#kinds = new NamedRows((text, number) => {
      // What functions are made of has no kind of its own, unless it turns out to be no function.
      if (number === plainKind && graphNames.has(text)) return callKind;
      const { category, name } = number === functionKind ? { category: "function", name: text } : nameKind(text);
      const index = catalogue.eventKind(number === commentKind ? graphCategory : category, name);
      this.#roles[index] = number === plainKind ? this.#roleOf(name) : "plain";
      return index;
    });
    this.#graphKinds = new NamedRows((name) => catalogue.eventKind(graphCategory, name));
    this.#tasks = new NamedRows(() => {
      const name = new TextDecoder().decode(this.#bytes.subarray(this.#nameStart, this.#nameEnd));
      // Where several files are printed at once, the file's name stands before the task, and spaces between.
      return catalogue.task(name.replace(/^(\S+): {2,}/, "$1: "), this.#threadId, this.#processId);
    });
  }

  #roleOf(name: string): Role {
    if (markNames.has(name)) return "mark";
    return this.handlers.of(name) ?? "plain";
  }

  /** Row of the line's task; -1 where it names none. */
  task(line: EventLine, bytes: Uint8Array): number {
    if (line.identityEnd === line.taskStart) return -1;
    this.#bytes = bytes;
    this.#nameStart = line.taskStart;
    this.#nameEnd = line.taskEnd;
    this.#threadId = line.threadId < 0 ? null : line.threadId;
    this.#processId = line.processId < 0 ? null : line.processId;
    return this.#tasks.index(bytes, line.taskStart, line.identityEnd);
  }

  /** Takes an event that stands on a line of its own. */
  take(line: EventLine, bytes: Buffer, timeNs: number, lineNumber: number): void {
    const { nameStart, nameEnd, detailStart, detailEnd, cpu } = line;
    const isFunction = bytes[detailStart] === less && bytes[detailStart + 1] === dash;
    let kindIndex = this.#kinds.index(bytes, nameStart, nameEnd, isFunction ? functionKind : plainKind);
    const taskIndex = this.task(line, bytes);
    this.#line = lineNumber;
    if (kindIndex === callKind) {
      if (this.#call.read(bytes, detailStart, detailEnd)) {
        this.takeCall(this.#call, bytes, { timeNs, taskIndex, cpu, stack: taskIndex, line: lineNumber });
        return;
      }
      kindIndex = this.#context.catalogue.eventKind(null, bytes.toString("latin1", nameStart, nameEnd));
    }
    const role = this.#roles[kindIndex] ?? "plain";
    this.log.begin(timeNs, kindIndex, taskIndex, cpu);
    this.log.text(bytes, detailStart, detailEnd);
    if (line.period !== 1) this.#addPeriod(line, bytes);
    if (role === "plain") return;
    if (role === "mark") this.#mark(bytes, detailStart, detailEnd);
    else this.#handle(role, bytes, { start: detailStart, end: detailEnd, timeNs, taskIndex });
  }

  #addPeriod(line: EventLine, bytes: Buffer): void {
    const text = Buffer.concat([
      Buffer.from(`period=${line.period} `),
      bytes.subarray(line.detailStart, line.detailEnd),
    ]);
    this.log.text(text, 0, text.length);
  }

  /** `print` has the name of who wrote before the text. */
  #mark(bytes: Buffer, start: number, end: number): void {
    const isPrefixed =
      end - start > markPrefix.length &&
      bytes.compare(markPrefix, 0, markPrefix.length, start, start + markPrefix.length) === 0;
    if (isPrefixed) this.log.text(bytes, start + markPrefix.length, end);
    this.log.mark();
  }

  #handle(
    handler: EventHandler,
    bytes: Buffer,
    { start, end, timeNs, taskIndex }: { start: number; end: number; timeNs: number; taskIndex: number },
  ): void {
    const fields = this.#fields;
    fields.set(bytes, start, end);
    fields.timeNs = timeNs;
    fields.taskIndex = taskIndex;
    if (handler(fields)) return;
    this.#context.warnings.addRow(
      "fields-not-understood",
      this.#line,
      "events whose fields are not those of their name; they are kept as events alone",
    );
  }

  /** Takes a line of tracer function_graph. `stack` tells which calls are inside one another. */
  takeCall(
    call: CallText,
    bytes: Buffer,
    at: { timeNs: number; taskIndex: number; cpu: number; stack: number; line: number },
  ): boolean {
    const { timeNs, taskIndex, cpu, stack } = at;
    this.#line = at.line;
    if (call.what === "comment") {
      this.#comment(call, bytes, at);
      return true;
    }
    const { durationNs, indent } = call;
    const detail =
      call.detailEnd > call.detailStart ? bytes.toString("utf8", call.detailStart, call.detailEnd) : undefined;
    if (call.what === "exit") {
      if (this.#calls.leave({ stack, timeNs, durationNs, indent, detail })) return true;
      if (call.nameEnd === call.nameStart) return false;
    }
    const kindIndex = this.#graphKinds.index(bytes, call.nameStart, call.nameEnd);
    if (call.what === "entry") {
      this.#calls.enter(stack, { timeNs, kindIndex, indent, taskIndex, cpu, detail });
      return true;
    }
    // An exit without its entry: the tracer began while the function ran.
    const startNs = call.what === "exit" ? Math.max(timeNs - Math.max(durationNs, 0), 0) : timeNs;
    const row = { timeNs: startNs, durationNs: durationNs < 0 ? null : durationNs, kindIndex, taskIndex, cpu };
    this.log.write(row, detail);
    return true;
  }

  /** Events among functions stand in comments; those without an event's name are marks. */
  #comment(call: CallText, bytes: Buffer, at: { timeNs: number; taskIndex: number; cpu: number }): void {
    const { timeNs, taskIndex, cpu } = at;
    const { detailStart: start, detailEnd: end } = call;
    let nameEnd = start;
    while (nameEnd < end && isNameByte(bytes[nameEnd]!)) nameEnd++;
    const isEvent = nameEnd > start && bytes[nameEnd] === 58 && bytes[nameEnd + 1] === 32 && nameEnd + 2 < end;
    const name = isEvent ? undefined : Buffer.from("comment");
    const kindIndex = name
      ? this.#kinds.index(name, 0, name.length, commentKind)
      : this.#kinds.index(bytes, start, nameEnd, plainKind);
    const role = this.#roles[kindIndex]!;
    this.log.begin(timeNs, kindIndex, taskIndex, cpu);
    const detailStart = isEvent ? nameEnd + 2 : start;
    this.log.text(bytes, detailStart, end);
    if (!isEvent || role === "mark") this.log.mark();
    else if (typeof role === "function") this.#handle(role, bytes, { start: detailStart, end, timeNs, taskIndex });
  }

  /** Row of a task of which the name and the id are known as such. */
  namedTask(
    bytes: Uint8Array,
    {
      taskStart,
      taskEnd,
      identityEnd,
      threadId,
    }: Pick<EventLine, "taskStart" | "taskEnd" | "identityEnd" | "threadId">,
  ): number {
    this.#bytes = bytes;
    this.#nameStart = taskStart;
    this.#nameEnd = taskEnd;
    this.#threadId = threadId;
    this.#processId = null;
    return this.#tasks.index(bytes, taskStart, identityEnd);
  }

  renameStack(from: number, to: number): void {
    this.#calls.rename(from, to);
  }

  /** A file is at its end. */
  endFile(): void {
    this.log.flush();
    this.#calls.end();
  }
}

/** Letters, digits, underscore and point, of which the kernel makes the names of events. */
function isNameByte(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || byte === 95 || byte === 46 || ((byte | 32) >= 97 && (byte | 32) <= 122);
}
