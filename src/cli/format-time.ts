import { styleText } from "node:util";

import { displayText, formatCount, formatNs, formatRatio, formatSum } from "../analysis/format.ts";
import type { CatalogueRow } from "../analysis/index.ts";
import { partCells, sparkline, type Terminal, wrapText } from "./blocks.ts";

export interface TimeAnswer {
  readonly headline: CatalogueRow<"headline">;
  readonly phases: readonly CatalogueRow<"phases">[];
  readonly totals: readonly CatalogueRow<"totals">[];
  /** How fast the guests write, before and after the blackout. */
  readonly writes: readonly CatalogueRow<"dirty-over-time">[];
}

/** Each phase of the blackout has a colour and, for those who see none, a shade. */
const looks = {
  freeze: { shade: "▒", colour: "cyan" },
  serialize: { shade: "░", colour: "magenta" },
  kexec: { shade: "█", colour: "blue" },
  restore: { shade: "▓", colour: "green" },
} as const;

type Look = (typeof looks)[keyof typeof looks];

function paint({ shade, colour }: Look, cells: number, { colourCount }: Terminal): string {
  if (cells <= 0) return "";
  return colourCount > 0 ? styleText(colour, "█".repeat(cells), { validateStream: false }) : shade.repeat(cells);
}

const lookOf = (phase: string): Look => looks[phase as keyof typeof looks];

/** From the low to the high end of the constants. */
function range({ low_ns: lowNs, high_ns: highNs }: { low_ns: number | null; high_ns: number | null }): string {
  return lowNs === null || highNs === null ? "" : ` (${formatNs(lowNs)} to ${formatNs(highNs)})`;
}

function blackoutSentence({ headline, phases }: TimeAnswer): string {
  const inBlackout = phases.filter((row) => row.in_blackout);
  const { total, parts } = formatSum(inBlackout.map((row) => row.phase_ns));
  const sum = inBlackout.map((row, index) => `${parts[index]} (${row.phase})`).join(" + ");
  const who = headline.vm_count === 0 ? ", with no VM to stand still" : "";
  return `Blackout takes ${sum} = ${total}${who}.`;
}

function sentences(answer: TimeAnswer): string[] {
  const { headline } = answer;
  const totals = new Map(answer.totals.map((row) => [row.total_name, row]));
  const lengthOf = (name: string): string => formatNs(totals.get(name)?.total_ns ?? 0);
  const [lowNs, highNs] = [headline.blackout_low_ns, headline.blackout_high_ns];
  const lines = [
    blackoutSentence(answer),
    `With every constant at its low or its high end it is ${formatNs(lowNs)} or ${formatNs(highNs)}.`,
  ];
  const [from, to] = [headline.kernel_from, headline.kernel_to].map((name) => displayText(name, 20));
  const gaps = (totals.get("gaps")?.total_ns ?? 0) > 0 ? ` and ${lengthOf("gaps")} in no step` : "";
  lines.push(
    `Of it ${lengthOf("old-kernel")} in the old kernel, Linux ${from}, and ${lengthOf("new-kernel")} in the new one, Linux ${to}${gaps}.`,
  );
  const preserve = totals.get("preserve");
  if (preserve) {
    const begin = formatNs(-(preserve.start_offset_ns ?? 0));
    lines.push(
      `Preserve takes ${formatNs(preserve.total_ns)}${range(preserve)} and begins ${begin} before the blackout; VMs run meanwhile.`,
    );
  }
  if (totals.has("after"))
    lines.push(`Brownout and finish take ${lengthOf("after")} after it; VMs run, slower at first.`);
  lines.push(`The whole update takes ${lengthOf("whole")}, from the first call to full speed.`);
  return lines;
}

/** The phases of the blackout to scale, and what each piece of the bar is. */
function phaseBar({ phases }: TimeAnswer, terminal: Terminal): string[] {
  const inBlackout = phases.filter((row) => row.in_blackout);
  const cells = partCells(
    inBlackout.map((row) => row.phase_ns),
    terminal.columns,
  );
  const bar = inBlackout.map((row, index) => paint(lookOf(row.phase), cells[index]!, terminal)).join("");
  if (bar === "") return [];
  const legend = inBlackout.map((row, index) => {
    const share = row.blackout_ratio === null ? "" : ` ${formatRatio(row.blackout_ratio)}`;
    const mark = cells[index] === 0 ? "(too short to see)" : paint(lookOf(row.phase), 1, terminal);
    return `  ${mark} ${row.phase} ${formatNs(row.phase_ns)}${share}`;
  });
  return ["", bar, ...legend];
}

/** How fast the guests write before and after the blackout, which stands as a line between. */
function writesLine({ writes }: TimeAnswer, { columns }: Terminal): string[] {
  const most = writes.reduce((high, row) => Math.max(high, row.dirty_pages_per_sec), 0);
  const [first] = writes;
  if (!first || most === 0) return ["", "The trace has no writes of guests that could be shown."];
  const draw = (afterResume: boolean): string =>
    sparkline(
      writes.filter((row) => row.after_resume === afterResume).map((row) => row.dirty_pages_per_sec),
      0,
      most,
    );
  const lengthNs = writes.reduce((longest, row) => Math.max(longest, row.end_ns - row.start_ns), 0);
  return [
    "",
    `${draw(false)}┃${draw(true)}`,
    ...wrapText(
      `  What the guests write before and after the blackout (┃): ${formatNs(lengthNs)} a character, from ▁ 0 to █ ${formatCount(Math.round(most))} pages/s, a page once a reading`,
      columns,
    ),
  ];
}

/** Characters of the line of writes, beside the one for the blackout; buckets at its edges may add two. */
export function writesPoints({ columns }: Terminal): number {
  return columns - 4;
}

/** The update in sentences, then the blackout's phases to scale, then what the guests write around it. */
export function formatTime(answer: TimeAnswer, terminal: Terminal): string {
  if (answer.phases.length === 0) return "The run has no phases: nothing took time.";
  const lines = sentences(answer).flatMap((sentence) => wrapText(sentence, terminal.columns));
  return [...lines, ...phaseBar(answer, terminal), ...writesLine(answer, terminal)].join("\n");
}
