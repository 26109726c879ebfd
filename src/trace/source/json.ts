import { FormatError, mibBytes } from "../../base/index.ts";
import { quote, showPath } from "../text.ts";
import type { InputFile } from "./input.ts";
import { beyondLimit } from "./limits.ts";
import { newline } from "./line-blocks.ts";
import type { InputReader } from "./reader.ts";

const quoteMark = 34;
const comma = 44;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/** A byte order mark, which some programs put before JSON. */
const isMark = (byte: number) => byte === 0xef || byte === 0xbb || byte === 0xbf;
const isSpace = (byte: number) => byte === 32 || byte === 9 || byte === 13 || byte === newline;

/** One value of a JSON file. */
export interface JsonItem {
  readonly value: unknown;
  /** The top object's member that the value is, or whose array it is an element of; undefined outside of one. */
  readonly key: string | undefined;
  /** Whether the value is an element of an array. */
  readonly isElement: boolean;
  /** Number of the item in the file, from 1, and the line on which it begins. */
  readonly number: number;
  readonly line: number;
}

export interface JsonOptions {
  /**
   * `members` (the default): the file is one array, whose elements are the items, or one object, whose members are, and of
   * members that are arrays each element. `sequence`: values follow one another, each an item, as in JSON lines.
   */
  readonly shape?: "members" | "sequence";
  /** The array of items may lack its closing bracket, as recorders leave it that add to a file while they run. */
  readonly mayStayOpen?: boolean;
  /** Longest item; a longer one is refused, as it is held in memory. */
  readonly maxItemBytes?: number;
}

/** What a JSON file held besides its items. */
export interface JsonEnd {
  readonly items: number;
  /** Pieces of text between values that are no JSON, each up to the line's end or the next value's begin. */
  readonly strangers: number;
  /** The first of them. */
  readonly firstStranger: string | undefined;
}

type Place = "top" | "list" | "members" | "colon" | "value";

/**
 * Cuts a stream of JSON into items without holding more than one of them.
 *
 * Shape    commas between items are not insisted on: recorders that were killed leave one too many or one too few
 * Errors   FormatError with file, line and item for what is no JSON and for what is nested or long beyond the limits
 * Cost     one pass over the bytes; each item is parsed by the engine
 */
class JsonSplitter {
  readonly #file: InputFile;
  readonly #maxNesting: number;
  readonly #maxItemBytes: number;
  readonly #isSequence: boolean;
  readonly #mayStayOpen: boolean;
  readonly #tooDeep: (place: string) => FormatError;
  readonly #readItem: (item: JsonItem) => void;
  #place: Place = "top";
  #hasTop = false;
  #key: string | undefined;
  #isKeyNext = false;
  #line = 1;
  #itemLine = 1;
  #items = 0;
  #strangers = 0;
  #firstStranger: string | undefined;
  /** The item under way: its kind, and what earlier pieces of the file held of it. */
  #kind: "none" | "nested" | "string" | "word" | "stranger" = "none";
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  constructor(file: InputFile, reader: InputReader, options: JsonOptions, readItem: (item: JsonItem) => void) {
    const { limits } = reader.guard;
    this.#file = file;
    this.#maxNesting = limits.nesting;
    this.#maxItemBytes = options.maxItemBytes ?? 16 * mibBytes;
    this.#isSequence = options.shape === "sequence";
    this.#mayStayOpen = options.mayStayOpen === true;
    this.#tooDeep = (place) => beyondLimit(place, "nesting", limits);
    this.#readItem = readItem;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at = this.#kind === "none" ? this.#between(bytes, at) : this.#inside(bytes, at);
  }

