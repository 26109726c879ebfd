import { createHash } from "node:crypto";
import { basename } from "node:path";

import { FormatError } from "../../base/index.ts";
import { type PredictedStep, predictTimes, type TimePrediction } from "../../calibrate/index.ts";
import type { Profile, QuantityId } from "../../profile/index.ts";
import { readRecording, readTimelines, type Timeline } from "../../recording/index.ts";
import type { Breakdown, MeasuredInput, MeasuredStep, Measurement } from "../measurement.ts";
import { knownMetric, type RecordedMetric } from "../metrics.ts";
import { SeriesSet } from "../series.ts";
import { termOf } from "./terms.ts";

/** One recorded update: what it took, what it is made of, and what it depends on. */
interface RecordedUpdate {
  readonly sha256: string;
  readonly quantities: readonly (readonly [RecordedMetric, number | null])[];
  readonly steps: readonly MeasuredStep[];
  readonly inputs: readonly MeasuredInput[];
  readonly warnings: readonly string[];
}

const metricOf: Readonly<Record<QuantityId, RecordedMetric>> = {
  blackout: "recorded_blackout_ns",
  reboot_to_userspace: "reboot_to_userspace_ns",
  preserve: "preserve_files_ns",
  retrieve: "retrieve_files_ns",
};

/** Phases of a recorded update that belong to its blackout: there is no VMM, so nothing freezes. */
const blackoutPhases: ReadonlySet<string> = new Set(["serialize", "kexec", "restore"]);

function stepOf({ phase, span, name, recordedNs, terms }: PredictedStep): MeasuredStep {
  return {
    phase,
    id: span,
    name,
    ns: recordedNs === null ? null : Math.round(recordedNs),
    terms: terms.map(({ cost, unitCount, unitNs }) => termOf(cost, unitCount * unitNs)),
  };
}

function inputsOf({ kernelFrom, kernelTo, drivers }: TimePrediction): MeasuredInput[] {
  const kernel = { kind: "kernel", name: `${kernelFrom ?? "?"} to ${kernelTo ?? "?"}` };
  if (drivers === null) return [kernel];
  const { workload, fitted: _, ...facts } = drivers;
  const fields = Object.entries(facts).map(([key, value]) => [key, String(value)] as const);
  return [kernel, { kind: "workload", name: workload }, { kind: "host", name: "", fields: new Map(fields) }];
}

/** A console log of the lab: what the model knows of it says what its steps are made of. */
function measureLog(path: string, profile: Profile): RecordedUpdate {
  const recording = readRecording(path);
  const prediction = predictTimes(recording, profile);
  const { quantities, steps, notes } = prediction;
  return {
    sha256: recording.sha256,
    quantities: quantities.map(({ id, recordedNs }) => [metricOf[id], recordedNs]),
    steps: steps.map(stepOf),
    inputs: inputsOf(prediction),
    warnings: notes.map((note) => `${basename(path)}: ${note}`),
  };
}

/** Any other recording: its timeline's own steps. */
function measureTimeline({ window, phases, inputs, oldKernel, newKernel, unseen, name }: Timeline): RecordedUpdate {
  const steps = phases.flatMap(({ name: phase, steps: own }) =>
    own.map(({ name: step, durationNs }) => ({ phase, id: step, name: step, ns: durationNs, terms: [] })),
  );
  const digest = createHash("sha256");
  for (const { sha256 } of inputs) digest.update(sha256);
  return {
    sha256: digest.digest("hex"),
    quantities: [["reboot_to_userspace_ns", window.durationNs]],
    steps,
    inputs: [{ kind: "kernel", name: `${oldKernel ?? "?"} to ${newKernel ?? "?"}` }],
    warnings: unseen.map((what) => `${name}: not seen: ${what}`),
  };
}

function measureUpdates(path: string, profile: Profile): RecordedUpdate[] {
  try {
    const update = measureLog(path, profile);
    // A log of another machine names no workload; its own steps say more than none.
    if (update.steps.length > 0) return [update];
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return readTimelines([path]).map(measureTimeline);
}

function addUpdate(series: SeriesSet, { quantities, steps }: RecordedUpdate): void {
  for (const [metric, ns] of quantities) series.of(knownMetric(metric)).add([], ns);
  const phases = new Map<string, number>();
  for (const { phase, id, ns } of steps) {
    if (ns === null) continue;
    series.of(knownMetric("recorded_step_ns"), ["phase", "step"]).add([phase, id], ns);
    phases.set(phase, (phases.get(phase) ?? 0) + ns);
  }
  for (const [phase, ns] of phases) series.of(knownMetric("recorded_phase_ns"), ["phase"]).add([phase], ns);
}

function breakdownsOf({ quantities, steps }: RecordedUpdate): Breakdown[] {
  const known = new Map(quantities);
  const whole: RecordedMetric = known.has("recorded_blackout_ns") ? "recorded_blackout_ns" : "reboot_to_userspace_ns";
  const totalNs = known.get(whole);
  const inBlackout = steps.filter(({ phase }) => blackoutPhases.has(phase));
  const blackout = typeof totalNs === "number" ? [{ metric: whole, words: [], totalNs, steps: inBlackout }] : [];
  const preserve = steps.filter(({ phase, ns }) => phase === "preserve" && ns !== null);
  if (preserve.length === 0) return blackout;
  const preserveNs = preserve.reduce((sum, { ns }) => sum + ns!, 0);
  return [...blackout, { metric: "recorded_phase_ns", words: ["preserve"], totalNs: preserveNs, steps: preserve }];
}

/** The median of repeated updates: the one in the middle stands for all, as its steps belong together. */
function middleOf(updates: readonly RecordedUpdate[]): RecordedUpdate {
  const lengthOf = ({ quantities }: RecordedUpdate): number => quantities.find(([, ns]) => ns !== null)?.[1] ?? 0;
  const sorted = updates.toSorted((left, right) => lengthOf(left) - lengthOf(right));
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

function differenceWarnings(label: string, updates: readonly RecordedUpdate[]): string[] {
  const namesOf = ({ inputs }: RecordedUpdate): string =>
    inputs.map(({ kind, name }) => (kind === "host" ? "" : `${kind} ${name}`)).join(", ");
  const names = new Set(updates.map(namesOf));
  return names.size < 2
    ? []
    : [`${label}: its recordings are no repetitions of one update: they differ in kernel or workload`];
}

/**
 * Recordings of one update, once or repeated, as samples.
 *
 * Errors   UsageError for a file that is missing, FormatError for one in which nothing is known
 */
export function measureRecordings(paths: readonly string[], label: string, profile: Profile): Measurement {
  const updates = paths.flatMap((path) => measureUpdates(path, profile));
  const series = new SeriesSet();
  const digest = createHash("sha256");
  for (const update of updates) {
    addUpdate(series, update);
    digest.update(update.sha256);
  }
  const middle = middleOf(updates);
  const breakdowns = breakdownsOf(middle);
  const own = [...new Set(updates.flatMap(({ warnings }) => warnings))];
  return {
    label,
    path: paths[0]!,
    kind: "recording",
    sha256: updates.length === 1 ? updates[0]!.sha256 : digest.digest("hex"),
    series: series.build(),
    composed: new Map(),
    inputs: middle.inputs,
    readBreakdowns: (metric) => Promise.resolve(breakdowns.filter((each) => each.metric === metric)),
    warnings: [...differenceWarnings(label, updates), ...own],
  };
}
