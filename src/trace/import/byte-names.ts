/** Bytes of names that are kept for comparison at first. */
const firstBytes = 64 * 1024;
const firstSlots = 1024;

/** FNV-1a, 32 bits. */
function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = (0x811c_9dc5 ^ seed) >>> 0;
  for (let offset = start; offset < end; offset++) hash = Math.imul(hash ^ bytes[offset]!, 0x0100_0193);
  return hash >>> 0;
}

/**
 * Numbers names as they first appear, straight from a source's bytes; a name may be told apart by a number besides.
 *
 * Cost     one pass over the name's bytes and one comparison; nothing is allocated for names that are known
 */
export class ByteNames {
  #slots = new Int32Array(firstSlots).fill(-1);
  #kept = new Uint8Array(firstBytes);
  #keptBytes = 0;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #hashes: number[] = [];
  readonly #numbers: number[] = [];

  readonly #maxNames: number;

  /** Names beyond `maxNames` are not taken. */
  constructor(maxNames = Number.POSITIVE_INFINITY) {
    this.#maxNames = maxNames;
  }

  get size(): number {
    return this.#starts.length;
  }

  /** Index of a name; a new one gets the next, or -1 where there are as many as may be. */
  index(bytes: Uint8Array, start: number, end: number, number = 0): number {
    const hash = hashBytes(bytes, start, end, number);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]!;
      if (found < 0) return this.size === this.#maxNames ? -1 : this.#add(bytes.subarray(start, end), hash, number);
      if (this.#hashes[found] === hash && this.#numbers[found] === number && this.#isSame(found, bytes, start, end)) {
        return found;
      }
    }
  }

  #isSame(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const keptStart = this.#starts[index]!;
    if (this.#ends[index]! - keptStart !== end - start) return false;
    for (let offset = start; offset < end; offset++) {
      if (bytes[offset] !== this.#kept[keptStart + offset - start]) return false;
    }
    return true;
  }

  #add(name: Uint8Array, hash: number, number: number): number {
    const index = this.size;
    const end = this.#keptBytes + name.length;
    if (end > this.#kept.length) {
      const grown = new Uint8Array(2 * end);
      grown.set(this.#kept);
      this.#kept = grown;
    }
    this.#kept.set(name, this.#keptBytes);
    this.#starts.push(this.#keptBytes);
    this.#ends.push(end);
    this.#hashes.push(hash);
    this.#numbers.push(number);
    this.#keptBytes = end;
    if (2 * this.size > this.#slots.length) this.#rehash();
    else this.#place(index);
    return index;
  }

  #place(index: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[index]! & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index;
  }

  #rehash(): void {
    this.#slots = new Int32Array(4 * this.#slots.length).fill(-1);
    for (let index = 0; index < this.size; index++) this.#place(index);
  }

  /** Text of a name; bytes that are no UTF-8 become U+FFFD. */
  text(index: number): string {
    return new TextDecoder().decode(this.#kept.subarray(this.#starts[index], this.#ends[index]));
  }

  number(index: number): number {
    return this.#numbers[index]!;
  }
}
