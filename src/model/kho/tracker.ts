import { assert, popcount } from "../../base/index.ts";
import type { KeyRun, RadixPages } from "./radix-tree.ts";

const tableEntries = 512;
/** Bits of a leaf page [KHO-02]. */
const leafBits = 32_768;
const leafWords = leafBits / 32;
const maxOrder = 20;
/** Pages of 52 address bits, as many as x86-64 has. */
const maxPages = 2 ** 40;
/** Multiplying is faster than dividing, and exact for a power of two. */
const perWordSpan = 2 ** -32;

function grown(words: Int32Array): Int32Array {
  const larger = new Int32Array(words.length * 2);
  larger.set(words);
  return larger;
}

/**
 * The kernel's tracker of preserved memory, key by key: a radix tree of six levels whose nodes stay once they are
 * there, so that taking a key out leaves the tree at its high-water mark [KHO-02] [KHO-04].
 *
 * Shape    blocks by number: block b of order o starts at page b * 2^o, below 2^40; o <= 20
 * Source   linux-7.3 kernel/liveupdate/kexec_handover.c kho_radix_add_key(), kho_radix_del_key()
 * Cost     five look-ups and one bit a key; `addRun` pays look-ups a leaf, not a key; no allocation but for new nodes
 */
export class RadixTracker {
  /** Table pages, the root first. An entry is the place of its child's first word; 0 is none, as the root is no child. */
  #tables: Int32Array = new Int32Array(8 * tableEntries);
  #tablesEnd = tableEntries;
  /** Leaf pages; the first is never given out. */
  #leaves: Int32Array = new Int32Array(4 * leafWords);
  #leavesEnd = leafWords;
  /** Leaf level first, root last. */
  readonly #pages = [0, 0, 0, 0, 0, 1];

  /** Pages by level, leaf first and root last. */
  pages(): RadixPages {
    return [...this.#pages];
  }

  /** Adds one block's key; one that is there stays. */
  add(order: number, block: number): void {
    let leaf = this.#find(order, block);
    if (leaf === 0) leaf = this.#grow(order, block);
    const word = leaf + ((block & (leafBits - 1)) >>> 5);
    this.#leaves[word]! |= 1 << (block & 31);
  }

  /** Takes one block's key out; nodes stay. */
  remove(order: number, block: number): void {
    const leaf = this.#find(order, block);
    if (leaf > 0) this.#leaves[leaf + ((block & (leafBits - 1)) >>> 5)]! &= ~(1 << (block & 31));
  }

  has(order: number, block: number): boolean {
    const leaf = this.#find(order, block);
    return leaf > 0 && ((this.#leaves[leaf + ((block & (leafBits - 1)) >>> 5)]! >>> (block & 31)) & 1) === 1;
  }

  /** Adds `count` blocks from `first` on, a leaf at a time. */
  addRun({ order, first, count }: KeyRun): void {
    const end = first + count;
    for (let from = first; from < end;) {
      const leafStart = Math.floor(from / leafBits) * leafBits;
      const to = Math.min(leafStart + leafBits, end);
      let leaf = this.#find(order, from);
      if (leaf === 0) leaf = this.#grow(order, from);
      setBits(this.#leaves, leaf * 32 + (from - leafStart), leaf * 32 + (to - leafStart));
      from = to;
    }
  }

  /** Keys that are there. */
  keyCount(): number {
    let sum = 0;
    for (let word = leafWords; word < this.#leavesEnd; word++) sum += popcount(this.#leaves[word]!);
    return sum;
  }

  /** Where the words of a key's leaf begin; 0 where nothing of it was ever preserved. */
  #find(order: number, block: number): number {
    const tables = this.#tables;
    // A key in two words: 2^(52 - order) + block [KHO-01].
    const high = (block * perWordSpan) | 0 | (1 << (maxOrder - order));
    const low = block | 0;
    let place = tables[high >>> 19]!;
    if (place === 0) return 0;
    place = tables[place + ((high >>> 10) & 511)]!;
    if (place === 0) return 0;
    place = tables[place + ((high >>> 1) & 511)]!;
    if (place === 0) return 0;
    place = tables[place + (((high & 1) << 8) | (low >>> 24))]!;
    return place === 0 ? 0 : tables[place + ((low >>> 15) & 511)]!;
  }

  /** Makes a key's leaf, and every table above it that is missing. */
  #grow(order: number, block: number): number {
    assert(order <= maxOrder && block * 2 ** order < maxPages, "a key of the tracker fits 53 bits");
    const high = Math.floor(block * perWordSpan) | (1 << (maxOrder - order));
    const low = block >>> 0;
    let place = high >>> 19;
    const entries = [(high >>> 10) & 511, (high >>> 1) & 511, ((high & 1) << 8) | (low >>> 24), (low >>> 15) & 511];
    for (const [depth, entry] of entries.entries()) place = this.#child(place, 4 - depth) + entry;
    return this.#child(place, 0);
  }

  #child(place: number, level: number): number {
    const known = this.#tables[place]!;
    if (known !== 0) return known;
    this.#pages[level]!++;
    const child = level === 0 ? this.#leavesEnd : this.#tablesEnd;
    if (level === 0) {
      this.#leavesEnd += leafWords;
      if (this.#leavesEnd > this.#leaves.length) this.#leaves = grown(this.#leaves);
    } else {
      this.#tablesEnd += tableEntries;
      if (this.#tablesEnd > this.#tables.length) this.#tables = grown(this.#tables);
    }
    this.#tables[place] = child;
    return child;
  }
}

/** Sets the bits from `from` to before `to`. */
function setBits(words: Int32Array, from: number, to: number): void {
  const firstWhole = Math.ceil(from / 32);
  const endWhole = Math.floor(to / 32);
  if (firstWhole > endWhole) {
    // Both ends lie in one word.
    words[endWhole]! |= (-1 << (from & 31)) & ~(-1 << (to & 31));
    return;
  }
  if ((from & 31) !== 0) words[firstWhole - 1]! |= -1 << (from & 31);
  words.fill(-1, firstWhole, endWhole);
  if ((to & 31) !== 0) words[endWhole]! |= ~(-1 << (to & 31));
}
