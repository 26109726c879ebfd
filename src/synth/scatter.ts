/**
 * A seeded one-to-one mapping of 0 … count-1 onto itself, without a table: ranks of a skewed workload become places.
 *
 * Four rounds of a balanced Feistel network over the next even power of two; what falls beyond `count` goes round again
 * (J. Black, P. Rogaway: Ciphers with arbitrary finite domains, CT-RSA 2002), at most four times on the average.
 */
export class Scatter {
  readonly #count: number;
  readonly #halfBits: number;
  readonly #halfMask: number;
  readonly #seed: number;

  constructor(count: number, seed: number) {
    this.#count = count;
    this.#halfBits = Math.max(1, Math.ceil(Math.log2(Math.max(2, count)) / 2));
    this.#halfMask = 2 ** this.#halfBits - 1;
    this.#seed = seed;
  }

  place(rank: number): number {
    let place = rank;
    do {
      place = this.#permute(place);
    } while (place >= this.#count);
    return place;
  }

  #permute(value: number): number {
    const half = this.#halfMask + 1;
    let left = Math.floor(value / half);
    let right = value % half;
    for (let round = 0; round < 4; round++) {
      // The mixing steps of MurmurHash3's 32-bit finaliser (A. Appleby, public domain).
      let mixed = Math.imul(right ^ (this.#seed + Math.imul(round, 0x9e37_79b9)), 0x85eb_ca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
      const next = (left ^ mixed ^ (mixed >>> 16)) & this.#halfMask;
      left = right;
      right = next;
    }
    return left * half + right;
  }
}
