import { UsageError } from "../base/index.ts";
import { parseFilter, type RowFilter } from "./filter.ts";
import type { Measurement, MetricSeries } from "./measurement.ts";
import type { Metric } from "./metric.ts";
import { keySeparator } from "./series.ts";

/** How rows and columns are made of dimensions. */
export interface Projection {
  /** Dimensions that make rows; undefined: all. `metric` is always one. */
  readonly rows?: readonly string[];
  /** Dimension whose values make columns, beside the sides. */
  readonly column?: string;
  readonly filter?: string;
}

/** A column of the comparison: a side, or a value of a dimension on a side. */
export interface ProjectedColumn {
  readonly measurement: Measurement;
  readonly label: string;
}

/** A row with the samples that each column has of it. */
export interface ProjectedRow {
  readonly metric: Metric;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  /** One a column; undefined: it has no such row. NaN: did not finish. */
  readonly samples: readonly (Float64Array | undefined)[];
  /** Dimensions whose values were put together although they differ. */
  readonly hidden: readonly string[];
}

interface OpenRow {
  readonly metric: Metric;
  readonly dimensions: readonly (readonly [string, string])[];
  readonly parts: Float64Array[][];
  /** What each hidden dimension was first, while nothing else was seen of it. */
  readonly seen: Map<string, string>;
  readonly hidden: Set<string>;
}

/** Words of one row of a series, by dimension. */
function wordAt({ metric, dimensions, words }: MetricSeries, row: number) {
  return (dimension: string): string | undefined => {
    if (dimension === "metric") return metric.id;
    if (dimension === "unit") return metric.unit;
    const place = dimensions.findIndex((name) => name === dimension || name.endsWith(`.${dimension}`));
    return place < 0 ? undefined : words[place]![row];
  };
}

/** Which of a series' dimensions make its rows, which one its column, and which are put together. */
interface Roles {
  readonly rows: readonly number[];
  readonly column: number;
  readonly hidden: readonly number[];
}

function isNamed(dimension: string, { rows, column }: Projection): boolean {
  return rows?.includes(dimension) === true || dimension === column;
}

/** What stands for other dimensions goes where one of these is asked for, and these go where none is. */
function isShown(dimension: string, { composed }: Measurement, projection: Projection): boolean {
  const parts = composed.get(dimension);
  if (parts) return isNamed(dimension, projection) || !parts.some((part) => isNamed(part, projection));
  for (const [whole, own] of composed) {
    if (own.includes(dimension)) return own.some((part) => isNamed(part, projection)) && !isNamed(whole, projection);
  }
  return true;
}

function rolesOf({ dimensions }: MetricSeries, measurement: Measurement, projection: Projection): Roles {
  const rows: number[] = [];
  const hidden: number[] = [];
  const column = projection.column === undefined ? -1 : dimensions.indexOf(projection.column);
  for (const [index, dimension] of dimensions.entries()) {
    if (index === column) continue;
    const wanted = projection.rows === undefined || projection.rows.includes(dimension);
    if (wanted && (isNamed(dimension, projection) || isShown(dimension, measurement, projection))) rows.push(index);
    else if (isShown(dimension, measurement, projection)) hidden.push(index);
  }
  return { rows, column, hidden };
}

/** Collects columns and rows as sides are read. */
class Grid {
  readonly columns: ProjectedColumn[] = [];
  readonly rows = new Map<string, OpenRow>();
  readonly #columnOf = new Map<string, number>();
  readonly #prefixes = new Map<MetricSeries, string>();
  readonly #sideCount: number;

  constructor(sideCount: number) {
    this.#sideCount = sideCount;
  }

  /** Metric and names of dimensions: the same for all rows of a series. */
  #prefixOf(series: MetricSeries, rows: readonly number[]): string {
    const known = this.#prefixes.get(series);
    if (known !== undefined) return known;
    const names = rows.map((dimension) => series.dimensions[dimension]!);
    const prefix = [series.metric.id, ...names].join(keySeparator);
    this.#prefixes.set(series, prefix);
    return prefix;
  }

  column(measurement: Measurement, side: number, value: string | undefined): number {
    const key = value === undefined ? `${side}` : `${side}${keySeparator}${value}`;
    const found = this.#columnOf.get(key);
    if (found !== undefined) return found;
    const label = value === undefined ? measurement.label : this.#labelOf(measurement, value);
    this.columns.push({ measurement, label });
    this.#columnOf.set(key, this.columns.length - 1);
    return this.columns.length - 1;
  }

  #labelOf({ label }: Measurement, value: string): string {
    return this.#sideCount === 1 ? value : `${label}: ${value}`;
  }

  row(series: MetricSeries, index: number, { rows }: Roles): OpenRow {
    const words = rows.map((dimension) => series.words[dimension]![index]!);
    const key = `${this.#prefixOf(series, rows)}${keySeparator}${words.join(keySeparator)}`;
    const found = this.rows.get(key);
    if (found) return found;
    const names = rows.map((dimension) => series.dimensions[dimension]!);
    const dimensions = names.map((name, at) => [name, words[at]!] as const);
    const made = { metric: series.metric, dimensions, parts: [], seen: new Map(), hidden: new Set<string>() };
    this.rows.set(key, made);
    return made;
  }
}

