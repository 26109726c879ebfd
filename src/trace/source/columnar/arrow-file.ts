/**
 * Reads Arrow IPC, streams and files, of plain columns, a record batch at a time. Whoever wrote the file is not trusted:
 * each vector of the metadata and each buffer is held against the bytes that are there before anything is made of it.
 *
 * A file holds a stream's messages, some without the schema in front, and says at its end where each batch is.
 * Not supported: dictionaries, nested columns, views, decimals, floats of 16 bits and files of another byte order.
 * Source: Arrow columnar format 1.5: format/Message.fbs, format/Schema.fbs.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import { FormatError, mibBytes } from "../../../base/index.ts";
import { FlatTable, follow, readLong, refuseArrow } from "../../flat-table.ts";
import { showPath } from "../../text.ts";
import type { UnpackGuard } from "../unpack-guard.ts";
import { unpackLz4Frame, unpackZstd } from "./codecs.ts";
import {
  type ColumnarFile,
  type ColumnInfo,
  type ColumnValues,
  fromWords,
  type RowStretch,
  type TimeUnit,
} from "./column-values.ts";

const continuation = 0xffff_ffff;
const maxMetadataBytes = 16 * mibBytes;
/** A batch is held as a whole. */
const maxBodyBytes = 256 * mibBytes;
const maxBatchRows = 16_777_216;

const schemaMessage = 1;
const recordBatchMessage = 3;

/** How a column's values lie in its buffers. */
type Layout = "int" | "float" | "bool" | "text" | "large-text" | "null" | "other";

interface ArrowColumn extends ColumnInfo {
  readonly layout: Layout;
  readonly bits: number;
  readonly isSigned: boolean;
  readonly buffers: number;
}

const timeUnits: readonly TimeUnit[] = ["s", "ms", "us", "ns"];

/** A field's layout from its type (Schema.fbs, union Type). */
function readColumn(field: FlatTable): ArrowColumn {
  const name = field.text(0);
  const type = field.table(3);
  const plain = { name, bits: 0, isSigned: true, buffers: 2, timeUnit: undefined };
  if (field.has(4) || field.vector(5, 4).count > 0) {
    return refuseArrow(`column ${JSON.stringify(name.slice(0, 80))} has a dictionary or columns inside`);
  }
  switch (field.byte(2)) {
    case 1:
      return { ...plain, kind: "other", layout: "null", buffers: 0 };
    case 2:
      return { ...plain, kind: "whole", layout: "int", bits: type?.int(0) ?? 0, isSigned: type?.byte(1) === 1 };
    case 3:
      return { ...plain, kind: "real", layout: "float", bits: [16, 32, 64][type?.short(0) ?? 0] ?? 0 };
    case 4:
    case 5:
      return { ...plain, kind: "text", layout: "text", buffers: 3 };
    case 19:
    case 20:
      return { ...plain, kind: "text", layout: "large-text", buffers: 3 };
    case 6:
      return { ...plain, kind: "whole", layout: "bool", bits: 1 };
    case 8:
      return { ...plain, kind: "whole", layout: "int", bits: type?.has(0) === true && type.short(0) === 0 ? 32 : 64 };
    case 9:
      return { ...plain, kind: "whole", layout: "int", bits: type?.has(1) === true ? type.int(1) : 32 };
    case 10:
      return { ...plain, kind: "whole", layout: "int", bits: 64, timeUnit: timeUnits[type?.short(0) ?? 0] };
    case 18:
      return {
        ...plain,
        kind: "whole",
        layout: "int",
        bits: 64,
        timeUnit: timeUnits[type?.has(0) === true ? type.short(0) : 1],
      };
    case 7:
    case 15:
      // Decimal, FixedSizeBinary: the same buffers, values that are not read.
      return { ...plain, kind: "other", layout: "other" };
    default:
      return refuseArrow(`column ${JSON.stringify(name.slice(0, 80))} of type ${field.byte(2)}`);
  }
}

