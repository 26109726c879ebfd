import { changePoints } from "../statistics/index.ts";
import type { HistoryPoint } from "./history.ts";

/** A place in a series from where on values are others than before. */
export interface Shift {
  /** The first point of the new stretch. */
  readonly point: HistoryPoint;
  readonly index: number;
  readonly pValue: number;
  /** Medians of the stretches before and behind it. */
  readonly before: number;
  readonly after: number;
  readonly verdict: "better" | "worse" | "different";
}

/** Values of one metric on one branch and testbed, over time. */
export interface Trend {
  readonly branch: string;
  readonly testbed: string;
  readonly metric: string;
  readonly unit: HistoryPoint["unit"];
  readonly dimensions: string;
  /** Those with a value, by time. */
  readonly points: readonly HistoryPoint[];
  readonly shifts: readonly Shift[];
}

/** Which series are wanted; undefined: all. */
export interface TrendFilter {
  readonly branch?: string;
  readonly testbed?: string;
  readonly metric?: string;
  /** Only series with these words in their dimensions. */
  readonly of?: string;
}

function isWanted(point: HistoryPoint, { branch, testbed, metric, of }: TrendFilter): boolean {
  if (branch !== undefined && point.branch !== branch) return false;
  if (testbed !== undefined && point.testbed !== testbed) return false;
  if (metric !== undefined && point.metric !== metric) return false;
  return of === undefined || point.dimensions.includes(of);
}

function verdictOf({ polarity }: HistoryPoint, before: number, after: number): Shift["verdict"] {
  if (polarity === "neutral" || before === after) return "different";
  return after < before === (polarity === "lower") ? "better" : "worse";
}

function trendOf(points: readonly HistoryPoint[], seed: number): Trend {
  const { branch, testbed, metric, unit, dimensions } = points[0]!;
  const values = Float64Array.from(points, ({ value }) => value!);
  const shifts = changePoints(values, { seed }).map(({ index, pValue, before, after }) => ({
    point: points[index]!,
    index,
    pValue,
    before,
    after,
    verdict: verdictOf(points[index]!, before, after),
  }));
  return { branch, testbed, metric, unit, dimensions, points, shifts };
}

/**
 * The series of a history with their change points: advice, and no gate. Branches and testbeds are kept apart.
 *
 * Shape    series as they first appear; the same history and seed give the same
 */
export function findTrends(points: readonly HistoryPoint[], filter: TrendFilter, seed: number): Trend[] {
  const series = new Map<string, HistoryPoint[]>();
  for (const point of points) {
    if (point.value === null || !isWanted(point, filter)) continue;
    const key = JSON.stringify([point.branch, point.testbed, point.metric, point.unit, point.dimensions]);
    const own = series.get(key);
    if (own) own.push(point);
    else series.set(key, [point]);
  }
  return [...series.values()].map((own) => trendOf(own, seed));
}
