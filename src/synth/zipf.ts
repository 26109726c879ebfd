import type { Random } from "./random.ts";

/**
 * Ranks 1 … `count` with probability in proportion to rank^-skew, without a table.
 *
 * Source   W. Hörmann, G. Derflinger: Rejection-inversion to generate variates from monotone discrete distributions,
 *          ACM TOMACS 6(3), 1996, section 3
 * Cost     two powers a draw, and seldom a second try
 */
export class Zipf {
  readonly count: number;
  readonly skew: number;
  readonly #low: number;
  readonly #high: number;
  /** Ranks that lie so near to their continuous draw are taken without a look. */
  readonly #sure: number;

  constructor(count: number, skew: number) {
    this.count = count;
    this.skew = skew;
    this.#low = this.#integral(1.5) - 1;
    this.#high = this.#integral(count + 0.5);
    this.#sure = 2 - this.#inverse(this.#integral(2.5) - this.#density(2));
  }

  /** A rank from 0. */
  draw(random: Random): number {
    for (;;) {
      const area = this.#high + random.unit() * (this.#low - this.#high);
      const real = this.#inverse(area);
      const rank = Math.min(this.count, Math.max(1, Math.round(real)));
      if (rank - real <= this.#sure) return rank - 1;
      if (area >= this.#integral(rank + 0.5) - this.#density(rank)) return rank - 1;
    }
  }

  #density(rank: number): number {
    return rank ** -this.skew;
  }

  /** Integral of the density from 1, which is a logarithm where the skew is 1. */
  #integral(rank: number): number {
    const rest = 1 - this.skew;
    const log = Math.log(rank);
    return Math.abs(rest) < 1e-9 ? log : Math.expm1(rest * log) / rest;
  }

  #inverse(area: number): number {
    const rest = 1 - this.skew;
    if (Math.abs(rest) < 1e-9) return Math.exp(area);
    // Rounding may lead a little below the least possible value.
    return Math.exp(Math.log1p(Math.max(-1, rest * area)) / rest);
  }
}
