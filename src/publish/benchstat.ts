import type { DifferenceRow } from "../compare/index.ts";
import { dimensionsKey, fitKey, keyEscape, KeySet } from "./keys.ts";
import type { Published } from "./published.ts";

/** A name has no space, and its parts are `/key=value`. */
const escapePart = keyEscape(" =/");
const escapeUnit = keyEscape(" =");
const escapeHidden = keyEscape("");

/** A number at a name's end would be read as GOMAXPROCS: `vm-1` and `vm-2` would be one. */
function benchmarkName(row: DifferenceRow): string {
  const name = fitKey(dimensionsKey(row, escapePart, "/")).replace(/-(?=\d+$)/, "%2D");
  return `BenchmarkLuoscope/${name}`;
}

/** Spaces at a value's ends are no part of it, and an empty value takes the line back. */
function sideValue(label: string): string {
  return fitKey(escapeHidden(label)).replaceAll(/^ | $/g, "%20");
}

function unitLines(rows: readonly DifferenceRow[]): string[] {
  const lines = new Map<string, string>();
  for (const { metric, polarity, exact } of rows) {
    const unit = fitKey(escapeUnit(metric));
    const better = polarity === "neutral" ? "" : ` better=${polarity}`;
    lines.set(unit, `Unit ${unit}${better} assume=${exact ? "exact" : "nothing"}`);
  }
  return [...lines.values()];
}

/**
 * Benchmarks as Go prints them: a line a sample that finished, in the metric's unit, and `side: LABEL` before each
 * column's (`benchstat -col side`). A unit's name is the metric's.
 *
 * Source   golang.org/design/14313-benchmark-format; pkg.go.dev/golang.org/x/perf/benchfmt
 */
export function renderBenchstat({ difference }: Published): string {
  const { rows, columns } = difference;
  const keys = new KeySet();
  const names = rows.map((row) => {
    const unit = fitKey(escapeUnit(row.metric));
    return { unit, name: keys.add(`${unit} ${benchmarkName(row)}`).slice(unit.length + 1) };
  });
  const sides = new KeySet();
  const lines = unitLines(rows);
  for (const [column, { label }] of columns.entries()) {
    lines.push("", `side: ${sides.add(sideValue(label))}`, "");
    for (const [index, row] of rows.entries()) {
      const { name, unit } = names[index]!;
      for (const value of row.cells[column]?.values ?? []) {
        if (Number.isFinite(value)) lines.push(`${name} 1 ${value} ${unit}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}
