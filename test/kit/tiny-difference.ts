import { msNs } from "../../src/base/index.ts";
import type {
  Cell,
  Change,
  ComparedColumn,
  Difference,
  DifferenceRow,
  StepChange,
  TestResult,
  Verdict,
  Waterfall,
} from "../../src/compare/index.ts";
import { writeDifference } from "../../src/difference/index.ts";
import type { GateResult } from "../../src/gate/index.ts";
import { type TinyRow, usualRows } from "./tiny-difference-rows.ts";
import type { DifferenceHeader } from "../../src/trace/index.ts";

export interface TinyDifferenceOptions {
  /** Sides, the base among them. */
  readonly sideCount?: number;
  /** Rows with every verdict; rows of one verdict each without it. */
  readonly verdicts?: readonly Verdict[];
  /** How many rows; the usual ones are repeated with other dimensions. */
  readonly rowCount?: number;
  /** Samples of each noisy row and side. */
  readonly sampleCount?: number;
  /** Every row is exact: no samples, intervals and tests. */
  readonly exact?: boolean;
  /** How much longer everything is than usual: changes of all sizes with 1000. */
  readonly factor?: number;
  readonly withGate?: boolean;
  readonly withoutWaterfall?: boolean;
  /** Text from outside, in place of every name. */
  readonly outside?: string;
  /** No side, no row, nothing. */
  readonly empty?: boolean;
}

