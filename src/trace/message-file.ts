import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import { FormatError } from "../base/index.ts";

/**
 * Arrow's stream framing, walked before Arrow JS sees it: that library believes every length in a message's metadata, so
 * that one wrong bit may keep it busy for minutes or use up all memory. Here each vector is held against the bytes that
 * are there, and each batch against the schema in front of it.
 *
 * Source   Arrow columnar format 1.5: format/Message.fbs, format/Schema.fbs; FlatBuffers internals
 */

const prefixBytes = 8;
const maxMetadataBytes = 1024 * 1024;
const continuation = 0xffff_ffff;

const schemaMessage = 1;
const recordBatchMessage = 3;
/** Buffers of Int, FloatingPoint and Utf8 columns: the only types of our tables, and none of them holds a vector. */
const typeBuffers = new Map([
  [2, 2],
  [3, 2],
  [5, 3],
]);

function refuse(what: string): never {
  throw new FormatError(`not an Arrow stream of plain columns: ${what}`);
}

/** One FlatBuffers table inside a message's metadata; a read outside of the metadata throws RangeError. */
class FlatTable {
  readonly #view: DataView;
  readonly #position: number;
  readonly #vtable: number;

  constructor(view: DataView, position: number) {
    this.#view = view;
    this.#position = position;
    this.#vtable = position - view.getInt32(position, true);
  }

  /** Where a field's value is; undefined where the field has its default. */
  #field(index: number): number | undefined {
    const slot = 4 + 2 * index;
    if (slot >= this.#view.getUint16(this.#vtable, true)) return undefined;
    const offset = this.#view.getUint16(this.#vtable + slot, true);
    return offset === 0 ? undefined : this.#position + offset;
  }

  byte(index: number): number {
    const field = this.#field(index);
    return field === undefined ? 0 : this.#view.getUint8(field);
  }

  long(index: number): number {
    const field = this.#field(index);
    return field === undefined ? 0 : readLong(this.#view, field);
  }

  has(index: number): boolean {
    return this.#field(index) !== undefined;
  }

  table(index: number): FlatTable | undefined {
    const field = this.#field(index);
    return field === undefined ? undefined : new FlatTable(this.#view, follow(this.#view, field));
  }

  /** A vector whose elements all lie inside the metadata. */
  vector(index: number, elementBytes: number): { start: number; count: number } {
    const field = this.#field(index);
    if (field === undefined) return { start: 0, count: 0 };
    const position = follow(this.#view, field);
    const count = this.#view.getUint32(position, true);
    const start = position + 4;
    if (start + count * elementBytes > this.#view.byteLength) refuse("a vector leaves its message");
    return { start, count };
  }

  tables(index: number): FlatTable[] {
    const { start, count } = this.vector(index, 4);
    return Array.from({ length: count }, (_, element) => {
      return new FlatTable(this.#view, follow(this.#view, start + 4 * element));
    });
  }
}

function follow(view: DataView, position: number): number {
  return position + view.getUint32(position, true);
}

function readLong(view: DataView, position: number): number {
  const value = view.getInt32(position + 4, true) * 4_294_967_296 + view.getUint32(position, true);
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) refuse("a length is negative or beyond 2^53");
  return value;
}

/** Key and value of each entry are strings: vectors of bytes. */
function checkMetadata(owner: FlatTable, index: number): void {
  for (const entry of owner.tables(index)) {
    entry.vector(0, 1);
    entry.vector(1, 1);
  }
}

/** How many columns a stream has and how many buffers each of its batches must have. */
interface Shape {
  readonly columns: number;
  readonly buffers: number;
}

function checkSchema(schema: FlatTable): Shape {
  const fields = schema.tables(1);
  let buffers = 0;
  for (const field of fields) {
    field.vector(0, 1);
    buffers += typeBuffers.get(field.byte(2)) ?? refuse("a column's type");
    if (field.has(4) || field.vector(5, 4).count > 0) refuse("a column with a dictionary or with columns inside");
    checkMetadata(field, 6);
  }
  checkMetadata(schema, 2);
  schema.vector(3, 8);
  return { columns: fields.length, buffers };
}

function checkRecordBatch(view: DataView, batch: FlatTable, shape: Shape, bodyBytes: number): void {
  const nodes = batch.vector(1, 16);
  const buffers = batch.vector(2, 16);
  batch.vector(4, 8);
  if (nodes.count !== shape.columns || buffers.count !== shape.buffers) refuse("the number of buffers");
  for (let index = 0; index < buffers.count; index++) {
    const position = buffers.start + 16 * index;
    if (readLong(view, position) + readLong(view, position + 8) > bodyBytes) refuse("a buffer leaves its message");
  }
}

/** Checks a message's metadata: a schema without a shape known before, a batch with one. */
function checkMessage(bytes: Uint8Array, known: Shape | undefined): { shape: Shape; bodyBytes: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const message = new FlatTable(view, follow(view, 0));
  const kind = message.byte(1);
  const header = message.table(2);
  const bodyBytes = message.long(3);
  checkMetadata(message, 4);
  if (!header || kind !== (known ? recordBatchMessage : schemaMessage)) refuse("the kind of a message");
  if (!known) return { shape: checkSchema(header), bodyBytes };
  checkRecordBatch(view, header, known, bodyBytes);
  return { shape: known, bodyBytes };
}

/** A table's file, read message by message and hashed on the way, so that a changed or cut file is found. */
export class MessageFile {
  readonly #path: string;
  readonly #hash = createHash("sha256");

  #shape: Shape | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  #fill(file: number, target: Uint8Array): void {
    for (let offset = 0; offset < target.length;) {
      const count = readSync(file, target, offset, target.length - offset, null);
      if (count === 0) refuse("the file ends inside a message");
      offset += count;
    }
    this.#hash.update(target);
  }

  /** One message with its frame and its body, in memory of its own. */
  #readMessage(file: number, prefix: Uint8Array, metadataBytes: number, restBytes: number): Uint8Array {
    const metadata = new Uint8Array(metadataBytes);
    this.#fill(file, metadata);
    const { shape, bodyBytes } = checkMessage(metadata, this.#shape);
    this.#shape = shape;
    if (metadataBytes + bodyBytes > restBytes) refuse("the file ends inside a message");
    const message = new Uint8Array(prefixBytes + metadataBytes + bodyBytes);
    message.set(prefix);
    message.set(metadata, prefixBytes);
    this.#fill(file, message.subarray(prefixBytes + metadataBytes));
    return message;
  }

  *#messages(file: number): Generator<Uint8Array> {
    let restBytes = fstatSync(file).size;
    while (restBytes > 0) {
      const prefix = new Uint8Array(prefixBytes);
      this.#fill(file, prefix);
      restBytes -= prefixBytes;
      const view = new DataView(prefix.buffer);
      const metadataBytes = view.getUint32(4, true);
      if (view.getUint32(0, true) !== continuation) refuse("the mark before a message");
      if (metadataBytes === 0) {
        if (restBytes > 0) refuse(`${restBytes} bytes follow its end`);
        yield prefix;
        return;
      }
      if (metadataBytes > Math.min(maxMetadataBytes, restBytes)) refuse("the length of a message");
      const message = this.#readMessage(file, prefix, metadataBytes, restBytes);
      restBytes -= message.length - prefixBytes;
      yield message;
    }
  }

  *messages(): Generator<Uint8Array> {
    const file = openSync(this.#path, "r");
    try {
      yield* this.#messages(file);
    } finally {
      closeSync(file);
    }
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}
