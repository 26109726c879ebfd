import { displayText, formatDelta, formatDeltaRatio, formatValue } from "../analysis/index.ts";
import { type Cell, type Change, type Difference, type DifferenceRow, type Verdict, verdicts } from "./difference.ts";

/** Where a row belongs: "kexec, purgatory". */
export function formatDimensions({ dimensions }: Pick<DifferenceRow, "dimensions">): string {
  return dimensions
    .map(([, value]) => value)
    .filter((value) => value !== "")
    .join(", ");
}

/** A row as one column has it, against the base. */
export interface SidedRow {
  readonly row: DifferenceRow;
  readonly change: Change;
  readonly base: Cell | null;
  readonly next: Cell | null;
}

export const verdictWords: Readonly<Record<Verdict, string>> = {
  better: "better",
  same: "same",
  worse: "worse",
  different: "different",
  inconclusive: "inconclusive",
  "did-not-finish": "did not finish",
  "only-base": "gone",
  "only-new": "new",
};

/** Rows that the base or the column has: others are of other columns. */
export function sidedRows({ rows }: Difference, column: number): SidedRow[] {
  return rows.flatMap((row) => {
    const [base, next] = [row.cells[0] ?? null, row.cells[column] ?? null];
    return base || next ? [{ row, change: row.changes[column - 1]!, base, next }] : [];
  });
}

/** Too few samples to say anything, and a difference all the same: people want to see it. */
export function isChanged({ verdict, isBeyondFloor }: Change): boolean {
  return verdict === "inconclusive" ? isBeyondFloor : verdict !== "same";
}

const order: readonly Verdict[] = [
  "did-not-finish",
  "worse",
  "better",
  "different",
  "inconclusive",
  "only-base",
  "only-new",
  "same",
];

/** Size of a change by share, where there is one. */
function sizeOf({ change: { deltaRatio, delta } }: SidedRow): number {
  return Math.abs(deltaRatio ?? (delta === null || delta === 0 ? 0 : Number.MAX_VALUE));
}

/** What matters most comes first: by verdict, then by size. Rows alike stay in their order. */
export function byWeight(one: SidedRow, other: SidedRow): number {
  const places = order.indexOf(one.change.verdict) - order.indexOf(other.change.verdict);
  return places || sizeOf(other) - sizeOf(one);
}

/** "2 worse, 14 same". */
export function countsText(rows: readonly SidedRow[]): string {
  const counts = new Map<Verdict, number>();
  for (const { change } of rows) counts.set(change.verdict, (counts.get(change.verdict) ?? 0) + 1);
  const parts = verdicts.filter((verdict) => counts.has(verdict));
  return parts.map((verdict) => `${counts.get(verdict)} ${verdictWords[verdict]}`).join(", ") || "no row";
}

export function valueText({ unit, exact }: DifferenceRow, cell: Cell | null): string {
  if (!cell) return "–";
  const count = cell.values.length + cell.failedCount;
  const samples = count === 1 || exact ? "" : ` (${count})`;
  return cell.median === null ? `no value${samples}` : formatValue(cell.median, unit) + samples;
}

export function changeText({ row: { unit }, change }: SidedRow): string {
  const { delta, deltaRatio, deltaLow, deltaHigh } = change;
  if (delta === null) return "";
  const share = deltaRatio === null || !Number.isFinite(deltaRatio) ? "" : ` (${formatDeltaRatio(deltaRatio)})`;
  if (deltaLow === null || deltaHigh === null) return formatDelta(delta, unit) + share;
  return `${formatDelta(delta, unit)}${share} [${formatDelta(deltaLow, unit)}, ${formatDelta(deltaHigh, unit)}]`;
}

/** A share of a whole, with its sign: `98.2 %`, `−1.9 %`; nothing of a whole that is 0. */
export function shareText(part: number, whole: number): string {
  const ratio = part / whole;
  if (!Number.isFinite(ratio)) return "";
  const percent = Math.abs(ratio * 100).toFixed(1);
  return `${ratio < 0 && percent !== "0.0" ? "−" : ""}${percent} %`;
}

export function whyText({ change: { test, reason } }: SidedRow): string {
  if (test === null) return reason;
  const p = test.adjustedPValue;
  return `${p < 0.0001 ? "p < 0.0001" : `p = ${p.toPrecision(2)}`}: ${reason}`;
}

/** "blackout_ns of kexec, purgatory", fit to be shown. */
export function rowName(row: DifferenceRow): string {
  const where = formatDimensions(row);
  return displayText(row.metric, 80) + (where === "" ? "" : ` of ${displayText(where, 120)}`);
}

/** Values of a column's median, where it has one that is a number. */
export function medianOf(cell: Cell | null | undefined): number | undefined {
  return cell && cell.median !== null && Number.isFinite(cell.median) ? cell.median : undefined;
}

export function sideTitle({ columns }: Difference, column: number): string {
  return `${displayText(columns[column]!.label, 60)} against ${displayText(columns[0]!.label, 60)}`;
}
