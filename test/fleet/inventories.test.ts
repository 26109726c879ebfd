// Fleets drawn from inventories: made ones, and those of others where they lie beside the repository.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { type Fleet, loadFleet, planFleet } from "../../src/fleet/index.ts";
import { resolveFleet } from "../../src/fleet/resolve.ts";
import { importTrace } from "../../src/trace/index.ts";
import { huaweiInventory, opendcInventory } from "../kit/foreign-traces.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { fleetOf, host, publishedProfile } from "../kit/tiny-fleet.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";

const folder = sharedFolder();
const gib = 1024 ** 3;
const made = join(folder, "made");

function writeMade(path: string, free = 0): void {
  const request = (vm_index: number, affinity: string | null, affinity_group: string | null, cluster = "a") => ({
    vm_index,
    start_ns: null,
    stop_ns: null,
    cluster,
    numa_node_count: 1,
    affinity,
    affinity_group,
    fault_domain: null,
  });
  writeTinyTrace(path, {
    name: "made",
    spanNs: 0,
    tables: {
      vm: [4, 8, 8, 8, 16].map((size, index) => ({ name: `r${index}`, guest_bytes: size * gib, vcpu_count: 2 })),
      vm_request: [
        request(0, null, null),
        request(1, "anti-affinity", "1"),
        request(2, "anti-affinity", "1"),
        request(3, "anti-affinity", "1", "b"),
        request(4, "affinity", "1"),
      ],
      host: [
        {
          name: "one",
          cluster: null,
          cpu_count: 16,
          memory_bytes: 64 * gib,
          numa_node_count: null,
          is_free_part: free,
        },
        { name: "two", cluster: null, cpu_count: 16, memory_bytes: 64 * gib, numa_node_count: 2, is_free_part: free },
        { name: "three", cluster: null, cpu_count: 16, memory_bytes: 64 * gib, numa_node_count: 2, is_free_part: free },
      ],
    },
  });
}

function made_fleet(vms: string, hosts = "[{name: h, count: 4, ram: 64 GiB, cpus: 16}]"): Fleet {
  return fleetOf(
    `version: 1\nname: made\nseed: 5\n${host}hosts: ${hosts}\nvms: {inventory: {trace: ${made}, ${vms}}}\n`,
  );
}

describe("an inventory", () => {
  beforeAll(() => writeMade(made));

  test("gives each row once, and groups that keep apart within their cluster", () => {
    const { vms, notes } = resolveFleet(made_fleet("copies: 1"));
    expect(vms.names).toEqual(["r0", "r1", "r2", "r3", "r4"]);
    expect([...vms.groups]).toEqual([-1, 0, 0, 1, -1]);
    expect(notes).toEqual([
      {
        code: "placement-rule-not-followed",
        detail: expect.stringContaining('1 rows of the inventory have the rule "affinity"'),
      },
    ]);
    const { packedHostOf } = planFleet(made_fleet("copies: 1"), publishedProfile());
    expect(packedHostOf[1]).not.toBe(packedHostOf[2]);
    expect(packedHostOf[1]).toBe(packedHostOf[3]);
  });

  test("copies have groups of their own", () => {
    const { vms } = resolveFleet(made_fleet("copies: 2"));
    expect(vms.names[6]).toBe("r1#2");
    expect(vms.groups.slice(5)).toEqual(Int32Array.of(-1, 2, 2, 3, -1));
    expect(vms.classes.length).toBe(3);
  });

  test("draws rows with the seed: more VMs begin with the same ones, and each row is as likely", () => {
    const few = resolveFleet(made_fleet("count: 50")).vms;
    const many = resolveFleet(made_fleet("count: 20000")).vms;
    expect(many.names.slice(0, 50)).toEqual(few.names);
    const drawn = Map.groupBy(many.guestBytes, (bytes) => bytes / gib);
    // Four standard deviations of a binomial around 4,000.
    expect(Math.abs(drawn.get(4)!.length - 4000)).toBeLessThan(4 * Math.sqrt(3200));
    expect(Math.abs(drawn.get(8)!.length - 12_000)).toBeLessThan(4 * Math.sqrt(4800));
  });

  test("gives hosts, those of one size as one kind", () => {
    const { hosts } = resolveFleet(made_fleet("copies: 1", `{inventory: {trace: ${made}, copies: 2}}`));
    expect(hosts.names).toEqual(["one", "two", "three", "one#2", "two#2", "three#2"]);
    expect(hosts.kinds.map(({ config }) => config.numaNodeCount)).toEqual([1, 2]);
  });

  test("what was free of hosts is no host", () => {
    const path = join(folder, "free");
    writeMade(path, 1);
    expect(() => resolveFleet(made_fleet("copies: 1", `{inventory: {trace: ${path}}}`))).toThrow(
      "what was free of them",
    );
  });
});

const hasInventories = existsSync(huaweiInventory) && existsSync(opendcInventory);

describe.skipIf(!hasInventories)("inventories of others (skipped where they are not beside the repository)", () => {
  test.each([
    ["huawei", [huaweiInventory]],
    ["opendc", ["meta.parquet", "trace.parquet", "solvinity.json"].map((name) => join(opendcInventory, name))],
  ])("fleets/%s.yaml", async (name, inputs) => {
    const target = join(folder, name);
    await importTrace({ inputs, target });
    const text = readFileSync(`fleets/${name}.yaml`, "utf8");
    const fleet = loadFleet(`fleets/${name}.yaml`, () => text.replaceAll(`out/${name}`, target));
    const { rollout, resolved } = planFleet(fleet, publishedProfile());
    expect(resolved.vms.count).toBeGreaterThan(1000);
    const { batchEndNs } = rollout.timelines.base;
    expect(batchEndNs.at(-1)).toBeGreaterThan(0);
    const updated = rollout.hosts.filter(({ fate }) => fate === "updated").length;
    expect(updated / resolved.hosts.count).toBeGreaterThan(0.9);
  });
});
