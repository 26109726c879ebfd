import { z } from "zod";

import { gibBytes, mibBytes, secNs } from "../base/index.ts";
import { bytes, count, duration, place, rate, ratio, seed } from "../config/index.ts";
import { agentSchema, folioProblem, hostSchema, vmFields } from "../replay/index.ts";
import { sloField } from "../slo/index.ts";

/** Largest fleet that is taken, so that a slip of the pen does not fill memory. */
export const maxVms = 1_000_000;
export const maxHosts = 100_000;

const name = z.string().min(1).max(200);

/**
 * A list, or a map: the problems of the one that was written are named by their own paths, where a union would only say
 * that neither fits.
 */
function listOrMap<List extends z.ZodType, Map extends z.ZodType>(list: List, map: Map) {
  type Either =
    | { readonly kind: "list"; readonly list: z.infer<List> }
    | { readonly kind: "map"; readonly map: z.infer<Map> };
  return z.unknown().transform((value, context): Either => {
    const result = Array.isArray(value) ? list.safeParse(value) : map.safeParse(value);
    if (result.success) {
      return Array.isArray(value)
        ? { kind: "list", list: result.data as z.infer<List> }
        : { kind: "map", map: result.data as z.infer<Map> };
    }
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

/** So many, or a share of all. */
const countOrShare = z.union([count, z.strictObject({ share: z.number().gt(0).max(1) })], {
  error: "a whole number from 1 on, or {share: 0.05}",
});

const hostKind = z.strictObject({
  name,
  count: count.max(maxHosts).default(1),
  ram: bytes.optional(),
  cpus: count.max(8192).optional(),
  numa_nodes: count.max(64).optional(),
});
const hostInventory = z.strictObject({
  inventory: z.strictObject({ trace: z.string().min(1), copies: count.max(maxHosts).default(1) }),
});

const vmDefaults = z.strictObject({
  backing: vmFields.backing.default("memfd"),
  folio: vmFields.folio.default([{ order: 9, ratio: 1 }]),
  preallocated: z.boolean().default(true),
  placement: vmFields.placement.default({ kind: "contiguous" }),
  in_scratch: vmFields.in_scratch.optional(),
  state: vmFields.state.default(mibBytes),
  devices: vmFields.devices.default([]),
});
const vmEntry = z.strictObject({
  name,
  count: count.max(maxVms).default(1),
  memory: bytes,
  vcpus: count.max(4096),
  backing: vmFields.backing.optional(),
  folio: vmFields.folio.optional(),
  preallocated: z.boolean().optional(),
  placement: vmFields.placement.optional(),
  in_scratch: vmFields.in_scratch.optional(),
  state: vmFields.state.optional(),
  devices: vmFields.devices.optional(),
});
const vmInventory = z.strictObject({
  inventory: z
    .strictObject({
      trace: z.string().min(1),
      /** Drawn from the rows, each as likely. */
      count: count.max(maxVms).optional(),
      /** Or each row so often. */
      copies: count.max(maxVms).optional(),
    })
    .refine((value) => value.count === undefined || value.copies === undefined, {
      error: "count draws VMs, copies takes each so often: give one of them",
    }),
});

export const packingPolicies = ["first-fit-decreasing", "best-fit", "worst-fit"] as const;

const packing = z.strictObject({
  policy: z.enum(packingPolicies).default("first-fit-decreasing"),
  // Assumed: kernel, agent and services of a host.
  reserve_ram: place.default(8 * gibBytes),
  cpu_overcommit: z.number().min(0.1).max(64).default(1),
  anti_affinity: z.boolean().default(true),
});

const migrate = z.strictObject({
  vms: z.array(z.string().min(1).max(200)).max(100).default([]),
  share: ratio.default(0),
  pause_limit: duration.optional(),
  // Assumed: a link of its own for migrations.
  bandwidth: rate.default(1e10 / 8),
  concurrency: count.max(255).default(2),
  // Assumed: what a guest dirties, as no inventory says.
  dirty_rate: rate.default(32 * mibBytes),
  // QEMU's default (docs/migration.md, MIG-04).
  downtime_limit: duration.default(300_000_000),
  migratable_devices: z.boolean().default(false),
});

const rollout = z.strictObject({
  order: z.enum(["as-listed", "emptiest-first", "drawn"]).default("as-listed"),
  batch: countOrShare.default({ share: 1 }),
  concurrency: count.max(maxHosts).default(1),
  health_wait: z.strictObject({ host: duration.default(0), batch: duration.default(0) }).prefault({}),
  // Assumed: no public text names a share.
  host_failure_ratio: ratio.default(0.001),
  // Assumed: firmware, kernel and agent of a server, and its VMs' boots.
  recovery: duration.default(600 * secNs),
  abort: z.strictObject({ failed_hosts: countOrShare }).optional(),
  migrate: migrate.optional(),
});

const fleetShape = z.strictObject({
  version: z.literal(1, { error: "version 1 is the only one" }),
  name,
  seed: seed.default(0),
  profile: z.string().default("published-x86"),
  host: hostSchema.partial({ ram: true, cpus: true }),
  hosts: listOrMap(z.array(hostKind).min(1).max(1000), hostInventory),
  vm: vmDefaults.prefault({}),
  vms: listOrMap(z.array(vmEntry).min(1).max(10_000), vmInventory),
  agent: agentSchema.prefault({}),
  packing: packing.prefault({}),
  rollout: rollout.prefault({}),
  slo: z.array(sloField).max(20).default([]),
});

type Issues = Pick<z.core.$RefinementCtx, "addIssue">;

function checkHosts({ host, hosts }: z.infer<typeof fleetShape>, context: Issues): void {
  if (hosts.kind === "map") return;
  for (const [index, own] of hosts.list.entries()) {
    for (const key of ["ram", "cpus"] as const) {
      if (own[key] !== undefined || host[key] !== undefined) continue;
      context.addIssue({ code: "custom", path: ["hosts", index, key], message: `neither here nor in host: give one` });
    }
  }
  const total = hosts.list.reduce((sum, own) => sum + own.count, 0);
  if (total <= maxHosts) return;
  context.addIssue({ code: "custom", path: ["hosts"], message: `${total} hosts; at most ${maxHosts} are taken` });
}

function checkVms({ vm, vms }: z.infer<typeof fleetShape>, context: Issues): void {
  const common = folioProblem(vm);
  if (common !== undefined) context.addIssue({ code: "custom", path: ["vm", "folio"], message: common });
  if (vms.kind === "map") return;
  for (const [index, { backing = vm.backing, folio = vm.folio }] of vms.list.entries()) {
    const message = folioProblem({ backing, folio });
    if (message === undefined || common !== undefined) continue;
    context.addIssue({ code: "custom", path: ["vms", index, "folio"], message });
  }
  const total = vms.list.reduce((sum, own) => sum + own.count, 0);
  if (total <= maxVms) return;
  context.addIssue({ code: "custom", path: ["vms"], message: `${total} VMs; at most ${maxVms} are taken` });
}

export const fleetSchema = fleetShape.superRefine((fleet, context) => {
  checkHosts(fleet, context);
  checkVms(fleet, context);
  const names = fleet.slo.map((slo) => slo.name);
  const twice = names.find((slo, index) => names.indexOf(slo) !== index);
  if (twice !== undefined) context.addIssue({ code: "custom", path: ["slo"], message: `two are named ${twice}` });
});

/** A checked fleet: sizes in bytes, times in ns, defaults filled in. */
export type Fleet = z.infer<typeof fleetSchema>;
export type PackingPolicy = (typeof packingPolicies)[number];
export type VmDefaults = Fleet["vm"];
export type RolloutPlan = Fleet["rollout"];
export type MigratePlan = NonNullable<RolloutPlan["migrate"]>;
