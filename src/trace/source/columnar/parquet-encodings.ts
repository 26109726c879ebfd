import { FormatError } from "../../../base/index.ts";

/** Decoders of Parquet's encodings (Encodings.md of parquet-format); each stops at the data's end and at `count`. */

function refuse(what: string): never {
  throw new FormatError(`damaged page: ${what}`);
}

/** Bytes of a page and the place reached in them. */
export class PageBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    if (offset > end || end > bytes.length) refuse("a part that leaves it");
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
    this.end = end;
  }

  /** Where the next `count` bytes begin. */
  take(count: number): number {
    const start = this.offset;
    if (!(count >= 0) || start + count > this.end) refuse("it ends inside its values");
    this.offset = start + count;
    return start;
  }

  byte(): number {
    return this.bytes[this.take(1)]!;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1, count = 0; count < 10; scale *= 128, count++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return refuse("a number of more than ten bytes");
  }
}

export function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}

/** Numbers of up to 32 bits packed without gaps, lowest bits first, into `target` from `at` on. */
function unpackBits(source: PageBytes, width: number, target: Uint32Array, at: number, count: number): void {
  let bitAt = source.take(Math.ceil((width * count) / 8)) * 8;
  const { bytes } = source;
  for (let index = 0; index < count; index++, bitAt += width) {
    let value = 0;
    let got = 0;
    while (got < width) {
      const bit = (bitAt + got) & 7;
      const taken = Math.min(8 - bit, width - got);
      value += ((bytes[(bitAt + got) >> 3]! >> bit) & ((1 << taken) - 1)) * 2 ** got;
      got += taken;
    }
    target[at + index] = value;
  }
}

/** The hybrid of runs and packed bits in which levels and places in a dictionary are written. */
export function readHybrid(source: PageBytes, width: number, count: number): Uint32Array {
  if (width > 32) refuse("numbers of more than 32 bits");
  const target = new Uint32Array(count);
  for (let at = 0; at < count;) {
    const head = source.varint();
    if (head % 2 === 1) {
      const packed = Math.floor(head / 2) * 8;
      const taken = Math.min(packed, count - at);
      if (packed === 0) refuse("a run of nothing");
      const start = source.offset;
      unpackBits(source, width, target, at, taken);
      // The last group is whole, even where fewer numbers are wanted.
      source.offset = Math.min(start + (packed * width) / 8, source.end);
      at += taken;
    } else {
      const taken = Math.min(head / 2, count - at);
      if (taken === 0) refuse("a run of nothing");
      let value = 0;
      for (let byte = 0; byte < Math.ceil(width / 8); byte++) value += source.byte() * 2 ** (8 * byte);
      target.fill(value, at, at + taken);
      at += taken;
    }
  }
  return target;
}

/** Plain or delta-coded integers as pairs of words (64 bits) or words (32 bits). */
export function readPlainWords(source: PageBytes, wordsEach: 1 | 2, count: number): Int32Array {
  const words = new Int32Array(count * wordsEach);
  const start = source.take(4 * words.length);
  // A copy, as a page's values may begin at any byte.
  new Uint8Array(words.buffer).set(source.bytes.subarray(start, source.offset));
  return words;
}

/** Bytes of each value apart: all first bytes, then all second ones. */
export function readSplitWords(source: PageBytes, wordsEach: 1 | 2, count: number): Int32Array {
  const words = new Int32Array(count * wordsEach);
  const target = new Uint8Array(words.buffer);
  const width = 4 * wordsEach;
  const start = source.take(width * count);
  for (let byte = 0; byte < width; byte++) {
    for (let row = 0; row < count; row++) target[row * width + byte] = source.bytes[start + byte * count + row]!;
  }
  return words;
}

/** A number of 64 bits in two words. */
class Word64 {
  low = 0;
  high = 0;

  /** Adds, wrapping around as the format wants it. */
  add(low: number, high: number): void {
    const sum = (this.low >>> 0) + (low >>> 0);
    this.low = sum | 0;
    this.high = (this.high + high + (sum > 0xffff_ffff ? 1 : 0)) | 0;
  }

