import {
  type Cell,
  type Polarity,
  changeText,
  medianOf,
  sidedRows,
  valueText,
  verdictWords,
} from "../compare/index.ts";
import { dimensionsKey, fitKey, keyEscape, KeySet } from "./keys.ts";
import type { Published } from "./published.ts";

/** The action sets names between backticks into a table of its comment. */
const escape = keyEscape("=,`|<>@&");
const escapeMetric = keyEscape(" =,`|<>@&");

/** Half of what lies between the least and the greatest sample. */
function rangeOf({ values, min, max }: Cell): { readonly range?: string } {
  if (values.length < 2 || min === null || max === null) return {};
  const half = (max - min) / 2;
  return Number.isFinite(half) ? { range: `± ${half}` } : {};
}

/**
 * Entries of github-action-benchmark, of the last column: `customSmallerIsBetter` or `customBiggerIsBetter`. Metrics that
 * have no better end belong to neither.
 *
 * Source   github.com/benchmark-action/github-action-benchmark, README: custom benchmarks
 */
function renderEntries({ difference }: Published, polarity: Polarity): string {
  const keys = new KeySet();
  const entries = sidedRows(difference, difference.columns.length - 1).flatMap((sided) => {
    const { row, base, next, change } = sided;
    const value = medianOf(next);
    if (row.polarity !== polarity || !next || value === undefined) return [];
    const name = keys.add(`${fitKey(escapeMetric(row.metric))} ${fitKey(dimensionsKey(row, escape, ","))}`);
    const changed = changeText(sided);
    const extra = [
      `base: ${valueText(row, base)}`,
      ...(changed === "" ? [] : [`change: ${changed}`]),
      `verdict: ${verdictWords[change.verdict]}`,
    ].join("\n");
    return [{ name, unit: row.unit, value, ...rangeOf(next), extra }];
  });
  return `${JSON.stringify(entries, null, 2)}\n`;
}

export function renderSmallerIsBetter(source: Published): string {
  return renderEntries(source, "lower");
}

export function renderBiggerIsBetter(source: Published): string {
  return renderEntries(source, "higher");
}
