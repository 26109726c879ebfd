import { existsSync } from "node:fs";

import {
  readForeignTable,
  type TableFormat,
  tableFormat,
  type TextTable,
  writeForeignTable,
} from "../analysis/index.ts";
import { FormatError, UsageError } from "../base/index.ts";
import {
  type Measurement,
  type MetricSeries,
  type MetricUnit,
  metricUnits,
  polarities,
  type Polarity,
} from "../compare/index.ts";
import { median } from "../statistics/index.ts";

/** A value of one metric at one commit: a row of a history's file. */
export interface HistoryPoint {
  /** When it was measured, as ISO 8601 in UTC: the order of the history. */
  readonly time: string;
  readonly commit: string;
  /** Lines of development and machines are never put into one series. */
  readonly branch: string;
  readonly testbed: string;
  readonly metric: string;
  readonly unit: MetricUnit;
  readonly polarity: Polarity;
  /** Dimensions as text: `phase=kexec, step=purgatory`. */
  readonly dimensions: string;
  readonly sampleCount: number;
  readonly failedCount: number;
  /** Median, least and largest sample; null where none finished. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Where and when a measurement was taken. */
export interface HistoryPlace {
  readonly time: string;
  readonly commit: string;
  readonly branch: string;
  readonly testbed: string;
}

const columns = {
  time: "VARCHAR",
  commit: "VARCHAR",
  branch: "VARCHAR",
  testbed: "VARCHAR",
  metric: "VARCHAR",
  unit: "VARCHAR",
  polarity: "VARCHAR",
  dimensions: "VARCHAR",
  sample_count: "BIGINT",
  failed_count: "BIGINT",
  value: "DOUBLE",
  low: "DOUBLE",
  high: "DOUBLE",
} as const;

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** The format of a history's file, by its name. */
function formatOf(path: string): TableFormat {
  const format = tableFormat(path);
  if (format !== undefined && !path.endsWith(".gz")) return format;
  throw new UsageError(`${path}: a history is a .csv or a .parquet file`, { hint: "bench/history.csv, say" });
}

function numberOf(text: string | null, where: string): number | null {
  if (text === null) return null;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new FormatError(`${where}: "${text.slice(0, 40)}" is no number`);
}

function wordOf<Word extends string>(text: string | null, words: readonly Word[], where: string): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new FormatError(`${where}: "${(text ?? "").slice(0, 40)}" is none of ${words.join(", ")}`);
}

function pointOf(cells: ReadonlyMap<string, string | null>, where: string): HistoryPoint {
  const text = (name: string): string => cells.get(name) ?? "";
  const number = (name: string): number | null => numberOf(cells.get(name) ?? null, `${where}, ${name}`);
  const time = text("time");
  if (!isoTime.test(time))
    throw new FormatError(`${where}: "${time.slice(0, 40)}" is no time like 2026-01-31T12:00:00Z`);
  return {
    time,
    commit: text("commit"),
    branch: text("branch"),
    testbed: text("testbed"),
    metric: text("metric"),
    unit: wordOf(text("unit"), metricUnits, where),
    polarity: wordOf(text("polarity"), polarities, where),
    dimensions: text("dimensions"),
    sampleCount: number("sample_count") ?? 0,
    failedCount: number("failed_count") ?? 0,
    value: number("value"),
    low: number("low"),
    high: number("high"),
  };
}

function pointsOf({ columns: names, rows }: TextTable, path: string): HistoryPoint[] {
  const missing = Object.keys(columns).find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new FormatError(`${path}: no column ${missing}`, {
      hint: "a history is written by `luoscope history add`; docs/compare.md lists its columns",
    });
  }
  return rows.map((row, index) =>
    pointOf(new Map(names.map((name, column) => [name, row[column]!])), `${path}, row ${index + 2}`),
  );
}

function byTime(left: HistoryPoint, right: HistoryPoint): number {
  if (left.time === right.time) return 0;
  return left.time < right.time ? -1 : 1;
}

/**
 * Reads a history, in the order of its times.
 *
 * Errors   UsageError: no such file; FormatError with the row
 */
export async function readHistory(path: string): Promise<HistoryPoint[]> {
  const points = pointsOf(await readForeignTable(path, formatOf(path)), path);
  return points.sort(byTime);
}

function summarize(
  samples: Float64Array,
): Pick<HistoryPoint, "sampleCount" | "failedCount" | "value" | "low" | "high"> {
  const values = samples.filter((value) => !Number.isNaN(value));
  const counts = { sampleCount: values.length, failedCount: samples.length - values.length };
  if (values.length === 0) return { ...counts, value: null, low: null, high: null };
  const sorted = values.toSorted();
  return { ...counts, value: median(values), low: sorted[0]!, high: sorted.at(-1)! };
}

function rowsOf({ metric, dimensions, words, offsets, values }: MetricSeries, place: HistoryPlace): HistoryPoint[] {
  return Array.from({ length: offsets.length - 1 }, (_, row) => ({
    ...place,
    metric: metric.id,
    unit: metric.unit,
    polarity: metric.polarity,
    dimensions: dimensions.map((name, index) => `${name}=${words[index]![row]!}`).join(", "),
    ...summarize(values.subarray(offsets[row], offsets[row + 1])),
  }));
}

function identityOf({ time, commit, branch, testbed, metric, dimensions }: HistoryPoint): string {
  return JSON.stringify([time, commit, branch, testbed, metric, dimensions]);
}

function toRow(point: HistoryPoint) {
  const { sampleCount, failedCount, ...others } = point;
  return { ...others, sample_count: sampleCount, failed_count: failedCount };
}

/**
 * Adds a measurement to a history, which is made where there is none; the same one added again replaces itself.
 *
 * Errors   UsageError: the time is none, or the file no history's; FormatError: what is there is damaged. Nothing is
 *          written then
 */
export async function addToHistory(
  path: string,
  { series, composed }: Measurement,
  place: HistoryPlace,
): Promise<{ readonly added: number; readonly total: number }> {
  if (!isoTime.test(place.time)) {
    throw new UsageError(`--time ${place.time.slice(0, 60)}: no time`, {
      hint: "write it in UTC: 2026-01-31T12:00:00Z",
    });
  }
  const format = formatOf(path);
  const before = existsSync(path) ? await readHistory(path) : [];
  const parts = new Set([...composed.values()].flat());
  const added = series.flatMap((each) => rowsOf(withoutParts(each, parts), place));
  const own = new Set(added.map(identityOf));
  const rows = [...before.filter((point) => !own.has(identityOf(point))), ...added];
  rows.sort(byTime);
  await writeForeignTable(path, format, { columns, rows: rows.map(toRow) });
  return { added: added.length, total: rows.length };
}

/** A configuration's name says what its axes say. */
function withoutParts(series: MetricSeries, parts: ReadonlySet<string>): MetricSeries {
  const kept = series.dimensions.flatMap((name, index) => (parts.has(name) ? [] : [index]));
  return {
    ...series,
    dimensions: kept.map((index) => series.dimensions[index]!),
    words: kept.map((index) => series.words[index]!),
  };
}