  /** Reads a zigzag-coded number of any size. */
  read(source: PageBytes): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = source.byte();
      const part = byte & 127;
      if (shift < 32) low |= part << shift;
      if (shift === 28) high |= part >> 4;
      if (shift > 28) high |= part << (shift - 32);
      if (byte < 128) break;
      if (shift === 63) refuse("a number of more than ten bytes");
    }
    const sign = -(low & 1);
    this.low = ((low >>> 1) | (high << 31)) ^ sign;
    this.high = (high >>> 1) ^ sign;
  }
}

/** Bits of up to 64 a number, as low and high words. */
function unpackWide(source: PageBytes, width: number, count: number, give: (low: number, high: number) => void): void {
  let bitAt = source.take(Math.ceil((width * count) / 8)) * 8;
  const { bytes } = source;
  for (let index = 0; index < count; index++) {
    let low = 0;
    let high = 0;
    for (let got = 0; got < width;) {
      const bit = bitAt & 7;
      const taken = Math.min(8 - bit, width - got, got < 32 ? 32 - got : 64);
      const part = (bytes[bitAt >> 3]! >> bit) & ((1 << taken) - 1);
      if (got < 32) low += part * 2 ** got;
      else high += part * 2 ** (got - 32);
      got += taken;
      bitAt += taken;
    }
    give(low | 0, high | 0);
  }
}

/** Numbers as they come out of their differences. */
class DeltaSum {
  readonly words: Int32Array;
  readonly #wordsEach: 1 | 2;
  readonly sum = new Word64();
  at = 0;

  constructor(wordsEach: 1 | 2, count: number) {
    this.#wordsEach = wordsEach;
    this.words = new Int32Array(count * wordsEach);
  }

  give(): void {
    this.words[this.at * this.#wordsEach] = this.sum.low;
    if (this.#wordsEach === 2) this.words[this.at * 2 + 1] = this.sum.high;
    this.at++;
  }
}

/** DELTA_BINARY_PACKED: a first number, then blocks of differences above each block's least one. */
export function readDelta(source: PageBytes, wordsEach: 1 | 2, count: number): Int32Array {
  const target = new DeltaSum(wordsEach, count);
  const blockValues = source.varint();
  const miniblocks = source.varint();
  const total = source.varint();
  target.sum.read(source);
  const isSound = total >= count && miniblocks > 0 && miniblocks <= 512 && blockValues <= 65_536;
  if (!isSound || blockValues === 0 || blockValues % miniblocks !== 0) refuse("the head of delta-coded numbers");
  if (count > 0) target.give();
  while (target.at < count) readDeltaBlock(source, target, { miniblocks, miniValues: blockValues / miniblocks, count });
  return target.words;
}

function readDeltaBlock(
  source: PageBytes,
  target: DeltaSum,
  { miniblocks, miniValues, count }: { miniblocks: number; miniValues: number; count: number },
): void {
  const least = new Word64();
  least.read(source);
  const widths = source.take(miniblocks);
  for (let mini = 0; mini < miniblocks && target.at < count; mini++) {
    const width = source.bytes[widths + mini]!;
    if (width > 64) refuse("differences of more than 64 bits");
    const start = source.offset;
    unpackWide(source, width, Math.min(miniValues, count - target.at), (low, high) => {
      target.sum.add(least.low, least.high);
      target.sum.add(low, high);
      target.give();
    });
    // The last group is whole, even where fewer numbers are wanted.
    source.offset = Math.min(start + (miniValues * width) / 8, source.end);
  }
}

/** Texts one behind the other. */
export interface Texts {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

export function readPlainTexts(source: PageBytes, count: number): Texts {
  const offsets = new Int32Array(count + 1);
  const bytes = new Uint8Array(source.end - source.offset);
  for (let row = 0; row < count; row++) {
    const length = source.view.getUint32(source.take(4), true);
    const start = source.take(length);
    bytes.set(source.bytes.subarray(start, start + length), offsets[row]);
    offsets[row + 1] = offsets[row]! + length;
  }
  return { offsets, bytes };
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
export function readDeltaTexts(source: PageBytes, count: number): Texts {
  const lengths = readDelta(source, 1, count);
  const offsets = new Int32Array(count + 1);
  for (let row = 0; row < count; row++) {
    if (lengths[row]! < 0 || offsets[row]! + lengths[row]! > source.end - source.offset) refuse("the length of a text");
    offsets[row + 1] = offsets[row]! + lengths[row]!;
  }
  const start = source.take(offsets[count]!);
  return { offsets, bytes: source.bytes.subarray(start, source.offset) };
}
