import { orderPages, pageBytes } from "../../base/index.ts";
import { FieldReader, FieldWriter } from "./fields.ts";
import { mergeRuns } from "./key-runs.ts";
import type { PageKind } from "./memory.ts";
import {
  checkAddress,
  faultAt,
  type MetadataPage,
  type MetadataReader,
  type MetadataWriter,
} from "./metadata-pages.ts";
import { type KeyRun, radixKey } from "./radix-tree.ts";

/** Keys of a leaf, one bit each, and entries of a table above. linux-7.3 kexec_handover.c [KHO-02] */
const leafKeys = 8 * pageBytes;
const tableEntries = pageBytes / 8;
const rootLevel = 5;

/** Order that a key of 2^52 has; each order more is a bit less. */
const orderZeroLog2 = 52;
/** Physical memory of x86-64 in pages: a block beyond it is none. */
const maxFrames = 2 ** 40;

/**
 * A page of bits may give 16,384 runs: beyond this many an image is refused, so that no small one fills this process's
 * memory. A kernel with so many pieces would take days to reserve them.
 */
const maxRuns = 2 ** 21;

type Level = 0 | 1 | 2 | 3 | 4 | 5;

/** Keys below one entry of a table of `level`. */
function entryKeys(level: number): number {
  return leafKeys * tableEntries ** (level - 1);
}

function kindOf(level: number): PageKind {
  return `tracker-${level as Level}`;
}

/** Sets bits `from` to `to` - 1 of a leaf. */
function setBits(leaf: Uint8Array, from: number, to: number): void {
  let bit = from;
  for (; bit < to && bit % 8 !== 0; bit++) leaf[bit >>> 3]! |= 1 << (bit & 7);
  const wholeEnd = Math.max(to - (to % 8), bit);
  leaf.fill(0xff, bit >>> 3, wholeEnd >>> 3);
  for (bit = wholeEnd; bit < to; bit++) leaf[bit >>> 3]! |= 1 << (bit & 7);
}

/** Writes keys in ascending order, so each level has but one node that may still grow. */
class TreeWriter {
  readonly #writer: MetadataWriter;
  /** The newest node of each level and the number of its prefix. */
  readonly #path: { page: MetadataPage; prefix: number }[] = [];

  constructor(writer: MetadataWriter) {
    this.#writer = writer;
    this.#path[rootLevel] = { page: writer.allocate(kindOf(rootLevel)), prefix: 0 };
  }

  get rootAddress(): number {
    return this.#path[rootLevel]!.page.address;
  }

  /** The leaf with the given number (key / 32,768), and tables down to it where they are missing. */
  leaf(number: number): Uint8Array {
    for (let level = rootLevel; level > 0; level--) {
      const prefix = Math.floor(number / tableEntries ** (level - 1));
      if (this.#path[level - 1]?.prefix === prefix) continue;
      const page = this.#writer.allocate(kindOf(level - 1));
      new FieldWriter(this.#path[level]!.page.bytes, (prefix % tableEntries) * 8).u52(page.address);
      this.#path[level - 1] = { page, prefix };
    }
    return this.#path[0]!.page.bytes;
  }
}

/**
 * Builds the tracker's pages for a preserved set and gives its root's address.
 *
 * Nodes are taken in the order of the walk, each before those below it. They are not preserved themselves: the next
 * kernel reads them before it gives any memory away [KHO-13].
 *
 * Shape    runs in any order that do not overlap
 * Source   linux-7.3 kexec_handover.c kho_radix_add_key()
 */
export function writeRadixPages(writer: MetadataWriter, runs: readonly KeyRun[]): number {
  const tree = new TreeWriter(writer);
  for (const { order, first, count } of mergeRuns(runs)) {
    let key = radixKey(order, first);
    const end = key + count;
    while (key < end) {
      const number = Math.floor(key / leafKeys);
      const next = Math.min(end, (number + 1) * leafKeys);
      setBits(tree.leaf(number), key - number * leafKeys, next - number * leafKeys);
      key = next;
    }
  }
  return tree.rootAddress;
}

/** Bits of a key below 2^53, counted exactly: a logarithm rounds. */
function bitLength(key: number): number {
  const high = Math.floor(key / 2 ** 32);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(key);
}

/** Gathers ascending keys into runs. */
class RunCollector {
  readonly runs: KeyRun[] = [];
  #start = -1;
  #end = -1;
  #leaf: MetadataPage | undefined;

  /** Keys `from` to `to` - 1, all on `leaf`. */
  add(leaf: MetadataPage, from: number, to: number): void {
    // Runs never cross orders: the last block of an order would lie at the end of 2^64 bytes, and is refused.
    if (from === this.#end) {
      this.#end = to;
      return;
    }
    this.close();
    this.#leaf = leaf;
    this.#start = from;
    this.#end = to;
  }

  close(): void {
    if (!this.#leaf) return;
    if (this.#start === 0) throw faultAt(this.#leaf, "key 0 stands for no block");
    const order = orderZeroLog2 + 1 - bitLength(this.#start);
    const first = this.#start - 2 ** (orderZeroLog2 - order);
    const count = this.#end - this.#start;
    if ((first + count) * orderPages(order) > maxFrames) {
      throw faultAt(this.#leaf, `block ${first + count - 1} of order ${order} lies beyond physical memory`);
    }
    if (this.runs.length === maxRuns) throw faultAt(this.#leaf, `more than ${maxRuns} runs of preserved blocks`);
    this.runs.push({ order, first, count });
  }
}

function readLeaf(leaf: MetadataPage, firstKey: number, out: RunCollector): void {
  const { bytes } = leaf;
  let start = -1;
  const edge = (bit: number, isSet: boolean): void => {
    if (isSet && start < 0) start = bit;
    else if (!isSet && start >= 0) {
      out.add(leaf, firstKey + start, firstKey + bit);
      start = -1;
    }
  };
  for (let index = 0; index < pageBytes; index++) {
    const byte = bytes[index]!;
    if (byte === 0 || byte === 0xff) edge(8 * index, byte !== 0);
    else for (let bit = 0; bit < 8; bit++) edge(8 * index + bit, ((byte >>> bit) & 1) === 1);
  }
  edge(leafKeys, false);
}

function readTable(
  reader: MetadataReader,
  table: MetadataPage,
  level: number,
  firstKey: number,
  out: RunCollector,
): void {
  const entries = new FieldReader(table.bytes);
  for (let index = 0; index < tableEntries; index++) {
    const entry = entries.u52();
    if (entry === 0) continue;
    const address = checkAddress(table, entry, `entry ${index}`);
    const key = firstKey + index * entryKeys(level);
    if (key >= 2 ** (orderZeroLog2 + 1)) throw faultAt(table, `entry ${index} stands for keys of more than 53 bits`);
    const node = reader.take(address, kindOf(level - 1));
    if (level === 1) readLeaf(node, key, out);
    else readTable(reader, node, level - 1, key, out);
  }
}

/**
 * Walks the tracker from its root: every preserved block, as runs by ascending key.
 *
 * Errors   FormatError: nodes that are shared, missing or not aligned, keys that stand for no block
 * Cost     a look at each page; a page is taken once, so a corrupt tree costs no more
 * Source   linux-7.3 kexec_handover.c kho_radix_walk_tree() [KHO-13]
 */
export function readRadixPages(reader: MetadataReader, rootAddress: number): KeyRun[] {
  const root = reader.take(rootAddress, kindOf(rootLevel));
  const out = new RunCollector();
  readTable(reader, root, rootLevel, 0, out);
  out.close();
  return out.runs;
}
