import { UsageError } from "../base/index.ts";
import { holm } from "../statistics/index.ts";
import { cellOf } from "./cell.ts";
import type { Cell, Change, CompareSettings, Difference, DifferenceRow } from "./difference.ts";
import { changedInputs, explainRows } from "./explain.ts";
import { judgeExact, undecided } from "./judge-exact.ts";
import { type NoisyTrial, tryNoisy } from "./judge-noisy.ts";
import type { Measurement } from "./measurement.ts";
import type { Metric } from "./metric.ts";
import { type ProjectedColumn, type ProjectedRow, project, type Projection } from "./project.ts";

/**
 * What is used where nobody says otherwise. Assumed: one false alarm in a hundred comparisons; and five samples, as
 * fewer cannot show anything at that level.
 */
export const defaultSettings: CompareSettings = { alpha: 0.01, minSamples: 5, seed: 1 };

export interface CompareOptions extends Projection {
  readonly settings?: Partial<CompareSettings>;
  /** What is said of metrics here goes before what they say of themselves. */
  readonly metrics?: ReadonlyMap<string, Partial<Omit<Metric, "id">>>;
  /** Takes every value for one that the same inputs would give again: recordings in virtual time. */
  readonly exact?: boolean;
}

function labelsOf(columns: readonly ProjectedColumn[]): string[] {
  const used = new Set<string>();
  return columns.map(({ label }) => {
    let unique = label;
    for (let count = 2; used.has(unique); count++) unique = `${label} (${count})`;
    used.add(unique);
    return unique;
  });
}

/** One metric as all sides say it, with what the user says of it. */
function metricsOf(measurements: readonly Measurement[], options: CompareOptions): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  for (const { series, label } of measurements) {
    for (const { metric } of series) {
      const first = metrics.get(metric.id);
      if (first && first.unit !== metric.unit) {
        throw new UsageError(`${metric.id} is in ${metric.unit} in ${label}, and in ${first.unit} before`, {
          hint: "a metric has one unit: write the same on all sides",
        });
      }
      if (first && first.polarity !== metric.polarity) {
        throw new UsageError(`${metric.id}: ${metric.polarity} is better in ${label}, and ${first.polarity} before`);
      }
      // What one side takes for noisy is so for all.
      metrics.set(metric.id, first ? { ...first, exact: first.exact && metric.exact } : metric);
    }
  }
  for (const [id, metric] of metrics) {
    metrics.set(id, { ...metric, ...(options.exact === true ? { exact: true } : {}), ...options.metrics?.get(id) });
  }
  return metrics;
}

/** A row and, for each column behind the base, its change or how it will be found. */
interface OpenRow {
  readonly row: ProjectedRow;
  readonly metric: Metric;
  readonly cells: readonly (Cell | null)[];
  readonly changes: readonly (Change | NoisyTrial)[];
}

/** Metrics of which a column has any row: of others it is not known that they are nothing. */
function presentMetrics(rows: readonly ProjectedRow[], columnCount: number): readonly ReadonlySet<string>[] {
  return Array.from({ length: columnCount }, (_, column) => {
    return new Set(rows.filter(({ samples }) => samples[column] !== undefined).map(({ metric }) => metric.id));
  });
}

function isTrial(change: Change | NoisyTrial): change is NoisyTrial {
  return "conclude" in change;
}

/** `absent` is what a column is taken to have where it lacks the row; undefined: nothing. */
function openRow(
  row: ProjectedRow,
  metric: Metric,
  settings: CompareSettings,
  absent: readonly (number | undefined)[],
): OpenRow {
  const cells = row.samples.map((samples, column) => {
    if (samples !== undefined) return cellOf(samples);
    const value = absent[column];
    return value === undefined ? null : cellOf(Float64Array.of(value));
  });
  const [base, ...others] = cells;
  const changes = others.map((next) => {
    if (!base && !next) return undecided("same", "neither side has it");
    if (!base) return undecided("only-new", "the base has no such row");
    if (!next) return undecided("only-base", "the new side has no such row");
    return metric.exact ? judgeExact(metric, base, next) : tryNoisy(metric, base, next, settings);
  });
  return { row, metric, cells, changes };
}

