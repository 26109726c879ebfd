import { formatDelta, formatDeltaRatio, formatValue } from "../analysis/index.ts";
import { UsageError } from "../base/index.ts";
import { type Cell, type Change, type Difference, type DifferenceRow } from "../compare/index.ts";
import type { Breach, RuleResult } from "./gate-result.ts";
import type { Demand, Operator, Policy, Rule } from "./policy.ts";
import { type NamedMetric, sizeIn, type WrittenQuantity } from "./selector.ts";
import { statisticOf } from "./statistic.ts";
import { type Subject, subjectsOf } from "./subjects.ts";

type Outcome = "pass" | "breach" | "undecided";

/** What is said of a subject on one column. */
interface Finding {
  readonly outcome: Outcome;
  readonly reason: string;
}

const pass: Finding = { outcome: "pass", reason: "" };

const holds: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
  "==": (value, limit) => value === limit,
};

const not: Readonly<Record<Operator, string>> = {
  "<": "is not below",
  "<=": "is above",
  ">": "is not above",
  ">=": "is below",
  "==": "is not",
};

interface RuleContext {
  readonly difference: Difference;
  readonly rule: Rule;
  readonly metric: NamedMetric;
}

function sizeOf(quantity: WrittenQuantity, { rule, metric }: RuleContext): number {
  const size = sizeIn(quantity, metric);
  if (size !== undefined) return size;
  const { file, line, text } = rule;
  throw new UsageError(`${file}:${line}: ${text}: ${metric.id} is in no ${quantity.unit}`, {
    hint: "write a number in the metric's own unit, or a unit of the same kind",
  });
}

function cellsOf(difference: Difference, { rows }: Subject, column: number): Cell[] {
  return rows.flatMap((row) => difference.rows[row]!.cells[column] ?? []);
}

function valuesOf(cells: readonly Cell[]): Float64Array {
  return cells.length === 1 ? cells[0]!.values : Float64Array.from(cells.flatMap(({ values }) => [...values]));
}

function judgeLimit(
  context: RuleContext,
  { operator, limit }: Extract<Demand, { kind: "limit" }>,
  { subject, column }: { subject: Subject; column: number },
): Finding {
  const { difference, rule } = context;
  const cells = cellsOf(difference, subject, column);
  // What only the base has is a matter of what may vanish.
  if (cells.length === 0) return pass;
  if (cells.some(({ values }) => values.length === 0)) return { outcome: "breach", reason: "did not finish" };
  const size = sizeOf(limit, context);
  const value = statisticOf(valuesOf(cells), rule.selector.statistic ?? { name: "median" })!;
  if (holds[operator](value, size)) return pass;
  const { unit } = difference.rows[subject.rows[0]!]!;
  return { outcome: "breach", reason: `${formatValue(value, unit)} ${not[operator]} ${formatValue(size, unit)}` };
}

/** The most that a value may differ from the base's. */
function toleranceOf(context: RuleContext, demand: Demand, base: number): number {
  if (demand.kind !== "tolerance") return 0;
  return demand.size.unit === "%" ? (demand.size.value / 100) * Math.abs(base) : sizeOf(demand.size, context);
}

function isBeyond(demand: Demand, delta: number, tolerance: number): boolean {
  if (demand.kind !== "tolerance" || demand.direction === 0) return Math.abs(delta) > tolerance;
  return delta * demand.direction > tolerance;
}

function describeDelta(delta: number, base: number, { unit }: DifferenceRow): string {
  return base === 0
    ? formatDelta(delta, unit)
    : `${formatDeltaRatio(delta / Math.abs(base))} (${formatDelta(delta, unit)})`;
}

function exceeds(demand: Demand): string {
  if (demand.kind !== "tolerance") return "is not exactly the base's";
  const { value, unit } = demand.size;
  const sign = demand.direction > 0 ? "+" : demand.direction < 0 ? "−" : "±";
  return `is more than ${sign}${value}${unit === "" ? "" : ` ${unit}`}`;
}

/** A measured row: only what is significant counts, and only beyond the tolerance. */
function judgeNoisyRow(demand: Demand, row: DifferenceRow, change: Change, tolerance: number): Finding {
  const { verdict, delta, deltaLow, deltaHigh, reason } = change;
  if (delta === null) return pass;
  if (verdict === "inconclusive") {
    const ends = [deltaLow ?? delta, deltaHigh ?? delta];
    const mayBreach = deltaLow === null || ends.some((end) => isBeyond(demand, end, tolerance));
    return mayBreach ? { outcome: "undecided", reason } : pass;
  }
  if (verdict === "same" || !isBeyond(demand, delta, tolerance)) return pass;
  return { outcome: "breach", reason: `${describeDelta(delta, row.cells[0]!.median!, row)} ${exceeds(demand)}` };
}

