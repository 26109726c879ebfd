import { z } from "zod";

import { kernelLine, kernelVersions, postedSeries } from "../../model/index.ts";
import { faultScalings } from "../../impact/index.ts";
import { mibBytes, secNs } from "../../base/index.ts";
import { bytes, count, duration, parseBytes, rate, ratio, seed } from "../../config/index.ts";

/** Largest lists and counts that a scenario may ask for, so that a slip of the pen does not fill memory. */
const maxVmCopies = 10_000;
const maxDevices = 1_000;

/** Folio sizes of a memfd: shmem has them up to a page-table entry's reach. linux-7.3 mm/shmem.c, mm/huge_memory.c */
const folioOrders: Readonly<Record<string, number>> = {
  "4 KiB": 0,
  "16 KiB": 2,
  "32 KiB": 3,
  "64 KiB": 4,
  "128 KiB": 5,
  "256 KiB": 6,
  "512 KiB": 7,
  "1 MiB": 8,
  "2 MiB": 9,
  // hugetlb only.
  "1 GiB": 18,
};
const hugetlbOrders: readonly number[] = [9, 18];

const folioHint = "4 KiB, 16 KiB to 2 MiB in powers of two, 1 GiB (hugetlb), or a mix such as {2 MiB: 0.9, 4 KiB: 0.1}";
const folio = z.union([z.string(), z.record(z.string(), ratio)], { error: folioHint }).transform((value, context) => {
  const shares = Object.entries(typeof value === "string" ? { [value]: 1 } : value);
  const unknown = shares.find(([size]) => !Object.hasOwn(folioOrders, size));
  if (unknown) {
    context.addIssue({ code: "custom", message: folioHint });
    return z.NEVER;
  }
  if (Math.abs(shares.reduce((sum, [, share]) => sum + share, 0) - 1) > 1e-9) {
    context.addIssue({ code: "custom", message: "the shares of a mix must add up to 1" });
    return z.NEVER;
  }
  return shares.map(([size, share]) => ({ order: folioOrders[size]!, ratio: share }));
});

const placement = z.union(
  [
    z.literal("contiguous").transform(() => ({ kind: "contiguous" }) as const),
    z
      .strictObject({ fragmented: z.strictObject({ run_folios: count, gap_folios: count }) })
      .transform(
        ({ fragmented }) =>
          ({ kind: "fragmented", runFolios: fragmented.run_folios, gapFolios: fragmented.gap_folios }) as const,
      ),
  ],
  { error: "contiguous, or {fragmented: {run_folios: N, gap_folios: N}}" },
);

const scratch = z.string().transform((text, context) => {
  const percent = /^(\d+)%$/.exec(text.trim());
  if (percent && Number(percent[1]) > 0) return { kind: "percent", percent: Number(percent[1]) } as const;
  const sizes = text.split(",").map((part) => parseBytes(part.trim()));
  if (sizes.length === 3 && sizes.every((size) => size !== undefined)) {
    return { kind: "fixed", lowmemBytes: sizes[0]!, globalBytes: sizes[1]!, nodeBytes: sizes[2]! } as const;
  }
  context.addIssue({
    code: "custom",
    message: "a percentage such as 200%, or lowmem, global and node sizes such as 32 MiB, 64 MiB, 32 MiB",
  });
  return z.NEVER;
});

const kind = z.enum(["nvme", "nic", "gpu", "other"]);
const hostDevice = z.strictObject({ name: z.string(), kind, treatment: z.enum(["shutdown", "preserved"]) });
const vmDevice = z.strictObject({
  name: z.string(),
  kind,
  treatment: z.enum(["shutdown", "preserved", "emulated"]),
  trace_device: z.string().optional(),
});

const release = /^\d+\.\d+(?:[.-][\w.-]{1,40})?$/;
const kernelVersion = z
  .string(`a release in quotes, such as "7.3": unquoted, YAML reads 7.10 as 7.1`)
  .refine((text) => release.test(text) && kernelVersions.includes(kernelLine(text)), {
    error: `a kernel that is modelled: ${kernelVersions.join(", ")}`,
  });
const series = z.enum(
  postedSeries.map(({ name }) => name),
  { error: `a posted series that is modelled: ${postedSeries.map(({ name }) => name).join(", ")}` },
);
const kernel = z.strictObject({
  from: kernelVersion,
  to: kernelVersion,
  image: bytes,
  memory: bytes.optional(),
  init_size: bytes.optional(),
  initrd: bytes,
  log_buffer: bytes.default(256 * 1024),
  deferred_struct_page_init: z.boolean().default(false),
  handlers: z
    .array(series)
    .refine((names) => new Set(names).size === names.length, { error: "each series once" })
    .default([]),
});

export const hostSchema = z.strictObject({
  ram: bytes,
  cpus: count.max(8192),
  numa_nodes: count.max(64).default(1),
  kernel,
  console: z.union([z.literal("quiet"), z.strictObject({ baud: count, characters: z.int().min(0) })]).default("quiet"),
  scratch: scratch.default({ kind: "percent", percent: 200 }),
  gigantic_pages: z.int().min(0).max(16_384).default(0),
  pci_devices: z.int().min(1).max(65_536).default(64),
  iommu_units: z.int().min(0).max(64).default(0),
  devices: z.array(hostDevice).max(maxDevices).default([]),
});

