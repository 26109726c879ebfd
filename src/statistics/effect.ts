import { rank } from "./ranks.ts";

/**
 * How much more often a new value is above a base one than below: +1 where each is, -1 where none is, 0 of empty sides.
 *
 * Source   Cliff, Psychological Bulletin 114 (1993)
 */
export function cliffsDelta(base: Float64Array, next: Float64Array): number {
  const [n1, n2] = [base.length, next.length];
  if (n1 === 0 || n2 === 0) return 0;
  const { twiceRank, isNext } = rank(base, next);
  let twiceSum = 0;
  for (const [index, each] of twiceRank.entries()) if (isNext[index] === 1) twiceSum += each;
  const pairs = n1 * n2;
  return (twiceSum - n2 * (n2 + 1) - pairs) / pairs;
}