  /** Whether the data ended between values, and nothing is left open. */
  end(): boolean {
    if (this.#kind === "word" || this.#kind === "stranger") this.#finish(new Uint8Array(0), 0, 0);
    const isBetween = this.#place === "top" || (this.#mayStayOpen && this.#place === "list");
    return this.#kind === "none" && isBetween;
  }

  get result(): JsonEnd & { readonly hasTop: boolean } {
    return {
      items: this.#items,
      strangers: this.#strangers,
      firstStranger: this.#firstStranger,
      hasTop: this.#hasTop,
    };
  }

  /** Brackets that are open around the item. */
  get #baseDepth(): number {
    if (this.#isSequence) return 0;
    return this.#place === "list" && this.#key !== undefined ? 2 : 1;
  }

  get #where(): string {
    return `${showPath(this.#file.path)}: line ${this.#itemLine}, item ${this.#items + 1}`;
  }

  /** Takes one byte between values; gives the place of the next. */
  #between(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    if (byte === newline) this.#line++;
    if (isSpace(byte) || (isMark(byte) && !this.#hasTop)) return at + 1;
    switch (this.#place) {
      case "top":
        return this.#betweenTops(byte, at);
      case "list":
        if (byte === comma) return at + 1;
        if (byte === closeBracket) {
          this.#place = this.#key === undefined ? "top" : "members";
          return at + 1;
        }
        return this.#begin(byte, at);
      case "members":
        if (byte === comma) return at + 1;
        if (byte === closeBrace) {
          this.#key = undefined;
          this.#place = "top";
          return at + 1;
        }
        if (byte !== quoteMark) this.#refuse("a member's name", byte);
        this.#isKeyNext = true;
        return this.#begin(byte, at);
      case "colon":
        if (byte !== colon) this.#refuse('":" after a member\'s name', byte);
        this.#place = "value";
        return at + 1;
      case "value":
        if (byte !== openBracket) return this.#begin(byte, at);
        this.#place = "list";
        return at + 1;
    }
  }

  #betweenTops(byte: number, at: number): number {
    const isValue = byte === openBracket || byte === openBrace;
    if (!this.#isSequence && isValue && !this.#hasTop) {
      this.#hasTop = true;
      this.#place = byte === openBracket ? "list" : "members";
      return at + 1;
    }
    if (this.#isSequence && isValue) {
      this.#hasTop = true;
      return this.#begin(byte, at);
    }
    this.#itemLine = this.#line;
    this.#kind = "stranger";
    return at;
  }