/** The buffers of one column of a batch, unpacked, and its rows. */
interface ColumnBuffers {
  readonly rows: number;
  readonly nullCount: number;
  readonly buffers: readonly Uint8Array[];
}

function nullsOf({ rows, nullCount, buffers }: ColumnBuffers): Uint8Array | undefined {
  if (nullCount === 0) return undefined;
  const bitmap = buffers[0]!;
  if (bitmap.length * 8 < rows) refuseArrow("a column with fewer values than rows");
  return Uint8Array.from({ length: rows }, (_, row) => 1 - ((bitmap[row >> 3]! >> (row & 7)) & 1));
}

/** A copy of a buffer's first bytes, so that numbers in it begin where they must. */
function aligned(buffer: Uint8Array, bytes: number): ArrayBuffer {
  if (buffer.length < bytes) refuseArrow("a column with fewer values than rows");
  return Uint8Array.from(buffer.subarray(0, bytes)).buffer;
}

function readInts({ bits, isSigned }: ArrowColumn, buffer: Uint8Array, rows: number): ColumnValues {
  if (![8, 16, 32, 64].includes(bits)) refuseArrow(`whole numbers of ${bits} bits`);
  const data = aligned(buffer, (rows * bits) / 8);
  if (bits === 64) {
    const words = new Int32Array(data);
    return { rows, kind: "whole", numbers: fromWords(words, isSigned), words };
  }
  const arrays = isSigned
    ? { 8: Int8Array, 16: Int16Array, 32: Int32Array }
    : { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array };
  return { rows, kind: "whole", numbers: Float64Array.from(new arrays[bits as 8 | 16 | 32](data)) };
}

function readTexts(column: ArrowColumn, { rows, buffers }: ColumnBuffers): ColumnValues {
  const bytes = buffers[2]!;
  let offsets: Int32Array = new Int32Array(rows + 1);
  if (rows > 0 && column.layout === "text") offsets = new Int32Array(aligned(buffers[1]!, 4 * (rows + 1)));
  if (rows > 0 && column.layout === "large-text") {
    offsets = Int32Array.from(fromWords(new Int32Array(aligned(buffers[1]!, 8 * (rows + 1))), true), (offset) =>
      offset <= bytes.length ? offset : -1,
    );
  }
  for (let row = 0; row <= rows; row++) {
    if (offsets[row]! < (row === 0 ? 0 : offsets[row - 1]!) || offsets[row]! > bytes.length) {
      refuseArrow("a text that leaves its column");
    }
  }
  return { rows, kind: "text", offsets, bytes };
}

function readValues(column: ArrowColumn, source: ColumnBuffers): ColumnValues {
  const { rows, buffers } = source;
  const nulls = nullsOf(source);
  switch (column.layout) {
    case "int":
      return { ...readInts(column, buffers[1]!, rows), nulls };
    case "float": {
      if (column.bits === 16) return refuseArrow("floats of 16 bits");
      const data = aligned(buffers[1]!, (rows * column.bits) / 8);
      const numbers = column.bits === 64 ? new Float64Array(data) : Float64Array.from(new Float32Array(data));
      return { rows, kind: "real", numbers, nulls };
    }
    case "bool": {
      const bits = buffers[1]!;
      if (bits.length * 8 < rows) refuseArrow("a column with fewer values than rows");
      const numbers = Float64Array.from({ length: rows }, (_, row) => (bits[row >> 3]! >> (row & 7)) & 1);
      return { rows, kind: "whole", numbers, nulls };
    }
    case "text":
    case "large-text":
      return { ...readTexts(column, source), nulls };
    case "null":
    case "other":
      return refuseArrow(`column ${JSON.stringify(column.name.slice(0, 80))} of a type that is not read`);
  }
}

function isMagic(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).toString("latin1", 0, 6) === "ARROW1";
}

