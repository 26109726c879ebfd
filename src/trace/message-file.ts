import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import { FlatTable, follow, readLong, refuseArrow } from "./flat-table.ts";

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
    buffers += typeBuffers.get(field.byte(2)) ?? refuseArrow("a column's type");
    if (field.has(4) || field.vector(5, 4).count > 0) refuseArrow("a column with a dictionary or with columns inside");
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
  if (nodes.count !== shape.columns || buffers.count !== shape.buffers) refuseArrow("the number of buffers");
  for (let index = 0; index < buffers.count; index++) {
    const position = buffers.start + 16 * index;
    if (readLong(view, position) + readLong(view, position + 8) > bodyBytes) refuseArrow("a buffer leaves its message");
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
  if (!header || kind !== (known ? recordBatchMessage : schemaMessage)) refuseArrow("the kind of a message");
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
      if (count === 0) refuseArrow("the file ends inside a message");
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
    if (metadataBytes + bodyBytes > restBytes) refuseArrow("the file ends inside a message");
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
      if (view.getUint32(0, true) !== continuation) refuseArrow("the mark before a message");
      if (metadataBytes === 0) {
        if (restBytes > 0) refuseArrow(`${restBytes} bytes follow its end`);
        yield prefix;
        return;
      }
      if (metadataBytes > Math.min(maxMetadataBytes, restBytes)) refuseArrow("the length of a message");
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
