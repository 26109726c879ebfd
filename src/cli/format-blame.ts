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

const mostBarCells = 14;
const leastBarCells = 4;
const leastNameCells = 16;

/** Busy time to the scale of the longest row; what of it is not on the critical chain is lighter. */
function busyBar(row: BlameRow, longestNs: number, barCells: number): string {
  const cells = (ns: number): number => Math.round((ns / longestNs) * barCells);
  const [busy, critical] = [cells(row.busy_ns), cells(row.critical_ns)];
  return busy === 0 ? "▏" : "█".repeat(critical) + "░".repeat(busy - critical);
}

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  /** Words stand left, numbers right. */
  readonly isText?: boolean;
  /** Left out where the terminal is narrow. */
  readonly isSpare?: boolean;
}

const widthOf = ({ head, cells }: Column): number =>
  cells.reduce((width, cell) => Math.max(width, textWidth(cell)), textWidth(head));

const widthsOf = (columns: readonly Column[]): number => columns.reduce((sum, column) => sum + widthOf(column) + 2, 0);

function columnsOf({ rows, grouping }: BlameAnswer): Column[] {
  const waited = { head: "waited", cells: rows.map((row) => (row.waited_ns ? formatNs(row.waited_ns) : "–")) };
  const share = ({ critical_ns: criticalNs, blackout_ratio: ratio }: BlameRow): string =>
    criticalNs > 0 && ratio !== null ? formatRatio(ratio) : "–";
  return [
    { head: "pieces", cells: rows.map((row) => formatCount(row.piece_count)), isSpare: true },
    { head: "busy", cells: rows.map((row) => formatNs(row.busy_ns)) },
    ...(grouping === "constant" ? [] : [waited]),
    { head: "of blackout", cells: rows.map(share) },
    { head: "constants", cells: rows.map(constantsText), isText: true, isSpare: true },
  ];
}

/** Names have the room that the numbers leave, and a bar what the names do. */
function layOut(answer: BlameAnswer, columns: number): Column[] {
  const all = columnsOf(answer);
  const numbers = columns - widthsOf(all) < leastNameCells ? all.filter(({ isSpare }) => isSpare !== true) : all;
  const free = columns - widthsOf(numbers);
  const names = { head: answer.grouping, cells: answer.rows.map((row) => nameOf(answer, row)), isText: true };
  const nameCells = Math.min(widthOf(names), Math.max(leastNameCells, free - mostBarCells - 2));
  const barCells = Math.max(0, Math.min(mostBarCells, free - nameCells - 2));
  const longestNs = answer.rows.reduce((longest, row) => Math.max(longest, row.busy_ns), 0);
  const bars = answer.rows.map((row) => fitText(busyBar(row, longestNs, barCells), barCells));
  const cut = { ...names, cells: names.cells.map((name) => cutText(name, nameCells)) };
  const last = numbers.findIndex(({ head }) => head === "constants");
  const place = last < 0 ? numbers.length : last;
  const bar = barCells < leastBarCells ? [] : [{ head: "", cells: bars, isText: true }];
  return [cut, ...numbers.slice(0, place), ...bar, ...numbers.slice(place)];
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
  const { rows, hiddenCount } = answer;
  if (rows.length === 0) return answer.allPhases ? "No step takes time." : "No step of the blackout takes time.";
  const laidOut = layOut(answer, columns);
  const table = formatTable(
    laidOut.map(({ head }) => head),
    rows.map((_, row) => laidOut.map(({ cells }) => cells[row]!)),
    laidOut.map(({ isText }) => isText !== true),
  );
  const hidden = hiddenCount > 0 ? [`and ${plural(hiddenCount, "more row")} that took less (--limit)`] : [];
  const explained = explain(answer).flatMap((sentence) => wrapText(sentence, columns));
  return [table, ...hidden, "", ...explained].join("\n");
}
