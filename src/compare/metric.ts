/** What a metric's numbers are; `1` has no unit. */
export const metricUnits = ["ns", "bytes", "pages", "count", "ratio", "per_sec", "flag", "1"] as const;
export type MetricUnit = (typeof metricUnits)[number];

/** Which way a metric gets better; `neutral`: it only tells two things apart. */
export const polarities = ["lower", "higher", "neutral"] as const;
export type Polarity = (typeof polarities)[number];

/** One definition for a number that is compared. */
export interface Metric {
  /** Letters, digits and _, the unit its last word where it has one. */
  readonly id: string;
  readonly unit: MetricUnit;
  readonly polarity: Polarity;
  /** True: the same inputs give the same value, so any difference is real. False: measured, with noise. */
  readonly exact: boolean;
  /** A difference of at most this much, in the metric's unit, is none. */
  readonly floor: number;
  /** A difference of at most this share of the base is none. */
  readonly floorRatio: number;
  /** What a row is that one side lacks: a step that is not paid takes 0 ns. Undefined: nobody knows. */
  readonly absent?: number;
  readonly doc: string;
}
