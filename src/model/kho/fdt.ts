import { assert, FormatError, roundUp } from "../../base/index.ts";

/*
 * Flattened device trees of version 17, as far as KHO uses them.
 *
 * Source   Devicetree Specification 0.4, chapter 5; linux-7.3 scripts/dtc/libfdt fdt_sw.c, fdt_rw.c
 */

const magic = 0xd00dfeed;
const headerBytes = 40;
const version = 17;
const lastCompatibleVersion = 16;
const reservationBytes = 16;

const beginNode = 1;
const endNode = 2;
const property = 3;
const nop = 4;
const end = 9;

/** A handover's tree is one page and two levels; the limits keep a corrupt one from exhausting stack and memory. */
const maxDepth = 16;
const maxBytes = 65_536;

/** Bytes of a name are mapped to characters one by one: names are ASCII, and what is not stays what it is. */
const latin1 = {
  decode: (bytes: Uint8Array): string => String.fromCharCode(...bytes),
  encode: (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0)),
};

export interface FdtProperty {
  readonly name: string;
  readonly value: Uint8Array;
}

export interface FdtNode {
  readonly name: string;
  readonly properties: FdtProperty[];
  readonly children: FdtNode[];
}

/** A device tree with the order of its parts, so that it gives the same bytes again. */
export interface FdtTree {
  readonly root: FdtNode;
  /** Names of properties as the strings block has them, each with its NUL. */
  strings: string;
  /** Reserved ranges as they stand in the blob: 16 bytes each, without the last one of zeros. */
  readonly reservations: Uint8Array;
  readonly bootCpu: number;
}

/** A tree as the kernel's sequential writer makes it: later names of properties stand in front of earlier ones. */
export function createFdt(properties: readonly FdtProperty[]): FdtTree {
  const tree: FdtTree = {
    root: { name: "", properties: [...properties], children: [] },
    strings: "",
    reservations: new Uint8Array(),
    bootCpu: 0,
  };
  for (const { name } of properties) if (nameOffset(tree, name) < 0) tree.strings = `${name}\0${tree.strings}`;
  return tree;
}

/** fdt_setprop() of a new property: it goes in front of the node's others, its name to the end of the strings. */
export function addProperty(tree: FdtTree, node: FdtNode, added: FdtProperty): void {
  assert(!node.properties.some(({ name }) => name === added.name), `property ${added.name} is there already`);
  node.properties.unshift(added);
  if (nameOffset(tree, added.name) < 0) tree.strings += `${added.name}\0`;
}

/** fdt_add_subnode(): the new node goes in front of the parent's other ones. */
export function addSubnode(parent: FdtNode, name: string): FdtNode {
  assert(!parent.children.some((child) => child.name === name), `node ${name} is there already`);
  const node: FdtNode = { name, properties: [], children: [] };
  parent.children.unshift(node);
  return node;
}

/** Where a name stands; as in libfdt it may be the end of a longer one. */
function nameOffset({ strings }: FdtTree, name: string): number {
  return strings.indexOf(`${name}\0`);
}

function structWords(tree: FdtTree, node: FdtNode, out: number[]): void {
  const pad = (bytes: Uint8Array): void => {
    out.push(...bytes);
    while (out.length % 4 !== 0) out.push(0);
  };
  const word = (value: number): void => {
    out.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  };
  word(beginNode);
  pad(latin1.encode(`${node.name}\0`));
  for (const { name, value } of node.properties) {
    word(property);
    word(value.length);
    word(nameOffset(tree, name));
    pad(value);
  }
  for (const child of node.children) structWords(tree, child, out);
  word(endNode);
  if (node === tree.root) word(end);
}

/** The tree's bytes, packed: header, reservations, structure, strings. */
export function buildFdt(tree: FdtTree): Uint8Array {
  const structure: number[] = [];
  structWords(tree, tree.root, structure);
  const strings = latin1.encode(tree.strings);
  const structOffset = headerBytes + tree.reservations.length + reservationBytes;
  const stringsOffset = structOffset + structure.length;
  const bytes = new Uint8Array(stringsOffset + strings.length);
  const header = [
    magic,
    bytes.length,
    structOffset,
    stringsOffset,
    headerBytes,
    version,
    lastCompatibleVersion,
    tree.bootCpu,
    strings.length,
    structure.length,
  ];
  const view = new DataView(bytes.buffer);
  for (const [index, field] of header.entries()) view.setUint32(4 * index, field);
  bytes.set(tree.reservations, headerBytes);
  bytes.set(structure, structOffset);
  bytes.set(strings, stringsOffset);
  return bytes;
}

function corrupt(what: string): FormatError {
  return new FormatError(`device tree: ${what}`);
}

interface FdtHeader {
  readonly totalBytes: number;
  readonly structOffset: number;
  readonly stringsOffset: number;
  readonly reservationsOffset: number;
  readonly bootCpu: number;
  readonly stringsBytes: number;
  readonly structBytes: number;
}

