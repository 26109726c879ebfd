import { median } from "../statistics/index.ts";
import type { Cell } from "./difference.ts";

function meanOf(values: Float64Array): number {
  // About the first value: the sum of many large ones would lose digits.
  const first = values[0]!;
  let sum = 0;
  for (const value of values) sum += value - first;
  return first + sum / values.length;
}

/** What a side has of a row: samples that finished, and how many did not. */
export function cellOf(samples: Float64Array): Cell {
  const values = samples.some((value) => Number.isNaN(value))
    ? samples.filter((value) => !Number.isNaN(value))
    : samples;
  const failedCount = samples.length - values.length;
  if (values.length === 0) return { values, failedCount, median: null, mean: null, min: null, max: null };
  if (values.length === 1) {
    const value = values[0]!;
    return { values, failedCount, median: value, mean: value, min: value, max: value };
  }
  let min = values[0]!;
  let max = min;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { values, failedCount, median: median(values), mean: meanOf(values), min, max };
}
