import { FormatError } from "../../base/index.ts";

const blockBytes = 512;

/** A recorder's bundle has some hundred members; names are paths of at most 256 characters. */
const maxMembers = 10_000;

function textOf(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString("latin1", start, end < 0 ? start + length : Math.min(end, start + length));
}

function octal(text: string): number {
  return /^ *[0-7]{1,11} *$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

/** A header's bytes add up to what it says, its own field counted as spaces. */
function isHeader(block: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at < blockBytes; at++) sum += at >= 148 && at < 156 ? 0x20 : block[at]!;
  return sum === octal(textOf(block, 148, 8));
}

export function isTar(bytes: Buffer): boolean {
  return bytes.length >= blockBytes && bytes.toString("latin1", 257, 262) === "ustar" && isHeader(bytes);
}

/**
 * Regular files of a tar, by their paths; the bytes are views of the archive. Nothing is written anywhere, so a path may
 * say what it likes. Long names (GNU, pax) are not read: their members keep the short one.
 *
 * Errors   FormatError: cut, changed, or with more members than a bundle has
 */
export function readTar(path: string, bytes: Buffer): ReadonlyMap<string, Buffer> {
  const members = new Map<string, Buffer>();
  let count = 0;
  for (let at = 0; at + blockBytes <= bytes.length;) {
    const block = bytes.subarray(at, at + blockBytes);
    if (block[0] === 0) return members;
    const size = octal(textOf(block, 124, 12));
    if (!isHeader(block) || !(at + blockBytes + size <= bytes.length)) {
      throw new FormatError(`${path}: member ${count + 1} is not whole`, { hint: "fetch the bundle again" });
    }
    if (++count > maxMembers) throw new FormatError(`${path}: more than ${maxMembers} members`);
    const prefix = textOf(block, 345, 155);
    const name = `${prefix === "" ? "" : `${prefix}/`}${textOf(block, 0, 100)}`.replace(/^\.\//, "");
    const type = block[156];
    if (type === 0 || type === 0x30) members.set(name, bytes.subarray(at + blockBytes, at + blockBytes + size));
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
  }
  throw new FormatError(`${path}: the tar has no end`, { hint: "fetch the bundle again" });
}
