import { z } from "zod";

import { canonicalJson, UsageError } from "../base/index.ts";
import { costIds, type Costs } from "../model/index.ts";

const row = z.strictObject({ id: z.string(), value: z.number(), unit: z.string() });
const cost = z
  .strictObject({
    unit_ns: z.number().nonnegative(),
    low_ns: z.number().nonnegative(),
    high_ns: z.number().nonnegative(),
    source: z.string().min(1),
    assumed: z.boolean(),
    /** Published rows behind the value. */
    rows: z.array(row).optional(),
  })
  .refine(({ unit_ns, low_ns, high_ns }) => low_ns <= unit_ns && unit_ns <= high_ns, "low_ns <= unit_ns <= high_ns");

const profileSchema = z.strictObject({
  name: z.string().min(1).max(200),
  kernel: z.literal("7.3"),
  about: z.string(),
  made_by: z.string(),
  costs: z.strictObject(Object.fromEntries(costIds.map((id) => [id, cost]))),
});

/** A cost profile: every constant of the model with its range and source. */
export interface Profile {
  readonly name: string;
  readonly about: string;
  readonly costs: Costs;
  readonly assumedCount: number;
  /** Canonical text, for the run's hash. */
  readonly canonical: string;
}

/** Checks a profile's JSON; a constant that is missing or unknown is an error that names it. */
export function parseProfile(text: string, path: string): Profile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path}: not JSON: ${(error as Error).message}`, { cause: error });
  }
  const result = profileSchema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${path}: ${issue.path.join(".") || "profile"}: ${issue.message}`,
    );
    throw new UsageError(problems.join("\n"), { hint: "docs/model.md lists the constants" });
  }
  const { data } = result;
  const costs = Object.fromEntries(
    costIds.map((id) => {
      const { unit_ns, low_ns, high_ns, source, assumed } = data.costs[id]!;
      return [id, { unitNs: unit_ns, lowNs: low_ns, highNs: high_ns, source, assumed }];
    }),
  ) as unknown as Costs;
  return {
    name: data.name,
    about: data.about,
    costs,
    assumedCount: costIds.filter((id) => costs[id].assumed).length,
    canonical: canonicalJson(data),
  };
}
