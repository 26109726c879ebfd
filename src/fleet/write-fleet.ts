import { createHash } from "node:crypto";

import { canonicalJson, type Json } from "../base/index.ts";
import type { Band } from "../model/index.ts";
import type { Profile } from "../profile/index.ts";
import { type Cell, type FleetHeader, fleetSchema, FolderWriter, type Table } from "../trace/index.ts";
import type { Composition } from "./compositions.ts";
import type { Capacity } from "./pack.ts";
import type { ResolvedFleet } from "./resolve.ts";
import type { Rollout } from "./rollout.ts";
import type { Fleet } from "./schema.ts";

/** Everything that a fleet's folder is written from. */
export interface FleetContent {
  readonly fleet: Fleet;
  readonly resolved: ResolvedFleet;
  readonly profile: Profile;
  readonly compositions: readonly Composition[];
  readonly capacity: Capacity;
  /** Host of each VM before anything moved, or -1; and what is on each host then. */
  readonly packedHostOf: Int32Array;
  readonly rollout: Rollout;
  readonly notes: readonly { readonly code: string; readonly detail: string }[];
}

type Push = (table: Table, row: Readonly<Record<string, Cell>>) => void;

const { sloTable, compositionTable, fleetHostTable, fleetVmTable, batchTable, migrationTable, fleetNoteTable } =
  fleetSchema;

function bandCells(name: string, band: Band | undefined): Record<string, Cell> {
  return {
    [`${name}_ns`]: band?.baseNs ?? null,
    [`${name}_low_ns`]: band?.lowNs ?? null,
    [`${name}_high_ns`]: band?.highNs ?? null,
  };
}

const orNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** Lengths of a simulated move need not be whole. */
const wholeNs = (value: number | undefined): number | null => {
  const ns = orNull(value);
  return ns === null ? null : Math.round(ns);
};

interface ByLevel<Value> {
  readonly base: Value;
  readonly low: Value;
  readonly high: Value;
}

function levelCells<Value>(name: string, levels: ByLevel<Value>, pick: (value: Value) => number | undefined) {
  return {
    [`${name}_ns`]: wholeNs(pick(levels.base)),
    [`${name}_low_ns`]: wholeNs(pick(levels.low)),
    [`${name}_high_ns`]: wholeNs(pick(levels.high)),
  };
}

function pushCompositions(push: Push, { resolved, compositions }: FleetContent): void {
  for (const { kindIndex, vmClasses, guestBytes, plan, refusal } of compositions) {
    const kind = resolved.hosts.kinds[kindIndex]!;
    push(compositionTable, {
      host_kind: kind.name,
      ram_bytes: kind.config.ramBytes,
      cpu_count: kind.config.cpuCount,
      vm_count: vmClasses.length,
      guest_bytes: guestBytes,
      refusal: refusal ?? null,
      ...bandCells("preserve", plan?.preserve),
      ...bandCells("blackout", plan?.blackout),
      ...bandCells("update", plan?.update),
      scratch_bytes: plan?.scratchBytes ?? null,
      metadata_bytes: plan?.metadataBytes ?? null,
      transient_bytes: plan?.transientBytes ?? null,
    });
  }
}

function sumByHost({ resolved, packedHostOf }: FleetContent, values: Float64Array): Float64Array {
  const sums = new Float64Array(resolved.hosts.count);
  for (const [vm, host] of packedHostOf.entries()) if (host >= 0) sums[host] = sums[host]! + values[vm]!;
  return sums;
}

function pushHosts(push: Push, content: FleetContent): void {
  const { resolved, capacity, rollout } = content;
  const { names, kindIndex, kinds } = resolved.hosts;
  const vcpus = sumByHost(content, resolved.vms.vcpuCounts);
  for (const [host, outcome] of rollout.hosts.entries()) {
    const hasTurn = outcome.fate === "updated" || outcome.fate === "failed";
    push(fleetHostTable, {
      name: names[host]!,
      kind: kinds[kindIndex[host]!]!.name,
      guest_capacity_bytes: capacity.bytes[host]!,
      vcpu_capacity_count: capacity.vcpus[host]!,
      packed_bytes: outcome.packed.guestBytes,
      packed_vcpu_count: vcpus[host]!,
      packed_vm_count: outcome.packed.vmClasses.length,
      packed_composition_index: outcome.packed.index,
      composition_index: outcome.composition.index,
      fate: fleetSchema.hostFateLabels.indexOf(outcome.fate),
      batch_index: outcome.batchIndex ?? null,
      migration_ns: hasTurn ? outcome.migrationNs : null,
      ...levelCells("start", rollout.timelines, ({ startNs }) => startNs[host]),
      ...levelCells("end", rollout.timelines, ({ endNs }) => endNs[host]),
    });
  }
}

