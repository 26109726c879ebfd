import { assert } from "../base/index.ts";

/** Tables this much likelier than the observed one count as no likelier, since rounding may tell equals apart; as R does. */
const likelihoodTolerance = 1e-7;

/** Shares below this are nothing beside the likeliest table's, which is 1 here. */
const leastWeight = 1e-300;

/**
 * Fisher's exact test of a table of two rows, (a, b) and (c, d), two-sided: the share of tables with the same sums that
 * are no likelier than this one.
 *
 * Each table's weight follows from its neighbour's, outwards from the likeliest: no logarithm, whose rounding would grow
 * with the counts.
 *
 * Shape    whole counts from 0 to 2^50; 0 where the p-value is below 1e-300
 * Source   R. A. Fisher, The Design of Experiments (1935)
 */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const isCounts = [a, b, c, d].every((count) => Number.isSafeInteger(count) && count >= 0 && count <= 2 ** 50);
  assert(isCounts, `${a}, ${b}, ${c}, ${d} are no counts`);
  const row = a + b;
  const column = a + c;
  const rest = d - a;
  const first = Math.max(0, -rest);
  const last = Math.min(row, column);
  const mode = Math.min(last, Math.max(first, Math.floor(((row + 1) * (column + 1)) / (row + c + d + 2))));
  const below: number[] = [];
  for (let at = mode, weight = 1; at > first; at--) {
    weight *= (at / (row - at + 1)) * ((rest + at) / (column - at + 1));
    if (weight < leastWeight) break;
    below.push(weight);
  }
  const weights = [...below.reverse(), 1];
  const from = mode - below.length;
  for (let at = mode, weight = 1; at < last; at++) {
    weight *= ((row - at) / (at + 1)) * ((column - at) / (rest + at + 1));
    if (weight < leastWeight) break;
    weights.push(weight);
  }
  const limit = (weights[a - from] ?? 0) * (1 + likelihoodTolerance);
  let extreme = 0;
  let total = 0;
  for (const weight of weights.sort((left, right) => left - right)) {
    total += weight;
    if (weight <= limit) extreme = total;
  }
  return extreme / total;
}
