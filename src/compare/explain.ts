import type { CauseChange, Difference, DifferenceRow, InputChange, StepChange, Waterfall } from "./difference.ts";
import type { Breakdown, MeasuredInput, MeasuredStep, Measurement, StepTerm } from "./measurement.ts";
import { explainedMetrics } from "./metrics.ts";
import type { ProjectedColumn } from "./project.ts";

/** Most fields of one input that are named: more say less. */
const maxFields = 200;
/** Most rows that are explained: those that change most. */
const maxWaterfalls = 20;

type Side = Pick<InputChange, "column" | "kind">;

/** Inputs by kind; several of a kind (traces of a sweep) by their place among them. */
function byKind(inputs: readonly MeasuredInput[]): Map<string, MeasuredInput> {
  const counts = new Map<string, number>();
  return new Map(
    inputs.map((input) => {
      const count = counts.get(input.kind) ?? 0;
      counts.set(input.kind, count + 1);
      return [count === 0 ? input.kind : `${input.kind} ${count + 1}`, input];
    }),
  );
}

function describeInput(input: MeasuredInput | undefined): string | null {
  if (!input) return null;
  const { name, sha256 } = input;
  return sha256 === undefined ? name : `${name} (${sha256.slice(0, 12)})`;
}

function fieldChanges(side: Side, base: MeasuredInput, next: MeasuredInput): InputChange[] {
  const fields = new Set([...(base.fields?.keys() ?? []), ...(next.fields?.keys() ?? [])]);
  const changes: InputChange[] = [];
  for (const field of fields) {
    const [old, newer] = [base.fields?.get(field) ?? null, next.fields?.get(field) ?? null];
    if (old !== newer) changes.push({ ...side, field, base: old, new: newer });
  }
  return changes.slice(0, maxFields);
}

function isSameInput(base: MeasuredInput, next: MeasuredInput): boolean {
  if (base.sha256 !== undefined && next.sha256 !== undefined) return base.sha256 === next.sha256;
  return base.name === next.name;
}

/** In which inputs a column differs from the base: by hash, and by field where fields are known. */
export function changedInputs(base: Measurement, next: Measurement, column: number): InputChange[] {
  const [old, newer] = [byKind(base.inputs), byKind(next.inputs)];
  return [...new Set([...old.keys(), ...newer.keys()])].flatMap((kind): InputChange[] => {
    const [one, other] = [old.get(kind), newer.get(kind)];
    const side = { column, kind };
    if (!one || !other) return [{ ...side, field: "", base: describeInput(one), new: describeInput(other) }];
    const fields = fieldChanges(side, one, other);
    if (isSameInput(one, other)) return one.sha256 === undefined ? fields : [];
    return [{ ...side, field: "", base: describeInput(one), new: describeInput(other) }, ...fields];
  });
}

function causesOf(base: MeasuredStep | undefined, next: MeasuredStep | undefined): CauseChange[] {
  const causes = new Map<string, { cost: string; per: string; rule: string; baseNs: number; newNs: number }>();
  const at = ({ cost, per, rule }: StepTerm) => {
    const found = causes.get(cost) ?? { cost, per, rule, baseNs: 0, newNs: 0 };
    causes.set(cost, found);
    return found;
  };
  for (const term of base?.terms ?? []) at(term).baseNs += term.ns;
  for (const term of next?.terms ?? []) at(term).newNs += term.ns;
  return [...causes.values()]
    .filter(({ baseNs, newNs }) => Math.abs(newNs - baseNs) >= 0.5)
    .sort((left, right) => Math.abs(right.newNs - right.baseNs) - Math.abs(left.newNs - left.baseNs));
}

/** The longer name has what one of the sides does not do. */
function nameOf(base: MeasuredStep | undefined, next: MeasuredStep | undefined): string {
  const [one, other] = [base?.name ?? "", next?.name ?? ""];
  return one.length > other.length ? one : other;
}

function stepChange(base: MeasuredStep | undefined, next: MeasuredStep | undefined): StepChange | undefined {
  const step = nameOf(base, next);
  const phase = (next ?? base)!.phase;
  // Not there is not paid; there and not recorded is not known.
  const baseNs = base ? base.ns : 0;
  const newNs = next ? next.ns : 0;
  if (baseNs === null || newNs === null || baseNs === newNs) return undefined;
  return { phase, step, baseNs, newNs, deltaNs: newNs - baseNs, causes: causesOf(base, next) };
}

