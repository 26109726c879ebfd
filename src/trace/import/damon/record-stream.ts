import { FormatError, mibBytes } from "../../../base/index.ts";
import type { InputFile } from "../../source/input.ts";
import { beyondLimit } from "../../source/limits.ts";
import type { InputReader } from "../../source/reader.ts";
import { quote, showPath } from "../../text.ts";

const newline = 10;
const quoteMark = 34;
const comma = 44;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/** Longest single value: a snapshot has up to some thousand regions of a few hundred bytes. */
const maxValueBytes = 16 * mibBytes;
/** Members of a record besides its snapshots. */
const maxMembers = 256;

export type JsonObject = Readonly<Record<string, unknown>>;

export interface RecordReaders {
  /** A snapshot, and what its record has said of itself so far. */
  snapshot(snapshot: JsonObject, record: JsonObject, line: number): void;
}

type Place = "start" | "records" | "members" | "colon" | "value" | "snapshots" | "end";

/** A JSON value as an object; undefined where it is none. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/**
 * Cuts damo's JSON, `[{..., "snapshots": [{...}, ...]}, ...]`, into snapshots without holding more than one of them.
 *
 * Errors   FormatError with file and line for what is no JSON of this shape, and beyond the limits
 * Cost     one pass over the bytes; each snapshot is parsed by the engine
 */
export class RecordStream {
  readonly #file: InputFile;
  readonly #reader: InputReader;
  readonly #readers: RecordReaders;
  #place: Place = "start";
  #record: Record<string, unknown> = {};
  #key = "";
  #line = 1;
  #valueLine = 1;
  #isCapturing = false;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  constructor(file: InputFile, reader: InputReader, readers: RecordReaders) {
    this.#file = file;
    this.#reader = reader;
    this.#readers = readers;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at = this.#isCapturing ? this.#capture(bytes, at) : this.#step(bytes, at);
  }

  /** Whether all brackets are closed. */
  get isWhole(): boolean {
    return this.#place === "end";
  }

  #refuse(expected: string, found: string): never {
    throw new FormatError(`${showPath(this.#file.path)}: line ${this.#line}: expected ${expected}, found ${found}`, {
      hint: "records of damo are written by `damo record` with --output_type json or json_compressed",
    });
  }

  /** Takes one byte between values. */
  #step(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    if (byte === newline) this.#line++;
    if (byte === newline || byte === 32 || byte === 9 || byte === 13) return at + 1;
    switch (this.#place) {
      case "start":
        return this.#expect(byte, openBracket, "records", at);
      case "records":
        if (byte === comma) return at + 1;
        if (byte === closeBracket) return this.#expect(byte, closeBracket, "end", at);
        this.#record = {};
        return this.#expect(byte, openBrace, "members", at);
      case "members":
        if (byte === comma) return at + 1;
        if (byte === closeBrace) return this.#expect(byte, closeBrace, "records", at);
        if (byte !== quoteMark) this.#refuse("a member's name", quote(String.fromCharCode(byte)));
        return this.#begin(at);
      case "colon":
        return this.#expect(byte, colon, "value", at);
      case "value":
        if (byte === openBracket && this.#key === "snapshots") return this.#expect(byte, openBracket, "snapshots", at);
        return this.#begin(at);
      case "snapshots":
        if (byte === comma) return at + 1;
        if (byte === closeBracket) return this.#expect(byte, closeBracket, "members", at);
        if (byte !== openBrace) this.#refuse("a snapshot", quote(String.fromCharCode(byte)));
        return this.#begin(at);
      case "end":
        return this.#refuse("nothing behind the records", quote(String.fromCharCode(byte)));
    }
  }

  #expect(byte: number, wanted: number, next: Place, at: number): number {
    if (byte !== wanted) this.#refuse(quote(String.fromCharCode(wanted)), quote(String.fromCharCode(byte)));
    this.#place = next;
    return at + 1;
  }

  #begin(at: number): number {
    this.#isCapturing = true;
    this.#valueLine = this.#line;
    this.#depth = 0;
    this.#isInString = this.#isEscaped = false;
    return at;
  }

  /** Goes on with the value under way; gives the place behind what was taken. */
  #capture(bytes: Uint8Array, from: number): number {
    const end = this.#valueEnd(bytes, from);
    const part = bytes.subarray(from, end < 0 ? bytes.length : end);
    this.#partBytes += part.length;
    if (this.#partBytes > maxValueBytes) this.#refuse(`a value of at most ${maxValueBytes} bytes`, "a longer one");
    this.#parts.push(end < 0 ? part.slice() : part);
    if (end < 0) return bytes.length;
    const text = Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    this.#partBytes = 0;
    this.#isCapturing = false;
    this.#take(this.#parse(text));
    return end;
  }

  /** The place behind the value, or -1 where these bytes do not hold its end. */
  #valueEnd(bytes: Uint8Array, from: number): number {
    const { limits } = this.#reader.guard;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === backslash) this.#isEscaped = true;
        else if (byte === quoteMark) {
          this.#isInString = false;
          if (this.#depth === 0) return at + 1;
        }
      } else if (byte === quoteMark) this.#isInString = true;
      else if (byte === openBrace || byte === openBracket) {
        // Two brackets or more are open around a value.
        if (++this.#depth + 2 > limits.nesting) {
          throw beyondLimit(`${showPath(this.#file.path)}: line ${this.#line}`, "nesting", limits);
        }
      } else if (byte === closeBrace || byte === closeBracket) {
        if (this.#depth === 0) return at;
        if (--this.#depth === 0) return at + 1;
      } else if (byte === newline) this.#line++;
      if (this.#depth === 0 && !this.#isInString && (byte === comma || byte === colon)) return at;
    }
    return -1;
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      return this.#refuse("JSON", quote(text));
    }
  }

  #take(value: unknown): void {
    if (this.#place === "members") {
      this.#key = String(value);
      this.#place = "colon";
    } else if (this.#place === "value") {
      this.#place = "members";
      // A name like __proto__ is a name here and nothing else.
      Object.defineProperty(this.#record, this.#key, { value, enumerable: true, configurable: true, writable: true });
      if (Object.keys(this.#record).length > maxMembers) this.#refuse(`at most ${maxMembers} members`, "more");
    } else {
      const snapshot = asObject(value) ?? this.#refuse("a snapshot", quote(JSON.stringify(value)));
      this.#readers.snapshot(snapshot, this.#record, this.#valueLine);
    }
  }
}

/** Reads the snapshots of a file of damo; where it ends inside one, what was whole is kept and the truncation noted. */
export async function readRecords(file: InputFile, reader: InputReader, readers: RecordReaders): Promise<void> {
  const stream = new RecordStream(file, reader, readers);
  for await (const chunk of reader.chunks(file)) stream.push(chunk);
  if (!stream.isWhole) reader.noteTruncated(file, "the JSON ends inside a record, which was left out from there on");
}
