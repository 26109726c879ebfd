import type { MeasurementKind } from "./measurement.ts";
import type { MetricUnit, Polarity } from "./metric.ts";

/**
 * What is said of a row: `different` is a change of a metric that has no better end; `only-base` and `only-new` are rows
 * that one side lacks.
 */
export const verdicts = [
  "better",
  "same",
  "worse",
  "different",
  "inconclusive",
  "did-not-finish",
  "only-base",
  "only-new",
] as const;
export type Verdict = (typeof verdicts)[number];

/** A side of a comparison; the first is the base. */
export interface ComparedColumn {
  readonly label: string;
  readonly path: string;
  readonly kind: MeasurementKind;
  readonly sha256: string;
}

/** What one side has of a row. */
export interface Cell {
  /** Samples in the order in which they were taken; without those that did not finish. */
  readonly values: Float64Array;
  readonly failedCount: number;
  /** Null where no sample finished. */
  readonly median: number | null;
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** What statistics say of two groups of samples. */
export interface TestResult {
  /** Mann-Whitney, two-sided. */
  readonly pValue: number;
  /** The same after Holm over all tests of the comparison: what decides. */
  readonly adjustedPValue: number;
  /** Whether the p-value counts all orders, or follows from the normal curve. */
  readonly isExact: boolean;
  /** Permutation test of the difference of means, two-sided: a second opinion. */
  readonly permutationPValue: number;
  /** Kolmogorov and Smirnov's distance, and its p-value: spread and shape beside location. */
  readonly ksDistance: number;
  readonly ksPValue: number;
  /** Cliff's delta, -1 to 1: how much more often a new value is above a base one than below. */
  readonly effect: number;
}

/** What is said of a row of one side against the base. */
export interface Change {
  readonly verdict: Verdict;
  /** Why, in a few words. */
  readonly reason: string;
  /** False where the difference is too small to matter, whatever is said of it. */
  readonly isBeyondFloor: boolean;
  /** Median of the new less that of the base, in the metric's unit; null where one has none. */
  readonly delta: number | null;
  /** delta / base; null where the base is 0 or there is no delta. */
  readonly deltaRatio: number | null;
  /** 95 % interval of delta, by bootstrap; null where there are too few samples, and of exact metrics. */
  readonly deltaLow: number | null;
  readonly deltaHigh: number | null;
  /** Null of exact metrics, and where there are too few samples. */
  readonly test: TestResult | null;
}

export interface DifferenceRow {
  readonly metric: string;
  readonly unit: MetricUnit;
  readonly polarity: Polarity;
  readonly exact: boolean;
  /** Value of each dimension, in the metric's order. */
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  /** Dimensions whose values were put together in this row although they differ. */
  readonly hidden: readonly string[];
  /** A difference of at most this much, in the metric's unit, is none; the metric's, for pictures. */
  readonly floor?: number;
  /** A difference of at most this share of the base is none; the metric's, for pictures. */
  readonly floorRatio?: number;
  /** One a column; null where the column has no such row. */
  readonly cells: readonly (Cell | null)[];
  /** One a column behind the base. */
  readonly changes: readonly Change[];
}

/** An input in which a column differs from the base. */
export interface InputChange {
  /** Column that differs from the base. */
  readonly column: number;
  readonly kind: string;
  /** Dotted path of the field; empty: the input as a whole. */
  readonly field: string;
  /** Null: this side has none. */
  readonly base: string | null;
  readonly new: string | null;
}

/** A constant that makes a step longer or shorter, by the model. */
export interface CauseChange {
  readonly cost: string;
  /** What it is paid for. */
  readonly per: string;
  /** Kernel functions that take the time; empty where nobody says. */
  readonly rule: string;
  readonly baseNs: number;
  readonly newNs: number;
}

export interface StepChange {
  readonly phase: string;
  readonly step: string;
  /** Null: the step is there and its length is not known. */
  readonly baseNs: number | null;
  readonly newNs: number | null;
  /** What this step adds; all steps of a waterfall together, and its rest, are exactly its difference. */
  readonly deltaNs: number;
  /** Constants, the largest change first. */
  readonly causes: readonly CauseChange[];
}

/** From one length to another, step by step, the largest change first. */
export interface Waterfall {
  readonly column: number;
  readonly metric: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  readonly baseNs: number;
  readonly newNs: number;
  readonly steps: readonly StepChange[];
  /** What no step explains. */
  readonly restNs: number;
}

export interface CompareSettings {
  /** Chance of at least one false alarm in the whole comparison. */
  readonly alpha: number;
  /** Samples of each side below which nothing is decided of a noisy metric. */
  readonly minSamples: number;
  readonly seed: number;
}

/** A comparison of two or more measurements. */
export interface Difference {
  readonly columns: readonly ComparedColumn[];
  readonly rows: readonly DifferenceRow[];
  readonly inputs: readonly InputChange[];
  readonly waterfalls: readonly Waterfall[];
  readonly settings: CompareSettings;
  /** Tests that Holm's correction went over. */
  readonly testCount: number;
  readonly warnings: readonly string[];
}
