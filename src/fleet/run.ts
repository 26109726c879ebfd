import { setImmediate } from "node:timers/promises";

import { InterruptedError } from "../base/index.ts";
import type { Profile } from "../profile/index.ts";
import { listHostAssumptions } from "../replay/index.ts";
import type { FleetHeader } from "../trace/index.ts";
import { Compositions } from "./compositions.ts";
import { capacityOf, packVms } from "./pack.ts";
import { type ResolvedFleet, resolveFleet } from "./resolve.ts";
import { rollOut } from "./rollout.ts";
import type { Fleet } from "./schema.ts";
import { type FleetContent, writeFleet } from "./write-fleet.ts";

export interface FleetOptions {
  readonly fleet: Fleet;
  readonly profile: Profile;
  /** Folder to write to; an older fleet there is replaced when the new one is complete. */
  readonly target: string;
  readonly luoscopeVersion: string;
}

function listNotes(fleet: Fleet, { notes }: ResolvedFleet): FleetContent["notes"] {
  const { rollout } = fleet;
  const own = [
    ...(rollout.migrate
      ? [
          {
            code: "migration-assumed",
            detail:
              "Migrations are simulated with all of a VM's memory as data, a steady rate of dirty pages, and the sending host's bandwidth alone as limit.",
          },
        ]
      : []),
    ...(rollout.host_failure_ratio > 0
      ? [
          {
            code: "failures-drawn",
            detail: `Each host fails with ratio ${rollout.host_failure_ratio} by its own draw of the seed; its VMs stand still for the update's pause and ${rollout.recovery / 1e9} s of recovery.`,
          },
        ]
      : []),
    {
      code: "numa-not-packed",
      detail: "Packing looks at a host's memory and CPUs as a whole, not at its NUMA nodes.",
    },
  ];
  return [...notes, ...own, ...listHostAssumptions(fleet.host)];
}

/** How large a fleet is, its inventories read; nothing is planned. */
export function countFleet(fleet: Fleet) {
  const { hosts, vms } = resolveFleet(fleet);
  return {
    host_count: hosts.count,
    host_kind_count: hosts.kinds.length,
    vm_count: vms.count,
    vm_class_count: vms.classes.length,
  };
}

/** Packs, plans and rolls out a fleet, with pauses as `rollOut` makes them. */
function* planSteps(fleet: Fleet, profile: Profile): Generator<number, FleetContent> {
  const resolved = resolveFleet(fleet);
  const placement = packVms(resolved.vms, resolved.hosts, fleet.packing);
  const packedHostOf = placement.hostOf.slice();
  const compositions = new Compositions(fleet, resolved, profile);
  const steps = rollOut({ fleet, resolved, placement, compositions });
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) yield 2 * resolved.hosts.count;
  const rollout = step.value;
  return {
    fleet,
    resolved,
    profile: compositions.profile,
    compositions: compositions.list,
    capacity: capacityOf(resolved.hosts, fleet.packing),
    packedHostOf,
    rollout,
    notes: listNotes(fleet, resolved),
  };
}

/** Packs, plans and rolls out a fleet. */
export function planFleet(fleet: Fleet, profile: Profile): FleetContent {
  const steps = planSteps(fleet, profile);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** What working a fleet out may do beside writing files. */
export interface FleetEffects {
  /** Pieces of work done so far, and how many there are at most. */
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Pieces of work between two looks at the signal: a piece takes a few ms where no two hosts are alike. */
const piecesAtOnce = 16;

/**
 * Packs, plans and rolls out a fleet, and writes its folder.
 *
 * Errors   UsageError for a folder that is no inventory or an output that is something else; FormatError for a damaged one;
 *          InterruptedError after an abort
 */
export async function runFleet(
  { fleet, profile, target, luoscopeVersion }: FleetOptions,
  { progress, signal }: FleetEffects = {},
): Promise<FleetHeader> {
  const steps = planSteps(fleet, profile);
  let done = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) {
    if (++done % piecesAtOnce !== 0) continue;
    progress?.(done, step.value);
    await setImmediate();
    if (signal?.aborted === true) throw new InterruptedError();
  }
  return writeFleet(step.value, target, luoscopeVersion);
}
