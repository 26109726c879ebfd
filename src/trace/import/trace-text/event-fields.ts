import { isDigit, isSpace } from "./event-line.ts";

const zero = 48;
const lowerX = 120;

/** The value of a hexadecimal digit, or -1. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= zero && byte < zero + 10) return byte - zero;
  const letter = (byte | 32) - 97;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

/** Bits of an address within a page, as hexadecimal digits. */
const offsetDigits = 3;

/**
 * Walks over the fields of one event, straight in the source's bytes.
 *
 * Shape    `at` is the place reached; what finds nothing leaves it where it was and says so
 * Cost     no strings and no allocation
 */
export class EventFields {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  at = 0;
  timeNs = 0;
  /** Row of the catalogue's task, or -1. */
  taskIndex = -1;
  /** The source's line, for warnings. */
  line = 0;
  value = 0;
  wordStart = 0;
  wordEnd = 0;

  set(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = this.at = start;
    this.end = end;
  }

  /** Goes behind `key`, which stands at the beginning or behind a space. */
  find(key: string): boolean {
    const { bytes } = this;
    const first = key.charCodeAt(0);
    const last = this.end - key.length;
    for (let at = this.start; at <= last; at++) {
      if (bytes[at] !== first || (at > this.start && !isSpace(bytes[at - 1]))) continue;
      let index = 1;
      while (index < key.length && bytes[at + index] === key.charCodeAt(index)) index++;
      if (index < key.length) continue;
      this.at = at + index;
      return true;
    }
    return false;
  }

  skipSpaces(): void {
    while (this.at < this.end && isSpace(this.bytes[this.at])) this.at++;
  }

  take(byte: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** Goes behind the next `byte`. */
  skipPast(byte: number): boolean {
    for (let at = this.at; at < this.end; at++) {
      if (this.bytes[at] !== byte) continue;
      this.at = at + 1;
      return true;
    }
    return false;
  }

  /** A run of bytes up to a space, after spaces. */
  word(): boolean {
    this.skipSpaces();
    this.wordStart = this.at;
    while (this.at < this.end && !isSpace(this.bytes[this.at])) this.at++;
    this.wordEnd = this.at;
    return this.wordEnd > this.wordStart;
  }

  /** Everything up to the end. */
  rest(): boolean {
    this.skipSpaces();
    this.wordStart = this.at;
    this.wordEnd = this.at = this.end;
    return this.wordEnd > this.wordStart;
  }

  /** A whole decimal number, after spaces; beyond 2^53 it is not exact. */
  whole(): boolean {
    this.skipSpaces();
    const from = this.at;
    let at = from;
    let value = 0;
    for (; at < this.end && isDigit(this.bytes[at]); at++) value = value * 10 + this.bytes[at]! - zero;
    this.at = at;
    this.value = value;
    return at > from;
  }

  /** The page of a hexadecimal address, with or without 0x. */
  hexPage(): boolean {
    this.skipSpaces();
    const { bytes } = this;
    if (bytes[this.at] === zero && (bytes[this.at + 1]! | 32) === lowerX) this.at += 2;
    const from = this.at;
    let end = from;
    while (end < this.end && hexDigit(bytes[end]) >= 0) end++;
    let value = 0;
    for (let at = from; at < end - offsetDigits; at++) value = value * 16 + hexDigit(bytes[at]);
    this.at = end;
    this.value = value;
    return end > from;
  }
}
