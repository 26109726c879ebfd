import type { Metric } from "./metric.ts";

/** What a measurement was taken from. */
export const measurementKinds = ["run", "sweep", "recording", "samples", "baseline"] as const;
export type MeasurementKind = (typeof measurementKinds)[number];

/**
 * Values of one metric, in columns: a row is one point of the dimensions, with all its samples.
 *
 * Shape    row i has the words `words[d][i]` and the values from `offsets[i]` to `offsets[i + 1]`; NaN is a sample that did
 *          not finish
 */
export interface MetricSeries {
  readonly metric: Metric;
  /** Names of the dimensions, such as phase, step, vm, configuration. */
  readonly dimensions: readonly string[];
  /** The row's value of each dimension: `words[dimension][row]`. Any text, from outside. */
  readonly words: readonly (readonly string[])[];
  readonly offsets: Uint32Array;
  readonly values: Float64Array;
}

/** Something that a result depends on. */
export interface MeasuredInput {
  /** trace, scenario, profile, plan, version, kernel, host, workload and the like. */
  readonly kind: string;
  readonly name: string;
  /** Hash of its content; undefined where the name is all that there is (a version, a kernel). */
  readonly sha256?: string;
  /** What it holds, flat, by dotted path: so that two can be told apart field by field. */
  readonly fields?: ReadonlyMap<string, string>;
}

/** A constant that is paid in a step. */
export interface StepTerm {
  readonly cost: string;
  /** What it is paid for, for people. */
  readonly per: string;
  /** Kernel functions that take the time; empty where nobody says. */
  readonly rule: string;
  readonly ns: number;
}

/** A step of an update, as part of what a whole is made of. */
export interface MeasuredStep {
  readonly phase: string;
  /** The same on both sides, whatever is paid in the step. */
  readonly id: string;
  /** Its name for people; the longer of two sides' says more. */
  readonly name: string;
  /** Null: it is known to exist and not how long it took. */
  readonly ns: number | null;
  /** What the model says that it is made of. */
  readonly terms: readonly StepTerm[];
}

/** A length and the steps that it is made of. */
export interface Breakdown {
  /** Metric of the length. */
  readonly metric: string;
  /** Its dimensions, as in the metric's series. */
  readonly words: readonly string[];
  readonly totalNs: number;
  readonly steps: readonly MeasuredStep[];
}

/** Everything that is compared of one result or one group of repeated ones. */
export interface Measurement {
  /** As the user named it, or the path's last part. Any text. */
  readonly label: string;
  readonly path: string;
  readonly kind: MeasurementKind;
  /** Identity of all that was read. */
  readonly sha256: string;
  readonly series: readonly MetricSeries[];
  /** Dimensions that stand for others: a configuration for its axes, which are dimensions of their own when asked for. */
  readonly composed: ReadonlyMap<string, readonly string[]>;
  readonly inputs: readonly MeasuredInput[];
  /** What lengths are made of: those of a metric's rows, where it is known. Asked for rows that differ only. */
  readonly readBreakdowns: (metric: string, rows: readonly (readonly string[])[]) => Promise<readonly Breakdown[]>;
  readonly warnings: readonly string[];
}
