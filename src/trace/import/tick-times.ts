/** Ticks of a second at most: a picosecond's. Up to here the arithmetic is exact. */
const maxTicks = 2 ** 40;

/**
 * Times that a source keeps as 64 bits of ticks, of which a second has 10^n or 2^n.
 *
 * Cost     long division byte by byte, as 64 bits do not fit into a double; no BigInt
 */
export class TickTimes {
  readonly #ticksPerSecond: number;
  readonly #offsetSeconds: number;
  /** The upper half changes every few seconds only. */
  #high = 0;
  #highQuotient = 0;
  #highRest = 0;
  #quotient = 0;
  #rest = 0;
  second = 0;
  nanosecond = 0;

  private constructor(ticksPerSecond: number, offsetSeconds: number) {
    this.#ticksPerSecond = ticksPerSecond;
    this.#offsetSeconds = offsetSeconds;
  }

  static ofNs(): TickTimes {
    return new TickTimes(1e9, 0);
  }

  /**
   * From pcapng's options `if_tsresol` (n of 10^n, from 128 on of 2^(n-128)) and `if_tsoffset`; undefined for ticks that
   * are finer than about 1 ps.
   */
  static of(resolution: number, offsetSeconds: number): TickTimes | undefined {
    const ticks = resolution >= 128 ? 2 ** (resolution - 128) : 10 ** resolution;
    return ticks <= maxTicks ? new TickTimes(ticks, offsetSeconds) : undefined;
  }

  /** What a tick lasts. */
  get stepNs(): number {
    return 1e9 / this.#ticksPerSecond;
  }

  /** Puts a time's seconds and ns into `second` and `nanosecond`. */
  set(high: number, low: number): void {
    if (high !== this.#high) {
      this.#quotient = this.#rest = 0;
      this.#divide(high);
      this.#high = high;
      this.#highQuotient = this.#quotient;
      this.#highRest = this.#rest;
    }
    this.#quotient = this.#highQuotient;
    this.#rest = this.#highRest;
    this.#divide(low);
    this.second = this.#quotient + this.#offsetSeconds;
    this.nanosecond = this.#toNs(this.#rest);
  }

  /** Takes 32 more bits; the rest stays below 2^40, so that each step stays below 2^48. */
  #divide(word: number): void {
    const ticks = this.#ticksPerSecond;
    let quotient = this.#quotient;
    let rest = this.#rest;
    for (let shift = 24; shift >= 0; shift -= 8) {
      const value = rest * 256 + ((word >>> shift) & 255);
      const whole = Math.floor(value / ticks);
      quotient = quotient * 256 + whole;
      rest = value - whole * ticks;
    }
    this.#quotient = quotient;
    this.#rest = rest;
  }

  #toNs(ticks: number): number {
    const perSecond = this.#ticksPerSecond;
    const nsPerTick = 1e9 / perSecond;
    // Decimal ticks divide a whole number; binary ones are cut to the ns before.
    if (Number.isInteger(nsPerTick)) return ticks * nsPerTick;
    return perSecond > 1e9 ? Math.floor(ticks / (perSecond / 1e9)) : Math.floor((ticks / perSecond) * 1e9);
  }
}
