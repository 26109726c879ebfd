import { FormatError } from "../../../base/index.ts";
import type { InputFile } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import { showPath } from "../../text.ts";

/** The header: eight bytes of ones, these bytes as a number of the host's byte order, and the version as such. */
const magic = [0xf2, 0xb1, 0x77, 0xcb, 0x0a, 0xa4, 0x29, 0xb4] as const;
const headerBytes = 24;
const version = 4;

const mapping = 0;
const event = 1;
const allOnes = 0xffff_ffff;

const typeBytes = 8;
const mappingBytes = typeBytes + 12;
const eventBytes = 24;
/** QEMU's own buffer of records; a longer one cannot have been written. */
const maxRecordBytes = 256 * 1024;
const maxNameBytes = 4096;
const maxMappings = 100_000;
/** Upper halves of times up to which the arithmetic is exact: about four years of uptime. */
const maxUpper = 30_000_000;
const ns = 1_000_000_000;

/** The record that stands at hand. */
export interface EventRecord {
  /** Name of the event; undefined for a note of lost events. */
  name: string | undefined;
  id: number;
  second: number;
  nanosecond: number;
  process: number;
  bytes: Buffer;
  view: DataView;
  /** Bounds of the arguments in `bytes`. */
  start: number;
  end: number;
}

/** Whether the head is that of a trace, and of which byte order. */
export function byteOrderOf(head: Uint8Array): "little" | "big" | undefined {
  if (head.length < headerBytes || head.subarray(0, 8).some((byte) => byte !== 255)) return undefined;
  if (magic.every((byte, index) => head[8 + index] === byte)) return "big";
  return magic.every((byte, index) => head[15 - index] === byte) ? "little" : undefined;
}

/** Reads the records of a binary trace from pieces of the file that end anywhere. */
class RecordReader {
  readonly #file: InputFile;
  readonly #isLittle: boolean;
  readonly #names = new Map<number, string>();
  readonly #readEvent: (record: EventRecord, isLittle: boolean) => void;
  readonly #record: EventRecord;
  #rest: Uint8Array = new Uint8Array(0);
  #hasHeader = false;
  /** Place of the piece's first byte in the file. */
  #offset = 0;

