import { FormatError } from "../base/index.ts";

/** Part of a file that holds the memory from `address` on. */
export interface Segment {
  readonly address: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/*
 * ELF64 cores as `dump-guest-memory` of QEMU and /proc/vmcore write them.
 *
 * Source   Tool Interface Standard: Executable and Linking Format; System V ABI, AMD64 supplement
 */
const magic = 0x7f454c46;
const elfClass64 = 2;
const littleEndian = 1;
const coreType = 4;
const loadType = 1;
const headerBytes = 64;
const programHeaderBytes = 56;
/** PN_XNUM: the count stands elsewhere. No physical memory has so many pieces. */
const extendedCount = 0xffff;

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === magic;
}

/** Reads bytes of a file; fewer than asked for at its end. */
export type ReadBytes = (offset: number, length: number) => Uint8Array;

/**
 * The same memory in pieces that do not overlap, by address. Of the kernel's own text /proc/vmcore has a piece more, with
 * the virtual addresses that it runs at; its bytes stand in the piece of the RAM around it as well.
 *
 * Source   linux-7.3 kernel/crash_core.c crash_prepare_elf64_headers()
 */
function withoutOverlaps(segments: readonly Segment[]): Segment[] {
  const apart: Segment[] = [];
  let end = 0;
  for (const { address, offset, sizeBytes } of segments.toSorted(
    (left, right) => left.address - right.address || right.sizeBytes - left.sizeBytes,
  )) {
    const known = Math.max(0, end - address);
    if (sizeBytes <= known) continue;
    apart.push({ address: address + known, offset: offset + known, sizeBytes: sizeBytes - known });
    end = address + sizeBytes;
  }
  return apart;
}

/** Pieces that share bytes of the file would make a small file a memory of any size, to be looked through for ever. */
function checkOffsets(segments: readonly Segment[]): void {
  let end = 0;
  for (const { address, offset, sizeBytes } of segments.toSorted((left, right) => left.offset - right.offset)) {
    if (offset < end)
      throw new FormatError(`memory at 0x${address.toString(16)} has bytes of the file that others have`);
    end = offset + sizeBytes;
  }
}

/** Pieces of memory from the program headers of type PT_LOAD, by address. Errors: FormatError, without the file's name. */
export function readSegments(read: ReadBytes): Segment[] {
  const header = read(0, headerBytes);
  if (header.length < headerBytes) throw new FormatError("the ELF header is cut");
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header[4] !== elfClass64 || header[5] !== littleEndian || view.getUint16(16, true) !== coreType) {
    throw new FormatError("an ELF file, but no 64-bit little-endian core");
  }
  const tableOffset = Number(view.getBigUint64(32, true));
  const entryBytes = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (entryBytes !== programHeaderBytes || count === extendedCount || !Number.isSafeInteger(tableOffset)) {
    throw new FormatError(`program headers of ${entryBytes} bytes, ${count} of them: this is no core of a memory`);
  }
  const table = read(tableOffset, count * programHeaderBytes);
  if (table.length < count * programHeaderBytes) throw new FormatError("the program headers are cut");
  const segments: Segment[] = [];
  for (let at = 0; at < table.length; at += programHeaderBytes) {
    const entry = new DataView(table.buffer, table.byteOffset + at, programHeaderBytes);
    if (entry.getUint32(0, true) !== loadType) continue;
    const [offset, address, sizeBytes] = [8, 24, 32].map((field) => Number(entry.getBigUint64(field, true)));
    const segment: Segment = { address: address!, offset: offset!, sizeBytes: sizeBytes! };
    if (!Number.isSafeInteger(segment.address + segment.offset + segment.sizeBytes)) {
      throw new FormatError(`program header ${at / programHeaderBytes} lies beyond any memory`);
    }
    segments.push(segment);
  }
  const apart = withoutOverlaps(segments);
  checkOffsets(apart);
  return apart;
}
