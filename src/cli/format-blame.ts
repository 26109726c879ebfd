import { displayText, formatCount, formatNs, formatRatio, plural } from "../analysis/format.ts";
import type { CatalogueRow } from "../analysis/index.ts";
import { cutText, fitText, type Terminal, textWidth, wrapText } from "./blocks.ts";
import { formatTable } from "./table.ts";

type BlameRow = CatalogueRow<"blame">;

/** What time is added up by: a value of the question's `grouped_by`. */
export type Grouping = "step" | "phase" | "vm" | "device" | "constant";

export interface BlameAnswer {
  readonly grouping: Grouping;
  /** False: the blackout alone. */
  readonly allPhases: boolean;
  readonly rows: readonly BlameRow[];
  /** Rows that the limit leaves out. */
  readonly hiddenCount: number;
}

const nobody: Readonly<Record<Grouping, string>> = {
  step: "",
  phase: "",
  vm: "(the whole host)",
  device: "(no device)",
  constant: "(no constant: physics or the trace)",
};

function nameOf({ grouping }: BlameAnswer, row: BlameRow): string {
  if (row.group_name === null) return nobody[grouping];
  const name = displayText(row.group_name);
  return grouping === "step" ? `${name} (${row.phase})` : name;
}

function constantsText({ assumed_ratio: ratio }: BlameRow): string {
  if (ratio === null) return "none";
  if (ratio === 0) return "measured";
  return ratio === 1 ? "assumed" : `${formatRatio(ratio)} assumed`;
}

const barCells = 14;
const leastNameCells = 12;

/** Busy time to the scale of the longest row; what of it is not on the critical chain is lighter. */
function busyBar(row: BlameRow, longestNs: number): string {
  const cells = (ns: number): number => Math.round((ns / longestNs) * barCells);
  const [busy, critical] = [cells(row.busy_ns), cells(row.critical_ns)];
  return busy === 0 ? "▏" : "█".repeat(critical) + "░".repeat(busy - critical);
}

function explain({ grouping, allPhases }: BlameAnswer): string[] {
  const what = grouping === "constant" ? "" : "; waited: the VM was ready, but others went first";
  return [
    `busy: pieces side by side count twice${what}.`,
    "of blackout: what of busy is on the critical chain (█); what runs beside it decides nothing (░).",
    ...(allPhases ? ["In the brownout guests run, and only their faults are busy time."] : []),
  ];
}

/** What takes longest, the longest first. */
export function formatBlame(answer: BlameAnswer, { columns }: Terminal): string {
  const { rows, hiddenCount, grouping } = answer;
  if (rows.length === 0) return answer.allPhases ? "No step takes time." : "No step of the blackout takes time.";
  const longestNs = rows.reduce((longest, row) => Math.max(longest, row.busy_ns), 0);
  const hasWaits = grouping !== "constant";
  const heads = [grouping, "pieces", "busy", ...(hasWaits ? ["waited"] : []), "of blackout", "", "constants"];
  const cells = rows.map((row) => [
    nameOf(answer, row),
    formatCount(row.piece_count),
    formatNs(row.busy_ns),
    ...(hasWaits ? [row.waited_ns ? formatNs(row.waited_ns) : "–"] : []),
    row.critical_ns > 0 && row.blackout_ratio !== null ? formatRatio(row.blackout_ratio) : "–",
    fitText(busyBar(row, longestNs), barCells),
    constantsText(row),
  ]);
  // The names have the room that the rest leaves.
  const widthOf = (column: number): number =>
    cells.reduce((width, row) => Math.max(width, textWidth(row[column]!)), textWidth(heads[column]!));
  const rest = heads.slice(1).reduce((sum, _, index) => sum + widthOf(index + 1) + 2, 0);
  const nameCells = Math.max(leastNameCells, columns - rest);
  const table = formatTable(
    heads,
    cells.map(([name, ...others]) => [cutText(name!, nameCells), ...others]),
    [false, true, true, ...(hasWaits ? [true] : []), true, false, false],
  );
  const hidden = hiddenCount > 0 ? [`and ${plural(hiddenCount, "more row")} that took less (--limit)`] : [];
  const explained = explain(answer).flatMap((sentence) => wrapText(sentence, columns));
  return [table, ...hidden, "", ...explained].join("\n");
}