export class ArrowFile implements ColumnarFile {
  readonly #file: number;
  readonly #path: string;
  readonly #count: (bytes: number) => void;
  readonly #noteTruncated: (detail: string) => void;
  readonly #size: number;
  #offset = 0;
  /** Where the batches of a file begin, as its footer says; a stream's follow one another. */
  #blocks: readonly number[] | undefined;
  readonly columns: readonly ArrowColumn[];

  /** `path` is where the file is, `name` what people know it as; `noteTruncated` is told of a file that ends too early. */
  constructor(path: string, name: string, guard: UnpackGuard, noteTruncated: (detail: string) => void) {
    this.#file = openSync(path, "r");
    this.#path = name;
    this.#noteTruncated = noteTruncated;
    try {
      this.#size = fstatSync(this.#file).size;
      this.#count = guard.follow(name, this.#size);
      this.columns = this.#guarded(() => this.#readSchema());
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof FormatError)) throw error;
      const what = error instanceof FormatError ? error.message : "damaged Arrow data";
      throw new FormatError(`${showPath(this.#path)}: ${what}`, {
        cause: error,
        hint: "plain columns are read: numbers, times, flags and texts, without dictionaries",
      });
    }
  }

  /** The next bytes; undefined where the file ends before them. */
  #take(bytes: number): Uint8Array | undefined {
    if (this.#offset + bytes > this.#size) return undefined;
    const target = new Uint8Array(bytes);
    for (let offset = 0; offset < bytes;) {
      const count = readSync(this.#file, target, offset, bytes - offset, this.#offset + offset);
      if (count === 0) return undefined;
      offset += count;
    }
    this.#offset += bytes;
    return target;
  }

  /** The metadata of the next message; undefined at the stream's end or where the file ends too early. */
  #nextMessage(): FlatTable | undefined {
    const prefix = this.#take(4);
    if (!prefix) return this.#endEarly();
    let length = new DataView(prefix.buffer).getUint32(0, true);
    // Before Arrow 0.15 the length stood alone.
    if (length === continuation) {
      const bytes = this.#take(4);
      if (!bytes) return this.#endEarly();
      length = new DataView(bytes.buffer).getUint32(0, true);
    }
    if (length === 0) return undefined;
    if (length > maxMetadataBytes) refuseArrow("the length of a message");
    const metadata = this.#take(length);
    if (!metadata) return this.#endEarly();
    const view = new DataView(metadata.buffer);
    return new FlatTable(view, follow(view, 0));
  }

  #endEarly(): undefined {
    // A stream may end without its mark, between messages.
    if (this.#offset < this.#size) this.#noteTruncated("the file ends inside a message of an Arrow stream");
    this.#offset = this.#size;
    return undefined;
  }

  #readSchema(): ArrowColumn[] {
    const magic = this.#take(8);
    const isFile = magic !== undefined && isMagic(magic);
    if (!isFile) this.#offset = 0;
    const schema = (isFile ? this.#readFooter() : undefined) ?? this.#schemaMessage();
    if (schema.short(0) === 1) refuseArrow("a big-endian file");
    return schema.tables(1).map(readColumn);
  }

  #schemaMessage(): FlatTable {
    const message = this.#nextMessage();
    const schema = message?.byte(1) === schemaMessage ? message.table(2) : undefined;
    if (!message || !schema) return refuseArrow("it does not begin with a schema");
    this.#offset += message.long(3);
    return schema;
  }

  /** The schema and the places of the batches at a file's end; nothing where the end is missing. */
  #readFooter(): FlatTable | undefined {
    const start = this.#offset;
    this.#offset = this.#size - 10;
    const tail = this.#size > 18 ? this.#take(10) : undefined;
    const bytes = tail ? new DataView(tail.buffer).getUint32(0, true) : 0;
    this.#offset = this.#size - 10 - bytes;
    const isWhole =
      tail !== undefined && isMagic(tail.subarray(4)) && this.#offset > start && bytes <= maxMetadataBytes;
    const footer = isWhole ? this.#take(bytes) : undefined;
    this.#offset = start;
    if (!footer) return undefined;
    const view = new DataView(footer.buffer);
    const table = new FlatTable(view, follow(view, 0));
    if (table.vector(2, 24).count > 0) refuseArrow("columns with a dictionary");
    const blocks = table.vector(3, 24);
    this.#blocks = Array.from({ length: blocks.count }, (_, index) => readLong(view, blocks.start + 24 * index));
    return table.table(1);
  }

  *stretches(wanted: readonly number[]): Generator<RowStretch> {
    for (let block = 0; ; block++) {
      if (this.#blocks) {
        if (block >= this.#blocks.length) return;
        this.#offset = this.#blocks[block]!;
      }
      const stretch = this.#guarded(() => this.#nextBatch(wanted));
      if (!stretch) return;
      if (stretch.rows > 0) yield stretch;
    }
  }

  #nextBatch(wanted: readonly number[]): RowStretch | undefined {
    const message = this.#nextMessage();
    if (!message) return undefined;
    const bodyBytes = message.long(3);
    const batch = message.table(2);
    if (message.byte(1) !== recordBatchMessage || !batch) return refuseArrow("the kind of a message");
    if (bodyBytes > maxBodyBytes) refuseArrow("a record batch of more than 256 MiB");
    const body = this.#take(bodyBytes);
    if (!body) return this.#endEarly();
    const rows = batch.long(0);
    if (rows > maxBatchRows) refuseArrow(`a record batch of more than ${maxBatchRows} rows`);
    this.#count(rows * wanted.length * 8);
    const columns = this.#columnBuffers(batch, body, rows, wanted).map((source, index) => {
      return { values: readValues(this.columns[wanted[index]!]!, source), start: 0 };
    });
    return { rows, columns };
  }

  /** The buffers of the wanted columns. */
  #columnBuffers(batch: FlatTable, body: Uint8Array, rows: number, wanted: readonly number[]): ColumnBuffers[] {
    const nodes = batch.vector(1, 16);
    const buffers = batch.vector(2, 16);
    const view = batch.view;
    const firstBuffers = this.columns.reduce((firsts, { buffers: count }) => [...firsts, firsts.at(-1)! + count], [0]);
    if (nodes.count !== this.columns.length || buffers.count !== firstBuffers.at(-1)) {
      refuseArrow("the number of buffers");
    }
    const unpack = compressionOf(batch);
    return wanted.map((column) => {
      const node = nodes.start + 16 * column;
      if (readLong(view, node) !== rows) refuseArrow("a column with another number of rows");
      const own = Array.from({ length: this.columns[column]!.buffers }, (_, index) => {
        const entry = buffers.start + 16 * (firstBuffers[column]! + index);
        const start = readLong(view, entry);
        const end = start + readLong(view, entry + 8);
        if (end > body.length) refuseArrow("a buffer leaves its message");
        return unpack(body.subarray(start, end));
      });
      return { rows, nullCount: readLong(view, node + 8), buffers: own };
    });
  }
}

/** What unpacks the buffers of a batch: each begins with its unpacked length, -1 for one that is not packed. */
function compressionOf(batch: FlatTable): (buffer: Uint8Array) => Uint8Array {
  const compression = batch.table(3);
  if (!compression) return (buffer) => buffer;
  const unpack = [unpackLz4Frame, unpackZstd][compression.byte(0)] ?? refuseArrow("the codec of its buffers");
  return (buffer) => {
    if (buffer.length === 0) return buffer;
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    if (view.getInt32(4, true) === -1) return buffer.subarray(8);
    const bytes = readLong(view, 0);
    if (bytes > maxBodyBytes) refuseArrow("a buffer of more than 256 MiB");
    return unpack(buffer.subarray(8), bytes);
  };
}
