import { displayText, formatNs, plural, formatDelta } from "../analysis/index.ts";
import {
  byWeight,
  type Change,
  changeText,
  countsText,
  type Difference,
  formatDimensions,
  type InputChange,
  isChanged,
  shareText,
  type SidedRow,
  sidedRows,
  type StepChange,
  valueText,
  type Verdict,
  verdictWords,
  type Waterfall,
  whyText,
} from "../compare/index.ts";
import type { ShownRows } from "./shown-rows.ts";
import { formatTable } from "./table.ts";

/** More lines than that nobody reads; the folder, JSON and HTML have all. */
const maxRows = 200;
const maxSteps = 6;
const maxInputs = 30;

/** What people must not overlook. */
const loud: ReadonlySet<Verdict> = new Set<Verdict>(["worse", "did-not-finish"]);

function verdictText({ verdict }: Change): string {
  return loud.has(verdict) ? verdictWords[verdict].toUpperCase() : verdictWords[verdict];
}

function isShown({ change }: SidedRow, only: ShownRows): boolean {
  switch (only) {
    case "all":
      return true;
    case "worse":
      return loud.has(change.verdict);
    case "better":
      return change.verdict === "better";
    case "changed":
      return isChanged(change);
  }
}

/** An exact change speaks for itself. */
function reasonText(sided: SidedRow): string {
  const { test, verdict } = sided.change;
  return test !== null || verdict === "inconclusive" || verdict === "did-not-finish" ? whyText(sided) : "";
}

/** Rows that say the same of many VMs or devices become one. */
function joinAlike(rows: readonly SidedRow[]): { readonly of: string; readonly cells: readonly string[] }[] {
  const lines = new Map<string, { count: number; first: string; cells: readonly string[] }>();
  for (const sided of rows) {
    const { row, change, base, next } = sided;
    const cells = [
      row.metric,
      valueText(row, base),
      valueText(row, next),
      changeText(sided),
      verdictText(change),
      displayText(reasonText(sided), 120),
    ];
    const key = JSON.stringify(cells);
    const line = lines.get(key) ?? { count: 0, first: displayText(formatDimensions(row), 60), cells };
    line.count++;
    lines.set(key, line);
  }
  return [...lines.values()].map(({ count, first, cells }) => ({
    of: count === 1 ? first : `${first} and ${count - 1} alike`,
    cells,
  }));
}

function rowsTable(all: readonly SidedRow[], only: ShownRows): string {
  const rows = all.filter((sided) => isShown(sided, only));
  if (rows.length === 0) return only === "changed" ? "no row has changed" : "no such row";
  const lines = joinAlike(only === "all" ? rows : rows.toSorted(byWeight));
  const shown = lines.slice(0, maxRows).map(({ of, cells: [metric, ...others] }) => [metric!, of, ...others]);
  const heads = ["metric", "of", "base", "new", "change", "", ""];
  const table = formatTable(heads, shown, [false, false, true, true, true, false, false]);
  const hidden = lines.length - shown.length;
  return hidden === 0 ? table : `${table}\nand ${plural(hidden, "more row")}: --json and -o have all of them`;
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
  const rows = steps
    .slice(0, maxSteps)
    .map((step) => [
      `  ${step.phase}`,
      step.step,
      step.baseNs === null ? "?" : formatNs(step.baseNs),
      step.newNs === null ? "?" : formatNs(step.newNs),
      formatDelta(step.deltaNs, "ns"),
      shareText(step.deltaNs, deltaNs),
      causeText(step),
    ]);
  const others = steps.slice(maxSteps).reduce((sum, step) => sum + step.deltaNs, 0) + restNs;
  if (others !== 0) rows.push(["", "all others", "", "", formatDelta(others, "ns"), shareText(others, deltaNs), ""]);
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
  const rows = sidedRows(difference, column);
  const waterfalls = difference.waterfalls.filter((waterfall) => waterfall.column === column);
  return [
    `${displayText(label, 60)} against ${displayText(base.label, 60)}: ${countsText(rows)}`,
    label === path ? "" : `  base ${displayText(base.path, 100)}, new ${displayText(path, 100)}`,
    ...waterfalls.slice(0, 4).map((waterfall) => waterfallText(waterfall)),
    rowsTable(rows, only),
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
