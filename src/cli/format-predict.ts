import { displayText, formatCount, plural } from "../analysis/format.ts";
import { mibBytes } from "../base/index.ts";
import type { MemoryPrediction } from "../recording/index.ts";
import { formatTable } from "./table.ts";

/** The log's word, and the model's where it is another. */
function formatPair(expected: string, found: string, sign = "≠"): string {
  return expected === found ? expected : `${expected} ${sign} ${found}`;
}

function formatNumber(value: number | null): string {
  return value === null ? "–" : formatCount(value);
}

function sum(values: Readonly<Record<string, number>> | readonly number[] | null): number | null {
  return values === null ? null : Object.values(values).reduce((total, value) => total + value, 0);
}

/** "184+180+220" in MiB: lowmem, global, nodes. */
function formatAreas(areas: readonly number[] | null): string {
  return areas === null ? "–" : areas.map((bytes) => formatCount(bytes / mibBytes)).join("+");
}

function distance(left: readonly number[], right: readonly number[]): number {
  return left.reduce((total, bytes, index) => total + Math.abs(bytes - (right[index] ?? 0)), 0);
}

/** Of the areas that the model holds possible, those nearest to the recorded ones: only they show what it cannot explain. */
function nearestAreas({ expectedAreas, foundAreas, possibleAreas }: MemoryPrediction["scratchBytes"]) {
  if (expectedAreas === null || possibleAreas === null) return foundAreas;
  const off = (areas: readonly number[]): number => distance(areas, expectedAreas);
  return possibleAreas.reduce((best, areas) => (off(areas) < off(best) ? areas : best));
}

function formatRow(prediction: MemoryPrediction): string[] {
  const { name, kernel, keysPerOrder, nodesPerLevel, metadataKeys, scratchBytes, exact, reasons } = prediction;
  const isNear = reasons.length === 0 && scratchBytes.rule === "percent";
  const pair = (expected: number | null, found: number | null): string =>
    formatPair(formatNumber(expected), formatNumber(found));
  return [
    displayText(name, 32),
    displayText(kernel ?? "–", 16),
    pair(sum(keysPerOrder.expected), sum(keysPerOrder.found)),
    pair(sum(nodesPerLevel.expected), sum(nodesPerLevel.found)),
    pair(metadataKeys.expected, metadataKeys.found),
    scratchBytes.rule ?? "–",
    formatPair(formatAreas(scratchBytes.expectedAreas), formatAreas(nearestAreas(scratchBytes)), isNear ? "≈" : "≠"),
    exact ? "yes" : "no",
  ];
}

/** What recordings say, and what the model gives where it differs: "recorded ≠ model", "≈" where that is allowed. */
export function formatPredictions(predictions: readonly MemoryPrediction[]): string {
  const heads = ["recording", "kernel", "keys", "tracker pages", "metadata keys", "scratch", "areas, MiB", "exact"];
  const right = [false, false, true, true, true, false, false, false];
  const reasons = predictions.flatMap(({ name, reasons }) =>
    reasons.map((reason) => `${displayText(name, 32)}: ${displayText(reason, 300)}`),
  );
  const damaged = predictions.reduce((total, { damagedLines }) => total + damagedLines, 0);
  const exact = predictions.filter((prediction) => prediction.exact).length;
  const closing = [
    plural(predictions.length, "recording"),
    `${formatCount(exact)} exact`,
    ...(damaged > 0 ? [`${plural(damaged, "line")} damaged and left out`] : []),
  ].join(", ");
  const table = formatTable(heads, predictions.map(formatRow), right);
  const legend = table.includes("≈")
    ? ["≈ a percentage's scratch, within 10 % in every area, for one of the places where the kernel may lie"]
    : [];
  return [table, "", ...reasons, ...legend, closing].join("\n");
}