/** Holm over every test of the comparison: of locations and of what finished; of spreads by themselves. */
function adjust(trials: readonly NoisyTrial[]) {
  const located = trials.flatMap(({ pValue }) => pValue ?? []);
  const finished = trials.flatMap(({ finishedPValue }) => finishedPValue ?? []);
  const spread = trials.flatMap(({ ksPValue }) => ksPValue ?? []);
  const adjusted = holm(Float64Array.from([...located, ...finished]));
  const adjustedSpread = holm(Float64Array.from(spread));
  let [atLocation, atFinished, atSpread] = [0, located.length, 0];
  const testCount = located.length + finished.length;
  const concluded = new Map<NoisyTrial, Change>();
  for (const trial of trials) {
    concluded.set(
      trial,
      trial.conclude({
        pValue: trial.pValue === undefined ? 1 : adjusted[atLocation++]!,
        finishedPValue: trial.finishedPValue === undefined ? undefined : adjusted[atFinished++]!,
        spreadPValue: trial.ksPValue === undefined ? 1 : adjustedSpread[atSpread++]!,
        testCount,
      }),
    );
  }
  return { concluded, testCount };
}

function closeRow({ row, metric, cells, changes }: OpenRow, concluded: ReadonlyMap<NoisyTrial, Change>): DifferenceRow {
  return {
    metric: metric.id,
    unit: metric.unit,
    polarity: metric.polarity,
    exact: metric.exact,
    dimensions: row.dimensions,
    hidden: row.hidden,
    floor: metric.floor,
    floorRatio: metric.floorRatio,
    cells,
    changes: changes.map((change) => (isTrial(change) ? concluded.get(change)! : change)),
  };
}

/** Nothing in common is an error, and no pass: whoever compares has named the wrong things. */
function checkCommon(rows: readonly OpenRow[], labels: readonly string[]): void {
  for (const [column, label] of labels.entries()) {
    if (column === 0 || rows.some(({ cells }) => cells[0] && cells[column])) continue;
    throw new UsageError(`${label} has nothing in common with ${labels[0]!}`, {
      hint: "runs go with runs, recordings with recordings; `--filter`, `--row` and `--col` may leave out too much",
    });
  }
}

function warningsOf(measurements: readonly Measurement[], rows: readonly DifferenceRow[]): string[] {
  const hidden = new Set(rows.flatMap((row) => row.hidden));
  const mixed = rows.filter((row) => row.hidden.length > 0).length;
  return [
    ...new Set(measurements.flatMap(({ warnings }) => warnings)),
    ...(hidden.size === 0 ? [] : [`${mixed} rows put together values that differ in ${[...hidden].join(", ")}`]),
  ];
}

/**
 * Compares measurements with the first.
 *
 * Shape    the same measurements and settings give the same difference
 * Errors   UsageError: less than two columns, nothing in common, one metric in two units, an unknown dimension
 */
export async function compare(measurements: readonly Measurement[], options: CompareOptions = {}): Promise<Difference> {
  const settings = { ...defaultSettings, ...options.settings };
  const metrics = metricsOf(measurements, options);
  const { columns, rows } = project(measurements, options);
  if (columns.length < 2) {
    throw new UsageError("there is one column only, and nothing to compare it with", {
      hint: "name two results, or a dimension with `--col`",
    });
  }
  const labels = labelsOf(columns);
  const present = presentMetrics(rows, columns.length);
  const open = rows.map((row) => {
    const metric = metrics.get(row.metric.id)!;
    const absent = present.map((ids) => (ids.has(metric.id) ? metric.absent : undefined));
    return openRow(row, metric, settings, absent);
  });
  checkCommon(open, labels);
  const { concluded, testCount } = adjust(open.flatMap(({ changes }) => changes.filter(isTrial)));
  const closed = open.map((row) => closeRow(row, concluded));
  const base = columns[0]!.measurement;
  return {
    columns: columns.map(({ measurement: { path, kind, sha256 } }, index) => ({
      label: labels[index]!,
      path,
      kind,
      sha256,
    })),
    rows: closed,
    inputs: columns.slice(1).flatMap(({ measurement }, index) => changedInputs(base, measurement, index + 1)),
    waterfalls: await explainRows(closed, columns),
    settings,
    testCount,
    warnings: warningsOf(measurements, closed),
  };
}
