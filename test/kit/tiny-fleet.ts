import { readFileSync } from "node:fs";

import { type Fleet, loadFleet, runFleet } from "../../src/fleet/index.ts";
import { parseProfile, type Profile } from "../../src/profile/index.ts";
import { type FleetHeader, fleetSchema, FolderWriter } from "../../src/trace/index.ts";

export const host = `host:
  kernel: {from: "7.3", to: "7.3", image: 14 MiB, memory: 56 MiB, initrd: 24 MiB}
`;

/** Everything that may become of a host or a VM, in a fleet of eight hosts. */
export const tinyFleetText = `version: 1
name: tiny
seed: 2
${host}
hosts:
  - {name: big, count: 7, ram: 64 GiB, cpus: 16}
  - {name: old, ram: 256 MiB, cpus: 4}
vm: {folio: 2 MiB, in_scratch: 0}
vms:
  - {name: web, count: 10, memory: 8 GiB, vcpus: 4}
  - {name: database, count: 3, memory: 16 GiB, vcpus: 8}
  - {name: gpu, memory: 16 GiB, vcpus: 4, devices: [{name: card, kind: gpu, treatment: shutdown}]}
  - {name: tiny, count: 2, memory: 512 MiB, vcpus: 1}
  - {name: huge, memory: 128 GiB, vcpus: 8}
packing: {policy: worst-fit, reserve_ram: 1 GiB}
rollout:
  batch: 2
  concurrency: 2
  health_wait: {host: 30 s, batch: 2 min}
  host_failure_ratio: 0.3
  recovery: 5 min
  abort: {failed_hosts: 2}
  migrate: {vms: ["database-*", gpu]}
slo: [pause-5s, {name: strict, pause: 500 ms}]
`;

export function fleetOf(text: string): Fleet {
  return loadFleet("fleet.yaml", () => text);
}

let known: Profile | undefined;
export function publishedProfile(): Profile {
  const path = "profiles/published-x86.yaml";
  known ??= parseProfile(readFileSync(path, "utf8"), path);
  return known;
}

/** Writes a small fleet; an empty one has tables without rows, which no file of a user's gives. */
export async function writeTinyFleet(
  target: string,
  options: { readonly empty?: boolean; readonly text?: string } = {},
): Promise<FleetHeader> {
  if (options.empty !== true) {
    const fleet = fleetOf(options.text ?? tinyFleetText);
    return runFleet({ fleet, profile: publishedProfile(), target, luoscopeVersion: "0.1.0" });
  }
  const writer = new FolderWriter("fleet", target);
  for (const table of fleetSchema.fleetTables) writer.table(table);
  const input = (name: string, digit: string) => ({ name, sha256: digit.repeat(64) });
  return writer.finish({
    luoscope_version: "0.1.0",
    fleet: input("empty", "a"),
    profile: { ...input("baseline", "b"), constants: 17, assumed_constants: 6 },
    inventories: [],
    seed: 1,
    kernel_from: "7.3",
    kernel_to: "7.3",
    concurrency: 1,
    abort_hosts: 0,
    recovery_ns: 0,
    fleet_json: "{}",
  });
}
