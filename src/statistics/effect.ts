import { rankTogether } from "./ranks.ts";

/**
 * Cliff's delta: the share of pairs in which the new value is above the base one, less the share in which it is below.
 *
 * Shape    1 where every new value is above every base one, -1 where below; NaN where a side is empty
 * Source   N. Cliff, Psychological Bulletin 114 (1993)
 */
export function cliffsDelta(base: Float64Array, next: Float64Array): number {
  const pairCount = base.length * next.length;
  return (2 * rankTogether(base, next).above - pairCount) / pairCount;
}
