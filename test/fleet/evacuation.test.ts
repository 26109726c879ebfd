// Who leaves a host for where, by hand; and that taking it back leaves everything as it was.
import fc from "fast-check";
import { expect, test } from "vitest";

import { Evacuation } from "../../src/fleet/evacuation.ts";
import { Moves } from "../../src/fleet/moves.ts";
import { packVms, type Placement } from "../../src/fleet/pack.ts";
import { resolveFleet } from "../../src/fleet/resolve.ts";
import { fleetOf, host } from "../kit/tiny-fleet.ts";

function setUp(sizes: readonly number[], hosts: number) {
  const vms = sizes.map((gib, index) => `{name: v${index}, memory: ${gib} GiB, vcpus: 1}`);
  const fleet = fleetOf(`version: 1
name: moves
${host}
hosts: [{name: h, count: ${hosts}, ram: 40 GiB, cpus: 16}]
vms: [${vms.join(", ")}]
packing: {policy: worst-fit}
rollout: {migrate: {vms: ["*"]}}
`);
  const resolved = resolveFleet(fleet);
  const placement = packVms(resolved.vms, resolved.hosts, fleet.packing);
  const residents = Array.from({ length: hosts }, (_, own) =>
    [...placement.hostOf.keys()].filter((vm) => placement.hostOf[vm] === own),
  );
  const plan = fleet.rollout.migrate!;
  const evacuation = new Evacuation({
    plan,
    moves: new Moves(plan, resolved.vms.classes),
    policy: fleet.packing.policy,
    vms: resolved.vms,
    placement,
    residents,
    openHosts: residents.map((_, own) => own),
  });
  return { evacuation, placement, residents };
}

function stateOf({ placement, residents }: { placement: Placement; residents: readonly number[][] }) {
  return {
    hostOf: [...placement.hostOf],
    usedBytes: [...placement.usedBytes],
    usedVcpus: [...placement.usedVcpus],
    vmCounts: [...placement.vmCounts],
    residents: residents.map((own) => own.toSorted((left, right) => left - right)),
  };
}

test("the largest leaves first, two at once, the next as soon as one has ended", () => {
  const { evacuation, placement } = setUp([16, 4, 8, 2], 2);
  expect([...placement.hostOf]).toEqual([0, 1, 1, 1]);
  evacuation.closeAll([1]);
  const { moves, totalNs } = evacuation.leave(1, [1, 2, 3]);
  const [eight, four, two] = moves;
  expect(moves.map(({ vm, from, to }) => [vm, from, to])).toEqual([
    [2, 1, 0],
    [1, 1, 0],
    [3, 1, 0],
  ]);
  expect(moves.map(({ offsetNs }) => offsetNs)).toEqual([0, 0, four!.totalNs]);
  expect(totalNs).toBe(Math.max(eight!.totalNs, four!.totalNs + two!.totalNs));
  expect([...placement.vmCounts]).toEqual([4, 0]);
});

test("what is taken back leaves everything as it was, and the places free for others", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 2, max: 5 }), fc.nat(), (gibs, hosts, pick) => {
      const fleet = setUp(gibs, hosts);
      const from = pick % hosts;
      fleet.evacuation.closeAll([from]);
      const before = stateOf(fleet);
      const wanted = [...fleet.residents[from]!];
      const first = fleet.evacuation.leave(from, wanted);
      fleet.evacuation.undo(first);
      expect(stateOf(fleet)).toEqual(before);
      expect(fleet.evacuation.done).toEqual([]);
      expect(fleet.evacuation.leave(from, wanted)).toEqual(first);
    }),
    { numRuns: 200 },
  );
});
