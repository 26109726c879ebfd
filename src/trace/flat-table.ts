import { FormatError } from "../base/index.ts";

/** Refuses Arrow metadata. */
export function refuseArrow(what: string): never {
  throw new FormatError(`not an Arrow stream of plain columns: ${what}`);
}

/** One FlatBuffers table inside a message's metadata; a read outside of the metadata throws RangeError. */
export class FlatTable {
  readonly view: DataView;
  readonly #position: number;
  readonly #vtable: number;

  constructor(view: DataView, position: number) {
    this.view = view;
    this.#position = position;
    this.#vtable = position - view.getInt32(position, true);
  }

  /** Where a field's value is; undefined where the field has its default. */
  #field(index: number): number | undefined {
    const slot = 4 + 2 * index;
    if (slot >= this.view.getUint16(this.#vtable, true)) return undefined;
    const offset = this.view.getUint16(this.#vtable + slot, true);
    return offset === 0 ? undefined : this.#position + offset;
  }

  byte(index: number): number {
    const field = this.#field(index);
    return field === undefined ? 0 : this.view.getUint8(field);
  }

  short(index: number): number {
    const field = this.#field(index);
    return field === undefined ? 0 : this.view.getInt16(field, true);
  }

  int(index: number): number {
    const field = this.#field(index);
    return field === undefined ? 0 : this.view.getInt32(field, true);
  }

  /** A string's bytes as text. */
  text(index: number): string {
    const { start, count } = this.vector(index, 1);
    return new TextDecoder().decode(new Uint8Array(this.view.buffer, this.view.byteOffset + start, count));
  }

  long(index: number): number {
    const field = this.#field(index);
    return field === undefined ? 0 : readLong(this.view, field);
  }

  has(index: number): boolean {
    return this.#field(index) !== undefined;
  }

  table(index: number): FlatTable | undefined {
    const field = this.#field(index);
    return field === undefined ? undefined : new FlatTable(this.view, follow(this.view, field));
  }

  /** A vector whose elements all lie inside the metadata. */
  vector(index: number, elementBytes: number): { start: number; count: number } {
    const field = this.#field(index);
    if (field === undefined) return { start: 0, count: 0 };
    const position = follow(this.view, field);
    const count = this.view.getUint32(position, true);
    const start = position + 4;
    if (start + count * elementBytes > this.view.byteLength) refuseArrow("a vector leaves its message");
    return { start, count };
  }

  tables(index: number): FlatTable[] {
    const { start, count } = this.vector(index, 4);
    return Array.from({ length: count }, (_, element) => {
      return new FlatTable(this.view, follow(this.view, start + 4 * element));
    });
  }
}

export function follow(view: DataView, position: number): number {
  return position + view.getUint32(position, true);
}

export function readLong(view: DataView, position: number): number {
  const value = view.getInt32(position + 4, true) * 4_294_967_296 + view.getUint32(position, true);
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) refuseArrow("a length is negative or beyond 2^53");
  return value;
}