/** True where a device tree may begin. */
export function startsFdt(bytes: Uint8Array): boolean {
  return bytes.length >= headerBytes && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === magic;
}

/** Checks the header of the tree at the beginning of `bytes`; what lies behind its end is left alone. */
function readHeader(bytes: Uint8Array): FdtHeader {
  if (!startsFdt(bytes)) throw corrupt("it does not begin with d00dfeed");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const field = (index: number): number => view.getUint32(4 * index);
  const header: FdtHeader = {
    totalBytes: field(1),
    structOffset: field(2),
    stringsOffset: field(3),
    reservationsOffset: field(4),
    bootCpu: field(7),
    stringsBytes: field(8),
    structBytes: field(9),
  };
  if (field(5) !== version || field(6) !== lastCompatibleVersion) {
    throw corrupt(`version ${field(5)}, compatible to ${field(6)}; it must be 17, compatible to 16`);
  }
  if (header.totalBytes > maxBytes) throw corrupt(`${header.totalBytes} bytes; at most ${maxBytes} are read`);
  if (header.totalBytes > bytes.length) throw corrupt(`${header.totalBytes} bytes, of which ${bytes.length} are there`);
  const inside = (offset: number, length: number): boolean =>
    offset >= headerBytes && offset + length <= header.totalBytes;
  if (!inside(header.structOffset, header.structBytes)) throw corrupt("its structure lies outside");
  if (!inside(header.stringsOffset, header.stringsBytes)) throw corrupt("its strings lie outside");
  if (!inside(header.reservationsOffset, 0)) throw corrupt("its reservations lie outside");
  if (header.structOffset % 4 !== 0) throw corrupt("its structure is not aligned");
  return header;
}

/** Reads structure tokens and never beyond the structure. */
class StructReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #strings: string;
  #offset = 0;

  constructor(bytes: Uint8Array, strings: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#strings = strings;
  }

  word(): number {
    if (this.#offset + 4 > this.#bytes.length) throw corrupt("its structure ends too early");
    this.#offset += 4;
    return this.#view.getUint32(this.#offset - 4);
  }

  token(): number {
    for (;;) {
      const token = this.word();
      if (token !== nop) return token;
    }
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#offset) throw corrupt("its structure ends too early");
    const taken = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset = Math.min(roundUp(this.#offset + length, 4), this.#bytes.length);
    return taken;
  }

  nodeName(): string {
    const nul = this.#bytes.indexOf(0, this.#offset);
    if (nul < 0) throw corrupt("a node's name does not end");
    return latin1.decode(this.#take(nul - this.#offset + 1)).slice(0, -1);
  }

  property(): FdtProperty {
    const length = this.word();
    const offset = this.word();
    const nul = this.#strings.indexOf("\0", offset);
    if (offset >= this.#strings.length || nul < 0) throw corrupt("a property's name lies outside of the strings");
    return { name: this.#strings.slice(offset, nul), value: this.#take(length).slice() };
  }
}

function readNode(reader: StructReader, depth: number): FdtNode {
  if (depth > maxDepth) throw corrupt(`deeper than ${maxDepth} levels`);
  const node: FdtNode = { name: reader.nodeName(), properties: [], children: [] };
  for (;;) {
    const token = reader.token();
    if (token === endNode) return node;
    if (token === property) {
      if (node.children.length > 0) throw corrupt("a property stands behind a node");
      node.properties.push(reader.property());
    } else if (token === beginNode) {
      node.children.push(readNode(reader, depth + 1));
    } else {
      throw corrupt(`unknown token ${token}`);
    }
  }
}

function readReservations(bytes: Uint8Array): Uint8Array {
  for (let offset = 0; offset + reservationBytes <= bytes.length; offset += reservationBytes) {
    if (bytes.subarray(offset, offset + reservationBytes).every((byte) => byte === 0)) return bytes.slice(0, offset);
  }
  throw corrupt("its reservations do not end");
}

/** Parses the tree at the beginning of `bytes`. Errors: FormatError. */
export function parseFdt(bytes: Uint8Array): FdtTree {
  const header = readHeader(bytes);
  const { structOffset, stringsOffset, reservationsOffset } = header;
  const strings = latin1.decode(bytes.subarray(stringsOffset, stringsOffset + header.stringsBytes));
  const reader = new StructReader(bytes.subarray(structOffset, structOffset + header.structBytes), strings);
  if (reader.token() !== beginNode) throw corrupt("it has no root");
  const root = readNode(reader, 0);
  if (reader.token() !== end) throw corrupt("its structure does not end behind the root");
  const reservations = readReservations(bytes.subarray(reservationsOffset, header.totalBytes));
  return { root, strings, reservations, bootCpu: header.bootCpu };
}
