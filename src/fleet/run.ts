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

/** Packs, plans and rolls out a fleet. */
export function planFleet(fleet: Fleet, profile: Profile): FleetContent {
  const resolved = resolveFleet(fleet);
  const placement = packVms(resolved.vms, resolved.hosts, fleet.packing);
  const packedHostOf = placement.hostOf.slice();
  const compositions = new Compositions(fleet, resolved, profile);
  const rollout = rollOut({ fleet, resolved, placement, compositions });
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

/**
 * Packs, plans and rolls out a fleet, and writes its folder.
 *
 * Errors   UsageError for a folder that is no inventory or an output that is something else; FormatError for a damaged one
 */
export function runFleet({ fleet, profile, target, luoscopeVersion }: FleetOptions): FleetHeader {
  return writeFleet(planFleet(fleet, profile), target, luoscopeVersion);
}
