import type { TextTable } from "../../analysis/index.ts";
import { FormatError } from "../../base/index.ts";
import { type Metric, type MetricUnit, metricUnits, polarities, type Polarity } from "../metric.ts";
import type { MetricSeries } from "../measurement.ts";
import { foreignMetric, knownMetrics } from "../metrics.ts";
import { SeriesSet } from "../series.ts";

/** Columns that say what a row is; all others are dimensions. */
const ownColumns: ReadonlySet<string> = new Set(["metric", "value", "unit", "polarity", "exact", "sample"]);

const metricId = /^[A-Za-z][A-Za-z0-9_./-]{0,199}$/;

interface Columns {
  readonly of: (row: readonly (string | null)[], name: string) => string | null;
  readonly dimensions: readonly string[];
  readonly dimensionWords: (row: readonly (string | null)[]) => string[];
}

function columnsOf({ columns }: TextTable, path: string): Columns {
  const places = new Map(columns.map((name, index) => [name, index]));
  for (const needed of ["metric", "value"]) {
    if (places.has(needed)) continue;
    throw new FormatError(`${path}: no column ${needed}`, {
      hint: "a table of samples has the columns metric and value, and where wanted unit, polarity, exact, sample; all others are dimensions",
    });
  }
  const dimensions = columns.filter((name) => !ownColumns.has(name));
  const at = dimensions.map((name) => places.get(name)!);
  return {
    of: (row, name) => {
      const place = places.get(name);
      return place === undefined ? null : row[place]!;
    },
    dimensions,
    dimensionWords: (row) => at.map((place) => row[place] ?? ""),
  };
}

function oneOf<Word extends string>(text: string | null, words: readonly Word[], where: string): Word | undefined {
  if (text === null) return undefined;
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new FormatError(`${where}: "${text.slice(0, 40)}" is none of ${words.join(", ")}`);
}

const yesNo = ["true", "false", "1", "0"] as const;

function readMetric(columns: Columns, row: readonly (string | null)[], where: string): Metric {
  const id = columns.of(row, "metric") ?? "";
  if (!metricId.test(id)) {
    throw new FormatError(`${where}: "${id.slice(0, 40)}" is no metric's name`, {
      hint: "letters, digits and _ . / -, a letter first, the unit last: boot_ns",
    });
  }
  const known = knownMetrics.get(id);
  const unit = oneOf<MetricUnit>(columns.of(row, "unit"), metricUnits, where);
  const polarity = oneOf<Polarity>(columns.of(row, "polarity"), polarities, where);
  const exact = oneOf(columns.of(row, "exact"), yesNo, where);
  if (known && unit !== undefined && unit !== known.unit) {
    throw new FormatError(`${where}: ${id} is in ${known.unit}, and this row says ${unit}`);
  }
  return foreignMetric(id, {
    ...known,
    ...(unit === undefined ? {} : { unit }),
    ...(polarity === undefined ? {} : { polarity }),
    ...(exact === undefined ? {} : { exact: exact === "true" || exact === "1" }),
  });
}

/** A word for a value that is none: it did not finish. */
const noValue = /^(nan|null|none|n\/a|-|dnf|failed|timeout)?$/i;

function readValue(text: string | null, where: string): number {
  if (text === null || noValue.test(text.trim())) return NaN;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new FormatError(`${where}: "${text.slice(0, 40)}" is no number`, {
    hint: "leave the cell empty, or write NaN, for what did not finish",
  });
}

function isSame(left: Metric, right: Metric): boolean {
  return left.unit === right.unit && left.polarity === right.polarity && left.exact === right.exact;
}

/**
 * Samples in a table: a row a sample, columns metric and value, others dimensions.
 *
 * Errors   FormatError with the row: no such column, no number, one metric said in two ways
 */
export function seriesOfTable(table: TextTable, path: string): readonly MetricSeries[] {
  const columns = columnsOf(table, path);
  const series = new SeriesSet();
  const metrics = new Map<string, Metric>();
  for (const [index, row] of table.rows.entries()) {
    // The head is row 1 to people.
    const where = `${path}, row ${index + 2}`;
    const said = readMetric(columns, row, where);
    const first = metrics.get(said.id);
    if (first && !isSame(first, said)) {
      throw new FormatError(`${where}: ${said.id} is said here in another way than in an earlier row`, {
        hint: "unit, polarity and exact of a metric are the same in all of its rows",
      });
    }
    metrics.set(said.id, first ?? said);
    const value = readValue(columns.of(row, "value"), where);
    series.of(first ?? said, columns.dimensions).add(columns.dimensionWords(row), value);
  }
  return series.build();
}
