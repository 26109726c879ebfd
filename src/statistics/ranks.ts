/** How two samples lie among each other. */
export interface Ranking {
  /** Pairs in which the new value is above the base one; a pair of equals is half a pair. */
  readonly above: number;
  /** Sizes of the groups of equal values, from the least value up: all 1 without ties. */
  readonly groups: readonly number[];
  readonly hasTies: boolean;
}

/** Sorts both (copies) and goes up through them together: O(n log n). 0 and -0 are equal. */
export function rankTogether(base: Float64Array, next: Float64Array): Ranking {
  const low = base.toSorted();
  const high = next.toSorted();
  const groups: number[] = [];
  let doubled = 0;
  let fromBase = 0;
  let fromNext = 0;
  while (fromBase < low.length || fromNext < high.length) {
    const value = Math.min(low[fromBase] ?? Infinity, high[fromNext] ?? Infinity);
    const baseBefore = fromBase;
    const nextBefore = fromNext;
    while (low[fromBase] === value) fromBase++;
    while (high[fromNext] === value) fromNext++;
    // Below it: what base had before; beside it: what base has of the same value.
    doubled += (fromNext - nextBefore) * (baseBefore + fromBase);
    groups.push(fromBase - baseBefore + fromNext - nextBefore);
  }
  return { above: doubled / 2, groups, hasTies: groups.length < low.length + high.length };
}
