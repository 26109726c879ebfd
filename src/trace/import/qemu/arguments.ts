import { comma } from "../csv.ts";

/** The arguments of one of QEMU's trace events, by name; names differ between the log's text and the list of events. */
export interface EventArguments {
  /** A whole number from 0 to below 2^53 with one of the names. */
  whole(name: string, otherName?: string): number | undefined;
  text(name: string, otherName?: string): string | undefined;
  /** The first argument, whatever its name. */
  first(): string | undefined;
}

const space = 32;
const apostrophe = 39;
const colon = 58;
const equals = 61;
const maxWords = 64;
const decoder = new TextDecoder();

/** A whole number in decimal or hexadecimal digits that fills the range; undefined for anything else. */
function wholeIn(bytes: Uint8Array, start: number, end: number): number | undefined {
  const isHex = end - start > 2 && bytes[start] === 48 && bytes[start + 1] === 120;
  const base = isHex ? 16 : 10;
  let value = 0;
  for (let at = isHex ? start + 2 : start; at < end; at++) {
    const byte = bytes[at]!;
    const digit = byte <= 57 ? byte - 48 : (byte | 32) - 87;
    if (digit < 0 || digit >= base || (byte > 57 && digit < 10)) return undefined;
    value = value * base + digit;
  }
  return end === start || value > Number.MAX_SAFE_INTEGER ? undefined : value;
}

/**
 * Arguments in the text of the log, which each event formats as it likes: `cid 5 nlb 8`, `type=iterable downtime=17`,
 * `dirty rate: 3 MB/s`. A value is what stands behind its name.
 *
 * Cost     words are found once a line, and only for lines that somebody asks; numbers allocate nothing
 */
export class TextArguments implements EventArguments {
  readonly #starts = new Int32Array(maxWords);
  readonly #ends = new Int32Array(maxWords);
  #words = -1;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** Bounds of the value that `#find` found. */
  #valueStart = 0;
  #valueEnd = 0;

  /** Takes the arguments of the next event. */
  set(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#words = -1;
  }

  whole(name: string, otherName?: string): number | undefined {
    if (!this.#find(name) && (otherName === undefined || !this.#find(otherName))) return undefined;
    return wholeIn(this.#bytes, this.#valueStart, this.#valueEnd);
  }

  text(name: string, otherName?: string): string | undefined {
    if (!this.#find(name) && (otherName === undefined || !this.#find(otherName))) return undefined;
    return decoder.decode(this.#bytes.subarray(this.#valueStart, this.#valueEnd));
  }

  first(): string | undefined {
    this.#split();
    if (this.#words === 0) return undefined;
    this.#setValue(this.#starts[0]!, this.#ends[0]!);
    return decoder.decode(this.#bytes.subarray(this.#valueStart, this.#valueEnd));
  }

  #split(): void {
    if (this.#words >= 0) return;
    const bytes = this.#bytes;
    let words = 0;
    for (let at = this.#start; at < this.#end && words < maxWords;) {
      while (at < this.#end && bytes[at] === space) at++;
      if (at === this.#end) break;
      this.#starts[words] = at;
      while (at < this.#end && bytes[at] !== space) at++;
      this.#ends[words++] = at;
    }
    this.#words = words;
  }

  #find(name: string): boolean {
    this.#split();
    const bytes = this.#bytes;
    for (let word = 0; word < this.#words; word++) {
      const start = this.#starts[word]!;
      const end = this.#ends[word]!;
      const nameEnd = start + name.length;
      if (nameEnd > end || !this.#isName(name, start)) continue;
      if (nameEnd < end && bytes[nameEnd] === equals) {
        this.#setValue(nameEnd + 1, end);
        return true;
      }
      const isWhole = nameEnd === end || (nameEnd + 1 === end && bytes[nameEnd] === colon);
      if (!isWhole || word + 1 === this.#words) continue;
      this.#setValue(this.#starts[word + 1]!, this.#ends[word + 1]!);
      return true;
    }
    return false;
  }

  #isName(name: string, start: number): boolean {
    for (let index = 0; index < name.length; index++) {
      if (this.#bytes[start + index] !== name.charCodeAt(index)) return false;
    }
    return true;
  }

  /** A value without the comma behind it and the quotes around it. */
  #setValue(start: number, end: number): void {
    const bytes = this.#bytes;
    let last = end;
    if (last > start && bytes[last - 1] === comma) last--;
    const isQuoted = last - start >= 2 && bytes[start] === apostrophe && bytes[last - 1] === apostrophe;
    this.#valueStart = isQuoted ? start + 1 : start;
    this.#valueEnd = isQuoted ? last - 1 : last;
  }
}
