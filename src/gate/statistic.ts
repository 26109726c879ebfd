import { median, quantile } from "../statistics/index.ts";
import type { Statistic } from "./selector.ts";

/** A statistic of samples that finished; undefined where none did. */
export function statisticOf(values: Float64Array, statistic: Statistic): number | undefined {
  if (values.length === 0) return undefined;
  switch (statistic.name) {
    case "median":
      return median(values);
    case "mean":
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    case "min":
      return values.reduce((least, value) => Math.min(least, value));
    case "max":
      return values.reduce((most, value) => Math.max(most, value));
    case "quantile":
      return quantile(values, statistic.share);
  }
}