function pushVms(push: Push, { resolved, packedHostOf, rollout }: FleetContent): void {
  const { vms: outcomes, hostOf } = rollout;
  const { names, guestBytes, vcpuCounts } = resolved.vms;
  for (const [vm, name] of names.entries()) {
    const stay = outcomes.stays[vm];
    push(fleetVmTable, {
      name,
      guest_bytes: guestBytes[vm]!,
      vcpu_count: vcpuCounts[vm]!,
      packed_host_index: packedHostOf[vm]! < 0 ? null : packedHostOf[vm]!,
      host_index: hostOf[vm]! < 0 ? null : hostOf[vm]!,
      fate: fleetSchema.vmFateLabels.indexOf(outcomes.fates[vm]!),
      may_not_pause: outcomes.mayNotPause[vm]!,
      stay: stay === undefined ? null : fleetSchema.stayLabels.indexOf(stay),
      pause_ns: orNull(outcomes.pause.baseNs[vm]),
      pause_low_ns: orNull(outcomes.pause.lowNs[vm]),
      pause_high_ns: orNull(outcomes.pause.highNs[vm]),
      loss_ns: orNull(outcomes.loss.baseNs[vm]),
      loss_low_ns: orNull(outcomes.loss.lowNs[vm]),
      loss_high_ns: orNull(outcomes.loss.highNs[vm]),
      migration_count: outcomes.migrationCounts[vm]!,
      migration_downtime_ns: outcomes.migrationDowntimeNs[vm]!,
      longest_downtime_ns: outcomes.longestDowntimeNs[vm]!,
    });
  }
}

function pushBatches(push: Push, { rollout }: FleetContent): void {
  for (const [batch, { hosts, isReached, aborts }] of rollout.batches.entries()) {
    push(batchTable, {
      host_count: hosts.length,
      is_reached: Number(isReached),
      aborts: Number(aborts),
      ...levelCells("start", rollout.timelines, ({ batchStartNs }) => batchStartNs[batch]),
      ...levelCells("end", rollout.timelines, ({ batchEndNs }) => batchEndNs[batch]),
    });
  }
}

function pushMoves(push: Push, { rollout }: FleetContent): void {
  for (const { vm, from, to, toUpdated, offsetNs, totalNs, downtimeNs, movedBytes } of rollout.moves) {
    push(migrationTable, {
      vm_index: vm,
      from_host_index: from,
      to_host_index: to,
      to_updated: Number(toUpdated),
      offset_ns: offsetNs,
      migration_ns: totalNs,
      downtime_ns: downtimeNs,
      moved_bytes: movedBytes,
    });
  }
}

function pushAll(push: Push, content: FleetContent): void {
  for (const { name, pauseNs, vmRatio, source } of content.fleet.slo) {
    push(sloTable, { name, pause_ns: pauseNs, vm_ratio: vmRatio, source });
  }
  pushCompositions(push, content);
  pushHosts(push, content);
  pushVms(push, content);
  pushBatches(push, content);
  pushMoves(push, content);
  for (const { code, detail } of content.notes) push(fleetNoteTable, { code, detail });
}

/** The configuration as JSON has it: what was not given is left out. */
function jsonOf(fleet: Fleet): Json {
  return JSON.parse(JSON.stringify(fleet)) as Json;
}

/**
 * Writes a fleet's folder; the same fleet, inventories, profile and version give the same bytes.
 *
 * Errors   UsageError if the target is something else; nothing is left behind then
 */
export function writeFleet(content: FleetContent, target: string, luoscopeVersion: string): FleetHeader {
  const { fleet, profile, resolved, rollout } = content;
  const out = new FolderWriter("fleet", target);
  try {
    // Every table has its file, also an empty one.
    for (const table of fleetSchema.fleetTables) out.table(table);
    pushAll((table, row) => out.table(table).push(row), content);
    const json = canonicalJson(jsonOf(fleet));
    const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");
    return out.finish({
      luoscope_version: luoscopeVersion,
      fleet: { name: fleet.name, sha256: sha256Of(json) },
      profile: {
        name: profile.name,
        sha256: sha256Of(profile.canonical),
        constants: Object.keys(profile.costs).length,
        assumed_constants: profile.assumedCount,
      },
      inventories: [...resolved.inventories],
      seed: fleet.seed,
      kernel_from: fleet.host.kernel.from,
      kernel_to: fleet.host.kernel.to,
      concurrency: fleet.rollout.concurrency,
      abort_hosts: rollout.abortHostCount,
      recovery_ns: fleet.rollout.recovery,
      fleet_json: json,
    });
  } catch (error) {
    out.discard();
    throw error;
  }
}
