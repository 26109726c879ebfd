import { assert } from "../../base/index.ts";

/**
 * Writes messages of Protocol Buffers into memory that is used again: no object a field, and numbers up to 2^53 without
 * BigInt.
 *
 * Source   Protocol Buffers encoding: a field is its number and wire type as a varint, then a varint (0), eight bytes (1),
 *          or a length and as many bytes (2)
 */

const varint = 0;
const eightBytes = 1;
const lengthPrefixed = 2;
const maxVarintBytes = 10;
const encoder = new TextEncoder();

export class MessageWriter {
  #buffer = new Uint8Array(64 * 1024);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;
  /** Where the bodies of the messages that are open begin. */
  readonly #begins: number[] = [];

  get buffer(): Uint8Array {
    return this.#buffer;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    assert(this.#begins.length === 0, "a message is still open");
    this.#length = 0;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + bytes));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }

  #varint(value: number): void {
    this.#reserve(maxVarintBytes);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  /** An unsigned number, an enum or a bool. */
  uint(field: number, value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, `field ${field}: ${value} is no unsigned number up to 2^53`);
    this.#varint(field * 8 + varint);
    this.#varint(value);
  }

  /** A signed number: below zero as ten bytes of two's complement. */
  int(field: number, value: number): void {
    assert(Number.isSafeInteger(value), `field ${field}: ${value} is no whole number up to 2^53`);
    this.#varint(field * 8 + varint);
    if (value >= 0) {
      this.#varint(value);
      return;
    }
    this.#reserve(maxVarintBytes);
    // The ones' complement is not negative: its groups of seven bits are turned one by one.
    let rest = -(value + 1);
    for (let index = 0; index < maxVarintBytes - 1; index++) {
      this.#buffer[this.#length++] = 0x80 | (0x7f ^ (rest % 0x80));
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = 1;
  }

  double(field: number, value: number): void {
    this.#varint(field * 8 + eightBytes);
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(field: number, value: string): void {
    this.begin(field);
    this.#reserve(value.length * 3);
    this.#length += encoder.encodeInto(value, this.#buffer.subarray(this.#length)).written;
    this.end();
  }

  /** Opens a message inside the present one; `end` closes it. */
  begin(field: number): void {
    this.#varint(field * 8 + lengthPrefixed);
    this.#begins.push(this.#length);
  }

  /** Closes the innermost message: its length goes in front of it. */
  end(): void {
    const begin = this.#begins.pop();
    assert(begin !== undefined, "no message is open");
    const bytes = this.#length - begin;
    let prefixBytes = 1;
    for (let limit = 0x80; bytes >= limit; limit *= 0x80) prefixBytes++;
    this.#reserve(prefixBytes);
    this.#buffer.copyWithin(begin + prefixBytes, begin, this.#length);
    this.#length = begin;
    this.#varint(bytes);
    this.#length += bytes;
  }
}
