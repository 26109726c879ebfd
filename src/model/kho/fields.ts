import { assert } from "../../base/index.ts";

/** 64-bit words that are addresses or counts stay far below: 52 bits are the physical addresses of x86-64. */
const limit = 2 ** 52;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Little-endian fields of a structure, read one after the other; the caller has checked that the bytes suffice. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#offset = offset;
  }

  u16(): number {
    this.#offset += 2;
    return this.#view.getUint16(this.#offset - 2, true);
  }

  u32(): number {
    this.#offset += 4;
    return this.#view.getUint32(this.#offset - 4, true);
  }

  /** 64 bits that mean anything. */
  word(): bigint {
    this.#offset += 8;
    return this.#view.getBigUint64(this.#offset - 8, true);
  }

  /** 64 bits that are an address or a count; undefined when they are 2^52 or more. */
  u52(): number | undefined {
    const low = this.u32();
    const value = this.u32() * 2 ** 32 + low;
    return value < limit ? value : undefined;
  }

  bytes(length: number): Uint8Array {
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  /** A string that ends with a NUL within `length` bytes; undefined when it does not end there. */
  text(length: number): string | undefined {
    const field = this.bytes(length);
    const end = field.indexOf(0);
    return end < 0 ? undefined : decodeText(field.subarray(0, end));
  }
}

/** Little-endian fields of a structure, written one after the other into zeroed bytes. */
export class FieldWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#offset = offset;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#offset, value, true);
    this.#offset += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#offset, value, true);
    this.#offset += 4;
    return this;
  }

  word(value: bigint): this {
    this.#view.setBigUint64(this.#offset, value, true);
    this.#offset += 8;
    return this;
  }

  u52(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value < limit, `${value} is no address and no count`);
    return this.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32));
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#offset);
    this.#offset += value.length;
    return this;
  }

  text(value: string, length: number): this {
    const field = encodeText(value);
    assert(field.length < length && !field.includes(0), `"${value}" does not fit ${length} bytes with its NUL`);
    this.#bytes.set(field, this.#offset);
    this.#offset += length;
    return this;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const rawBytesStart = 0xdc00;

/**
 * Bytes that user space chose as a string, and back without loss: UTF-8 where it is, else each byte above 127 as a lone
 * surrogate U+DC80 to U+DCFF (as Python's surrogateescape does), which no UTF-8 gives.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : rawBytesStart + byte)).join("");
  }
}

export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    const byte = code < 0x80 ? code : code - rawBytesStart;
    assert(code < 0x80 || (byte >= 0x80 && byte <= 0xff), "text is either UTF-8 or single bytes");
    return byte;
  });
}
