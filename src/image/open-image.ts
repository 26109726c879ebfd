import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { FormatError, mibBytes, pageBytes, UsageError } from "../base/index.ts";
import type { PhysicalMemory } from "../model/index.ts";
import { isElf, type ReadBytes, readSegments, type Segment } from "./elf-core.ts";

/** Largest compressed image that is unpacked into memory; larger ones are to be unpacked into a file. */
const maxGzipBytes = 512 * mibBytes;

const gzipMagic = [0x1f, 0x8b];
const kdumpMagics = ["KDUMP   ", "DISKDUMP"];

/** Physical memory in a file: what is read of it is read page by page. */
export interface MemoryImage extends PhysicalMemory {
  readonly path: string;
  readonly kind: "raw" | "elf core";
  /** Pieces of memory that the file has, by address. */
  readonly segments: readonly Segment[];
  /** Bytes of a segment from `offset` of the file on; fewer at the file's end. */
  readonly read: ReadBytes;
  close(): void;
}

function isGzip(bytes: Uint8Array): boolean {
  return gzipMagic.every((byte, index) => bytes[index] === byte);
}

function unpack(path: string): Uint8Array {
  try {
    return gunzipSync(readFileSync(path), { maxOutputLength: maxGzipBytes });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new FormatError(
      tooLarge
        ? `${path}: more than ${maxGzipBytes} bytes unpacked`
        : `${path}: the compressed image is damaged or cut`,
      { cause: error, hint: tooLarge ? "unpack it with gunzip and name the result" : "take the image again" },
    );
  }
}

function readerOfFile(file: number): ReadBytes {
  return (offset, length) => {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const read = readSync(file, bytes, done, length - done, offset + done);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  };
}

function segmentsOf(path: string, read: ReadBytes, sizeBytes: number): Pick<MemoryImage, "kind" | "segments"> {
  const head = read(0, 8);
  if (kdumpMagics.includes(String.fromCharCode(...head))) {
    throw new FormatError(`${path}: a compressed kdump`, { hint: "make an ELF core of it: makedumpfile -E" });
  }
  if (!isElf(head)) return { kind: "raw", segments: [{ address: 0, offset: 0, sizeBytes }] };
  try {
    return { kind: "elf core", segments: readSegments(read) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(`${path}: ${error.message}`, { hint: "take the image again", cause: error });
  }
}

/** The segment that has all of the page at `address`. */
function findSegment(segments: readonly Segment[], address: number): Segment | undefined {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.address <= address) low = middle + 1;
    else high = middle;
  }
  const found = segments[low - 1];
  return found && address + pageBytes <= found.address + found.sizeBytes ? found : undefined;
}

/**
 * Opens an image of physical memory: raw (offset = physical address), an ELF64 core, or either one compressed by gzip.
 *
 * Errors   UsageError for a path that is no file; FormatError for what is none of these
 */
export function openImage(path: string): MemoryImage {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile())
    throw new UsageError(`${path}: ${stat ? "not a file" : "no such file"}`, { hint: "check the path" });
  const file = openSync(path, "r");
  try {
    const direct = readerOfFile(file);
    const unpacked = isGzip(direct(0, 2)) ? unpack(path) : undefined;
    const read: ReadBytes = unpacked ? (offset, length) => unpacked.subarray(offset, offset + length) : direct;
    const { kind, segments } = segmentsOf(path, read, unpacked?.length ?? stat.size);
    const page = (address: number): Uint8Array | undefined => {
      const segment = findSegment(segments, address);
      if (!segment) return undefined;
      const bytes = read(segment.offset + address - segment.address, pageBytes);
      return bytes.length === pageBytes ? bytes : undefined;
    };
    return { path, kind, segments, read, page, close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
