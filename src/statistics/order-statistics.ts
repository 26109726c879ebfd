/** Straight between the two values that are nearest (type 7 of Hyndman and Fan, The American Statistician 50, 1996). */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  const low = sorted[below]!;
  return low + (place - below) * (sorted[above]! - low);
}

/** NaN of no values. */
export function quantile(values: Float64Array, share: number): number {
  return values.length === 0 ? NaN : quantileOfSorted(values.toSorted(), share);
}

export function median(values: Float64Array): number {
  return quantile(values, 0.5);
}
