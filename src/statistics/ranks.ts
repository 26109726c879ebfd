/** Two groups of samples in one order: from the least to the largest, with which group each is of. */
export interface Ranked {
  /** Twice the mean rank of each value, so that ties have whole numbers. */
  readonly twiceRank: Uint32Array;
  readonly isNext: Uint8Array;
  /** Lengths of the runs of equal values, in order. */
  readonly ties: readonly number[];
}

export function rank(base: Float64Array, next: Float64Array): Ranked {
  const count = base.length + next.length;
  const values = new Float64Array(count);
  values.set(base);
  values.set(next, base.length);
  const order = Uint32Array.from({ length: count }, (_, index) => index).sort(
    (left, right) => values[left]! - values[right]!,
  );
  const twiceRank = new Uint32Array(count);
  const isNext = Uint8Array.from(order, (index) => (index >= base.length ? 1 : 0));
  const ties: number[] = [];
  for (let start = 0; start < count;) {
    let end = start + 1;
    while (end < count && values[order[end]!] === values[order[start]!]) end++;
    // Ranks start + 1 to end: their mean, twice.
    twiceRank.fill(start + 1 + end, start, end);
    ties.push(end - start);
    start = end;
  }
  return { twiceRank, isNext, ties };
}
