import type { EventArguments } from "./arguments.ts";
import type { EventRecord } from "./simpletrace-records.ts";
import type { EventArgument } from "./trace-events.ts";

const space = 32;
const equals = 61;
const wordBytes = 8;
const lengthBytes = 4;
const maxArguments = 32;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function hexDigit(value: number): number {
  return value < 10 ? 48 + value : 87 + value;
}

/** Arguments of a binary record: numbers of eight bytes and texts behind their length, as the list of events says. */
export class RecordArguments implements EventArguments {
  /** The arguments as text: `cid=0x0 opname=NVME_NVM_CMD_READ`, or words alone where nothing explains them. */
  readonly detail: { bytes: Uint8Array; readonly start: 0; end: number } = {
    bytes: new Uint8Array(64 * 1024),
    start: 0,
    end: 0,
  };
  /** Whether the arguments are as the list says. */
  isExplained = false;
  #record: EventRecord | undefined;
  #isLittle = true;
  #arguments: readonly EventArgument[] = [];
  /** Place of each argument in the record; of a text, and its length. */
  readonly #starts = new Int32Array(maxArguments);
  readonly #ends = new Int32Array(maxArguments);
  readonly #names = new WeakMap<EventArgument, Uint8Array>();

  /** Takes the arguments of the next record. */
  set(record: EventRecord, isLittle: boolean, args: readonly EventArgument[] | undefined): void {
    this.#record = record;
    this.#isLittle = isLittle;
    this.#arguments = args ?? [];
    this.isExplained = args !== undefined && this.#place(record);
    this.detail.end = 0;
    // A word is two digits a byte with `0x` and a space; a text is no longer than it is.
    this.#reserve(4 * (record.end - record.start));
    if (this.isExplained) this.#explain(record);
    else this.#showWords(record);
  }

  /** Finds each argument; false where the record does not hold just them. */
  #place({ start, end, view }: EventRecord): boolean {
    const args = this.#arguments;
    if (args.length > maxArguments) return false;
    let at = start;
    for (let index = 0; index < args.length; index++) {
      let length = wordBytes;
      if (args[index]!.isText) {
        if (at + lengthBytes > end) return false;
        length = view.getUint32(at, this.#isLittle);
        at += lengthBytes;
      }
      if (length > end - at) return false;
      this.#starts[index] = at;
      this.#ends[index] = at + length;
      at += length;
    }
    return at === end;
  }

  whole(name: string, otherName?: string): number | undefined {
    const index = this.#find(name, otherName);
    if (index < 0 || this.#arguments[index]!.isText) return undefined;
    const value = this.#upper(this.#starts[index]!) * 2 ** 32 + this.#lower(this.#starts[index]!);
    return value > Number.MAX_SAFE_INTEGER ? undefined : value;
  }

  text(name: string, otherName?: string): string | undefined {
    const index = this.#find(name, otherName);
    return index < 0 ? undefined : this.#textAt(index);
  }

  first(): string | undefined {
    return this.isExplained && this.#arguments.length > 0 ? this.#textAt(0) : undefined;
  }

  #textAt(index: number): string | undefined {
    if (!this.#arguments[index]!.isText) return undefined;
    return decoder.decode(this.#record!.bytes.subarray(this.#starts[index], this.#ends[index]));
  }

  #find(name: string, otherName: string | undefined): number {
    if (!this.isExplained) return -1;
    for (let index = 0; index < this.#arguments.length; index++) {
      const found = this.#arguments[index]!.name;
      if (found === name || found === otherName) return index;
    }
    return -1;
  }

  #upper(at: number): number {
    return this.#record!.view.getUint32(this.#isLittle ? at + 4 : at, this.#isLittle);
  }

  #lower(at: number): number {
    return this.#record!.view.getUint32(this.#isLittle ? at : at + 4, this.#isLittle);
  }

  #explain({ bytes }: EventRecord): void {
    const args = this.#arguments;
    for (let index = 0; index < args.length; index++) {
      const arg = args[index]!;
      if (index > 0) this.#put(space);
      this.#putBytes(this.#nameOf(arg));
      this.#put(equals);
      if (arg.isText) this.#putBytes(bytes.subarray(this.#starts[index], this.#ends[index]));
      else this.#putHex(this.#starts[index]!);
    }
  }

  #nameOf(arg: EventArgument): Uint8Array {
    const known = this.#names.get(arg);
    if (known) return known;
    const name = encoder.encode(arg.name);
    this.#names.set(arg, name);
    return name;
  }

  #showWords({ bytes, start, end }: EventRecord): void {
    let at = start;
    for (; at + wordBytes <= end; at += wordBytes) {
      if (at > start) this.#put(space);
      this.#putHex(at);
    }
    if (at < end && at > start) this.#put(space);
    for (; at < end; at++) this.#putDigits(bytes[at]!, 2);
  }

  /** A number without leading zeros, as `0x1f`. */
  #putHex(at: number): void {
    const upper = this.#upper(at);
    const lower = this.#lower(at);
    this.#put(48);
    this.#put(120);
    if (upper > 0) {
      this.#putDigits(upper, digitsOf(upper));
      this.#putDigits(lower, 8);
    } else {
      this.#putDigits(lower, digitsOf(lower));
    }
  }

  #putDigits(value: number, digits: number): void {
    for (let shift = 4 * (digits - 1); shift >= 0; shift -= 4) this.#put(hexDigit((value >>> shift) & 15));
  }

  #put(byte: number): void {
    const { detail } = this;
    if (detail.end === detail.bytes.length) this.#reserve(1);
    detail.bytes[detail.end++] = byte;
  }

  #putBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.detail.bytes.set(bytes, this.detail.end);
    this.detail.end += bytes.length;
  }

  #reserve(more: number): void {
    const { detail } = this;
    if (detail.end + more <= detail.bytes.length) return;
    const grown = new Uint8Array(2 * (detail.end + more));
    grown.set(detail.bytes.subarray(0, detail.end));
    detail.bytes = grown;
  }
}

function digitsOf(value: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(value)) / 4));
}
