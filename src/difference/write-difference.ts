import { assert } from "../base/index.ts";
import type { Cell, Change, Difference, DifferenceRow, StepChange, Waterfall } from "../compare/index.ts";
import type { GateResult } from "../gate/index.ts";
import { type DifferenceHeader, differenceSchema, FolderWriter } from "../trace/index.ts";
import { labelCode, lastPart, type Push, type TableRow } from "./push.ts";
import { pushGate } from "./write-gate.ts";

export interface WriteDifferenceOptions {
  readonly difference: Difference;
  /** What a policy says of the same difference, where one was held against it. */
  readonly gate?: GateResult | undefined;
  /** Name for people; may hold any character. */
  readonly title: string;
  /** Folder to write to; an older difference there is replaced when the new one is complete. */
  readonly target: string;
  readonly luoscopeVersion: string;
}

const {
  sideTable,
  comparedRowTable,
  rowDimensionTable,
  cellTable,
  changeTable,
  sampleTable,
  inputChangeTable,
  waterfallTable,
  stepChangeTable,
  causeChangeTable,
  differenceWarningTable,
} = differenceSchema;

/** The header has a limit of its own and names come from outside; table `side` has them whole. */
const headerTextChars = 400;
const headerColumns = 100;

function headerText(text: string): string {
  return text.slice(0, headerTextChars).toWellFormed();
}

/** SQL compares and sorts: it is given no number that is none. */
function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}

type Dimensions = DifferenceRow["dimensions"];

function joinDimensions(dimensions: Dimensions): string {
  return dimensions.map(([name, value]) => `${name} ${value}`).join(", ");
}

function pushRow(push: Push, row: DifferenceRow, rowIndex: number): void {
  push(comparedRowTable, {
    metric: row.metric,
    unit: labelCode(comparedRowTable, "unit", row.unit),
    polarity: labelCode(comparedRowTable, "polarity", row.polarity),
    is_exact: Number(row.exact),
    label: joinDimensions(row.dimensions),
    hidden_dimensions: row.hidden.join(", "),
    floor: finite(row.floor),
    floor_ratio: finite(row.floorRatio),
  });
  for (const [name, value] of row.dimensions) push(rowDimensionTable, { row_index: rowIndex, name, value });
}

function pushCell(push: Push, { values, failedCount, median, mean, min, max }: Cell, key: TableRow): void {
  push(cellTable, {
    ...key,
    sample_count: values.length,
    failed_count: failedCount,
    median: finite(median),
    mean: finite(mean),
    min: finite(min),
    max: finite(max),
  });
}

function pushChange(push: Push, { test, ...change }: Change, key: TableRow): void {
  push(changeTable, {
    ...key,
    verdict: labelCode(changeTable, "verdict", change.verdict),
    reason: change.reason,
    delta: finite(change.delta),
    delta_ratio: finite(change.deltaRatio),
    delta_low: finite(change.deltaLow),
    delta_high: finite(change.deltaHigh),
    p_value: finite(test?.pValue),
    adjusted_p_value: finite(test?.adjustedPValue),
    permutation_p_value: finite(test?.permutationPValue),
    ks_distance: finite(test?.ksDistance),
    ks_p_value: finite(test?.ksPValue),
    effect: finite(test?.effect),
    is_exact_test: test === null ? null : Number(test.isExact),
  });
}

/** A value that stands alone is its own median: samples are kept where there are several. */
function pushSamples(push: Push, cells: DifferenceRow["cells"], rowIndex: number): void {
  if (!cells.some((cell) => cell !== null && cell.values.length > 1)) return;
  for (const [sideIndex, cell] of cells.entries()) {
    for (const [sampleIndex, value] of (cell?.values ?? []).entries()) {
      if (!Number.isFinite(value)) continue;
      push(sampleTable, { row_index: rowIndex, side_index: sideIndex, sample_index: sampleIndex, value });
    }
  }
}

