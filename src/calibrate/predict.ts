import { type CostId, kernelLine, kernelVersions } from "../model/index.ts";
import { type Profile, profileFor, type QuantityId, quantityIds } from "../profile/index.ts";
import { type BeforeUpdate, beforeUpdate, type Recording } from "../recording/index.ts";
import { driversOf, type UpdateDrivers } from "./drivers.ts";
import { placementsOf } from "./placements.ts";
import { deviationNs, priceCosts } from "./price.ts";
import { measureQuantity, quantityTerms } from "./quantities.ts";
import { measuredNs, type Span, spans } from "./spans.ts";
import { paidIn, stepsOf, type TermCounts, type UpdateSteps } from "./steps.ts";

/** A predicted length with its 90 % interval, and the recorded one; null where a log does not say. */
export interface PredictedNs {
  readonly predictedNs: number;
  readonly lowNs: number;
  readonly highNs: number;
  readonly recordedNs: number | null;
}

export interface PredictedQuantity extends PredictedNs {
  readonly id: QuantityId;
}

/** A constant that is paid in a step, and how often. */
export interface PredictedTerm {
  readonly cost: CostId;
  readonly unitCount: number;
  readonly unitNs: number;
}

export interface PredictedStep extends PredictedNs {
  /** Stable name of the stretch that a recording times: the same whatever is paid in it. */
  readonly span: string;
  /** The model's steps, joined where a recording cannot tell them apart. */
  readonly name: string;
  readonly phase: Span["phase"];
  readonly terms: readonly PredictedTerm[];
}

/** Times of one update as predicted from what was known before it. */
export interface TimePrediction {
  readonly name: string;
  readonly kernelFrom: string | null;
  readonly kernelTo: string | null;
  /** Null where nothing was predicted. */
  readonly drivers: UpdateDrivers | null;
  readonly quantities: readonly PredictedQuantity[];
  readonly steps: readonly PredictedStep[];
  /** Why an interval is wide, or a comparison unfair. */
  readonly notes: readonly string[];
}

interface Ways {
  readonly likely: UpdateSteps;
  readonly least: UpdateSteps;
  readonly most: UpdateSteps;
}

/** Half an interval: as the profile's recordings were missed, or all constants at one end where it has none. */
function halfWidthsNs(terms: TermCounts, profile: Profile, id: QuantityId): { downNs: number; upNs: number } {
  const factor = profile.data.prediction?.[id]?.factor;
  if (factor !== undefined) {
    const half = factor * deviationNs(terms, profile);
    return { downNs: half, upNs: half };
  }
  let [downNs, upNs] = [0, 0];
  for (const [cost, count] of terms) {
    const { unitNs, lowNs, highNs } = profile.costs[cost];
    downNs += (unitNs - lowNs) * count;
    upNs += (highNs - unitNs) * count;
  }
  return { downNs, upNs };
}

function predict(
  termsOf: (steps: UpdateSteps) => TermCounts,
  { ways, profile, like }: { ways: Ways; profile: Profile; like: QuantityId },
): Omit<PredictedNs, "recordedNs"> {
  const [least, most] = [termsOf(ways.least), termsOf(ways.most)];
  const lowNs = priceCosts(least, profile.costs) - halfWidthsNs(least, profile, like).downNs;
  const highNs = priceCosts(most, profile.costs) + halfWidthsNs(most, profile, like).upNs;
  const predictedNs = Math.round(priceCosts(termsOf(ways.likely), profile.costs));
  return {
    predictedNs,
    lowNs: Math.max(0, Math.min(predictedNs, Math.round(lowNs))),
    highNs: Math.max(predictedNs, Math.round(highNs)),
  };
}

/** The quantity whose misses tell how far a step of this phase may be off. */
const likeOfPhase: Readonly<Record<Span["phase"], QuantityId>> = {
  preserve: "preserve",
  serialize: "reboot_to_userspace",
  kexec: "reboot_to_userspace",
  restore: "retrieve",
  finish: "retrieve",
};

function unpredicted(name: string, why: string): TimePrediction {
  return { name, kernelFrom: null, kernelTo: null, drivers: null, quantities: [], steps: [], notes: [why] };
}

function findObstacle({ kernelFrom, payload, host }: BeforeUpdate): string | undefined {
  for (const release of [kernelFrom, payload.release]) {
    if (!kernelVersions.includes(kernelLine(release))) return `Linux ${release} is not modelled`;
  }
  if (host.ramBytes === undefined) return "the log lacks the first kernel's Memory: line";
  if (host.cpuCount === undefined) return "the log lacks the first kernel's line of CPUs and nodes";
  return undefined;
}

function listTerms(terms: TermCounts, { costs }: Profile): PredictedTerm[] {
  return [...terms].map(([cost, unitCount]) => ({ cost, unitCount, unitNs: costs[cost].unitNs }));
}

const tracedNote = "traced: recorded times of ioctls carry the tracer's cost, which is not predicted";

/**
 * Predicts every step and quantity of an update from what its log says before the reboot call, and sets what the log
 * says of it afterwards beside.
 */
export function predictTimes(recording: Recording, anyProfile: Profile): TimePrediction {
  const { name } = recording;
  const before = beforeUpdate(recording);
  if (!before) return unpredicted(name, "the log lacks the first kernel's boot or the workload's arguments");
  const obstacle = findObstacle(before);
  if (obstacle !== undefined) return unpredicted(name, obstacle);
  const { kernelFrom, payload } = before;
  const profile = profileFor(anyProfile, { from: kernelFrom, to: payload.release });
  const { likely, least, most, unknown } = placementsOf(before);
  const ways = { likely: stepsOf(before, likely), least: stepsOf(before, least), most: stepsOf(before, most) };
  const steps = spans.flatMap((span): PredictedStep[] => {
    const { paid, terms } = paidIn(span, ways.likely);
    if (terms.size === 0) return [];
    const { id, phase } = span;
    const predicted = predict((each) => paidIn(span, each).terms, { ways, profile, like: likeOfPhase[phase] });
    const recordedNs = measuredNs(span, recording.spans, paid) ?? null;
    return [{ span: id, name: paid.join(" + "), phase, ...predicted, recordedNs, terms: listTerms(terms, profile) }];
  });
  const quantities = quantityIds.map((id) => ({
    id,
    ...predict((each) => quantityTerms(each, id), { ways, profile, like: id }),
    recordedNs: measureQuantity(recording, id) ?? null,
  }));
  const notes = [...unknown, ...(before.workload.traced ? [tracedNote] : [])];
  const drivers = driversOf(before, likely, { recording, profile });
  return { name, kernelFrom, kernelTo: payload.release, drivers, quantities, steps, notes };
}
