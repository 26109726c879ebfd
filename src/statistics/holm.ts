/**
 * p-values of tests that are asked together, so that the chance of any false alarm among them stays what a single test's
 * would be: compare these with alpha.
 *
 * Shape    in the order given; never above 1
 * Source   Holm, Scandinavian Journal of Statistics 6 (1979)
 */
export function holm(pValues: Float64Array): Float64Array {
  const { length } = pValues;
  const order = Uint32Array.from({ length }, (_, index) => index).sort(
    (left, right) => pValues[left]! - pValues[right]!,
  );
  const adjusted = new Float64Array(length);
  let most = 0;
  for (const [place, index] of order.entries()) {
    most = Math.max(most, Math.min(1, (length - place) * pValues[index]!));
    adjusted[index] = most;
  }
  return adjusted;
}
