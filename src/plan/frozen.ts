import { z } from "zod";

import type { Json } from "../base/index.ts";
import { profileSchema } from "../profile/index.ts";
import { distributionKinds } from "../sensitivity/index.ts";
import type { Plan } from "./types.ts";

// A plan as it stands in a sweep's folder: machines that take part in a sweep read it, so it is checked like any file.

const unit = z.enum(["bytes", "ns", "number", "text"]);
const json = z.json() as z.ZodType<Json>;
const text = z.string().max(10_000);

const axisValue = z.strictObject({
  label: text,
  number: z.number().nullable(),
  set: z.record(z.string(), json),
  merge: json,
  trace: z.int().min(0).optional(),
  profile: z.int().min(0).optional(),
});

const interval = z.strictObject({
  low: z.number().nonnegative(),
  high: z.number().nonnegative(),
  base: z.number().nonnegative().exactOptional(),
  kind: z.enum(distributionKinds).exactOptional(),
});

export const planShape: z.ZodType<Plan> = z.strictObject({
  name: text,
  seed: z.int().min(0),
  repeats: z.int().min(0),
  combine: z.enum(["product", "paired"]),
  scenario: json,
  traces: z.array(z.strictObject({ path: text, name: text, sha256: text })).min(1),
  profiles: z.array(profileSchema).min(1),
  axes: z.array(z.strictObject({ key: text, unit, values: z.array(axisValue).min(1) })),
  excludes: z.array(z.record(z.string(), z.array(text))),
  requirements: z.array(
    z.strictObject({ text, left: text, operator: z.enum(["<=", "<", ">=", ">", "==", "!="]), right: text }),
  ),
  drawsProfile: z.boolean(),
  inputs: z.array(z.strictObject({ name: text, target: z.enum(["cost", "boot", "scenario"]), unit, interval })),
  slo: z.strictObject({ name: text, pauseNs: z.number().positive(), vmRatio: z.number().gt(0).max(1), source: text }),
  memoryLimitBytes: z.number().positive().nullable(),
  sensitivity: z.strictObject({
    tornado: z.boolean(),
    morrisTrajectories: z.int().min(0),
    sobolSamples: z.int().min(0),
  }),
});