  constructor(file: InputFile, readEvent: (record: EventRecord, isLittle: boolean) => void) {
    this.#file = file;
    this.#readEvent = readEvent;
    const order = byteOrderOf(file.head);
    if (order === undefined) {
      throw new FormatError(`${showPath(file.path)}: expected the header of a binary trace of QEMU, found other bytes`);
    }
    this.#isLittle = order === "little";
    const none = Buffer.alloc(0);
    this.#record = {
      name: "",
      id: 0,
      second: 0,
      nanosecond: 0,
      process: 0,
      bytes: none,
      view: new DataView(none.buffer),
      start: 0,
      end: 0,
    };
  }

  push(chunk: Uint8Array): void {
    const bytes =
      this.#rest.length > 0
        ? Buffer.concat([this.#rest, chunk])
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = this.#hasHeader ? 0 : this.#header(view);
    for (;;) {
      const length = this.#take(bytes, view, at);
      if (length === 0) break;
      at += length;
    }
    this.#offset += at;
    this.#rest = bytes.subarray(at).slice();
  }

  get restBytes(): number {
    return this.#rest.length;
  }

  #header(view: DataView): number {
    if (view.byteLength < headerBytes) return 0;
    const found = view.getUint32(this.#isLittle ? 16 : 20, this.#isLittle);
    if (found !== version) {
      throw new FormatError(`${showPath(this.#file.path)}: expected version ${version} of the trace, found ${found}`);
    }
    this.#hasHeader = true;
    return headerBytes;
  }

  #refuse(at: number, expected: string, found: string): never {
    const place = `${showPath(this.#file.path)}: byte ${this.#offset + at}`;
    throw new FormatError(`${place}: expected ${expected}, found ${found}`);
  }

  /** Upper half of a number of eight bytes. */
  #upper(view: DataView, at: number): number {
    return view.getUint32(this.#isLittle ? at + 4 : at, this.#isLittle);
  }

  #lower(view: DataView, at: number): number {
    return view.getUint32(this.#isLittle ? at : at + 4, this.#isLittle);
  }

  /** Takes the record at a place; gives its length, or 0 where it is not whole. */
  #take(bytes: Buffer, view: DataView, at: number): number {
    if (!this.#hasHeader || at + mappingBytes > bytes.length) return 0;
    const type = this.#lower(view, at);
    if (this.#upper(view, at) !== 0 || type > event) this.#refuse(at, "a record of type 0 or 1", `${type}`);
    return type === mapping ? this.#takeMapping(bytes, view, at) : this.#takeEvent(bytes, view, at);
  }

  #takeMapping(bytes: Buffer, view: DataView, at: number): number {
    const id = this.#lower(view, at + typeBytes);
    const nameBytes = view.getUint32(at + typeBytes + 8, this.#isLittle);
    if (this.#upper(view, at + typeBytes) !== 0) this.#refuse(at, "an event's number below 2^32", "a higher one");
    if (nameBytes > maxNameBytes) this.#refuse(at, `a name of at most ${maxNameBytes} bytes`, `${nameBytes} bytes`);
    const end = at + mappingBytes + nameBytes;
    if (end > bytes.length) return 0;
    if (this.#names.size === maxMappings) this.#refuse(at, `at most ${maxMappings} names of events`, "more");
    this.#names.set(id, bytes.toString("utf8", at + mappingBytes, end));
    return end - at;
  }

  #takeEvent(bytes: Buffer, view: DataView, at: number): number {
    const start = at + typeBytes;
    if (start + eventBytes > bytes.length) return 0;
    const length = view.getUint32(start + 16, this.#isLittle);
    if (length < eventBytes || length > maxRecordBytes) {
      this.#refuse(at, `a record of ${eventBytes} to ${maxRecordBytes} bytes`, `${length} bytes`);
    }
    if (start + length > bytes.length) return 0;
    const record = this.#record;
    record.id = this.#lower(view, start);
    const isLoss = this.#upper(view, start) === allOnes && record.id === allOnes - 1;
    record.name = isLoss ? undefined : this.#nameOf(view, start, at);
    this.#readTime(view, start + 8, at);
    record.process = view.getUint32(start + 20, this.#isLittle);
    record.bytes = bytes;
    record.view = view;
    record.start = start + eventBytes;
    record.end = start + length;
    this.#readEvent(record, this.#isLittle);
    return typeBytes + length;
  }

  #nameOf(view: DataView, start: number, at: number): string {
    const name = this.#upper(view, start) === 0 ? this.#names.get(this.#lower(view, start)) : undefined;
    return name ?? this.#refuse(at, "an event whose name was said before", `number ${this.#lower(view, start)}`);
  }

  /** Splits ns since boot, which may be more than a double holds. */
  #readTime(view: DataView, start: number, at: number): void {
    const upper = this.#upper(view, start);
    const lower = this.#lower(view, start);
    if (upper > maxUpper) this.#refuse(at, "a time of less than four years of uptime", "a later one");
    const record = this.#record;
    record.nanosecond = (upper * (2 ** 32 % ns) + lower) % ns;
    record.second = Math.round((upper * 2 ** 32 + lower - record.nanosecond) / ns);
  }
}

/** Calls `readEvent` with each event of a binary trace until it says that it has enough; the record is used again. */
export async function readRecords(
  file: InputFile,
  reader: InputReader,
  readEvent: (record: EventRecord, isLittle: boolean) => void,
  isEnough: () => boolean = () => false,
): Promise<void> {
  const records = new RecordReader(file, readEvent);
  for await (const chunk of reader.chunks(file)) {
    records.push(chunk);
    if (isEnough()) return;
  }
  if (records.restBytes > 0)
    reader.noteTruncated(file, `the file ends inside a record of at least ${records.restBytes} bytes`);
}
