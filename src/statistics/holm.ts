/**
 * P-values after Holm: one at most as large as alpha is a finding, with a chance of at most alpha that any finding is a
 * false one, whatever the tests have to do with each other.
 *
 * Shape    as given, each in its place
 * Source   S. Holm, Scandinavian Journal of Statistics 6 (1979)
 */
export function holm(pValues: Float64Array): Float64Array {
  const order = Array.from(pValues.keys()).sort((left, right) => pValues[left]! - pValues[right]!);
  const adjusted = new Float64Array(pValues.length);
  let least = 0;
  for (const [rank, index] of order.entries()) {
    // Never below that of a smaller p-value: it would be a finding while that one is not.
    least = Math.max(least, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = least;
  }
  return adjusted;
}