function judgeRow(context: RuleContext, row: DifferenceRow, column: number): Finding {
  const { demand } = context.rule;
  const change = row.changes[column - 1]!;
  if (change.verdict === "did-not-finish") return { outcome: "breach", reason: `did not finish: ${change.reason}` };
  const base = row.cells[0];
  // What one side lacks is a matter of what may vanish; what is new has nothing to be held against.
  if (!base || base.median === null || !row.cells[column]) return pass;
  const tolerance = toleranceOf(context, demand, base.median);
  if (!row.exact) return judgeNoisyRow(demand, row, change, tolerance);
  if (demand.kind === "exact" && change.verdict !== "same") {
    return { outcome: "breach", reason: `${describeDelta(change.delta ?? 0, base.median, row)} ${exceeds(demand)}` };
  }
  if (change.delta === null || !isBeyond(demand, change.delta, tolerance)) return pass;
  return { outcome: "breach", reason: `${describeDelta(change.delta, base.median, row)} ${exceeds(demand)}` };
}

/** A statistic of both sides, of values that have no noise. */
function judgeStatistic(context: RuleContext, subject: Subject, column: number): Finding {
  const { difference, rule } = context;
  const first = difference.rows[subject.rows[0]!]!;
  const [base, next] = [0, column].map((each) => valuesOf(cellsOf(difference, subject, each)));
  const statistic = rule.selector.statistic!;
  const [from, to] = [statisticOf(base!, statistic), statisticOf(next!, statistic)];
  if (from === undefined || to === undefined) {
    return from === undefined ? pass : { outcome: "breach", reason: "did not finish" };
  }
  const tolerance = toleranceOf(context, rule.demand, from);
  if (!isBeyond(rule.demand, to - from, tolerance)) return pass;
  return { outcome: "breach", reason: `${describeDelta(to - from, from, first)} ${exceeds(rule.demand)}` };
}

function judgeSubject(context: RuleContext, subject: Subject, column: number): Finding {
  const { rule, difference } = context;
  const { demand, selector } = rule;
  if (demand.kind === "limit") return judgeLimit(context, demand, { subject, column });
  if (selector.statistic === undefined) return judgeRow(context, difference.rows[subject.rows[0]!]!, column);
  if (subject.rows.some((row) => !difference.rows[row]!.exact)) {
    throw new UsageError(`${rule.file}:${rule.line}: ${rule.text}: no test says whether such a statistic has changed`, {
      hint: "compare rows (leave the statistic out: their medians are tested), or write a limit: `metric.p99 < 3 s`",
    });
  }
  return judgeStatistic(context, subject, column);
}

/**
 * Whether what a rule finds is one family's noise: of a measured metric, the mean change of all its rows is below the
 * floor. A change of the code shows in most rows, noise up in some and down in others.
 */
function isFamilyNoise({ difference, rule, metric }: RuleContext, policy: Policy, column: number): boolean {
  const floor = policy.noiseFloors.get(metric.id) ?? policy.noiseFloors.get(rule.selector.metric);
  if (floor === undefined || rule.demand.kind === "limit") return false;
  const ratios = difference.rows
    .filter((row) => row.metric === metric.id && !row.exact)
    .flatMap((row) => row.changes[column - 1]!.deltaRatio ?? []);
  if (ratios.length === 0) return false;
  return Math.abs(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length) < floor;
}

function outcomeOf({ level }: Rule, breaches: number, undecided: number): RuleResult["outcome"] {
  if (breaches > 0) return level;
  return undecided > 0 ? "inconclusive" : "pass";
}

/**
 * Holds one rule against every column behind the base.
 *
 * Errors   UsageError for a rule that fits nothing here, or asks what cannot be told
 */
export function judgeRule(difference: Difference, rule: Rule, policy: Policy): RuleResult {
  const { metric, subjects } = subjectsOf(difference, rule);
  const context = { difference, rule, metric };
  const breaches: Breach[] = [];
  const undecided: Breach[] = [];
  for (let column = 1; column < difference.columns.length; column++) {
    const isNoise = isFamilyNoise(context, policy, column);
    for (const subject of subjects) {
      const { outcome, reason } = judgeSubject(context, subject, column);
      const found = { column, rows: subject.rows, what: subject.what, reason };
      if (outcome === "breach" && !isNoise) breaches.push(found);
      if (outcome === "undecided") undecided.push(found);
    }
  }
  const { text, level, file, line } = rule;
  const rowCount = subjects.reduce((sum, { rows }) => sum + rows.length, 0);
  const outcome = outcomeOf(rule, breaches.length, undecided.length);
  return { rule: text, level, file, line, outcome, breaches, undecided, rowCount };
}
