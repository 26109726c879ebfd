import { z } from "zod";

import { bytes, seed } from "../config/index.ts";
import { sloField } from "../slo/index.ts";
import { distributionKinds } from "../sensitivity/index.ts";

/** More values of one axis than anybody looks at. */
const maxValues = 10_000;
const maxAxes = 32;

const values = z.array(z.json()).min(1).max(maxValues);

/** From one value to the next a step is added, or a factor taken; or so many values in equal steps. */
const range = z
  .strictObject({
    from: z.union([z.string(), z.number()]),
    to: z.union([z.string(), z.number()]),
    step: z.union([z.string(), z.number()]).optional(),
    factor: z.number().gt(1).optional(),
    count: z.int().min(2).max(maxValues).optional(),
  })
  .refine(({ step, factor, count }) => [step, factor, count].filter((way) => way !== undefined).length === 1, {
    error: "a range has from, to and one of step, factor and count",
  });

const files = z.strictObject({ files: z.array(z.string()).min(1).max(maxValues) });
const variants = z.strictObject({ variants: z.record(z.string(), z.record(z.string(), z.json())) });

const axis = z.union([values, range, files, variants], {
  error:
    "a list of values, a range such as {from: 64 GiB, to: 512 GiB, step: 64 GiB}, {files: [a.yaml, b.yaml]}, or {variants: {NAME: {path: value}}}",
});

const end = z.union([z.string(), z.number()]);
const interval = z.union(
  [
    z.tuple([end, end]),
    z.tuple([end, end, end]),
    z.strictObject({
      range: z.tuple([end, end]),
      base: end.optional(),
      as: z.enum(distributionKinds).optional(),
    }),
  ],
  { error: "[low, high], [low, base, high], or {range: [low, high], as: lognormal}: 90 % lie between low and high" },
);

const uncertain = z
  .object({ profile: z.enum(["intervals", "off"]).default("intervals") })
  .catchall(interval)
  .prefault({});

const constraint = z.union(
  [z.strictObject({ exclude: z.record(z.string(), z.json()) }), z.strictObject({ require: z.string().max(500) })],
  { error: "{exclude: {path: value}}, or {require: path <= path or value}" },
);

const sensitivity = z.strictObject({
  tornado: z.boolean().default(true),
  morris: z.strictObject({ trajectories: z.int().min(2).max(10_000) }).optional(),
  sobol: z.strictObject({ samples: z.int().min(16).max(65_536) }).optional(),
});

const limits = z.strictObject({ memory_overhead: bytes.optional() });

/** The file of a plan as people write it; docs/plan.md describes every key. */
export const planSchema = z.strictObject({
  version: z.literal(1, { error: "version 1 is the only one" }),
  name: z.string().min(1).max(200),
  scenario: z.string().min(1),
  trace: z.string().min(1).optional(),
  profile: z.string().min(1).optional(),
  seed: seed.default(0),
  repeats: z.int().min(0).max(1_000_000).default(0),
  combine: z.enum(["product", "paired"]).default("product"),
  axes: z
    .record(z.string(), axis)
    .refine((axes) => Object.keys(axes).length <= maxAxes, { error: `at most ${maxAxes} axes` })
    .default({}),
  constraints: z.array(constraint).max(1000).default([]),
  uncertain,
  slo: sloField.optional(),
  limits: limits.prefault({}),
  sensitivity: sensitivity.prefault({}),
});

export type PlanFile = z.infer<typeof planSchema>;
export type AxisFile = PlanFile["axes"][string];
export type IntervalFile = z.infer<typeof interval>;
