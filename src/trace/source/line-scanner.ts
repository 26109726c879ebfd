import { FormatError } from "../../base/index.ts";
import { quote, showPath } from "../text.ts";
import { lineBlocks, newline } from "./line-blocks.ts";
import type { InputFile } from "./input.ts";
import type { InputReader } from "./reader.ts";

const space = 32;
const tab = 9;
const carriageReturn = 13;
const zero = 48;
const nine = 57;
const point = 46;

/**
 * Walks over the lines of a text log straight in its bytes.
 *
 * Shape    `start` and `end` bound the present line in `bytes` (without its line end); `at` is the place reached, from
 *          which `word`, `whole` and the others go on; those that find nothing leave `at` where it was and say so
 * Cost     no strings and no allocation; a line costs what its bytes cost
 */
export class LineScanner {
  readonly file: InputFile;
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  at = 0;
  /** Number of the present line, from 1. */
  line = 0;
  /** What `whole` read. */
  value = 0;
  /** What `seconds` read: whole seconds, and ns within the second. */
  second = 0;
  nanosecond = 0;
  /** Bounds of what `word` or `until` read. */
  wordStart = 0;
  wordEnd = 0;
  #next = 0;

  constructor(file: InputFile) {
    this.file = file;
  }

  load(block: Buffer): void {
    this.bytes = block;
    this.#next = 0;
  }

  /** Goes to the next line of the block; false where it has none. */
  nextLine(): boolean {
    if (this.#next >= this.bytes.length) return false;
    this.line++;
    this.start = this.at = this.#next;
    const end = this.bytes.indexOf(newline, this.start);
    this.#next = end + 1;
    this.end = end > this.start && this.bytes[end - 1] === carriageReturn ? end - 1 : end;
    return true;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  skipSpaces(): void {
    while (this.at < this.end && (this.bytes[this.at] === space || this.bytes[this.at] === tab)) this.at++;
  }

  /** Takes one byte if it is there. */
  take(byte: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** Takes a text of ASCII characters if it is there. */
  takeText(text: string): boolean {
    if (this.end - this.at < text.length) return false;
    for (let index = 0; index < text.length; index++) {
      if (this.bytes[this.at + index] !== text.charCodeAt(index)) return false;
    }
    this.at += text.length;
    return true;
  }

  /** A run of bytes up to a space, a tab or the line's end, after spaces. */
  word(): boolean {
    this.skipSpaces();
    this.wordStart = this.at;
    while (this.at < this.end && this.bytes[this.at] !== space && this.bytes[this.at] !== tab) this.at++;
    this.wordEnd = this.at;
    return this.wordEnd > this.wordStart;
  }

  /** The bytes up to the next `byte`, which is taken too. */
  until(byte: number): boolean {
    let offset = this.at;
    while (offset < this.end && this.bytes[offset] !== byte) offset++;
    if (offset >= this.end) return false;
    this.wordStart = this.at;
    this.wordEnd = offset;
    this.at = offset + 1;
    return true;
  }

  /** A whole decimal number below 2^53 into `value`. */
  whole(): boolean {
    const { bytes } = this;
    let offset = this.at;
    let value = 0;
    for (; offset < this.end; offset++) {
      const byte = bytes[offset]!;
      if (byte < zero || byte > nine) break;
      // The digit alone first, as the sum goes beyond 2^53 before it does.
      value = value * 10 + (byte - zero);
    }
    if (offset === this.at || value > Number.MAX_SAFE_INTEGER) return false;
    this.at = offset;
    this.value = value;
    return true;
  }

  /** Seconds with up to nine digits behind the point, into `second` and `nanosecond`; more digits are cut. */
  seconds(): boolean {
    const from = this.at;
    if (!this.whole() || !this.take(point)) {
      this.at = from;
      return false;
    }
    const { bytes } = this;
    const second = this.value;
    let nanosecond = 0;
    let digits = 0;
    let offset = this.at;
    for (; offset < this.end; offset++) {
      const byte = bytes[offset]!;
      if (byte < zero || byte > nine) break;
      if (digits < 9) {
        nanosecond = nanosecond * 10 + byte - zero;
        digits++;
      }
    }
    if (digits === 0) {
      this.at = from;
      return false;
    }
    for (; digits < 9; digits++) nanosecond *= 10;
    this.at = offset;
    this.second = second;
    this.nanosecond = nanosecond;
    return true;
  }

  /** Part of the line as text, one character a byte. */
  text(start = this.start, end = this.end): string {
    return this.bytes.toString("latin1", start, end);
  }

  refuse(expected: string, found = quote(this.text().slice(0, 200)), hint?: string): never {
    const message = `${showPath(this.file.path)}: line ${this.line}: expected ${expected}, found ${found}`;
    throw new FormatError(message, hint === undefined ? {} : { hint });
  }
}

/** Calls `readLine` with the scanner at the beginning of each line; gives the number of lines. */
export async function scanLines(
  file: InputFile,
  reader: InputReader,
  readLine: (scanner: LineScanner) => void,
): Promise<number> {
  const scanner = new LineScanner(file);
  for await (const block of lineBlocks(file, reader, () => scanner.line)) {
    scanner.load(block);
    while (scanner.nextLine()) readLine(scanner);
  }
  return scanner.line;
}
