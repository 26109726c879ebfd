import type { Cell, Change, Difference, DifferenceRow, Waterfall } from "../compare/index.ts";
import type { Breach, GateResult } from "../gate/index.ts";
import type { CompareDocument } from "./compare-schema.ts";
import type { Published } from "./published.ts";

type Row = CompareDocument["rows"][number];
type Named = readonly (readonly [name: string, value: string])[];

function dimensionsOf(dimensions: Named): Row["dimensions"] {
  return dimensions.map(([name, value]) => ({ name, value }));
}

function cellOf(cell: Cell | null): Row["cells"][number] {
  if (!cell) return null;
  const { values, failedCount, median, mean, min, max } = cell;
  return { values: Array.from(values), failed_count: failedCount, median, mean, min, max };
}

function changeOf(change: Change): Row["changes"][number] {
  const { test } = change;
  return {
    verdict: change.verdict,
    reason: change.reason,
    is_beyond_floor: change.isBeyondFloor,
    delta: change.delta,
    delta_ratio: change.deltaRatio,
    delta_low: change.deltaLow,
    delta_high: change.deltaHigh,
    test: test && {
      p_value: test.pValue,
      adjusted_p_value: test.adjustedPValue,
      is_exact: test.isExact,
      permutation_p_value: test.permutationPValue,
      ks_distance: test.ksDistance,
      ks_p_value: test.ksPValue,
      effect: test.effect,
    },
  };
}

function rowOf({ metric, unit, polarity, exact, dimensions, hidden, cells, changes }: DifferenceRow): Row {
  return {
    metric,
    unit,
    polarity,
    exact,
    dimensions: dimensionsOf(dimensions),
    hidden: [...hidden],
    cells: cells.map(cellOf),
    changes: changes.map(changeOf),
  };
}

function waterfallOf({ column, metric, dimensions, baseNs, newNs, steps, restNs }: Waterfall) {
  return {
    column,
    metric,
    dimensions: dimensionsOf(dimensions),
    base_ns: baseNs,
    new_ns: newNs,
    steps: steps.map((step) => ({
      phase: step.phase,
      step: step.step,
      base_ns: step.baseNs,
      new_ns: step.newNs,
      delta_ns: step.deltaNs,
      causes: step.causes.map(({ cost, per, rule, baseNs: oldNs, newNs: nextNs }) => ({
        cost,
        per,
        rule,
        base_ns: oldNs,
        new_ns: nextNs,
      })),
    })),
    rest_ns: restNs,
  };
}

function breachOf({ column, rows, what, reason }: Breach) {
  return { column, rows: [...rows], what, reason };
}

function gateOf({ outcome, policy, rules, iterationCount }: GateResult): CompareDocument["gate"] {
  return {
    outcome,
    policy,
    iteration_count: iterationCount,
    rules: rules.map(({ rule, level, file, line, outcome: own, rowCount, breaches, undecided }) => ({
      rule,
      level,
      file,
      line,
      outcome: own,
      row_count: rowCount,
      breaches: breaches.map(breachOf),
      undecided: undecided.map(breachOf),
    })),
  };
}

function documentOf(difference: Difference, { gate, title, toolVersion }: Published): CompareDocument {
  const { settings, testCount, columns, rows, inputs, waterfalls, warnings } = difference;
  return {
    format: "luoscope-compare",
    version: 1,
    tool_version: toolVersion,
    title,
    settings: { alpha: settings.alpha, min_samples: settings.minSamples, seed: settings.seed },
    test_count: testCount,
    gate: gate ? gateOf(gate) : null,
    columns: columns.map(({ label, path, kind, sha256 }) => ({ label, path, kind, sha256 })),
    rows: rows.map(rowOf),
    inputs: inputs.map(({ column, kind, field, base, new: next }) => ({ column, kind, field, base, new: next })),
    waterfalls: waterfalls.map(waterfallOf),
    warnings: [...warnings],
  };
}

/** Half of a character is no Unicode: strict readers refuse even its escape. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}

/** An element a line: a row can be found with grep, and two documents told apart with diff. */
function layout(document: CompareDocument): string {
  const fields = Object.entries(document).map(([key, value]) => {
    if (!Array.isArray(value) || value.length === 0) return `  "${key}": ${JSON.stringify(value, wellFormed)}`;
    const elements = (value as readonly unknown[]).map((element) => `    ${JSON.stringify(element, wellFormed)}`);
    return `  "${key}": [\n${elements.join(",\n")}\n  ]`;
  });
  return `{\n${fields.join(",\n")}\n}\n`;
}

/** The whole comparison with all samples, as docs/schema/compare-v1.json says. */
export function renderJson(source: Published): string {
  return layout(documentOf(source.difference, source));
}