function noteHidden(row: OpenRow, series: MetricSeries, index: number, hidden: readonly number[]): void {
  for (const dimension of hidden) {
    const name = series.dimensions[dimension]!;
    const word = series.words[dimension]![index]!;
    const first = row.seen.get(name);
    if (first === undefined) row.seen.set(name, word);
    else if (first !== word) row.hidden.add(name);
  }
}

function addSeries(
  grid: Grid,
  series: MetricSeries,
  {
    measurement,
    side,
    projection,
    keeps,
  }: { measurement: Measurement; side: number; projection: Projection; keeps: RowFilter },
): void {
  const roles = rolesOf(series, measurement, projection);
  // A metric that has no such dimension is the same in every column.
  if (projection.column !== undefined && roles.column < 0) return;
  const { offsets, values } = series;
  for (let index = 0; index + 1 < offsets.length; index++) {
    if (!keeps(wordAt(series, index))) continue;
    const value = roles.column < 0 ? undefined : series.words[roles.column]![index]!;
    const column = grid.column(measurement, side, value);
    const row = grid.row(series, index, roles);
    (row.parts[column] ??= []).push(values.subarray(offsets[index], offsets[index + 1]));
    noteHidden(row, series, index, roles.hidden);
  }
}

function joinParts(parts: readonly Float64Array[] | undefined): Float64Array | undefined {
  if (parts === undefined) return undefined;
  if (parts.length === 1) return parts[0]!;
  const joined = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The full name of a dimension that is named by it, or by the last word of its path where only one ends so. */
function fullName(name: string, known: ReadonlySet<string>): string {
  if (known.has(name)) return name;
  const ending = [...known].filter((full) => full.endsWith(`.${name}`));
  if (ending.length === 1) return ending[0]!;
  throw new UsageError(`no dimension "${name.slice(0, 100)}"`, {
    hint: `there are ${(ending.length > 1 ? ending : [...known]).join(", ")}`,
  });
}

function dimensionNames(measurements: readonly Measurement[]): Set<string> {
  const known = new Set(["metric", "unit"]);
  for (const { series } of measurements) {
    for (const { dimensions } of series) for (const name of dimensions) known.add(name);
  }
  return known;
}

/**
 * Sets measurements beside each other: rows by metric and dimensions, columns by side, or by a dimension's values.
 *
 * Shape    columns in the order of sides, values of a dimension as they first appear; rows as they first appear
 * Errors   UsageError for a dimension that no side has
 */
export function project(
  measurements: readonly Measurement[],
  written: Projection,
): { readonly columns: readonly ProjectedColumn[]; readonly rows: readonly ProjectedRow[] } {
  const known = dimensionNames(measurements);
  const { keeps, dimensions } = parseFilter(written.filter ?? "");
  for (const name of dimensions) fullName(name, known);
  const projection = {
    ...(written.rows === undefined ? {} : { rows: written.rows.map((name) => fullName(name, known)) }),
    ...(written.column === undefined ? {} : { column: fullName(written.column, known) }),
  };
  const grid = new Grid(measurements.length);
  for (const [side, measurement] of measurements.entries()) {
    // A side has its column also where it shares nothing with the others.
    if (projection.column === undefined) grid.column(measurement, side, undefined);
    for (const series of measurement.series) addSeries(grid, series, { measurement, side, projection, keeps });
  }
  const rows = [...grid.rows.values()].map(({ metric, dimensions: own, parts, hidden }) => ({
    metric,
    dimensions: own,
    samples: grid.columns.map((_, column) => joinParts(parts[column])),
    hidden: [...hidden],
  }));
  return { columns: grid.columns, rows };
}
