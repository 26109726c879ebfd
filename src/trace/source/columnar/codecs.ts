import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";

import { FormatError } from "../../../base/index.ts";

/**
 * The codecs of pages and buffers in columnar files, each with the number of bytes that must come out: more than these is
 * never written, whatever the packed bytes say.
 *
 * Source   snappy's format_description.txt; lz4_Block_format.md and lz4_Frame_format.md
 */

function damaged(codec: string, what: string): never {
  throw new FormatError(`damaged ${codec} data: ${what}`);
}

/** Copies bytes that were written already, which may overlap with where they go. */
function copyBack(target: Uint8Array, at: number, distance: number, count: number, codec: string): void {
  if (distance === 0 || distance > at) damaged(codec, "a copy from before the beginning");
  if (at + count > target.length) damaged(codec, "more bytes than stated");
  if (distance >= count) target.copyWithin(at, at - distance, at - distance + count);
  else for (let index = at; index < at + count; index++) target[index] = target[index - distance]!;
}

function littleEndian(packed: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let index = bytes - 1; index >= 0; index--) value = value * 256 + (packed[at + index] ?? 0);
  return value;
}

function unpackSnappy(packed: Uint8Array, bytes: number): Uint8Array {
  const target = new Uint8Array(bytes);
  let from = 0;
  while (from < packed.length && packed[from]! >= 128) from++;
  from++;
  let at = 0;
  while (from < packed.length) {
    const tag = packed[from++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let count = (tag >> 2) + 1;
      if (count > 60) {
        const lengthBytes = count - 60;
        count = littleEndian(packed, from, lengthBytes) + 1;
        from += lengthBytes;
      }
      if (from + count > packed.length || at + count > bytes) damaged("snappy", "a text beyond its end");
      target.set(packed.subarray(from, from + count), at);
      from += count;
      at += count;
      continue;
    }
    const distanceBytes = kind === 3 ? 4 : kind;
    const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const distance = littleEndian(packed, from, distanceBytes) + (kind === 1 ? (tag >> 5) * 256 : 0);
    from += distanceBytes;
    copyBack(target, at, distance, count, "snappy");
    at += count;
  }
  if (at !== bytes) damaged("snappy", "fewer bytes than stated");
  return target;
}

/** One block of LZ4 into `target` from `start` on, which later blocks may copy from; gives where it ends. */
function unpackLz4Block(packed: Uint8Array, target: Uint8Array, start: number): number {
  let from = 0;
  let at = start;
  const extended = (count: number): number => {
    if (count < 15) return count;
    let total = count;
    for (;;) {
      const byte = packed[from++] ?? damaged("lz4", "it ends inside a length");
      total += byte;
      if (byte < 255) return total;
    }
  };
  while (from < packed.length) {
    const token = packed[from++]!;
    const literals = extended(token >> 4);
    if (from + literals > packed.length || at + literals > target.length) damaged("lz4", "a text beyond its end");
    target.set(packed.subarray(from, from + literals), at);
    from += literals;
    at += literals;
    if (from >= packed.length) return at;
    const distance = littleEndian(packed, from, 2);
    from += 2;
    const count = extended(token & 15) + 4;
    copyBack(target, at, distance, count, "lz4");
    at += count;
  }
  return at;
}

function unpackLz4Raw(packed: Uint8Array, bytes: number): Uint8Array {
  const target = new Uint8Array(bytes);
  if (unpackLz4Block(packed, target, 0) !== bytes) damaged("lz4", "fewer bytes than stated");
  return target;
}

function bigEndian(packed: Uint8Array, at: number): number {
  return new DataView(packed.buffer, packed.byteOffset, packed.byteLength).getUint32(at, false);
}

/** LZ4 as Hadoop frames it: both lengths before each block; some writers leave them out. */
function unpackLz4Hadoop(packed: Uint8Array, bytes: number): Uint8Array {
  if (packed.length < 8 || bigEndian(packed, 0) > bytes || bigEndian(packed, 4) > packed.length - 8) {
    return unpackLz4Raw(packed, bytes);
  }
  const target = new Uint8Array(bytes);
  let at = 0;
  for (let from = 0; from + 8 <= packed.length;) {
    const packedBytes = bigEndian(packed, from + 4);
    at = unpackLz4Block(packed.subarray(from + 8, from + 8 + packedBytes), target, at);
    from += 8 + packedBytes;
  }
  if (at !== bytes) damaged("lz4", "fewer bytes than stated");
  return target;
}

/** An LZ4 frame, as Arrow has it. */
export function unpackLz4Frame(packed: Uint8Array, bytes: number): Uint8Array {
  const target = new Uint8Array(bytes);
  if (packed.length < 7 || littleEndian(packed, 0, 4) !== 0x184d_2204) damaged("lz4", "no frame");
  const flags = packed[4]!;
  let from = 7 + ((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4);
  let at = 0;
  for (;;) {
    if (from + 4 > packed.length) damaged("lz4", "it ends inside a frame");
    const size = littleEndian(packed, from, 4);
    from += 4;
    if (size === 0) break;
    const length = size % 0x8000_0000;
    const block = packed.subarray(from, from + length);
    if (size >= 0x8000_0000) {
      if (at + block.length > bytes) damaged("lz4", "more bytes than stated");
      target.set(block, at);
      at += block.length;
    } else {
      at = unpackLz4Block(block, target, at);
    }
    from += length + ((flags & 16) === 0 ? 0 : 4);
  }
  if (at !== bytes) damaged("lz4", "fewer bytes than stated");
  return target;
}

export type UnpackBlock = (packed: Uint8Array, bytes: number) => Uint8Array;

function byNode(
  codec: string,
  unpack: (packed: Uint8Array, options: { maxOutputLength: number }) => Uint8Array,
): UnpackBlock {
  return (packed, bytes) => {
    let unpacked: Uint8Array;
    try {
      // A limit of 0 is not taken.
      unpacked = unpack(packed, { maxOutputLength: Math.max(bytes, 1) });
    } catch (error) {
      return damaged(codec, (error as Error).message);
    }
    return unpacked.length === bytes ? unpacked : damaged(codec, "not as many bytes as stated");
  };
}

export const unpackZstd = byNode("zstd", zstdDecompressSync);

/** Codecs by their number in Parquet (parquet.thrift, CompressionCodec). */
export const parquetCodecs: ReadonlyMap<number, UnpackBlock> = new Map<number, UnpackBlock>([
  [0, (packed, bytes) => (packed.length === bytes ? packed : damaged("plain", "not as many bytes as stated"))],
  [1, unpackSnappy],
  [2, byNode("gzip", gunzipSync)],
  [4, byNode("brotli", brotliDecompressSync)],
  [5, unpackLz4Hadoop],
  [6, unpackZstd],
  [7, unpackLz4Raw],
]);
