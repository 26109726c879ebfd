import { expect, test } from "vitest";

import { FormatError } from "../base/index.ts";
import { readSegments, type Segment } from "./elf-core.ts";

/** The header and program headers of a core with the given pieces of memory. */
function headersOf(segments: readonly Segment[]): Uint8Array {
  const bytes = new Uint8Array(64 + 56 * segments.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 4, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  for (const [index, { address, offset, sizeBytes }] of segments.entries()) {
    const at = 64 + 56 * index;
    view.setUint32(at, 1, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 24, BigInt(address), true);
    view.setBigUint64(at + 32, BigInt(sizeBytes), true);
  }
  return bytes;
}

function read(...segments: readonly Segment[]): Segment[] {
  const bytes = headersOf(segments);
  return readSegments((offset, length) => bytes.subarray(offset, offset + length));
}

const ram: Segment = { address: 0x10_0000, offset: 0x20_0000, sizeBytes: 0x4000_0000 };

test("pieces come by address", () => {
  const high: Segment = { address: 2 ** 32, offset: 0x1000, sizeBytes: 0x10_0000 };
  expect(read(high, ram)).toEqual([ram, high]);
});

test("the kernel's text, which /proc/vmcore has twice, leaves no hole behind it", () => {
  const text: Segment = { address: 0x100_0000, offset: 0x1000, sizeBytes: 0x1f_0000 };
  expect(read(text, ram)).toEqual([ram]);
});

test("of a piece that overlaps another the rest is kept", () => {
  const over: Segment = { address: 0x4000_0000, offset: 0x8000_0000, sizeBytes: 0x20_0000 };
  expect(read(ram, over)).toEqual([ram, { address: 0x4010_0000, offset: 0x8010_0000, sizeBytes: 0x10_0000 }]);
});

test("one piece of the file is not many pieces of memory", () => {
  const again = { ...ram, address: 2 ** 40 };
  expect(() => read(ram, again)).toThrow(FormatError);
  expect(() => read(ram, again)).toThrow("memory at 0x10000000000 has bytes of the file that others have");
});
