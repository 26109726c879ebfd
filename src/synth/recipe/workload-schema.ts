import { z } from "zod";

import { bytes, count, duration, length, place, rate, ratio } from "../../config/index.ts";

/** Lists and counts that a recipe may ask for at most, so that a slip of the pen does not fill memory. */
const maxPerSecond = 1e9;
const maxGroups = 512;
const maxPhases = 4096;

export const partName = z.string().min(1).max(200);
const perSecond = z.number().positive().max(maxPerSecond);
const region = z.strictObject({ start: place, size: bytes });

/** Where and when a workload runs: without them, all of the VM's memory and all of the time. */
const common = {
  region: region.optional(),
  from: duration.default(0),
  for: length.optional(),
  mark: partName.optional(),
};

/** docs/synth.md names the source of each default. */
const idle = z.strictObject({
  kind: z.literal("idle"),
  hot_pages: count.max(2 ** 24).default(100),
  stray_pages: count.max(2 ** 24).default(50),
  stray_writes_per_second: perSecond.default(50),
  ...common,
});

const uniform = z.strictObject({
  kind: z.literal("uniform"),
  writes_per_second: perSecond,
  run_pages: count.max(2 ** 20).default(1),
  ...common,
});

const zipf = z.strictObject({
  kind: z.literal("zipf"),
  writes_per_second: perSecond,
  skew: z.number().min(0).max(10).default(0.99),
  placement: z.enum(["scattered", "ranked"]).default("scattered"),
  ...common,
});

const hotCold = z.strictObject({
  kind: z.literal("hot-cold"),
  writes_per_second: perSecond,
  hot_ratio: ratio.default(0.1),
  hot_write_ratio: ratio.default(0.9),
  ...common,
});

const streaming = z.strictObject({ kind: z.literal("streaming"), rate, ...common });

const boot = z.strictObject({
  kind: z.literal("boot"),
  footprint: bytes,
  unpack_ratio: ratio.default(0.68),
  unpack_time: length.default(400_000_000),
  time_constant: length.default(1_200_000_000),
  rewrites_per_second: perSecond.default(5000),
  ...common,
});

const checkpoint = z.strictObject({
  kind: z.literal("database-checkpoint"),
  writes_per_second: perSecond,
  skew: z.number().min(0).max(10).default(0.99),
  log: bytes.default(64 * 2 ** 20),
  log_rate: rate,
  every: length,
  lasts: length,
  /** Name of the VM's device that takes the log and the pages. */
  device: partName.optional(),
  request: bytes.default(128 * 1024),
  ...common,
});

const ballooning = z.strictObject({
  kind: z.literal("ballooning"),
  writes_per_second: perSecond,
  every: length,
  floor_ratio: ratio.default(0.5),
  ...common,
});

export const traceCut = {
  path: z.string().min(1).max(4096),
  vm: partName.optional(),
  cut_from: duration.default(0),
  cut_for: length.optional(),
  stretch: z.number().min(0.001).max(1000).default(1),
  repeat: count.max(1_000_000).default(1),
};

const trace = z.strictObject({ kind: z.literal("trace"), ...traceCut, ...common });

const wholeNumber = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const group = z.tuple([wholeNumber, wholeNumber, z.number().min(0)]).refine(([first, last]) => first <= last, {
  error: "[first, last, share] with first not beyond last",
});
export const groups = z
  .array(group)
  .min(1)
  .max(maxGroups)
  .refine((list) => list.every(([first], index) => index === 0 || first > list[index - 1]![1]), {
    error: "groups in order, without overlap",
  })
  .refine((list) => list.some(([, , share]) => share > 0), { error: "a share that is more than 0" });
const groupsFrom1 = groups.refine((list) => list[0]![0] >= 1, { error: "values from 1" });

/** Ticks of a phase, and the new pages by the end of each. */
const growth = z
  .array(z.tuple([wholeNumber, wholeNumber]))
  .min(2)
  .max(maxGroups)
  .refine((list) => list[0]![0] === 0 && list.every(([tick], index) => index === 0 || tick > list[index - 1]![0]), {
    error: "[tick, pages], from tick 0 on, in order",
  })
  .refine((list) => list.every(([, pages], index) => index === 0 || pages >= list[index - 1]![1]), {
    error: "pages that never become fewer",
  });

const fittedPhase = z.strictObject({
  mark: z.string().max(10_000).optional(),
  for: length,
  pages_per_tick: groups,
  tick_correlation: z.number().min(-0.99).max(0.99).default(0),
  run_pages: groupsFrom1,
  age_ticks: groupsFrom1.optional(),
  new_pages: growth,
});

const fitted = z.strictObject({
  kind: z.literal("fitted"),
  phases: z.array(fittedPhase).min(1).max(maxPhases),
  ...common,
});

const leaves = [idle, uniform, zipf, hotCold, streaming, boot, checkpoint, ballooning, trace, fitted] as const;

/** Together: each child has the whole time; in sequence: one after another. Disjoint: each child has a part of the region. */
const mixShape = {
  kind: z.literal("mix"),
  order: z.enum(["together", "in-sequence"]).default("together"),
  regions: z.enum(["shared", "disjoint"]).default("shared"),
  ...common,
};
const kinds = [...leaves.map(({ shape }) => shape.kind.value), "mix"].join(", ");
const kindHint = { error: `a workload with kind: one of ${kinds}` };
const maxWorkloads = 256;

const leaf = z.discriminatedUnion("kind", leaves, kindHint);
const innerMix = z.strictObject({ ...mixShape, workloads: z.array(leaf).min(1).max(maxWorkloads) });
const inner = z.discriminatedUnion("kind", [...leaves, innerMix], kindHint);
const outerMix = z.strictObject({ ...mixShape, workloads: z.array(inner).min(1).max(maxWorkloads) });

/** Mixes may hold mixes, two deep. */
export const workload = z.discriminatedUnion("kind", [...leaves, outerMix], kindHint);
export const workloads = z.array(workload).max(maxWorkloads);

export type LeafWorkload = z.infer<typeof leaf>;
export type MixWorkload = z.infer<typeof outerMix> | z.infer<typeof innerMix>;
export type AnyWorkload = z.infer<typeof workload> | z.infer<typeof inner>;
export type TraceCut = Pick<z.infer<typeof trace>, keyof typeof traceCut>;
export type Workload<Kind extends LeafWorkload["kind"]> = Extract<LeafWorkload, { kind: Kind }>;
export type FittedPhase = z.infer<typeof fittedPhase>;
