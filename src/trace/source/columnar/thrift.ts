import { FormatError } from "../../../base/index.ts";

/** A struct of Thrift's compact protocol: its fields by number. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct;

const maxNesting = 32;

function refuse(what: string): never {
  throw new FormatError(`damaged Thrift data: ${what}`);
}

/**
 * Reads Thrift's compact protocol, in which Parquet keeps its metadata.
 *
 * Errors   FormatError for data that leaves its bytes, nests deeper than 32, or holds more than `maxValues`
 * Source   thrift-compact-protocol.md
 */
export class ThriftReader {
  readonly #bytes: Uint8Array;
  #valuesLeft: number;
  offset: number;

  constructor(bytes: Uint8Array, offset: number, maxValues: number) {
    this.#bytes = bytes;
    this.offset = offset;
    this.#valuesLeft = maxValues;
  }

  #byte(): number {
    return this.#bytes[this.offset++] ?? refuse("it ends inside a value");
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1, count = 0; count < 10; scale *= 128, count++) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return refuse("a number of more than ten bytes");
  }

  #zigZag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #binary(): Uint8Array {
    const length = this.#varint();
    if (this.offset + length > this.#bytes.length) refuse("a text that is longer than the data");
    this.offset += length;
    return this.#bytes.subarray(this.offset - length, this.offset);
  }

  #list(depth: number): ThriftValue[] {
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    if (count > this.#bytes.length - this.offset) refuse("a list that is longer than the data");
    const type = head & 15;
    const values: ThriftValue[] = [];
    for (let index = 0; index < count; index++) {
      values.push(type === 1 || type === 2 ? this.#byte() === 1 : this.#value(type, depth));
    }
    return values;
  }

  #value(type: number, depth: number): ThriftValue {
    if (--this.#valuesLeft < 0) refuse("too many values");
    switch (type) {
      case 1:
        return true;
      case 2:
        return false;
      case 3:
        return this.#byte();
      case 4:
      case 5:
      case 6:
        return this.#zigZag();
      case 7:
        this.offset += 8;
        return 0;
      case 8:
        return this.#binary();
      case 9:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        return refuse(`type ${type}`);
    }
  }

  struct(depth = 0): ThriftStruct {
    if (depth > maxNesting) refuse(`structs nested deeper than ${maxNesting}`);
    const fields = new Map<number, ThriftValue>();
    for (let id = 0; ;) {
      const head = this.#byte();
      if ((head & 15) === 0) return fields;
      id = head >> 4 === 0 ? this.#zigZag() : id + (head >> 4);
      fields.set(id, this.#value(head & 15, depth));
    }
  }
}

export function numberOf(struct: ThriftStruct | undefined, id: number): number | undefined {
  const value = struct?.get(id);
  return typeof value === "number" ? value : undefined;
}

/** A field that must be a whole number from 0 up. */
export function countOf(struct: ThriftStruct | undefined, id: number, what: string): number {
  const value = numberOf(struct, id);
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : refuse(`${what} is no count`);
}

export function textOf(struct: ThriftStruct, id: number): string {
  const value = struct.get(id);
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : "";
}

export function structOf(struct: ThriftStruct | undefined, id: number): ThriftStruct | undefined {
  const value = struct?.get(id);
  return value instanceof Map ? value : undefined;
}

export function listOf(struct: ThriftStruct | undefined, id: number): readonly ThriftValue[] {
  const value = struct?.get(id);
  return Array.isArray(value) ? value : [];
}
