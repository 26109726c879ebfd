import { pageBytes } from "../../src/base/index.ts";

const headerBytes = 64;
const programHeaderBytes = 56;

/** An ELF64 core with the given pages, one program header a contiguous piece: what a dump of sparse memory looks like. */
export function makeElfCore(pages: readonly { readonly address: number; readonly bytes: Uint8Array }[]): Uint8Array {
  const sorted = [...pages].sort((left, right) => left.address - right.address);
  const pieces: { address: number; count: number }[] = [];
  for (const { address } of sorted) {
    const last = pieces.at(-1);
    if (last && last.address + last.count * pageBytes === address) last.count++;
    else pieces.push({ address, count: 1 });
  }
  const dataOffset = headerBytes + pieces.length * programHeaderBytes;
  const core = new Uint8Array(dataOffset + sorted.length * pageBytes);
  const view = new DataView(core.buffer);
  core.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 4, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, BigInt(headerBytes), true);
  view.setUint16(52, headerBytes, true);
  view.setUint16(54, programHeaderBytes, true);
  view.setUint16(56, pieces.length, true);
  let offset = dataOffset;
  for (const [index, { address, count }] of pieces.entries()) {
    const at = headerBytes + index * programHeaderBytes;
    view.setUint32(at, 1, true);
    for (const [field, value] of [
      [8, offset],
      [24, address],
      [32, count * pageBytes],
      [40, count * pageBytes],
    ] as const) {
      view.setBigUint64(at + field, BigInt(value), true);
    }
    offset += count * pageBytes;
  }
  for (const [index, { bytes }] of sorted.entries()) core.set(bytes, dataOffset + index * pageBytes);
  return core;
}
