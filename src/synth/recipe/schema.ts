import { z } from "zod";

import { bytes, count, duration, length, place, ratio, seed } from "../../config/index.ts";
import { traceSchema } from "../../trace/index.ts";
import { groups, partName, traceCut, workloads } from "./workload-schema.ts";

const maxVms = 1000;
const maxDevices = 64;
const maxStreams = 64;
const maxMarks = 10_000;

const perSecond = z.number().positive().max(1e8);
const port = z.int().min(0).max(65_535);
const maxGuestBytes = 2 ** 44;

const window = { from: duration.default(0), for: length.optional() };
/** From one event to the next: `poisson` and `periodic` at a rate, `bursts` of several at once, or gaps as they were measured. */
const arrival = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("poisson"), per_second: perSecond }),
    z.strictObject({ kind: z.literal("periodic"), per_second: perSecond }),
    z.strictObject({ kind: z.literal("bursts"), per_second: perSecond, mean_size: count.max(100_000) }),
    z.strictObject({ kind: z.literal("gaps"), gap_us: groups }),
  ],
  { error: "{kind: poisson, per_second: 100}; other kinds are periodic, bursts (mean_size) and gaps (gap_us)" },
);

const latencyHint = { error: "{median: 100 us, p99: 2 ms}, or {groups_us: …} as measured" };
const latency = z
  .strictObject({ median: length.optional(), p99: length.optional(), groups_us: groups.optional() })
  .refine(({ median, p99, groups_us: measured }) => {
    if (measured) return median === undefined && p99 === undefined;
    return median !== undefined && p99 !== undefined && p99 >= median;
  }, latencyHint);

const requests = z.strictObject({
  arrival,
  sizes: groups,
  read_ratio: ratio.default(0.7),
  flush_ratio: ratio.default(0),
  latency,
  pattern: z.enum(["random", "sequential"]).default("random"),
  span: bytes.default(16 * 2 ** 30),
  ...window,
});

const packets = z.strictObject({
  arrival,
  sizes: groups,
  rx_ratio: ratio.default(0.5),
  protocol: z.enum(["tcp", "udp", "none"]).default("tcp"),
  guest_port: port.default(8080),
  peer_port: port.default(50_000),
  /** Flows whose peers have one port after another from `peer_port`. */
  flows: count.max(10_000).default(1),
  interrupts: z.boolean().default(true),
  dma: z.boolean().default(true),
  ...window,
});

const interrupts = z.strictObject({
  arrival,
  vector: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  ...window,
});

const device = z.strictObject({
  name: partName,
  kind: z.enum(traceSchema.deviceTable.columns[2].labels),
  /** An emulated device writes guest memory with the CPU, so that its writes stand in page_write. */
  passed_through: z.boolean().default(false),
  vector: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0),
  buffers: z.strictObject({ start: place, size: bytes }).optional(),
  requests: z.array(requests).max(maxStreams).default([]),
  packets: z.array(packets).max(maxStreams).default([]),
  interrupts: z.array(interrupts).max(maxStreams).default([]),
});

const guestBytes = bytes.refine((size) => size % 4096 === 0 && size <= maxGuestBytes, {
  error: "a multiple of 4 KiB, at most 16 TiB: frame numbers are 32 bits wide",
});

const replayed = z.strictObject({
  ...traceCut,
  shift: duration.default(0),
  devices: z.boolean().default(true),
  marks: z.boolean().default(true),
});

const vm = z
  .strictObject({
    name: partName,
    guest_bytes: guestBytes.optional(),
    vcpus: count.max(65_535).default(1),
    folio: z.enum(["4 KiB", "2 MiB", "1 GiB"]).default("4 KiB"),
    populated: z.enum(["on-write", "at-start", "unsaid"]).default("on-write"),
    present: bytes.optional(),
    workloads: workloads.default([]),
    devices: z.array(device).max(maxDevices).default([]),
    trace: replayed.optional(),
  })
  .superRefine((value, context) => {
    if (value.trace === undefined && value.guest_bytes === undefined) {
      context.addIssue({ code: "custom", path: ["guest_bytes"], message: "a size with its unit, such as 1 GiB" });
    }
    if (value.trace === undefined) return;
    const own = ["guest_bytes", "present"].find((key) => Object.hasOwn(value, key));
    if (own !== undefined || value.workloads.length > 0 || value.devices.length > 0) {
      const message = "a VM that is a part of a trace has that VM's memory, writes and devices, and no others";
      context.addIssue({
        code: "custom",
        path: [own ?? (value.workloads.length > 0 ? "workloads" : "devices")],
        message,
      });
    }
  });

const mark = z.strictObject({ at: duration, vm: partName.optional(), name: partName });

export const recipeSchema = z.strictObject({
  version: z.literal(1, { error: "version 1 is the only one" }),
  name: partName,
  description: z.string().max(2000).default(""),
  seed: seed.default(0),
  duration: length,
  tick: length.refine((ns) => ns >= 1000, { error: "1 us or longer" }),
  vms: z.array(vm).min(1).max(maxVms),
  marks: z.array(mark).max(maxMarks).default([]),
});

/** A checked recipe: sizes in bytes, times in ns, defaults filled in. */
export type Recipe = z.infer<typeof recipeSchema>;
export type RecipeVm = Recipe["vms"][number];
export type RecipeDevice = RecipeVm["devices"][number];
export type RequestStream = RecipeDevice["requests"][number];
export type PacketStream = RecipeDevice["packets"][number];
export type InterruptStream = RecipeDevice["interrupts"][number];
export type Arrival = RequestStream["arrival"];
