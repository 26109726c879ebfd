import { quantityIds, type QuantityId } from "../profile/index.ts";
import { type BeforeUpdate, beforeUpdate, type HostRecording, type Recording } from "../recording/index.ts";
import { type Assumptions, assumptionsOf } from "./assumptions.ts";
import { countFiles } from "./files.ts";
import { fitLines, type LineFit } from "./fit-lines.ts";
import { type CalibrationRecording, observe } from "./observe.ts";
import { observeHost } from "./observe-host.ts";
import { type Lines, priceFitted } from "./price.ts";
import { measureQuantity, quantityTerms } from "./quantities.ts";
import { measuredNs, spans } from "./spans.ts";
import { paidIn, stepsOf, type TermCounts, type UpdateSteps } from "./steps.ts";
import { kernelLine } from "../model/index.ts";

/** A length as predicted without its recording, and as recorded. */
export interface Residual {
  readonly recording: string;
  /** A span's id or a quantity's. */
  readonly id: string;
  readonly lines: Lines;
  readonly terms: TermCounts;
  readonly predictedNs: number;
  readonly recordedNs: number;
}

export interface CrossValidation {
  readonly spans: readonly Residual[];
  readonly quantities: readonly Residual[];
}

/** A recording with its part in the fit. */
export interface Case {
  readonly recording: Recording | HostRecording;
  readonly calibration: CalibrationRecording;
}

function isHost(recording: Recording | HostRecording): recording is HostRecording {
  return "kind" in recording;
}

function observeAny(recording: Recording | HostRecording) {
  return isHost(recording) ? observeHost(recording) : observe(recording);
}

/** Recordings that can be fitted, each log once, and why the others cannot. */
export function sortCases(recordings: readonly (Recording | HostRecording)[]) {
  const cases: Case[] = [];
  const leftOut: { readonly name: string; readonly why: string }[] = [];
  const seen = new Map<string, string>();
  for (const recording of recordings) {
    const twin = seen.get(recording.sha256);
    seen.set(recording.sha256, recording.name);
    const observed =
      twin === undefined ? observeAny(recording) : { name: recording.name, why: `the same log as ${twin}` };
    if ("why" in observed) leftOut.push(observed);
    else cases.push({ recording, calibration: observed });
  }
  return { cases, leftOut };
}

/** The model's steps of an update, from what was known before it alone; undefined without the keys. */
function stepsBefore(before: BeforeUpdate | undefined): { steps: UpdateSteps; lines: Lines } | undefined {
  if (!before?.keys) return undefined;
  const lines = { from: kernelLine(before.kernelFrom), to: kernelLine(before.payload.release) };
  return { steps: stepsOf(before, { files: countFiles(before), keys: before.keys }), lines };
}

function residualsOf(
  recording: Recording,
  fitted: { fits: readonly LineFit[]; assumptions: Assumptions },
): CrossValidation {
  const known = stepsBefore(beforeUpdate(recording));
  if (!known) return { spans: [], quantities: [] };
  const { steps, lines } = known;
  const compare = (id: string, terms: TermCounts, recordedNs: number | undefined): Residual[] => {
    if (recordedNs === undefined || recordedNs === 0 || terms.size === 0) return [];
    const predictedNs = priceFitted(terms, fitted, lines);
    return [{ recording: recording.name, id, lines, terms, predictedNs, recordedNs }];
  };
  return {
    spans: spans.flatMap((span) => {
      const { paid, terms } = paidIn(span, steps);
      return compare(span.id, terms, measuredNs(span, recording.spans, paid));
    }),
    quantities: quantityIds.flatMap((id: QuantityId) =>
      compare(id, quantityTerms(steps, id), measureQuantity(recording, id)),
    ),
  };
}

/**
 * Leaves out each recording in turn, fits to all others, and predicts the one that was left out. Bundles of hosts take part
 * in the fits only: what they preserved is not known, so nothing of it can be predicted.
 */
export function crossValidate(cases: readonly Case[], assumptions: Assumptions = assumptionsOf()): CrossValidation {
  const parts = cases.map(({ recording }): CrossValidation => {
    if (isHost(recording)) return { spans: [], quantities: [] };
    const others = cases.filter((other) => other.recording !== recording);
    const fits = fitLines(
      others.map(({ calibration }) => calibration),
      assumptions,
    );
    return residualsOf(recording, { fits, assumptions });
  });
  return {
    spans: parts.flatMap((part) => part.spans),
    quantities: parts.flatMap((part) => part.quantities),
  };
}
