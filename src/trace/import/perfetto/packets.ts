import { inflateSync, zstdDecompressSync } from "node:zlib";

import { FormatError, mibBytes } from "../../../base/index.ts";
import type { InputFile } from "../../source/input.ts";
import { ProtoFields, wire } from "../../source/protobuf.ts";
import type { InputReader } from "../../source/reader.ts";
import { showPath } from "../../text.ts";

const maxPacketBytes = 64 * mibBytes;
/** Field 1 of Trace, a message (trace.proto). */
const packetTag = (1 << 3) | wire.bytes;
/** TracePacket.compressed_packets and .zstd_compressed_packets: packets as a Trace has them, packed (trace_packet.proto). */
const compressedPackets = 50;
const zstdPackets = 133;

/** A packet's bytes; they hold until the next. */
export type TakePacket = (packet: Uint8Array, number: number) => void;

/** Cuts a stream of bytes into packets. */
class PacketSplitter {
  readonly #take: (packet: Uint8Array) => void;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(take: (packet: Uint8Array) => void) {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (let end = this.#step(bytes, at); end > at; end = this.#step(bytes, at)) at = end;
    this.#rest = bytes.slice(at);
  }

  /** Takes what is whole from `at` on; gives where it ends, or `at`. */
  #step(bytes: Uint8Array, at: number): number {
    if (at >= bytes.length) return at;
    if (bytes[at] !== packetTag) throw new FormatError(`expected a packet, found a field with tag ${bytes[at]}`);
    let length = 0;
    let start = at + 1;
    for (let scale = 1; ; scale *= 128) {
      if (start >= bytes.length) return at;
      const byte = bytes[start++]!;
      length += (byte & 127) * scale;
      if (length > maxPacketBytes) throw new FormatError("a packet of more than 64 MiB");
      if (byte < 128) break;
    }
    if (start + length > bytes.length) return at;
    this.#take(bytes.subarray(start, start + length));
    return start + length;
  }

  get isWhole(): boolean {
    return this.#rest.length === 0;
  }
}

function unpack(packed: Uint8Array, isZstd: boolean): Uint8Array {
  const options = { maxOutputLength: maxPacketBytes };
  try {
    return isZstd ? zstdDecompressSync(packed, options) : inflateSync(packed, options);
  } catch (error) {
    throw new FormatError(`packed packets: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Reads the packets of a trace, those that are packed inside of another one included.
 *
 * Errors   FormatError with the file and the packet's number
 */
export async function readPackets(file: InputFile, reader: InputReader, take: TakePacket): Promise<number> {
  let number = 0;
  const count = reader.guard.follow(file.path, file.bytes);
  const takePacked = (packed: Uint8Array, isZstd: boolean) => {
    const bytes = unpack(packed, isZstd);
    count(bytes.length);
    const inside = new PacketSplitter((packet) => take(packet, ++number));
    inside.push(bytes);
    if (!inside.isWhole) throw new FormatError("packed packets end inside one");
  };
  const splitter = new PacketSplitter((packet) => {
    const fields = new ProtoFields(packet);
    let isPacked = false;
    while (fields.next()) {
      if ((fields.field !== compressedPackets && fields.field !== zstdPackets) || fields.type !== wire.bytes) continue;
      isPacked = true;
      takePacked(packet.subarray(fields.start, fields.end), fields.field === zstdPackets);
    }
    if (!isPacked) take(packet, ++number);
  });
  try {
    for await (const chunk of reader.chunks(file)) splitter.push(chunk);
  } catch (error) {
    if (!(error instanceof FormatError) || error.message.startsWith(showPath(file.path))) throw error;
    throw new FormatError(`${showPath(file.path)}: packet ${number + 1}: ${error.message}`, { cause: error });
  }
  if (!splitter.isWhole) reader.noteTruncated(file, `the file ends inside packet ${number + 1}`);
  return number;
}
