import { FormatError } from "../../base/index.ts";

/** How a field's value is written (protobuf.dev, Encoding: the wire types that are in use). */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const textDecoder = new TextDecoder();

function refuse(what: string): never {
  throw new FormatError(`damaged Protobuf data: ${what}`);
}

/**
 * Walks over the fields of one Protobuf message.
 *
 * Shape    `next` goes to the next field, whose number is `field`; `low` and `high` are the halves of a number; `start` and
 *          `end` bound the bytes of a text or a message in `bytes`
 * Errors   FormatError for what leaves its bytes, and for groups, which no trace has
 */
export class ProtoFields {
  readonly bytes: Uint8Array;
  readonly #limit: number;
  #at: number;
  field = 0;
  type = 0;
  low = 0;
  high = 0;
  start = 0;
  end = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#at = start;
    this.#limit = end;
  }

  #varint(): void {
    const { bytes } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (this.#at >= this.#limit) refuse("it ends inside a number");
      const byte = bytes[this.#at++]!;
      const part = byte & 127;
      if (shift < 32) low |= part << shift;
      if (shift === 28) high |= part >> 4;
      if (shift > 28) high |= part << (shift - 32);
      if (byte < 128) break;
      if (shift === 63) refuse("a number of more than ten bytes");
    }
    this.low = low;
    this.high = high;
  }

  #word(): number {
    const { bytes } = this;
    if (this.#at + 4 > this.#limit) refuse("it ends inside a number");
    const at = this.#at;
    this.#at += 4;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  next(): boolean {
    if (this.#at >= this.#limit) return false;
    this.#varint();
    this.field = (this.low >>> 3) + this.high * 2 ** 29;
    this.type = this.low & 7;
    this.high = 0;
    switch (this.type) {
      case wire.varint:
        this.#varint();
        return true;
      case wire.fixed64:
        this.low = this.#word();
        this.high = this.#word();
        return true;
      case wire.fixed32:
        this.low = this.#word();
        return true;
      case wire.bytes:
        this.#varint();
        this.start = this.#at;
        this.end = this.#at + this.unsigned;
        if (this.end > this.#limit) refuse("a field that is longer than its message");
        this.#at = this.end;
        return true;
      default:
        return refuse(`wire type ${this.type}`);
    }
  }

  /** Not exact beyond 2^53. */
  get unsigned(): number {
    return (this.high >>> 0) * 4_294_967_296 + (this.low >>> 0);
  }

  get signed(): number {
    return this.high * 4_294_967_296 + (this.low >>> 0);
  }

  /** A number of 64 bits as text, exact. */
  get exact(): string {
    const value = this.unsigned;
    if (value <= Number.MAX_SAFE_INTEGER) return `${value}`;
    return `${(BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0)}`;
  }

  get double(): number {
    const halves = new Uint32Array([this.low >>> 0, this.high >>> 0]);
    return new Float64Array(halves.buffer)[0]!;
  }

  get text(): string {
    if (this.type !== wire.bytes) return "";
    return textDecoder.decode(this.bytes.subarray(this.start, this.end));
  }

  /** The fields of a message inside; none where the field is no message. */
  inner(): ProtoFields {
    const isBytes = this.type === wire.bytes;
    return new ProtoFields(this.bytes, isBytes ? this.start : 0, isBytes ? this.end : 0);
  }

  /** A list of numbers, each as a field of its own or all in one. */
  numbers(take: (fields: ProtoFields) => void): void {
    if (this.type !== wire.bytes) {
      take(this);
      return;
    }
    const packed = new ProtoFields(this.bytes, this.start, this.end);
    while (packed.#at < packed.#limit) {
      packed.#varint();
      take(packed);
    }
  }
}
