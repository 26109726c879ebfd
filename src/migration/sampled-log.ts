import { UsageError } from "../base/index.ts";
import { countWithin } from "./bitmap-log.ts";
import { dataPageBytes, ratePeriodNs, zeroPageBytes } from "./config.ts";
import type { DirtyLog, SendLimit, TakenPages } from "./dirty-log.ts";

/**
 * Rates of newly dirty pages, each the mean of a period, as a struct of arrays; period i is from `endNs[i - 1]` (or 0) to
 * `endNs[i]`. A rate counts what no sync had found before, as QEMU's dirty_pages_rate does.
 */
export interface DirtyRates {
  readonly endNs: Float64Array;
  readonly pagesPerSec: Float64Array;
  /** How much the guest was slowed when the rate was taken. */
  readonly throttleRatio: Float64Array;
}

export interface SampledGuest {
  readonly dataPages: number;
  readonly zeroPages: number;
  readonly rates: DirtyRates;
  /** When the load ended: nothing is written from then on but what a later period says. */
  readonly loadEndNs?: number;
  /** Pages dirtied in time t grow with t to this power, within what a period was measured over. */
  readonly growthExponent?: number;
}

/**
 * A shorter round dirties fewer pages, but more a second: most writes go to pages that are written often (MIG-18). For
 * runs whose own periods do not show by how much; *assumed*. At 1 a prediction whose bandwidth is off by 0.4 % drifts out of a state in which as much is dirtied as sent,
 * at 0.8 it hangs in it: of rates made of known writes, 0.9 tells most often whether a migration ends.
 */
export const defaultGrowthExponent = 0.9;

/** Beyond these, a round says nothing of a period of another length, nor a throttled guest of a free one (*assumed*). */
const mostLengthRatio = 10;
const mostFreedRatio = 3;

/**
 * Pages by number only: what a recorded migration says of its guest.
 *
 * Rules    MIG-18: a period's rate holds from its start to its end, the last one until the load ends; what was taken from
 *          a slowed guest is scaled to how much this one is slowed; zero pages lie evenly among the others
 * Errors   UsageError for periods that are not ordered
 */
export class SampledLog implements DirtyLog {
  pendingPages: number;
  readonly populatedPages: number;
  readonly repeats = 0;

  readonly #rates: DirtyRates;
  readonly #loadEndNs: number;
  readonly #exponent: number;
  #firstData: number;
  #firstZero: number;
  #dirty = 0;
  #period = 0;
  /** Since the last sync: pages at recorded rates, those weighted by their period's length, and time. */
  #written = 0;
  #weighted = 0;
  #sinceNs = 0;

  constructor({
    dataPages,
    zeroPages,
    rates,
    loadEndNs = Infinity,
    growthExponent = defaultGrowthExponent,
  }: SampledGuest) {
    for (let row = 0; row < rates.endNs.length; row++) {
      if (!(rates.endNs[row]! > (rates.endNs[row - 1] ?? 0)) || !(rates.pagesPerSec[row]! >= 0)) {
        throw new UsageError(`dirty rates: period ${row} does not end after the one before, or has no rate`);
      }
    }
    this.#rates = rates;
    this.#loadEndNs = loadEndNs;
    this.#exponent = growthExponent;
    this.#firstData = dataPages;
    this.#firstZero = zeroPages;
    this.populatedPages = dataPages;
    this.pendingPages = dataPages + zeroPages;
  }

  run(fromNs: number, toNs: number, throttleRatio: number): void {
    const { endNs } = this.#rates;
    this.#sinceNs += toNs - fromNs;
    for (let from = fromNs; from < toNs;) {
      while (this.#period < endNs.length && endNs[this.#period]! <= from) this.#period++;
      const to = Math.min(toNs, endNs[this.#period] ?? Infinity);
      this.#write(from, to, throttleRatio);
      from = to;
    }
  }

  /** Writes within one period, or after the last one. */
  #write(from: number, to: number, throttleRatio: number): void {
    const { endNs, pagesPerSec, throttleRatio: recorded } = this.#rates;
    const isLater = this.#period >= endNs.length;
    const row = isLater ? endNs.length - 1 : this.#period;
    if (row < 0) return;
    const startNs = endNs[row - 1] ?? 0;
    const lengthNs = endNs[row]! - startNs;
    // What was dirtied in the period in which the load ended was dirtied before that.
    const isCut = this.#loadEndNs > startNs && (this.#loadEndNs < endNs[row]! || isLater);
    const end = isCut ? Math.min(to, this.#loadEndNs) : to;
    if (end <= from) return;
    const squeeze = isCut && !isLater ? lengthNs / (this.#loadEndNs - startNs) : 1;
    const freed = Math.min(mostFreedRatio, (1 - throttleRatio) / Math.max(0.01, 1 - recorded[row]!));
    const pages = ((end - from) / 1e9) * pagesPerSec[row]! * squeeze * freed;
    this.#written += pages;
    this.#weighted += pages * lengthNs;
  }

  sync(): number {
    if (this.#written === 0 || this.#sinceNs === 0) return 0;
    const periodNs = Math.max(ratePeriodNs, this.#weighted / this.#written);
    const lengthRatio = Math.max(ratePeriodNs, this.#sinceNs) / periodNs;
    const bounded = Math.min(mostLengthRatio, Math.max(1 / mostLengthRatio, lengthRatio));
    const grown = this.#written * bounded ** (this.#exponent - 1);
    // No more can be dirty than was sent since.
    const clean = this.populatedPages - this.#firstData - this.#dirty;
    const fresh = Math.max(0, Math.min(Math.round(grown), clean));
    this.#written = 0;
    this.#weighted = 0;
    this.#sinceNs = 0;
    this.#dirty += fresh;
    this.pendingPages += fresh;
    return fresh;
  }

  take(limit: SendLimit, taken: TakenPages): void {
    const rest = { bytes: limit.bytes, ns: limit.ns };
    taken.data = 0;
    taken.zero = 0;
    if (this.#firstData > 0) {
      const share = this.#firstZero / this.#firstData;
      const bytes = dataPageBytes + share * zeroPageBytes;
      const data = countWithin(this.#firstData, rest, bytes, limit.dataNs + share * limit.zeroNs);
      const zero = Math.min(this.#firstZero, Math.round(share * data));
      this.#firstData -= data;
      this.#firstZero -= zero;
      taken.data += data;
      taken.zero += zero;
    }
    if (this.#firstData === 0) {
      const zero = countWithin(this.#firstZero, rest, zeroPageBytes, limit.zeroNs);
      this.#firstZero -= zero;
      taken.zero += zero;
    }
    if (this.#firstData + this.#firstZero === 0) {
      const data = countWithin(this.#dirty, rest, dataPageBytes, limit.dataNs);
      this.#dirty -= data;
      taken.data += data;
    }
    this.pendingPages -= taken.data + taken.zero;
  }
}