function keyOf({ phase, id }: MeasuredStep): string {
  return `${phase}\n${id}`;
}

/** From one breakdown to another, step by step. */
function explain(base: Breakdown, next: Breakdown): Pick<Waterfall, "baseNs" | "newNs" | "steps" | "restNs"> {
  const old = new Map(base.steps.map((step) => [keyOf(step), step]));
  const newer = new Map(next.steps.map((step) => [keyOf(step), step]));
  const steps = [...new Set([...old.keys(), ...newer.keys()])]
    .flatMap((key) => stepChange(old.get(key), newer.get(key)) ?? [])
    .sort((left, right) => Math.abs(right.deltaNs) - Math.abs(left.deltaNs));
  const explainedNs = steps.reduce((sum, { deltaNs }) => sum + deltaNs, 0);
  return {
    baseNs: base.totalNs,
    newNs: next.totalNs,
    steps,
    restNs: next.totalNs - base.totalNs - explainedNs,
  };
}

/** Phases that have no whole of their own: what the blackout is made of is explained by it. */
const ownPhases: ReadonlySet<string> = new Set(["preserve", "finish"]);

function isExplained({ metric, dimensions, changes, hidden }: DifferenceRow, column: number): boolean {
  const change = changes[column - 1];
  if (!change || change.delta === null || change.delta === 0 || !explainedMetrics.includes(metric)) return false;
  // Values that were put together have no steps of their own.
  if (hidden.length > 0) return false;
  const phase = dimensions.find(([name]) => name === "phase")?.[1];
  return phase === undefined || ownPhases.has(phase);
}

/** Breakdowns of some rows of one metric, in their order: asked for together, since a folder is opened for them. */
async function breakdownsFor(
  measurement: Measurement,
  metric: string,
  rows: readonly DifferenceRow[],
): Promise<readonly (Breakdown | undefined)[]> {
  const words = rows.map(({ dimensions }) => dimensions.map(([, word]) => word));
  const found = await measurement.readBreakdowns(metric, words);
  return words.map((own) => found.find((each) => own.every((word, index) => each.words[index] === word)));
}

async function explainMetric(
  rows: readonly DifferenceRow[],
  [base, next]: readonly [Measurement, Measurement],
  column: number,
): Promise<Map<DifferenceRow, Waterfall>> {
  const explained = new Map<DifferenceRow, Waterfall>();
  for (const metric of new Set(rows.map((row) => row.metric))) {
    const own = rows.filter((row) => row.metric === metric);
    const sides = [base, next].map((side) => breakdownsFor(side, metric, own));
    const [older, newer] = await Promise.all(sides);
    for (const [index, row] of own.entries()) {
      const [one, other] = [older![index], newer![index]];
      if (!one || !other) continue;
      explained.set(row, { column, metric, dimensions: row.dimensions, ...explain(one, other) });
    }
  }
  return explained;
}

/**
 * Why rows differ, step by step: those of whole lengths, the largest changes first.
 *
 * Shape    the steps and the rest of a waterfall are together exactly its difference
 */
export async function explainRows(
  rows: readonly DifferenceRow[],
  columns: readonly ProjectedColumn[],
): Promise<Difference["waterfalls"]> {
  const found: Waterfall[] = [];
  for (const [column, { measurement }] of columns.entries()) {
    // Values of a dimension on one side share its breakdowns, which know no columns.
    if (column === 0 || measurement === columns[0]!.measurement) continue;
    const sizeOf = (row: DifferenceRow): number => Math.abs(row.changes[column - 1]!.delta!);
    const changed = rows
      .filter((row) => isExplained(row, column))
      .sort((left, right) => sizeOf(right) - sizeOf(left))
      .slice(0, maxWaterfalls);
    const explained = await explainMetric(changed, [columns[0]!.measurement, measurement], column);
    found.push(...changed.flatMap((row) => explained.get(row) ?? []));
  }
  return found;
}
