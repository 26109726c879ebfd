import { pipeline, Readable, type Transform } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { constants, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

import xz from "xz-decompress";

import { type FramePiece, zstdFrames } from "./zstd-frames.ts";

/** How a file is packed, by its first bytes. */
export type Codec = "none" | "gzip" | "zlib" | "xz" | "zstd";

const chunkBytes = 256 * 1024;

const magics: readonly (readonly [Codec, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  // RFC 1950: deflate with a window of 32 KiB; the second byte is the level and makes both a multiple of 31.
  ["zlib", [0x78, 0x01]],
  ["zlib", [0x78, 0x5e]],
  ["zlib", [0x78, 0x9c]],
  ["zlib", [0x78, 0xda]],
];

export function detectCodec(head: Uint8Array): Codec {
  return magics.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0] ?? "none";
}

/** The unpacked bytes of a stream; `isLenient` gives what a stream that ends too early held, instead of an error. */
type Unpack = (source: AsyncIterable<Uint8Array>, isLenient: boolean) => AsyncIterable<Uint8Array>;

function through(source: AsyncIterable<Uint8Array>, decoder: Transform): AsyncIterable<Uint8Array> {
  // The callback is only there because pipeline wants one: the error comes out of the decoder.
  pipeline(Readable.from(source, { objectMode: false }), decoder, () => undefined);
  return decoder as AsyncIterable<Uint8Array>;
}

function zlibOptions(isLenient: boolean) {
  return { chunkSize: chunkBytes, ...(isLenient && { finishFlush: constants.Z_SYNC_FLUSH }) };
}

function zstdOptions(isLenient: boolean) {
  return { chunkSize: chunkBytes, ...(isLenient && { finishFlush: constants.ZSTD_e_flush }) };
}

/** The pieces up to the end of the frame that `first` begins. */
async function* frameOf(first: FramePiece, rest: AsyncGenerator<FramePiece>): AsyncGenerator<Uint8Array> {
  yield first.bytes;
  for (let isEnd = first.isEnd; !isEnd;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value.bytes;
    ({ isEnd } = next.value);
  }
}

async function* unpackZstd(source: AsyncIterable<Uint8Array>, isLenient: boolean): AsyncGenerator<Uint8Array> {
  const pieces = zstdFrames(source);
  for (;;) {
    const first = await pieces.next();
    if (first.done === true) return;
    yield* through(frameOf(first.value, pieces), createZstdDecompress(zstdOptions(isLenient)));
  }
}

function unpackXz(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // Node's and the browser's declarations of the same web stream differ.
  const packed = Readable.toWeb(Readable.from(source)) as never;
  return new xz.XzReadableStream(packed) as ReadableStream<Uint8Array>;
}

const unpackers: Readonly<Record<Codec, Unpack>> = {
  none: (source) => source,
  gzip: (source, isLenient) => through(source, createGunzip(zlibOptions(isLenient))),
  zlib: (source, isLenient) => through(source, createInflate(zlibOptions(isLenient))),
  zstd: unpackZstd,
  // Gives what it has unpacked before its error all the same.
  xz: unpackXz,
};

export function unpack(codec: Codec, source: AsyncIterable<Uint8Array>, isLenient = false): AsyncIterable<Uint8Array> {
  return unpackers[codec](source, isLenient);
}

/** Collects what comes out until something goes wrong, which in the middle of packed data it does. */
function collect(decoder: Transform, head: Uint8Array): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  return new Promise((resolve) => {
    decoder.on("data", (part: Uint8Array) => parts.push(part));
    decoder.on("error", () => resolve(parts));
    decoder.on("end", () => resolve(parts));
    decoder.end(head);
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

async function collectXz(head: Uint8Array): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of unpackXz(once(head))) parts.push(part);
  } catch {
    // The head ends in the middle of packed data.
  }
  return parts;
}

/** The beginning of what a packed file holds; nothing where none of it can be unpacked. */
export async function unpackHead(codec: Codec, head: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const heads: Readonly<Record<Codec, () => Promise<readonly Uint8Array[]>>> = {
    none: () => Promise.resolve([head]),
    gzip: () => collect(createGunzip(zlibOptions(true)), head),
    zlib: () => collect(createInflate(zlibOptions(true)), head),
    zstd: () => collect(createZstdDecompress(zstdOptions(true)), head),
    xz: () => collectXz(head),
  };
  return Buffer.concat(await heads[codec]()).subarray(0, maxBytes);
}
