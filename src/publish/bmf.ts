import { type Cell, medianOf } from "../compare/index.ts";
import { dimensionsKey, fitKey, keyEscape, KeySet } from "./keys.ts";
import type { Published } from "./published.ts";

/** What reports would take for markup is escaped too: names stand in their tables as they are. */
const escape = keyEscape("=,`|<>@&");

interface Measure {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

function measureOf({ values, min, max }: Cell, value: number): Measure {
  if (values.length < 2 || min === null || max === null) return { value };
  return Number.isFinite(min) && Number.isFinite(max) ? { value, lower_value: min, upper_value: max } : { value };
}

/**
 * Bencher Metric Format of the last column: `{benchmark: {measure: {value, lower_value, upper_value}}}`; the values are
 * median, least and greatest sample in the metric's unit. What did not finish has no value and is left out.
 *
 * Source   bencher.dev, "Bencher Metric Format"
 */
export function renderBmf({ difference }: Published): string {
  const benchmarks = new Map<string, Map<string, Measure>>();
  const keys = new KeySet();
  for (const row of difference.rows) {
    const cell = row.cells.at(-1);
    const value = medianOf(cell);
    if (!cell || value === undefined) continue;
    const metric = fitKey(escape(row.metric));
    // No escape has a line break: the pair has one reading.
    const unique = keys.add(`${metric}\n${fitKey(dimensionsKey(row, escape, ","))}`);
    const name = unique.slice(metric.length + 1);
    const measures = benchmarks.get(name) ?? new Map<string, Measure>();
    benchmarks.set(name, measures.set(metric, measureOf(cell, value)));
  }
  // Not by assignment: a benchmark may be called __proto__.
  const entries = [...benchmarks].map(([name, measures]) => [name, Object.fromEntries(measures)] as const);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}
