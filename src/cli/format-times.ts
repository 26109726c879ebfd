import { displayText, formatNs, formatRatio, plural } from "../analysis/format.ts";
import { errorRatio, type PredictedNs, type TimePrediction } from "../calibrate/index.ts";
import { formatTable } from "./table.ts";

const right = [false, false, true, true, true, true, false];

function formatError(predicted: PredictedNs): string {
  if (predicted.recordedNs === null || predicted.recordedNs === 0) return "–";
  const ratio = errorRatio({ predictedNs: predicted.predictedNs, recordedNs: predicted.recordedNs });
  return `${ratio < 0 ? "−" : ""}${(Math.abs(ratio) * 100).toFixed(1)} %`;
}

function isInside({ recordedNs, lowNs, highNs }: PredictedNs): boolean | undefined {
  return recordedNs === null ? undefined : lowNs <= recordedNs && recordedNs <= highNs;
}

function formatCells(predicted: PredictedNs): string[] {
  const { predictedNs, lowNs, highNs, recordedNs } = predicted;
  const inside = isInside(predicted);
  return [
    formatNs(predictedNs),
    recordedNs === null ? "–" : formatNs(recordedNs),
    formatError(predicted),
    `${formatNs(lowNs)} – ${formatNs(highNs)}`,
    inside === false ? "outside" : "",
  ];
}

/** One update: each step, then the four quantities. */
function formatOne({ name, kernelFrom, kernelTo, quantities, steps, notes }: TimePrediction): string {
  const title = `${displayText(name, 60)}: Linux ${displayText(kernelFrom ?? "–", 16)} to ${displayText(kernelTo ?? "–", 16)}`;
  const shownNotes = notes.map((note) => `note: ${displayText(note, 200)}`);
  if (quantities.length === 0) return [title, ...shownNotes].join("\n");
  const heads = ["phase", "step", "predicted", "recorded", "error", "90 % interval", ""];
  const rows = [
    ...steps.map((step) => [step.phase, displayText(step.name, 60), ...formatCells(step)]),
    ...quantities.map((quantity) => ["=", quantity.id, ...formatCells(quantity)]),
  ];
  return [title, "", formatTable(heads, rows, right), "", ...shownNotes].join("\n").trimEnd();
}

/** Many updates: one row each and quantity. */
function formatMany(predictions: readonly TimePrediction[]): string {
  const rows = predictions.flatMap(({ name, quantities }) =>
    quantities.map((quantity, index) => [
      index === 0 ? displayText(name, 32) : "",
      quantity.id,
      ...formatCells(quantity),
    ]),
  );
  const heads = ["recording", "quantity", "predicted", "recorded", "error", "90 % interval", ""];
  const notes = predictions.flatMap(({ name, notes }) =>
    notes.map((note) => `${displayText(name, 32)}: ${displayText(note, 200)}`),
  );
  const compared = predictions.flatMap(({ quantities }) => quantities).filter(({ recordedNs }) => recordedNs !== null);
  const inside = compared.filter((quantity) => isInside(quantity) === true).length;
  const closing = [
    plural(predictions.length, "recording"),
    ...(compared.length > 0
      ? [
          `${formatRatio(inside / compared.length)} of ${plural(compared.length, "quantity", "quantities")} inside their 90 % interval`,
        ]
      : []),
  ].join(", ");
  return [formatTable(heads, rows, right), "", ...notes, closing].join("\n");
}

/** Predicted, recorded, error and interval; a difference below 0.5 ms is none. */
export function formatTimes(predictions: readonly TimePrediction[]): string {
  return predictions.length === 1 ? formatOne(predictions[0]!) : formatMany(predictions);
}
