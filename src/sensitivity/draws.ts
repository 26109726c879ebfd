/** Rotations of Threefry-2x32 by turns of four rounds, and what ties its third key word to the two that are given. */
const oddTurns = [13, 15, 26, 6] as const;
const evenTurns = [17, 29, 16, 24] as const;
const keyParity = 0x1bd1_1bda;
/** Five times four rounds. */
const turnCount = 5;

/**
 * Threefry-2x32 with 20 rounds: two words that any change of key or counter changes throughout. Writes them to `out`.
 *
 * Source   Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011)
 */
export function threefry(key: readonly [number, number], low: number, high: number, out: Uint32Array): void {
  let key0 = key[0];
  let key1 = key[1];
  let key2 = keyParity ^ key0 ^ key1;
  let word0 = (low + key0) | 0;
  let word1 = (high + key1) | 0;
  for (let turn = 1; turn <= turnCount; turn++) {
    const bits = (turn & 1) === 1 ? oddTurns : evenTurns;
    // Written out: a loop takes half as long again.
    word0 = (word0 + word1) | 0;
    word1 = ((word1 << bits[0]) | (word1 >>> (32 - bits[0]))) ^ word0;
    word0 = (word0 + word1) | 0;
    word1 = ((word1 << bits[1]) | (word1 >>> (32 - bits[1]))) ^ word0;
    word0 = (word0 + word1) | 0;
    word1 = ((word1 << bits[2]) | (word1 >>> (32 - bits[2]))) ^ word0;
    word0 = (word0 + word1) | 0;
    word1 = ((word1 << bits[3]) | (word1 >>> (32 - bits[3]))) ^ word0;
    word0 = (word0 + key1) | 0;
    word1 = (word1 + key2 + turn) | 0;
    const first = key0;
    key0 = key1;
    key1 = key2;
    key2 = first;
  }
  out[0] = word0;
  out[1] = word1;
}

const wordSpan = 2 ** 32;

/** A counter that no position in a name reaches: it closes the name. */
const nameEnd = 0xffff_ffff;

/** Seed and name as one key: the name goes through the cipher two UTF-16 units at a time, its length last. */
function keyOf(seed: number, name: string, words: Uint32Array): readonly [number, number] {
  let key: readonly [number, number] = [seed >>> 0, Math.floor(seed / wordSpan) >>> 0];
  const absorb = (word: number, position: number): void => {
    threefry(key, word, position, words);
    key = [words[0]!, words[1]!];
  };
  for (let at = 0; at < name.length; at += 2) {
    absorb(name.charCodeAt(at) | ((at + 1 < name.length ? name.charCodeAt(at + 1) : 0) << 16), at);
  }
  absorb(name.length, nameEnd);
  return key;
}

/**
 * Uniform numbers of one name under one seed, each found by its index alone.
 *
 * A number does not depend on how many others are drawn, in which order, or under which names: configurations share what
 * they have in common, and more repeats keep the earlier ones.
 */
export class UniformStream {
  readonly #key: readonly [number, number];
  readonly #words = new Uint32Array(2);

  /** @param seed whole, 0 to 2^53 - 1 */
  constructor(seed: number, name: string) {
    this.#key = keyOf(seed, name, this.#words);
  }

  /** The number at a whole index from 0, above 0 and below 1: of the 2^52 middles of equal steps. */
  at(index: number): number {
    threefry(this.#key, index >>> 0, Math.floor(index / wordSpan) >>> 0, this.#words);
    // 52 bits and not 53: the middle of the last step would round to 1.
    return ((this.#words[0]! >>> 6) * 2 ** 26 + (this.#words[1]! >>> 6) + 0.5) / 2 ** 52;
  }

  /** A whole number from 0 to `below` - 1. */
  integerAt(index: number, below: number): number {
    return Math.floor(this.at(index) * below);
  }
}
