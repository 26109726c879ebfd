import { UsageError } from "../base/index.ts";
import { type Difference, type DifferenceRow, formatDimensions } from "../compare/index.ts";
import type { Rule } from "./policy.ts";
import { findMetric, type NamedMetric, type Selector } from "./selector.ts";

/** Rows that a rule judges together: one, or those whose samples its statistic is of. */
export interface Subject {
  readonly rows: readonly number[];
  readonly what: string;
}

/** What a selector means in a comparison. */
export interface Subjects {
  readonly metric: NamedMetric;
  readonly subjects: readonly Subject[];
}

/** Dimensions that tell results apart: a statistic is taken of each, and over everything else. */
const apart: ReadonlySet<string> = new Set(["configuration", "run", "benchmark"]);

function wordIn({ metric, unit, dimensions }: DifferenceRow) {
  return (name: string): string | undefined => {
    if (name === "metric") return metric;
    if (name === "unit") return unit;
    return dimensions.find(([dimension]) => dimension === name)?.[1];
  };
}

export function matchingRows({ rows }: Difference, id: string, { keeps }: Selector): number[] {
  return rows.flatMap((row, index) => (row.metric === id && keeps(wordIn(row)) ? [index] : []));
}

function nameOf(metric: string, where: string): string {
  return where === "" ? metric : `${metric}{${where}}`;
}

function groupRows(difference: Difference, rows: readonly number[], metric: string): Subject[] {
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const where = difference.rows[row]!.dimensions.filter(([name]) => apart.has(name));
    const key = formatDimensions({ dimensions: where });
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups].map(([where, own]) => ({ rows: own, what: nameOf(metric, where) }));
}

/**
 * The rows that a rule is about, each by itself or together where it takes a statistic.
 *
 * Errors   UsageError for a metric that is not there, or a selector that fits no row: a rule about nothing would always hold
 */
export function subjectsOf(difference: Difference, { selector, file, line, text }: Rule): Subjects {
  const known = new Set(difference.rows.map(({ metric }) => metric));
  const metric = findMetric(selector.metric, known);
  if (!metric) {
    throw new UsageError(`${file}:${line}: ${text}: there is no metric ${selector.metric}`, {
      hint: `there are ${[...known].slice(0, 40).join(", ")}`,
    });
  }
  const rows = matchingRows(difference, metric.id, selector);
  if (rows.length === 0) {
    throw new UsageError(`${file}:${line}: ${text}: no row of ${metric.id} fits`, {
      hint: "`luoscope compare --only all` lists the rows",
    });
  }
  if (selector.statistic !== undefined) return { metric, subjects: groupRows(difference, rows, metric.id) };
  const one = (row: number): Subject => ({
    rows: [row],
    what: nameOf(metric.id, formatDimensions(difference.rows[row]!)),
  });
  return { metric, subjects: rows.map(one) };
}
