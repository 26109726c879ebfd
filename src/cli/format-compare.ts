import { displayText, formatNs, plural, formatDelta, formatDeltaRatio, formatValue } from "../analysis/index.ts";
import {
  type Change,
  type Difference,
  type DifferenceRow,
  formatDimensions,
  type InputChange,
  type StepChange,
  type Verdict,
  verdicts,
  type Waterfall,
} from "../compare/index.ts";
import type { ShownRows } from "./shown-rows.ts";
import { formatTable } from "./table.ts";

/** More lines than that nobody reads; the folder, JSON and HTML have all. */
const maxRows = 200;
const maxSteps = 6;
const maxInputs = 30;

const words: Readonly<Record<Verdict, string>> = {
  better: "better",
  same: "same",
  worse: "WORSE",
  different: "different",
  inconclusive: "inconclusive",
  "did-not-finish": "DID NOT FINISH",
  "only-base": "gone",
  "only-new": "new",
};

function isShown(change: Change, only: ShownRows): boolean {
  switch (only) {
    case "all":
      return true;
    case "worse":
      return change.verdict === "worse" || change.verdict === "did-not-finish";
    case "better":
      return change.verdict === "better";
    case "changed":
      // Too few samples to say anything, and a difference all the same: people want to see it.
      if (change.verdict === "inconclusive") return change.isBeyondFloor;
      return change.verdict !== "same";
  }
}

function valueText(row: DifferenceRow, column: number): string {
  const cell = row.cells[column];
  if (!cell) return "–";
  const count = cell.values.length + cell.failedCount;
  const samples = count === 1 || row.exact ? "" : ` (${count})`;
  return cell.median === null ? `no value${samples}` : formatValue(cell.median, row.unit) + samples;
}

function changeText({ unit }: DifferenceRow, { delta, deltaRatio, deltaLow, deltaHigh }: Change): string {
  if (delta === null) return "";
  const share = deltaRatio === null ? "" : ` ${formatDeltaRatio(deltaRatio)}`;
  if (deltaLow === null || deltaHigh === null) return formatDelta(delta, unit) + share;
  return `${formatDelta(delta, unit)}${share} [${formatDelta(deltaLow, unit)}, ${formatDelta(deltaHigh, unit)}]`;
}

function whyText({ test, reason, verdict }: Change): string {
  if (test === null) return verdict === "inconclusive" || verdict === "did-not-finish" ? reason : "";
  const p = test.adjustedPValue;
  const shown = p < 0.0001 ? "p < 0.0001" : `p = ${p.toPrecision(2)}`;
  return verdict === "better" || verdict === "worse" ? shown : `${shown}: ${reason}`;
}

/** Size of a change for sorting: by share, where there is one. */
function sizeOf({ deltaRatio, delta, verdict }: Change): number {
  if (verdict === "did-not-finish") return Infinity;
  return Math.abs(deltaRatio ?? (delta === null || delta === 0 ? 0 : 1e9));
}

interface ShownRow {
  readonly row: DifferenceRow;
  readonly change: Change;
}

/** Rows that say the same of many VMs or devices become one. */
function joinAlike(
  rows: readonly ShownRow[],
  column: number,
): { readonly of: string; readonly cells: readonly string[] }[] {
  const lines = new Map<string, { count: number; first: string; cells: readonly string[] }>();
  for (const { row, change } of rows) {
    const cells = [
      valueText(row, 0),
      valueText(row, column),
      changeText(row, change),
      words[change.verdict],
      displayText(whyText(change), 120),
    ];
    const key = JSON.stringify([row.metric, ...cells]);
    const line = lines.get(key) ?? {
      count: 0,
      first: displayText(formatDimensions(row), 60),
      cells: [row.metric, ...cells],
    };
    line.count++;
    lines.set(key, line);
  }
  return [...lines.values()].map(({ count, first, cells }) => ({
    of: count === 1 ? first : `${first} and ${count - 1} alike`,
    cells,
  }));
}

function rowsTable(difference: Difference, column: number, only: ShownRows): string {
  const rows = difference.rows
    .map((row) => ({ row, change: row.changes[column - 1]! }))
    .filter(({ row, change }) => (row.cells[0] || row.cells[column]) && isShown(change, only));
  if (rows.length === 0) return only === "changed" ? "no row has changed" : "no such row";
  const order = (change: Change): number => verdicts.indexOf(change.verdict);
  if (only !== "all") {
    rows.sort((one, other) => {
      const isWorst = Number(other.change.verdict === "worse") - Number(one.change.verdict === "worse");
      return isWorst || order(one.change) - order(other.change) || sizeOf(other.change) - sizeOf(one.change);
    });
  }
  const heads = ["metric", "of", "base", "new", "change", "", ""];
  const lines = joinAlike(rows, column);
  const shown = lines.slice(0, maxRows).map(({ of, cells: [metric, ...others] }) => [metric!, of, ...others]);
  const table = formatTable(heads, shown, [false, false, true, true, true, false, false]);
  const hidden = lines.length - shown.length;
  return hidden === 0 ? table : `${table}\nand ${plural(hidden, "more row")}: --json and -o have all of them`;
}

