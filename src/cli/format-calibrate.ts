import { displayText, formatCount, formatNs, formatRatio, plural } from "../analysis/format.ts";
import { type Accuracy, bounds, type Calibration, coverageBounds, listAccuracy } from "../calibrate/index.ts";
import type { CostData, QuantityId } from "../profile/index.ts";
import type { HostRecording, Recording } from "../recording/index.ts";
import { formatTable } from "./table.ts";

export interface CalibrationReport {
  readonly calibration: Calibration;
  readonly recordings: readonly (Recording | HostRecording)[];
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
  readonly accuracy: readonly Accuracy[];
}

function formatLeftOut(leftOut: CalibrationReport["leftOut"]): string[] {
  return leftOut.map(({ name, why }) => `left out: ${displayText(name, 32)}: ${displayText(why, 200)}`);
}

function formatError(ratio: number): string {
  const percent = `${(Math.abs(ratio) * 100).toFixed(2)} %`;
  return ratio < 0 ? `−${percent}` : percent;
}

const accuracyRight = [false, true, true, true, false];

function accuracyRow({ id, recordings, medianRatio, worstRatio, worstRecording }: Accuracy): string[] {
  return [
    id,
    formatCount(recordings),
    formatError(medianRatio),
    formatError(worstRatio),
    worstRatio === 0 ? "" : displayText(worstRecording, 32),
  ];
}

function formatBound(id: QuantityId): string {
  const { medianRatio, worstRatio, scatteredRatio } = bounds[id];
  const worst =
    worstRatio === scatteredRatio
      ? formatRatio(worstRatio)
      : `${formatRatio(worstRatio)}, scattered ${formatRatio(scatteredRatio)}`;
  return `${formatRatio(medianRatio)} / ${worst}`;
}

/** How far predictions of recordings that took no part in the fit are off, by quantity and by step. */
export function formatValidation({ calibration, recordings, leftOut, accuracy }: CalibrationReport): string {
  const { coverage, validation } = calibration;
  const quantities = accuracy.map((row) => {
    const id = row.id as QuantityId;
    return [...accuracyRow(row), formatBound(id), row.met === false ? "no" : "yes", formatRatio(coverage[id])];
  });
  const heads = ["quantity", "recordings", "median", "worst", "of", "at most", "met", "in 90 % interval"];
  const right = [...accuracyRight, false, false, true];
  const steps = listAccuracy(validation.spans, recordings).map(accuracyRow);
  const { leastRatio, mostRatio } = coverageBounds;
  return [
    "Each recording was left out in turn, and predicted from what it says before its reboot call.",
    "A difference of less than 0.5 ms counts as none.",
    "",
    formatTable(heads, quantities, right),
    "",
    formatTable(["step", "recordings", "median", "worst", "of"], steps, accuracyRight),
    "",
    `90 % intervals should hold ${formatRatio(leastRatio)} to ${formatRatio(mostRatio)} of the recordings.`,
    ...formatLeftOut(leftOut),
  ].join("\n");
}

/** A constant keeps three digits, however small: it is paid many times. */
function formatUnit(ns: number): string {
  return ns < 1000 ? `${Number(ns.toPrecision(3))} ns` : formatNs(ns);
}

function formatCost(id: string, { unit_ns, low_ns, high_ns, status, recordings, spread_ratio }: CostData): string[] {
  return [
    id,
    formatUnit(unit_ns),
    `${formatUnit(low_ns)} – ${formatUnit(high_ns)}`,
    spread_ratio === undefined ? "" : `± ${formatRatio(spread_ratio)}`,
    status,
    recordings === undefined ? "" : formatCount(recordings),
  ];
}

/** The constants that were fitted, which of them cannot be told apart, and what to record to settle it. */
export function formatCalibration({ calibration, leftOut, accuracy }: CalibrationReport, output?: string): string {
  const { data, fits } = calibration;
  const measured = Object.entries(data.costs).filter(
    ([, { status, fit }]) => status === "measured" && fit !== undefined,
  );
  const heads = ["constant", "value", "90 % interval", "varies", "status", "recordings"];
  const table = formatTable(
    heads,
    measured.map(([id, cost]) => formatCost(id, cost)),
    [false, true, true, true, false, true],
  );
  const doubts = fits.flatMap(({ line, groups }) =>
    groups.flatMap(({ inseparable }) =>
      inseparable.map(
        ({ id, from, record }) =>
          `${line}: ${id} cannot be told apart from ${from.join(", ") || "others"}; to settle it, record ${record}`,
      ),
    ),
  );
  const assumed = Object.values(data.costs).filter(({ status }) => status === "assumed").length;
  const errors = accuracy.map(({ id, medianRatio }) => `${id} ${formatError(medianRatio)}`).join(", ");
  return [
    table,
    "",
    ...doubts,
    ...formatLeftOut(leftOut),
    `${plural(measured.length, "constant")} measured here, ${formatCount(assumed)} assumed${errors === "" ? "" : `; left-out recordings are off by (median): ${errors}`}`,
    ...(output === undefined ? [] : [`wrote ${output}`]),
  ].join("\n");
}
