/** Numbers above this may add up to more than a number holds. */
const largestSafe = 2 ** 960;
const shrink = 2 ** -64;

/** Values around their mean, the furthest from the first at 1, for statistics that know neither place nor scale. */
export interface Normalized {
  readonly values: Float64Array;
  /** What the rounding of a value as it was given comes to here. */
  readonly rounding: number;
}

/**
 * Shifts first and scales then: values that differ in their last digits alone keep them.
 *
 * Shape    finite values; all 0 where they are equal
 */
export function normalize(values: Float64Array): Normalized {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const factor = largest > largestSafe ? shrink : 1;
  const first = (values[0] ?? 0) * factor;
  const shifted = values.map((value) => value * factor - first);
  let span = 0;
  for (const value of shifted) span = Math.max(span, Math.abs(value));
  if (span === 0) return { values: shifted.fill(0), rounding: 0 };
  let sum = 0;
  for (let index = 0; index < shifted.length; index++) {
    shifted[index] = shifted[index]! / span;
    sum += shifted[index]!;
  }
  const mean = sum / shifted.length;
  return { values: shifted.map((value) => value - mean), rounding: ((largest * factor) / span) * Number.EPSILON };
}
