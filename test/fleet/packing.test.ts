// Packing against a slow twin that looks at every host, and what must hold of any packing.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RoomTree } from "../../src/fleet/room-tree.ts";
import { packVms } from "../../src/fleet/pack.ts";
import type { FleetHosts, FleetVms } from "../../src/fleet/resolve.ts";
import type { PackingPolicy } from "../../src/fleet/schema.ts";
import { fleetOf, tinyFleetText } from "../kit/tiny-fleet.ts";

const gib = 1024 ** 3;
const { packing } = fleetOf(tinyFleetText);
const resolvedHost = { ram: 0, cpus: 0 };

interface Vm {
  readonly gib: number;
  readonly vcpus: number;
  readonly group: number;
}

interface Host {
  readonly gib: number;
  readonly cpus: number;
}

function vmsOf(list: readonly Vm[]): FleetVms {
  return {
    count: list.length,
    names: list.map((_, index) => `vm-${index}`),
    classIndex: new Uint32Array(list.length),
    guestBytes: Float64Array.from(list, (vm) => vm.gib * gib),
    vcpuCounts: Float64Array.from(list, ({ vcpus }) => vcpus),
    groups: Int32Array.from(list, ({ group }) => group),
    classes: [],
  };
}

function hostsOf(list: readonly Host[]): FleetHosts {
  // Packing looks at these two sizes only.
  const kinds = list.map((host) => ({ config: { ...resolvedHost, ramBytes: host.gib * gib, cpuCount: host.cpus } }));
  return {
    count: list.length,
    names: list.map((_, index) => `host-${index}`),
    kindIndex: Uint32Array.from(list.keys()),
    kinds: kinds as unknown as FleetHosts["kinds"],
  };
}

/** The rule in words: the largest VM first; of all hosts with room and none of its group, the one that the policy names. */
function slowTwin(vms: readonly Vm[], hosts: readonly Host[], policy: PackingPolicy): number[] {
  const free = hosts.map((host) => ({ gib: host.gib - 1, vcpus: host.cpus * 2, groups: [] as number[] }));
  const hostOf = vms.map(() => -1);
  const order = [...vms.keys()].sort((left, right) => {
    const [one, two] = [vms[left]!, vms[right]!];
    return two.gib - one.gib || two.vcpus - one.vcpus || left - right;
  });
  for (const index of order) {
    const vm = vms[index]!;
    const fitting = [...free.keys()].filter((host) => {
      const room = free[host]!;
      return room.gib >= vm.gib && room.vcpus >= vm.vcpus && !(vm.group >= 0 && room.groups.includes(vm.group));
    });
    const sign = { "first-fit-decreasing": 0, "best-fit": 1, "worst-fit": -1 }[policy];
    const [host] = fitting.sort((left, right) => sign * (free[left]!.gib - free[right]!.gib) || left - right);
    if (host === undefined) continue;
    hostOf[index] = host;
    free[host]!.gib -= vm.gib;
    free[host]!.vcpus -= vm.vcpus;
    free[host]!.groups.push(vm.group);
  }
  return hostOf;
}

const anyVm = fc.record({
  gib: fc.integer({ min: 1, max: 40 }),
  vcpus: fc.integer({ min: 1, max: 16 }),
  group: fc.integer({ min: -1, max: 2 }),
});
const anyHost = fc.record({ gib: fc.integer({ min: 2, max: 128 }), cpus: fc.integer({ min: 1, max: 32 }) });
const policies = ["first-fit-decreasing", "best-fit", "worst-fit"] as const;
const options = (policy: PackingPolicy) => ({ ...packing, policy, reserve_ram: gib, cpu_overcommit: 2 });

describe.each(policies)("%s", (policy) => {
  test("gives every VM the host that looking at all of them gives", () => {
    const anyFleet = [fc.array(anyVm, { maxLength: 60 }), fc.array(anyHost, { minLength: 1, maxLength: 20 })] as const;
    fc.assert(
      fc.property(...anyFleet, (vms, hosts) => {
        const placement = packVms(vmsOf(vms), hostsOf(hosts), options(policy));
        expect([...placement.hostOf]).toEqual(slowTwin(vms, hosts, policy));
      }),
      { numRuns: 300 },
    );
  });

  test("never fills a host beyond its capacity, nor puts two VMs of a group on one", () => {
    fc.assert(
      fc.property(
        fc.array(anyVm, { maxLength: 80 }),
        fc.array(anyHost, { minLength: 1, maxLength: 12 }),
        (vms, hosts) => {
          const { hostOf } = packVms(vmsOf(vms), hostsOf(hosts), options(policy));
          for (const [host, size] of hosts.entries()) {
            const own = vms.filter((_, vm) => hostOf[vm] === host);
            expect(own.reduce((sum, vm) => sum + vm.gib, 0)).toBeLessThanOrEqual(Math.max(0, size.gib - 1));
            expect(own.reduce((sum, vm) => sum + vm.vcpus, 0)).toBeLessThanOrEqual(size.cpus * 2);
            const groups = own.map((vm) => vm.group).filter((group) => group >= 0);
            expect(new Set(groups).size).toBe(groups.length);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

test("of hosts with equally much room the first is taken, also where one with more is barred behind it", () => {
  const tree = new RoomTree(4);
  for (const [host, bytes] of [5, 5, 9, 5].entries()) tree.set(host, bytes, 8);
  const need = (isBarred: (host: number) => boolean) => ({ bytes: 1, vcpus: 1, isBarred });
  expect(
    tree.find(
      need((host) => host === 2),
      "worst-fit",
    ),
  ).toBe(0);
  expect(
    tree.find(
      need((host) => host === 2 || host === 0),
      "worst-fit",
    ),
  ).toBe(1);
  expect(
    tree.find(
      need(() => false),
      "worst-fit",
    ),
  ).toBe(2);
  expect(
    tree.find(
      need((host) => host === 0),
      "best-fit",
    ),
  ).toBe(1);
});

test("policies differ as their names say", () => {
  const vms = vmsOf([{ gib: 4, vcpus: 1, group: -1 }]);
  const hosts = hostsOf([
    { gib: 32, cpus: 8 },
    { gib: 8, cpus: 8 },
    { gib: 64, cpus: 8 },
  ]);
  const place = (policy: PackingPolicy) => packVms(vms, hosts, options(policy)).hostOf[0];
  expect(policies.map(place)).toEqual([0, 1, 2]);
});
