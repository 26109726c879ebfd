import {
  formatDimensions,
  byWeight,
  changeText,
  countsText,
  isChanged,
  sidedRows,
  type SidedRow,
  valueText,
  verdictWords,
  whyText,
} from "../compare/index.ts";
import { addCauses } from "./markdown-causes.ts";
import { addRules, gateSentence } from "./markdown-gate.ts";
import { byteCount, code, Page, prose, tableHead, tableRow } from "./markdown-text.ts";
import type { Published } from "./published.ts";

/** GitHub takes 65,536 characters of a comment and 1,048,576 bytes of a summary; what is longer it refuses as a whole. */
const maxCommentBytes = 65_000;
const maxSummaryBytes = 1_000_000;

/** Room for what is said of rows that are left out, and of the end of a page. */
const reservedBytes = 400;

/** A column with less room says nothing: others are counted instead. */
const leastColumnBytes = 4000;

const maxWarnings = 20;

const heads = ["", "metric", "of", "base", "new", "change", "why"];
const isRight = [false, false, false, true, true, true, false];

function rowLine(sided: SidedRow): string {
  const { row, change, base, next } = sided;
  const word = verdictWords[change.verdict];
  const isBad = change.verdict === "worse" || change.verdict === "did-not-finish";
  const where = formatDimensions(row);
  return tableRow([
    isBad ? `**${word}**` : word,
    code(row.metric),
    where === "" ? "" : code(where, 100),
    valueText(row, base),
    valueText(row, next),
    changeText(sided),
    prose(whyText(sided)),
  ]);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function addChanged(page: Page, rows: readonly SidedRow[]): void {
  if (rows.length === 0) {
    page.add(["No row has changed.", ""]);
    return;
  }
  const lines = rows.map(rowLine);
  const hidden = page.addMost(tableHead(heads, isRight), lines, page.leftBytes - reservedBytes);
  if (hidden === 0) page.add([""]);
  else {
    const more = hidden === rows.length ? plural(hidden, "changed row") : plural(hidden, "more changed row");
    page.add(["", `${more}, the smallest changes, left out here for want of room.`, ""]);
  }
}

function addUnchanged(page: Page, rows: readonly SidedRow[]): void {
  if (rows.length === 0) return;
  const summary = `${plural(rows.length, "other row")}: ${countsText(rows)}`;
  const lines = rows.map(rowLine);
  const block = [
    `<details><summary>${summary}</summary>`,
    "",
    ...tableHead(heads, isRight),
    ...lines,
    "",
    "</details>",
    "",
  ];
  if (!page.add(block)) page.add([`${summary}.`, ""]);
}

/** One side against the base: why, then what has changed, then the rest. Gives false where not even its name fits. */
function addColumn(page: Page, { difference, gate }: Published, column: number): boolean {
  const rows = sidedRows(difference, column);
  const [base, own] = [difference.columns[0]!, difference.columns[column]!];
  // The counts of a lone side stand above it already.
  const counts = gate || difference.columns.length > 2 ? `: ${countsText(rows)}` : "";
  const head = `#### ${code(own.label, 60)} against ${code(base.label, 60)}${counts}`;
  if (page.leftBytes < byteCount(head) + reservedBytes) return false;
  page.add([head, ""]);
  addCauses(page, difference, column);
  addChanged(page, rows.filter(({ change }) => isChanged(change)).sort(byWeight));
  addUnchanged(
    page,
    rows.filter(({ change }) => !isChanged(change)),
  );
  return true;
}

function outcomeSentence({ difference, gate }: Published): string {
  if (gate) return gateSentence(gate);
  const rows = difference.columns.slice(1).flatMap((_, index) => sidedRows(difference, index + 1));
  const bad = rows.filter(({ change: { verdict } }) => verdict === "worse" || verdict === "did-not-finish");
  if (bad.length > 0) return `**Worse**: ${countsText(rows)}`;
  const isOpen = rows.some(({ change }) => change.verdict === "inconclusive" && isChanged(change));
  return `${isOpen ? "**Not decided**" : "Nothing is worse"}: ${countsText(rows)}`;
}

function endLines({ difference, toolVersion }: Published): string[] {
  const { warnings, settings, testCount } = difference;
  const hidden = warnings.length - maxWarnings;
  const tests =
    testCount === 0
      ? ""
      : `; ${plural(testCount, "test")}, a false alarm in at most ${Number((settings.alpha * 100).toPrecision(6))} % of such comparisons (Mann-Whitney, Holm)`;
  return [
    ...warnings.slice(0, maxWarnings).map((warning) => `- note: ${prose(warning)}`),
    ...(hidden > 0 ? [`- and ${plural(hidden, "more note")}`] : []),
    ...(warnings.length > 0 ? [""] : []),
    `luoscope ${prose(toolVersion, 40)}${tests}`,
  ];
}

function renderPage(source: Published, maxBytes: number): string {
  const { difference, gate, title } = source;
  const end = new Page(maxBytes);
  end.add(endLines(source));
  const page = new Page(maxBytes - (maxBytes - end.leftBytes) - reservedBytes);
  page.add([`### ${code(title, 160)}`, "", outcomeSentence(source), ""]);
  if (gate) addRules(page, gate);
  const count = difference.columns.length;
  for (let column = 1; column < count; column++) {
    // Every column has its share of what room is left, if that is enough to say anything.
    const share = Math.max(page.leftBytes / (count - column), leastColumnBytes);
    const own = new Page(Math.min(page.leftBytes - 1, share));
    if (!addColumn(own, source, column)) {
      page.add([`and ${plural(count - column, "more column")}`, ""]);
      break;
    }
    page.add([own.text().slice(0, -1)]);
  }
  return page.text() + end.text();
}

/** A pull request's comment: what came of it first, then why, then what has changed. */
export function renderComment(source: Published): string {
  return renderPage(source, maxCommentBytes);
}

/** The same with the room of a step's summary. */
export function renderSummary(source: Published): string {
  return renderPage(source, maxSummaryBytes);
}
