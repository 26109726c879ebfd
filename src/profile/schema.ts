import { z } from "zod";

import { costIds } from "../model/index.ts";

const nanoseconds = z.number().nonnegative();
const row = z.strictObject({ id: z.string(), value: z.number(), unit: z.string() });

/** One constant: its value, the range around it, and what it rests on. */
export const costSchema = z
  .strictObject({
    unit_ns: nanoseconds,
    low_ns: nanoseconds,
    high_ns: nanoseconds,
    status: z.enum(["measured", "published", "assumed"]),
    source: z.string().min(1),
    /** The fit that it comes from, and the number of recordings in which it was paid. */
    fit: z.string().optional(),
    recordings: z.number().int().nonnegative().optional(),
    /** How much it varies from update to update, as a share. */
    spread_ratio: z.number().nonnegative().optional(),
    /** Published rows behind the value. */
    rows: z.array(row).optional(),
  })
  .refine(({ unit_ns, low_ns, high_ns }) => low_ns <= unit_ns && unit_ns <= high_ns, "low_ns <= unit_ns <= high_ns");

const costsSchema = z.strictObject(Object.fromEntries(costIds.map((id) => [id, costSchema])));

const line = z.string().regex(/^\d+\.\d+$/);

export const quantityIds = ["preserve", "retrieve", "reboot_to_userspace", "blackout"] as const;
export type QuantityId = (typeof quantityIds)[number];

export const profileSchema = z.strictObject({
  name: z.string().min(1).max(200),
  /** Line of kernels whose constants `costs` are; `kernels` has those of others. */
  kernel: line,
  about: z.string(),
  made_by: z.string(),
  /** What it was fitted to. */
  recordings: z.array(z.strictObject({ name: z.string(), sha256: z.string() })).optional(),
  fits: z
    .array(
      z.strictObject({
        id: z.string(),
        kernel: line,
        spans: z.array(z.string()),
        recordings: z.array(z.string()),
        rms_ratio: z.number().nonnegative(),
        stray_count: z.number().int().nonnegative(),
        inseparable: z.array(z.strictObject({ constant: z.string(), from: z.array(z.string()), record: z.string() })),
      }),
    )
    .optional(),
  /** How far predictions of recordings that were left out were off, in units of their own estimate; 90 % were within. */
  prediction: z
    .strictObject(
      Object.fromEntries(
        quantityIds.map((id) => [id, z.strictObject({ factor: z.number().positive(), recordings: z.number().int() })]),
      ),
    )
    .optional(),
  costs: costsSchema,
  kernels: z.record(line, costsSchema.partial()).optional(),
});

export type ProfileData = z.infer<typeof profileSchema>;
export type CostData = z.infer<typeof costSchema>;
