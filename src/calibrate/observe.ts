import { kernelLine, kernelVersions } from "../model/index.ts";
import {
  type BeforeUpdate,
  beforeUpdate,
  type LabEvent,
  type MeasuredSpan,
  payloadOf,
  type Recording,
} from "../recording/index.ts";
import { countFiles } from "./files.ts";
import { modelSteps } from "./spans.ts";
import { stepsOf, sumTerms, type TermCounts, type UpdateSteps } from "./steps.ts";

/** One timed stretch of one recording: what the model says was paid in it, and how long it took. */
export interface Observation {
  readonly recording: string;
  readonly span: string;
  /** Lines of the two kernels: "7.2", "7.3". */
  readonly from: string;
  readonly to: string;
  readonly terms: TermCounts;
  readonly ns: number;
  /** Of the observations of the same span of the same recording: they share one recording's weight. */
  readonly weight: number;
}

/** A recording that a fit can use. */
export interface CalibrationRecording {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly observations: readonly Observation[];
}

/** Why a recording takes no part in a fit. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

function lineOf(release: string): string | undefined {
  const line = kernelLine(release);
  return kernelVersions.includes(line) ? line : undefined;
}

/** The files' own times of one kind, in the order of the files; undefined unless there is one of each. */
function timesOf(events: readonly LabEvent[] | undefined, before: BeforeUpdate): readonly number[] | undefined {
  if (events?.length !== before.files.length) return undefined;
  const times = events.map((event) => event["ns"] ?? Number.NaN);
  return times.every((ns) => ns > 0 && Number.isFinite(ns)) ? times : undefined;
}

interface Listing {
  readonly recording: Recording;
  readonly before: BeforeUpdate;
  readonly steps: UpdateSteps;
  readonly common: { readonly recording: string; readonly from: string; readonly to: string };
}

/** Steps that a log times file by file. */
const byFileSpans: Readonly<Record<string, "preserve-memory" | "retrieve-memory" | undefined>> = {
  "preserve-memory": "preserve-memory",
  "retrieve-memory": "retrieve-memory",
};

/** Preserving and retrieving, file by file where the log times each; else undefined. */
function observeFiles(
  { recording, before, steps, common }: Listing,
  span: "preserve-memory" | "retrieve-memory",
): Observation[] | undefined {
  const isPreserve = span === "preserve-memory";
  const times = timesOf(recording.events.get(isPreserve ? "preserve_fd" : "retrieve_fd"), before);
  const isPlaced = !isPreserve || before.files.every((file) => file.pagesInScratch !== undefined);
  if (!times || !isPlaced) return undefined;
  const counts = isPreserve ? steps.preserveFiles : steps.retrieveFiles;
  return times.map((ns, file) => ({ ...common, span, ns, terms: counts[file]!, weight: 1 / times.length }));
}

const betweenKernels: ReadonlySet<string> = new Set(["serialize", "kexec"]);

/** Stretches for which nothing is paid belong to the one before: the recorded machine's devices, say. */
export function joinUnpaid(measured: readonly MeasuredSpan[], { steps }: UpdateSteps): MeasuredSpan[] {
  const joined: MeasuredSpan[] = [];
  for (const span of measured) {
    const last = joined.at(-1);
    const isPaid = modelSteps(span).some((name) => (steps.get(name)?.size ?? 0) > 0);
    if (isPaid || !last || !betweenKernels.has(last.phase)) joined.push(span);
    else joined[joined.length - 1] = { ...last, steps: [...last.steps, ...span.steps], ns: last.ns + span.ns };
  }
  return joined;
}

function observeSpans(listing: Listing): Observation[] {
  const { recording, steps, common } = listing;
  return joinUnpaid(recording.spans, steps).flatMap((measured) => {
    const names = modelSteps(measured);
    const id = byFileSpans[names[0]!];
    const byFile = id && names.length === 1 ? observeFiles(listing, id) : undefined;
    if (byFile) return byFile;
    const terms = sumTerms(names.map((name) => steps.steps.get(name) ?? new Map()));
    if (measured.ns === 0 || terms.size === 0) return [];
    return [{ ...common, span: measured.steps.join(" + "), ns: measured.ns, terms, weight: 1 }];
  });
}

/** With what was loaded as the second kernel's boot shows it. */
function withLoaded(before: BeforeUpdate | undefined, { newKernel }: Recording): BeforeUpdate | undefined {
  if (!before || newKernel.version === undefined) return before;
  const initrdBytes = newKernel.initrd?.bytes ?? before.payload.initrdBytes;
  return { ...before, payload: payloadOf(newKernel.version, initrdBytes) };
}

/**
 * What a fit takes from a recording, or why it takes nothing: a tracer's cost is in every time of a traced one, and
 * without the keys nobody knows what a boot paid for.
 */
export function observe(recording: Recording): CalibrationRecording | LeftOut {
  const { name } = recording;
  const before = withLoaded(beforeUpdate(recording), recording);
  if (!before) return { name, why: "the log lacks the first kernel's boot or the workload's arguments" };
  if (before.workload.traced) return { name, why: "traced: its times carry the tracer's cost" };
  if (!before.keys) return { name, why: "where the preserved pages lie is not recorded, or not whole" };
  const from = lineOf(before.kernelFrom);
  const to = lineOf(before.payload.release);
  if (from === undefined || to === undefined) return { name, why: `Linux ${before.kernelFrom} is not modelled` };
  const steps = stepsOf(before, { files: countFiles(before), keys: before.keys });
  const observations = observeSpans({ recording, before, steps, common: { recording: name, from, to } });
  return observations.length > 0
    ? { name, from, to, observations }
    : { name, why: "no step of it is timed: the log is cut" };
}