function medianOf(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function cellOf(values: Float64Array, failedCount = 0): Cell {
  if (values.length === 0) return { values, failedCount, median: null, mean: null, min: null, max: null };
  const sorted = values.toSorted();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { values, failedCount, median: medianOf(sorted), mean, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Samples around a value, in an order that is not theirs by size. */
function samplesOf(value: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) =>
    Math.round(value * (1 + 0.06 * (((index * 7 + 3) % 10) / 10 - 0.45))),
  );
}

const testOf = (pValue: number): TestResult => ({
  pValue,
  adjustedPValue: Math.min(1, pValue * 3),
  isExact: true,
  permutationPValue: pValue * 1.1,
  ksDistance: pValue < 0.01 ? 1 : 0.4,
  ksPValue: pValue * 2,
  effect: pValue < 0.01 ? 1 : 0.2,
});

const withoutNumbers = { delta: null, deltaRatio: null, deltaLow: null, deltaHigh: null, test: null };

/** Sides behind the first new one change half as much each. */
function rowOf(row: TinyRow, options: TinyDifferenceOptions, index: number): DifferenceRow {
  const { sideCount = 2, sampleCount = 7, outside } = options;
  const { metric, unit, polarity, verdict, reason, base } = row;
  const exact = options.exact === true || row.exact;
  const factor = index % 3 === 0 ? (options.factor ?? 1) : 1;
  const cells: (Cell | null)[] = [];
  const changes: Change[] = [];
  for (let side = 0; side < sideCount; side++) {
    const share = side === 0 ? 0 : (row.ratio * factor) / 2 ** (side - 1);
    const count = exact ? 1 : sampleCount;
    const isMissing = (verdict === "only-base" && side > 0) || (verdict === "only-new" && side === 0);
    const isFailed = verdict === "did-not-finish" && side > 0;
    // A count that begins at nothing.
    const value = base === 0 ? 3 * side : base * (1 + share);
    const values = exact ? Float64Array.of(value) : samplesOf(value, count);
    cells.push(isMissing ? null : cellOf(isFailed ? new Float64Array() : values, isFailed ? count : 0));
    if (side === 0) continue;
    const [older, newer] = [cells[0]?.median ?? null, cells.at(-1)?.median ?? null];
    if (older === null || newer === null) {
      changes.push({ verdict, reason: outside ?? reason, isBeyondFloor: true, ...withoutNumbers });
      continue;
    }
    const delta = newer - older;
    changes.push({
      verdict,
      reason: outside ?? reason,
      isBeyondFloor: verdict !== "same",
      delta,
      deltaRatio: older === 0 ? null : delta / older,
      deltaLow: exact ? null : delta - 0.02 * older,
      deltaHigh: exact ? null : delta + 0.03 * older,
      test: exact ? null : testOf(verdict === "same" || verdict === "inconclusive" ? 0.04 : 0.0003),
    });
  }
  return {
    metric: outside === undefined ? metric : `${outside}_${index}`,
    unit,
    polarity,
    exact,
    dimensions: outside === undefined ? (row.dimensions ?? []) : [[outside, outside]],
    hidden: outside === undefined ? [] : [outside],
    floor: 0,
    floorRatio: 0.02,
    cells,
    changes,
  };
}

function rowsOf(options: TinyDifferenceOptions): DifferenceRow[] {
  const { verdicts, rowCount } = options;
  const known = verdicts ? usualRows.filter(({ verdict }) => verdicts.includes(verdict)) : usualRows;
  const count = rowCount ?? known.length;
  return Array.from({ length: count }, (_, index) => {
    const row = known[index % known.length]!;
    const round = Math.floor(index / known.length);
    const dimensions = [...(row.dimensions ?? []), ["vm", `web-${round}`] as const];
    return rowOf(round === 0 ? row : { ...row, dimensions, ratio: row.ratio / (1 + round) }, options, index);
  });
}

/** Hashing in purgatory is all but all of it; what is left over is for nobody. */
function stepsOf(outside: string | undefined): StepChange[] {
  const step = (
    name: string,
    ns: readonly [number | null, number | null],
    causes: StepChange["causes"],
  ): StepChange => ({
    phase: outside ?? "kexec",
    step: outside ?? name,
    baseNs: ns[0],
    newNs: ns[1],
    deltaNs: (ns[1] ?? 0) - (ns[0] ?? 0),
    causes: causes.map((cause) => ({
      ...cause,
      cost: outside ?? cause.cost,
      per: outside ?? cause.per,
      rule: outside ?? cause.rule,
    })),
  });
  return [
    step(
      "purgatory-hash",
      [10 * msNs, 1_430 * msNs],
      [
        { cost: "hashPageNs", per: "page hashed", rule: "purgatory.c verify()", baseNs: 8 * msNs, newNs: 1_429 * msNs },
        { cost: "hashFixedNs", per: "update", rule: "", baseNs: 2 * msNs, newNs: msNs },
      ],
    ),
    step(
      "probe-device",
      [600 * msNs, 640 * msNs],
      [{ cost: "probeNicNs", per: "network card", rule: "device_shutdown()", baseNs: 500 * msNs, newNs: 540 * msNs }],
    ),
    step("decompress", [190 * msNs, 170 * msNs], []),
    step("new-in-new", [null, 6 * msNs], []),
    step("same-as-before", [30 * msNs, 30 * msNs], []),
    ...Array.from({ length: 14 }, (_, index) => step(`small-${index}`, [msNs, msNs + (index - 6) * 10_000], [])),
  ];
}

function waterfallsOf({ outside, sideCount = 2 }: TinyDifferenceOptions, rows: readonly DifferenceRow[]): Waterfall[] {
  const row = rows.find(({ metric, cells }) => metric === "blackout_ns" || (outside !== undefined && cells[1]?.median));
  const steps = stepsOf(outside);
  const sumNs = steps.reduce((sum, { deltaNs }) => sum + deltaNs, 0);
  if (!row) return [];
  return Array.from({ length: sideCount - 1 }, (_, index): Waterfall => {
    const [baseNs, newNs] = [row.cells[0]!.median!, row.cells[index + 1]!.median!];
    const { metric, dimensions } = row;
    return { column: index + 1, metric, dimensions, baseNs, newNs, steps, restNs: newNs - baseNs - sumNs };
  });
}

const labels = ["before", "after", "after, with scratch", "fourth"];

function columnsOf({ sideCount = 2, outside }: TinyDifferenceOptions): ComparedColumn[] {
  return Array.from({ length: sideCount }, (_, side) => ({
    label: outside === undefined ? (labels[side] ?? `side ${side}`) : `${outside} ${side}`,
    path: `/somewhere/else/${outside === undefined ? `run-${side}` : outside.replaceAll("/", "_")}`,
    kind: side === 0 ? "baseline" : "run",
    sha256: "abcdef"[side % 6]!.repeat(64),
  }));
}

export function tinyDifference(options: TinyDifferenceOptions = {}): Difference {
  const settings = { alpha: 0.05, minSamples: 5, seed: 7 };
  if (options.empty) {
    return { columns: [], rows: [], inputs: [], waterfalls: [], settings, testCount: 0, warnings: [] };
  }
  const { outside } = options;
  const rows = rowsOf(options);
  return {
    columns: columnsOf(options),
    rows,
    inputs: [
      {
        column: 1,
        kind: outside ?? "profile",
        field: outside ?? "hashPageNs.base",
        base: "120",
        new: outside ?? "21000",
      },
      { column: 1, kind: "scenario", field: "host.scratch", base: null, new: "64 MiB" },
      { column: 1, kind: "version", field: "", base: "0.1.0", new: null },
    ],
    waterfalls: options.withoutWaterfall ? [] : waterfallsOf(options, rows),
    settings,
    testCount: 6,
    warnings: [outside ?? "dimension host has other values in each side; its rows were put together"],
  };
}

/** A gate with a rule of each outcome. */
export function tinyGate(difference: Difference, outside?: string): GateResult {
  const breach = { column: 1, rows: [0], what: outside ?? "blackout", reason: outside ?? "2.46 s is not below 2 s" };
  const rule = { level: "fail", file: "/etc/somewhere/policy.yaml", breaches: [], undecided: [], rowCount: 1 } as const;
  return {
    difference,
    outcome: "fail",
    policy: "/etc/somewhere/policy.yaml",
    rules: [
      { ...rule, rule: "metadata_bytes < 64MiB", line: 3, outcome: "pass" },
      { ...rule, rule: outside ?? "blackout_ns < 2s", line: 4, outcome: "fail", breaches: [breach] },
      {
        ...rule,
        rule: "phase_ns: no worse",
        level: "warn",
        line: 6,
        outcome: "warn",
        breaches: [{ ...breach, rows: [1, 4], what: "phase kexec and another", reason: "+179 % is more than +5 %" }],
        rowCount: 2,
      },
      {
        ...rule,
        rule: "serialize_ns: no worse",
        line: 9,
        outcome: "inconclusive",
        undecided: [{ ...breach, rows: [4], what: "serialize", reason: "7 samples, about 20 are needed" }],
      },
    ],
    iterationCount: 2,
  };
}

export function writeTinyDifference(target: string, options: TinyDifferenceOptions = {}): DifferenceHeader {
  const difference = tinyDifference(options);
  return writeDifference({
    difference,
    gate: options.withGate ? tinyGate(difference, options.outside) : undefined,
    title: options.outside ?? "before and after",
    target,
    luoscopeVersion: "0.0.0-test",
  });
}