function pushRows(push: Push, { rows, columns }: Difference): void {
  for (const [rowIndex, row] of rows.entries()) {
    const { cells, changes } = row;
    assert(cells.length === columns.length && changes.length === columns.length - 1, "a row has a cell a column");
    pushRow(push, row, rowIndex);
    for (const [sideIndex, cell] of cells.entries()) {
      if (cell) pushCell(push, cell, { row_index: rowIndex, side_index: sideIndex });
    }
    for (const [index, change] of changes.entries()) {
      pushChange(push, change, { row_index: rowIndex, side_index: index + 1 });
    }
    pushSamples(push, cells, rowIndex);
  }
}

function pushSteps(push: Push, steps: readonly StepChange[], index: { waterfall: number; step: number }): void {
  for (const { phase, step, baseNs, newNs, deltaNs, causes } of steps) {
    push(stepChangeTable, {
      waterfall_index: index.waterfall,
      phase,
      step,
      base_ns: finite(baseNs),
      new_ns: finite(newNs),
      delta_ns: deltaNs,
    });
    for (const cause of causes) {
      push(causeChangeTable, {
        step_change_index: index.step,
        cost: cause.cost,
        per: cause.per,
        rule: cause.rule,
        base_ns: cause.baseNs,
        new_ns: cause.newNs,
      });
    }
    index.step++;
  }
}

/** What tells rows apart, whatever is in their names. */
function rowKey({ metric, dimensions }: { readonly metric: string; readonly dimensions: Dimensions }): string {
  return JSON.stringify([metric, dimensions]);
}

function pushWaterfalls(push: Push, waterfalls: readonly Waterfall[], rows: readonly DifferenceRow[]): void {
  if (waterfalls.length === 0) return;
  const rowIndexes = new Map(rows.map((row, index) => [rowKey(row), index]));
  const index = { waterfall: 0, step: 0 };
  for (const waterfall of waterfalls) {
    push(waterfallTable, {
      side_index: waterfall.column,
      row_index: rowIndexes.get(rowKey(waterfall)) ?? null,
      metric: waterfall.metric,
      label: joinDimensions(waterfall.dimensions),
      base_ns: waterfall.baseNs,
      new_ns: waterfall.newNs,
      rest_ns: waterfall.restNs,
    });
    pushSteps(push, waterfall.steps, index);
    index.waterfall++;
  }
}

function pushSides(push: Push, { columns, inputs, warnings }: Difference): void {
  for (const { label, path, kind, sha256 } of columns) {
    push(sideTable, { label, file: lastPart(path), kind: labelCode(sideTable, "kind", kind), sha256 });
  }
  for (const { column, kind, field, base, new: ours } of inputs) {
    push(inputChangeTable, { side_index: column, kind, field, base, new: ours });
  }
  for (const detail of warnings) push(differenceWarningTable, { detail });
}

function headerOf({ difference, gate, title, luoscopeVersion }: WriteDifferenceOptions) {
  const { columns, settings, testCount } = difference;
  return {
    luoscope_version: luoscopeVersion,
    title: headerText(title),
    columns: columns.slice(0, headerColumns).map(({ label, path, kind, sha256 }) => {
      return { label: headerText(label), file: headerText(lastPart(path)), kind, sha256 };
    }),
    alpha: settings.alpha,
    min_samples: settings.minSamples,
    seed: settings.seed,
    test_count: testCount,
    gate: gate
      ? { policy: headerText(lastPart(gate.policy)), outcome: gate.outcome, iterations: gate.iterationCount }
      : null,
  };
}

/**
 * Writes a comparison of two or more results, and what a gate says of it, as a difference folder.
 *
 * The same inputs and version give the same bytes, wherever they were read from.
 *
 * Errors   UsageError if the target is something else; nothing is left behind then
 */
export function writeDifference(options: WriteDifferenceOptions): DifferenceHeader {
  const { difference, gate, target } = options;
  const out = new FolderWriter("difference", target);
  try {
    // Every table has its file, also an empty one.
    for (const table of differenceSchema.differenceTables) out.table(table);
    const push: Push = (table, row) => out.table(table).push(row);
    pushSides(push, difference);
    pushRows(push, difference);
    pushWaterfalls(push, difference.waterfalls, difference.rows);
    if (gate) pushGate(push, gate, difference);
    return out.finish(headerOf(options));
  } catch (error) {
    out.discard();
    throw error;
  }
}
