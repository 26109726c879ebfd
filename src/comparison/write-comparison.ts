import type { PredictedNs, PredictedStep, TimePrediction, UpdateDrivers } from "../calibrate/index.ts";
import {
  type Cell,
  type ComparisonHeader,
  comparisonSchema,
  FolderWriter,
  runSchema,
  type Table,
} from "../trace/index.ts";

/** The times of one recorded update, and which recording they are of. */
export interface ComparedUpdate extends TimePrediction {
  readonly recordingSha256: string;
}

export interface ComparisonOptions {
  readonly updates: readonly ComparedUpdate[];
  readonly profile: { readonly name: string; readonly sha256: string };
  /** Folder to write to; an older comparison there is replaced when the new one is complete. */
  readonly target: string;
  readonly luoscopeVersion: string;
}

type Push = (table: Table, row: Readonly<Record<string, Cell>>) => void;
type PredictedUpdate = ComparedUpdate & { readonly drivers: UpdateDrivers };

const { updateTable, comparedStepTable, quantityTable, comparedTermTable, noteTable } = comparisonSchema;

/** Logs are text and may claim lengths and counts that no whole number here can hold. */
function isPlausible({ drivers, steps, quantities }: PredictedUpdate): boolean {
  const lengths = [...steps, ...quantities].flatMap(({ predictedNs, lowNs, highNs, recordedNs }) => [
    predictedNs,
    lowNs,
    highNs,
    Math.round(recordedNs ?? 0),
  ]);
  const counts = Object.values(drivers).filter((value) => typeof value === "number");
  return [...lengths, ...counts].every(Number.isSafeInteger);
}

function lengthCells({ predictedNs, lowNs, highNs, recordedNs }: PredictedNs) {
  return {
    predicted_ns: predictedNs,
    low_ns: lowNs,
    high_ns: highNs,
    recorded_ns: recordedNs === null ? null : Math.round(recordedNs),
  };
}

function pushUpdate(push: Push, { name, kernelFrom, kernelTo, drivers }: PredictedUpdate): void {
  push(updateTable, {
    name,
    kernel_from: kernelFrom ?? "",
    kernel_to: kernelTo ?? "",
    workload: drivers.workload,
    cpu_count: drivers.cpuCount,
    node_count: drivers.nodeCount,
    ram_bytes: drivers.ramBytes,
    session_count: drivers.sessionCount,
    file_count: drivers.fileCount,
    folio_count: drivers.folioCount,
    key_count: drivers.keyCount,
    region_count: drivers.regionCount,
    region_visit_count: drivers.regionVisitCount,
    moved_pages: drivers.movedPages,
    image_bytes: drivers.imageBytes,
    initrd_bytes: drivers.initrdBytes,
    scattered: Number(drivers.scattered),
    traced: Number(drivers.traced),
    fitted: Number(drivers.fitted),
  });
}

function pushStep(push: Push, step: PredictedStep, updateIndex: number): void {
  push(comparedStepTable, {
    update_index: updateIndex,
    span: step.span,
    name: step.name,
    phase: runSchema.phaseLabels.indexOf(step.phase),
    ...lengthCells(step),
  });
}

function pushTerms(push: Push, { terms }: PredictedStep, stepIndex: number): void {
  for (const { cost, unitCount, unitNs } of terms) {
    push(comparedTermTable, {
      step_index: stepIndex,
      cost,
      unit_count: unitCount,
      unit_ns: unitNs,
      total_ns: unitCount * unitNs,
    });
  }
}

function pushAll(push: Push, updates: readonly ComparedUpdate[]): void {
  let updateCount = 0;
  let stepCount = 0;
  for (const update of updates) {
    const { name, drivers, notes } = update;
    const isKept = drivers !== null && isPlausible({ ...update, drivers });
    const own = notes.map((detail) => ({ name, update_index: isKept ? updateCount : null, detail }));
    for (const note of own) push(noteTable, note);
    if (!isKept) {
      const why = "its log claims lengths or counts that no host has";
      if (drivers !== null) push(noteTable, { name, update_index: null, detail: why });
      continue;
    }
    pushUpdate(push, { ...update, drivers });
    for (const step of update.steps) {
      pushStep(push, step, updateCount);
      pushTerms(push, step, stepCount++);
    }
    for (const quantity of update.quantities) {
      const code = comparisonSchema.quantityLabels.indexOf(quantity.id);
      push(quantityTable, { update_index: updateCount, quantity: code, ...lengthCells(quantity) });
    }
    updateCount++;
  }
}

/**
 * Writes predicted and recorded times of updates as a comparison folder.
 *
 * The same recordings, profile and version give the same bytes.
 *
 * Errors   UsageError if the target is something else; nothing is left behind then
 */
export function writeComparison(options: ComparisonOptions): ComparisonHeader {
  const { updates, profile, target, luoscopeVersion } = options;
  const out = new FolderWriter("comparison", target);
  try {
    // Every table has its file, also an empty one.
    for (const table of comparisonSchema.comparisonTables) out.table(table);
    pushAll((table, row) => out.table(table).push(row), updates);
    return out.finish({
      luoscope_version: luoscopeVersion,
      profile: { name: profile.name, sha256: profile.sha256 },
      recordings: updates.map(({ name, recordingSha256 }) => ({ name, sha256: recordingSha256 })),
    });
  } catch (error) {
    out.discard();
    throw error;
  }
}