  #begin(byte: number, at: number): number {
    this.#itemLine = this.#line;
    this.#depth = this.#baseDepth;
    if (byte === openBrace || byte === openBracket) this.#kind = "nested";
    else if (byte === closeBrace || byte === closeBracket || byte === colon) this.#refuse("a value", byte);
    else this.#kind = byte === quoteMark ? "string" : "word";
    return at;
  }

  /** Goes on with the item under way; gives the place behind what was taken. */
  #inside(bytes: Uint8Array, from: number): number {
    const end =
      this.#kind === "nested"
        ? this.#nestedEnd(bytes, from)
        : this.#kind === "string"
          ? this.#stringEnd(bytes, from)
          : this.#wordEnd(bytes, from);
    if (end >= 0) return this.#finish(bytes, from, end);
    this.#partBytes += bytes.length - from;
    this.#refuseLong(this.#partBytes);
    this.#parts.push(bytes.slice(from));
    return bytes.length;
  }

  #nestedEnd(bytes: Uint8Array, from: number): number {
    const base = this.#baseDepth;
    let depth = this.#depth;
    // An earlier piece of the file may have ended inside a string.
    for (let at = this.#isInString ? this.#skipString(bytes, from) + 1 : from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === quoteMark) {
        this.#isInString = true;
        at = this.#skipString(bytes, at + 1);
      } else if (byte === openBrace || byte === openBracket) {
        if (++depth > this.#maxNesting) throw this.#tooDeep(this.#where);
      } else if (byte === closeBrace || byte === closeBracket) {
        if (--depth === base) {
          this.#depth = depth;
          return at + 1;
        }
      } else if (byte === newline) {
        this.#line++;
      }
    }
    this.#depth = depth;
    return -1;
  }

  /** The place of the string's last byte, or of the data's end. */
  #skipString(bytes: Uint8Array, from: number): number {
    let isEscaped = this.#isEscaped;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (isEscaped) {
        isEscaped = false;
      } else if (byte === backslash) {
        isEscaped = true;
      } else if (byte === quoteMark) {
        this.#isEscaped = false;
        this.#isInString = false;
        return at;
      }
    }
    this.#isEscaped = isEscaped;
    return bytes.length;
  }

  #stringEnd(bytes: Uint8Array, from: number): number {
    let at = from;
    if (this.#partBytes === 0) {
      this.#isInString = true;
      at++;
    }
    const last = this.#skipString(bytes, at);
    return this.#isInString ? -1 : last + 1;
  }

  #wordEnd(bytes: Uint8Array, from: number): number {
    const isStranger = this.#kind === "stranger";
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (isStranger ? byte === newline || (this.#isSequence && byte === openBrace) : endsWord(byte)) return at;
    }
    return -1;
  }

  #finish(bytes: Uint8Array, from: number, end: number): number {
    const whole = bytes.subarray(from, end);
    const all = this.#parts.length > 0 ? Buffer.concat([...this.#parts, whole]) : whole;
    this.#refuseLong(all.length);
    const text = Buffer.from(all.buffer, all.byteOffset, all.byteLength).toString("utf8");
    const isStranger = this.#kind === "stranger";
    this.#parts = [];
    this.#partBytes = 0;
    this.#kind = "none";
    if (isStranger) {
      this.#strangers++;
      this.#firstStranger ??= text.slice(0, 200);
    } else {
      this.#give(this.#parse(text));
    }
    return end;
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new FormatError(`${this.#where}: expected JSON, found ${quote(text)}`, { cause: error });
    }
  }

  #give(value: unknown): void {
    if (this.#isKeyNext) {
      this.#isKeyNext = false;
      this.#key = value as string;
      this.#place = "colon";
      return;
    }
    const isElement = this.#place === "list";
    if (this.#place === "value") this.#place = "members";
    this.#items++;
    this.#readItem({ value, key: this.#key, isElement, number: this.#items, line: this.#itemLine });
  }

  #refuseLong(bytes: number): void {
    if (bytes <= this.#maxItemBytes) return;
    throw new FormatError(
      `${this.#where}: expected a value of at most ${this.#maxItemBytes} bytes, found a longer one`,
    );
  }

  #refuse(expected: string, byte: number): never {
    this.#itemLine = this.#line;
    throw new FormatError(`${this.#where}: expected ${expected}, found ${quote(String.fromCharCode(byte))}`);
  }
}

function endsWord(byte: number): boolean {
  return byte === comma || byte === closeBracket || byte === closeBrace || isSpace(byte);
}

/**
 * Reads a JSON file item by item: `readItem` is called with each as it is met, so that a file may be larger than memory.
 *
 * Errors   FormatError for a file that holds no JSON; where it ends inside a value, what was whole is kept and the
 *          truncation noted
 */
export async function readJsonItems(
  file: InputFile,
  reader: InputReader,
  readItem: (item: JsonItem) => void,
  options: JsonOptions = {},
): Promise<JsonEnd> {
  const splitter = new JsonSplitter(file, reader, options, readItem);
  for await (const chunk of reader.chunks(file)) splitter.push(chunk);
  const isWhole = splitter.end();
  const { hasTop, ...end } = splitter.result;
  if (!hasTop) {
    const found = end.firstStranger === undefined ? "nothing" : quote(end.firstStranger);
    throw new FormatError(`${showPath(file.path)}: expected JSON, found ${found}`);
  }
  if (!isWhole) {
    const detail = `the JSON ends inside item ${end.items + 1}, or without its closing bracket`;
    if (reader.wholeOnly) throw new FormatError(`${showPath(file.path)}: ${detail}`);
    reader.noteTruncated(file, detail);
  }
  return end;
}

/** A JSON value as an object; undefined where it is none. */
export function jsonObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