function countText({ rows }: Difference, column: number): string {
  const counts = new Map<Verdict, number>();
  for (const { changes, cells } of rows) {
    if (!cells[0] && !cells[column]) continue;
    const { verdict } = changes[column - 1]!;
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return verdicts
    .filter((verdict) => counts.has(verdict))
    .map((verdict) => `${counts.get(verdict)} ${words[verdict].toLowerCase()}`)
    .join(", ");
}

function causeText({ causes }: StepChange): string {
  const [main] = causes;
  if (!main) return "";
  const change = formatDelta(main.newNs - main.baseNs, "ns");
  const rule = main.rule === "" ? "" : ` (${displayText(main.rule, 90)})`;
  return `${change} by the model: ${displayText(main.per, 90)}${rule}`;
}

function waterfallText(waterfall: Waterfall): string {
  const { metric, baseNs, newNs, steps, restNs } = waterfall;
  const deltaNs = newNs - baseNs;
  const where = formatDimensions(waterfall);
  const share = (ns: number): string =>
    deltaNs === 0 ? "" : `${((ns / deltaNs) * 100).toFixed(1).replace("-", "−")} %`;
  const rows = steps
    .slice(0, maxSteps)
    .map((step) => [
      `  ${step.phase}`,
      step.step,
      step.baseNs === null ? "?" : formatNs(step.baseNs),
      step.newNs === null ? "?" : formatNs(step.newNs),
      formatDelta(step.deltaNs, "ns"),
      share(step.deltaNs),
      causeText(step),
    ]);
  const others = steps.slice(maxSteps).reduce((sum, step) => sum + step.deltaNs, 0) + restNs;
  if (others !== 0) rows.push(["", "all others", "", "", formatDelta(others, "ns"), share(others), ""]);
  const name = where === "" ? metric : `${metric} of ${displayText(where, 60)}`;
  const head = `${name}: ${formatNs(baseNs)} to ${formatNs(newNs)}, ${formatDelta(deltaNs, "ns")}, of which`;
  const heads = ["  phase", "step", "base", "new", "change", "share", "mostly"];
  return `${head}\n${formatTable(heads, rows, [false, false, true, true, true, true, false])}`;
}

function inputText({ kind, field, base, new: next }: InputChange): string {
  const side = (text: string | null): string => (text === null ? "none" : displayText(text, 60));
  return `${displayText(kind, 40)}${field === "" ? "" : ` ${displayText(field, 80)}`}: ${side(base)} → ${side(next)}`;
}

function inputsText(inputs: readonly InputChange[]): string {
  if (inputs.length === 0) return "";
  const lines = inputs.slice(0, maxInputs).map((input) => `  ${inputText(input)}`);
  const hidden = inputs.length - lines.length;
  return ["inputs that differ", ...lines, ...(hidden === 0 ? [] : [`  and ${plural(hidden, "more field")}`])].join(
    "\n",
  );
}

function columnText(difference: Difference, column: number, only: ShownRows): string {
  const { label, path } = difference.columns[column]!;
  const base = difference.columns[0]!;
  const waterfalls = difference.waterfalls.filter((waterfall) => waterfall.column === column);
  return [
    `${displayText(label, 60)} against ${displayText(base.label, 60)}: ${countText(difference, column)}`,
    label === path ? "" : `  base ${displayText(base.path, 100)}, new ${displayText(path, 100)}`,
    ...waterfalls.slice(0, 4).map((waterfall) => waterfallText(waterfall)),
    rowsTable(difference, column, only),
    inputsText(difference.inputs.filter((input) => input.column === column)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** A comparison for people: why first, then the rows. */
export function formatComparison(difference: Difference, only: ShownRows): string {
  const { settings, testCount } = difference;
  const tests =
    testCount === 0
      ? ""
      : `${plural(testCount, "test")}; a false alarm in at most ${settings.alpha * 100} % of such comparisons (Mann-Whitney, Holm)`;
  return [
    ...difference.columns.slice(1).map((_, index) => columnText(difference, index + 1, only)),
    tests,
    ...difference.warnings.slice(0, 20).map((warning) => `note: ${displayText(warning, 300)}`),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}