const backing = z.enum(["memfd", "guest_memfd", "hugetlb"]);

const vmShape = z.strictObject({
  name: z.string().min(1).max(200),
  count: count.max(maxVmCopies).default(1),
  trace_vm: z.string().optional(),
  memory: bytes.optional(),
  vcpus: count.max(4096).optional(),
  backing: backing.default("memfd"),
  folio,
  preallocated: z.boolean().default(false),
  placement: placement.default({ kind: "contiguous" }),
  in_scratch: ratio.optional(),
  state: bytes.default(1024 * 1024),
  devices: z.array(vmDevice).max(maxDevices).default([]),
});

/** 1 GiB is no size of shmem's, and hugetlb has two sizes only: what is wrong, or undefined. */
export function folioProblem({ backing, folio }: Pick<ScenarioVm, "backing" | "folio">): string | undefined {
  const isHugetlb = backing === "hugetlb";
  if (folio.every(({ order }) => (isHugetlb ? hugetlbOrders.includes(order) : order <= 9))) return undefined;
  return isHugetlb
    ? "hugetlb has 2 MiB and 1 GiB"
    : "1 GiB folios are hugetlb's, which every released kernel refuses to preserve (ENOENT); for the posted series: backing: hugetlb";
}

const vm = vmShape.superRefine((value, context) => {
  const message = folioProblem(value);
  if (message !== undefined) context.addIssue({ code: "custom", path: ["folio"], message });
});

/** Fields of a VM that do not hang on a trace, without their defaults: for fleets. */
export const vmFields = {
  backing,
  folio,
  placement,
  in_scratch: ratio,
  state: bytes,
  devices: z.array(vmDevice.omit({ trace_device: true })).max(maxDevices),
} as const;

export const agentSchema = z.strictObject({
  order: z.enum(["as-listed", "largest-first", "smallest-first"]).default("as-listed"),
  preserve_lead: duration.optional(),
  preserve_workers: count.max(1024).default(1),
  pause_workers: count.max(1024).default(1),
  restore_workers: count.max(1024).default(1),
  prepopulate: z.boolean().default(false),
  kexec_load: z.enum(["before", "blackout"]).default("before"),
  stop_userspace: z.enum(["before", "blackout"]).default("before"),
});

/** The guests' clients, timeouts and network: docs/scenario.md names the source of each default. */
const service = z.strictObject({
  clients: z.enum(["open", "closed"]).default("open"),
  in_flight: z.enum(["drained", "requeued"]).default("drained"),
  service_time: duration.optional(),
  request_timeout: duration.default(30 * secNs),
  heartbeats: z
    .array(duration)
    .max(32)
    .default([1 * secNs, 5 * secNs, 10 * secNs]),
  keepalive: duration.default(75 * secNs),
  rx_ring: z.int().min(0).max(65_536).default(512),
  tcp_rto: duration.refine((ns) => ns > 0, { error: "longer than 0" }).default(200_000_000),
  switch_relearn: duration.default(0),
  fault_scaling: z.enum(faultScalings).default("mmap-lock"),
});

/** What live migration and other ways around the update have at hand. */
const migration = z.strictObject({
  bandwidth: rate.default(128 * mibBytes),
  link: rate.default(1e10 / 8),
  channels: count.max(255).default(1),
  downtime_limit: duration.default(300_000_000),
  max_rounds: count.max(1_000_000).default(10_000),
  max_time: duration.refine((ns) => ns > 0, { error: "longer than 0" }).default(600 * secNs),
  unseen_memory: z.enum(["data", "zero"]).default("data"),
  migratable_devices: z.boolean().default(false),
  disk: rate.default(1024 * mibBytes),
  firmware: duration.default(120 * secNs),
});

/** When the blackout is asked for: a moment of the trace, or a mark of it. */
const moment = z.union(
  [duration.transform((atNs) => ({ atNs })), z.strictObject({ mark: z.string(), after: duration.default(0) })],
  { error: "a moment of the trace such as 25 s, or {mark: NAME, after: 2 s}" },
);

export const scenarioSchema = z.strictObject({
  version: z.literal(1, { error: "version 1 is the only one" }),
  name: z.string().min(1).max(200),
  host: hostSchema,
  vms: z.array(vm).min(1).max(1000),
  agent: agentSchema.prefault({}),
  service: service.prefault({}),
  migration: migration.prefault({}),
  update: z.strictObject({ at: moment }),
  profile: z.string().default("published-x86"),
  seed: seed.default(0),
});

/** A checked scenario: sizes in bytes, times in ns, defaults filled in. */
export type Scenario = z.infer<typeof scenarioSchema>;
export type ScenarioVm = Scenario["vms"][number];
export type MigrationScenario = Scenario["migration"];
export type ServiceScenario = Scenario["service"];
