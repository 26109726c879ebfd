import { formatDelta, formatValue } from "../analysis/index.ts";
import {
  type Difference,
  formatDimensions,
  shareText,
  type InputChange,
  type StepChange,
  type Waterfall,
} from "../compare/index.ts";
import { code, type Page, prose, tableHead, tableRow } from "./markdown-text.ts";

const maxWaterfalls = 4;
const maxSteps = 6;
const maxInputs = 30;

function sideText(ns: number | null): string {
  return ns === null ? "?" : formatValue(ns, "ns");
}

function causeText({ causes }: StepChange): string {
  const [main] = causes;
  if (!main) return "";
  const rule = main.rule === "" ? "" : ` (${code(main.rule, 90)})`;
  return `${formatDelta(main.newNs - main.baseNs, "ns")}: ${prose(main.per, 90)}${rule}`;
}

function waterfallName(waterfall: Waterfall): string {
  const where = formatDimensions(waterfall);
  return where === "" ? code(waterfall.metric) : `${code(waterfall.metric)} of ${code(where, 100)}`;
}

function addWaterfall(page: Page, waterfall: Waterfall): boolean {
  const { baseNs, newNs, steps, restNs } = waterfall;
  const deltaNs = newNs - baseNs;
  const lines = steps
    .slice(0, maxSteps)
    .map((step) =>
      tableRow([
        code(step.phase, 40),
        code(step.step, 90),
        sideText(step.baseNs),
        sideText(step.newNs),
        formatDelta(step.deltaNs, "ns"),
        shareText(step.deltaNs, deltaNs),
        causeText(step),
      ]),
    );
  const othersNs = steps.slice(maxSteps).reduce((sum, step) => sum + step.deltaNs, 0) + restNs;
  if (othersNs !== 0) {
    lines.push(tableRow(["", "all others", "", "", formatDelta(othersNs, "ns"), shareText(othersNs, deltaNs), ""]));
  }
  const heads = ["phase", "step", "base", "new", "change", "share", "mostly"];
  return page.add([
    `**Why**: ${waterfallName(waterfall)}: ${sideText(baseNs)} to ${sideText(newNs)}, ${formatDelta(deltaNs, "ns")}, of which`,
    "",
    ...tableHead(heads, [false, false, true, true, true, true, false]),
    ...lines,
    "",
  ]);
}

function inputLine({ kind, field, base, new: next }: InputChange): string {
  const side = (text: string | null): string => (text === null ? "none" : code(text, 60));
  return `- ${code(kind, 40)}${field === "" ? "" : ` ${code(field, 80)}`}: ${side(base)} → ${side(next)}`;
}

function addInputs(page: Page, inputs: readonly InputChange[], maxBytes: number): void {
  if (inputs.length === 0) return;
  const lines = inputs.slice(0, maxInputs).map(inputLine);
  const hidden = page.addMost(["Inputs that differ:", ""], lines, maxBytes) + inputs.length - lines.length;
  if (hidden === inputs.length) page.add([`Inputs that differ: ${hidden} fields`]);
  else if (hidden > 0) page.add([`- and ${hidden} more`]);
  page.add([""]);
}

/** Why a column differs from the base: its inputs, and the steps that are longer or shorter. */
export function addCauses(page: Page, difference: Difference, column: number): void {
  addInputs(
    page,
    difference.inputs.filter((input) => input.column === column),
    page.leftBytes / 3,
  );
  const waterfalls = difference.waterfalls.filter((waterfall) => waterfall.column === column);
  const least = page.leftBytes / 3;
  for (const waterfall of waterfalls.slice(0, maxWaterfalls)) {
    if (page.leftBytes < least || !addWaterfall(page, waterfall)) return;
  }
}
