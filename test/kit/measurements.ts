import type { Breakdown, MeasuredInput, Measurement, Metric } from "../../src/compare/index.ts";
import { foreignMetric } from "../../src/compare/metrics.ts";
import { SeriesSet } from "../../src/compare/series.ts";

/** Rows of a metric: samples by the row's words, joined with /. */
export type Rows = Readonly<Record<string, readonly number[]>>;

export interface MetricRows {
  readonly metric: Partial<Omit<Metric, "id">>;
  readonly dimensions?: readonly string[];
  readonly rows: Rows;
}

export interface MeasurementOptions {
  readonly inputs?: readonly MeasuredInput[];
  readonly breakdowns?: readonly Breakdown[];
  readonly composed?: Readonly<Record<string, readonly string[]>>;
}

/** A measurement made by hand. */
export function measurementOf(
  label: string,
  metrics: Readonly<Record<string, MetricRows>>,
  { inputs = [], breakdowns = [], composed = {} }: MeasurementOptions = {},
): Measurement {
  const series = new SeriesSet();
  for (const [id, { metric, dimensions = [], rows }] of Object.entries(metrics)) {
    const own = series.of(foreignMetric(id, metric), dimensions);
    for (const [words, values] of Object.entries(rows)) {
      for (const value of values) own.add(dimensions.length === 0 ? [] : words.split("/"), value);
    }
  }
  return {
    label,
    path: label,
    kind: "samples",
    sha256: "0".repeat(64),
    series: series.build(),
    composed: new Map(Object.entries(composed)),
    inputs,
    readBreakdowns: (metric) => Promise.resolve(breakdowns.filter((each) => each.metric === metric)),
    warnings: [],
  };
}

/** One measured metric without dimensions. */
export function measured(
  label: string,
  values: readonly number[],
  metric: Partial<Omit<Metric, "id">> = {},
): Measurement {
  return measurementOf(label, { boot_ns: { metric, rows: { "": values } } });
}

/** One metric whose values have no noise. */
export function exactly(
  label: string,
  values: readonly number[],
  metric: Partial<Omit<Metric, "id">> = {},
): Measurement {
  return measured(label, values, { exact: true, ...metric });
}
