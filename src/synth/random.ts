import { createPrng } from "../base/index.ts";

const words = 4_294_967_296;

/** A seed of its own for each part of a recipe, so that adding one part leaves the others as they were (FNV-1a). */
export function seedOf(seed: number, part: string): number {
  let hash = 0x811c_9dc5;
  for (const unit of `${seed}/${part}`) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x0100_0193);
  return hash >>> 0;
}

/** Seeded draws; nothing is allocated a draw. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = createPrng(seed);
  }

  /** From 0 up to but without 1, in steps of 2^-32. */
  unit(): number {
    return this.#next() / words;
  }

  /** A whole number below `end`, which is at most 2^32. */
  below(end: number): number {
    return Math.floor((this.#next() / words) * end);
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }

  /** 1 or more with the given mean: each further one as likely as the one before. */
  geometric(mean: number): number {
    if (mean <= 1) return 1;
    return 1 + Math.floor(Math.log(1 - this.unit()) / Math.log(1 - 1 / mean));
  }
}
