import { z } from "zod";

import { verdicts, metricUnits, polarities } from "../compare/index.ts";

/** JSON has no NaN and no infinity: what is none of its numbers is null. */
const number = z.number().nullable();
const index = z.int().nonnegative();

const dimension = z.strictObject({ name: z.string(), value: z.string() });

const column = z.strictObject({
  label: z.string(),
  path: z.string(),
  kind: z.string().describe("run, sweep, recording, samples or baseline"),
  sha256: z.string().describe("identity of all that was read"),
});

const cell = z.strictObject({
  values: z.array(number).describe("samples in their order, without those that did not finish"),
  failed_count: index.describe("samples that did not finish"),
  median: number,
  mean: number,
  min: number,
  max: number,
});

const test = z.strictObject({
  p_value: number.describe("Mann-Whitney, two-sided"),
  adjusted_p_value: number.describe("the same after Holm over all tests of the comparison: what decides"),
  is_exact: z.boolean(),
  permutation_p_value: number,
  ks_distance: number,
  ks_p_value: number,
  effect: number.describe("Cliff's delta, -1 to 1"),
});

const change = z.strictObject({
  verdict: z.enum(verdicts),
  reason: z.string(),
  is_beyond_floor: z.boolean(),
  delta: number.describe("median of the new less that of the base, in the metric's unit"),
  delta_ratio: number.describe("delta as a share of the base"),
  delta_low: number.describe("95 % interval of delta"),
  delta_high: number,
  test: test.nullable(),
});

const row = z.strictObject({
  metric: z.string(),
  unit: z.enum(metricUnits),
  polarity: z.enum(polarities).describe("which way the metric gets better"),
  exact: z.boolean().describe("true: the same inputs give the same value"),
  dimensions: z.array(dimension),
  hidden: z.array(z.string()).describe("dimensions whose values were put together although they differ"),
  cells: z.array(cell.nullable()).describe("one a column; null where the column has no such row"),
  changes: z.array(change).describe("one a column behind the base"),
});

const input = z.strictObject({
  column: index,
  kind: z.string(),
  field: z.string().describe("dotted path; empty: the input as a whole"),
  base: z.string().nullable(),
  new: z.string().nullable(),
});

const cause = z.strictObject({
  cost: z.string(),
  per: z.string(),
  rule: z.string(),
  base_ns: number,
  new_ns: number,
});

const step = z.strictObject({
  phase: z.string(),
  step: z.string(),
  base_ns: number,
  new_ns: number,
  delta_ns: number,
  causes: z.array(cause),
});

const waterfall = z.strictObject({
  column: index,
  metric: z.string(),
  dimensions: z.array(dimension),
  base_ns: number,
  new_ns: number,
  steps: z.array(step),
  rest_ns: number.describe("what no step explains"),
});

const breach = z.strictObject({
  column: index,
  rows: z.array(index).describe("places in rows, from 0"),
  what: z.string(),
  reason: z.string(),
});

const outcome = z.enum(["pass", "warn", "fail", "inconclusive"]);

const rule = z.strictObject({
  rule: z.string(),
  level: z.enum(["fail", "warn"]),
  file: z.string(),
  line: z.int(),
  outcome,
  row_count: index,
  breaches: z.array(breach),
  undecided: z.array(breach),
});

const gate = z.strictObject({
  outcome,
  policy: z.string(),
  iteration_count: index.describe("times that samples were collected anew"),
  rules: z.array(rule),
});

/** The first version of a comparison as JSON; a key is added or changed only with a new version. */
export const compareSchema = z
  .strictObject({
    format: z.literal("luoscope-compare"),
    version: z.literal(1),
    tool_version: z.string(),
    title: z.string(),
    settings: z.strictObject({ alpha: number, min_samples: index, seed: z.number() }),
    test_count: index.describe("tests that Holm's correction went over"),
    gate: gate.nullable().describe("what came of a policy; null of a comparison alone"),
    columns: z.array(column).describe("sides of the comparison; the first is the base"),
    rows: z.array(row),
    inputs: z.array(input).describe("in which inputs a column differs from the base"),
    waterfalls: z.array(waterfall).describe("why lengths differ, step by step"),
    warnings: z.array(z.string()),
  })
  .describe("A comparison of luoscope: measurements set beside the first of them, and what came of a policy.");

export type CompareDocument = z.infer<typeof compareSchema>;

/** The same as JSON Schema, as docs/schema has it. */
export function compareJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(compareSchema), null, 2)}\n`;
}
