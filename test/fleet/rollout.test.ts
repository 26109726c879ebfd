// The rollout: closed forms, an independent schedule, and what must hold of any.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { matchesPattern } from "../../src/fleet/moves.ts";
import { countOf } from "../../src/fleet/rollout.ts";
import { runTimeline } from "../../src/fleet/timeline.ts";
import { planFleet } from "../../src/fleet/index.ts";
import { fleetOf, host, publishedProfile, tinyFleetText } from "../kit/tiny-fleet.ts";

const sec = 1_000_000_000;
const plan = (text: string) => planFleet(fleetOf(text), publishedProfile());

function uniform(rollout: string, hosts = 10): string {
  return `version: 1
name: uniform
seed: 3
${host}
hosts: [{name: h, count: ${hosts}, ram: 64 GiB, cpus: 16}]
vms: [{name: vm, count: ${2 * hosts}, memory: 8 GiB, vcpus: 8}]
packing: {policy: worst-fit}
rollout: {host_failure_ratio: 0, ${rollout}}
`;
}

describe("closed forms", () => {
  test.each([
    [10, 1],
    [10, 3],
    [7, 7],
    [5, 100],
  ])("%i equal hosts, %i at once: rounds times update and wait", (hosts, concurrency) => {
    const { rollout } = plan(uniform(`concurrency: ${concurrency}, health_wait: {host: 30 s}`, hosts));
    for (const [level, pick] of [
      ["base", "baseNs"],
      ["low", "lowNs"],
      ["high", "highNs"],
    ] as const) {
      const updateNs = rollout.hosts[0]!.composition.plan!.update[pick];
      const wanted = Math.ceil(hosts / concurrency) * (updateNs + 30 * sec);
      expect(rollout.timelines[level].batchEndNs.at(-1)).toBe(wanted);
    }
  });

  test("batches add their rounds and their waits", () => {
    const { rollout } = plan(uniform("batch: 4, concurrency: 3, health_wait: {batch: 1 min}"));
    const updateNs = rollout.hosts[0]!.composition.plan!.update.baseNs;
    // 4, 4 and 2 hosts: 2, 2 and 1 rounds.
    expect(rollout.timelines.base.batchEndNs.at(-1)).toBe(5 * updateNs + 3 * 60 * sec);
    expect(rollout.batches.map(({ hosts }) => hosts.length)).toEqual([4, 4, 2]);
  });

  test("equal hosts share one plan", () => {
    const { compositions } = plan(uniform("concurrency: 2"));
    expect(compositions.length).toBe(1);
  });

  test("a host that fails keeps its VMs down for the pause and the recovery, and its slot too", () => {
    const text = uniform("concurrency: 1, recovery: 5 min", 2).replace(
      "host_failure_ratio: 0,",
      "host_failure_ratio: 1,",
    );
    const { rollout } = plan(text);
    const { update, vmPauses } = rollout.hosts[0]!.composition.plan!;
    expect(rollout.hosts.map(({ fate }) => fate)).toEqual(["failed", "failed"]);
    expect(rollout.timelines.base.batchEndNs.at(-1)).toBe(2 * (update.baseNs + 300 * sec));
    expect(rollout.vms.loss.baseNs[0]).toBe(vmPauses[0]!.baseNs + 300 * sec);
    expect(rollout.vms.fates).toEqual(["lost", "lost", "lost", "lost"]);
  });

  test("the rollout ends with the batch in which as many have failed, not before", () => {
    const text = uniform("batch: 3, abort: {failed_hosts: 2}").replace(
      "host_failure_ratio: 0,",
      "host_failure_ratio: 1,",
    );
    const { rollout } = plan(text);
    expect(rollout.batches.map(({ isReached, aborts }) => [isReached, aborts])).toEqual([
      [true, true],
      [false, false],
      [false, false],
      [false, false],
    ]);
    expect(rollout.hosts.filter(({ fate }) => fate === "failed").length).toBe(3);
  });

  test("the agent's lead holds the blackout back until it is over", () => {
    const early = plan(uniform("concurrency: 1")).rollout.hosts[0]!.composition.plan!;
    const late = plan(`${uniform("concurrency: 1")}agent: {preserve_lead: 20 min}\n`).rollout.hosts[0]!.composition
      .plan!;
    expect(late.update.baseNs - early.update.baseNs).toBe(1200 * sec - early.preserve.baseNs);
  });
});

describe("migrations", () => {
  const moving = (more: string, hosts = 3): string =>
    `version: 1
name: moving
${host}
hosts: [{name: h, count: ${hosts}, ram: 64 GiB, cpus: 16}]
vms: [{name: keep, count: ${hosts}, memory: 16 GiB, vcpus: 4}, {name: other, count: ${hosts}, memory: 8 GiB, vcpus: 4}]
packing: {policy: worst-fit, reserve_ram: 8 GiB}
rollout: {host_failure_ratio: 0, batch: 1, migrate: {${more}}}
`;

  test("take VMs to updated hosts first, and the others' pause is that of the host without them", () => {
    const { rollout, resolved } = plan(moving("vms: [keep-*]"));
    const moved = rollout.moves.map(({ vm, from, to, toUpdated }) => [resolved.vms.names[vm], from, to, toUpdated]);
    // Nothing is updated yet when the first host is emptied; what it gave to h-2 moves on to h-1.
    expect(moved).toEqual([
      ["keep-1", 0, 1, false],
      ["keep-1", 1, 0, true],
      ["keep-2", 1, 0, true],
      ["keep-3", 2, 1, true],
    ]);
    expect(rollout.hosts[0]!.composition.vmClasses.length).toBe(1);
    expect(rollout.hosts[0]!.packed.vmClasses.length).toBe(2);
    expect(rollout.vms.fates.slice(0, 3)).toEqual(["migrated", "migrated", "migrated"]);
  });

  test("run so many at once over a share of the bandwidth each", () => {
    const one = plan(moving("vms: ['*'], concurrency: 1, bandwidth: 10 Gbit/s")).rollout;
    const [largest, smaller] = one.moves.filter(({ from }) => from === 0);
    expect(one.hosts[0]!.migrationNs).toBe(largest!.totalNs + smaller!.totalNs);
    expect(smaller!.offsetNs).toBe(largest!.totalNs);
    // 16 GiB over 10 Gbit/s are 13.7 s, without what is dirtied meanwhile.
    expect(largest!.totalNs / sec).toBeGreaterThan(13.7);
    expect(largest!.totalNs / sec).toBeLessThan(16);
    const two = plan(moving("vms: ['*'], concurrency: 2, bandwidth: 10 Gbit/s")).rollout;
    expect(two.moves[1]!.offsetNs).toBe(0);
    expect(two.moves[0]!.totalNs / largest!.totalNs).toBeCloseTo(2, 0);
  });

  test("are for VMs whose pause would be too long, and for no other", () => {
    expect(plan(moving("pause_limit: 1 ms")).rollout.vms.mayNotPause).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 1));
    expect(plan(moving("pause_limit: 10 min")).rollout.moves).toEqual([]);
  });

  test.each([
    ["no-place", moving("vms: [keep*]", 1)],
    ["not-converging", moving("vms: [keep-*], dirty_rate: 4 GiB/s")],
    ["passthrough", `${moving("vms: [keep-*]")}vm: {devices: [{name: card, kind: nic, treatment: shutdown}]}\n`],
  ])("%s: the VM pauses after all, and says why", (stay, text) => {
    const { rollout } = plan(text);
    expect(rollout.moves).toEqual([]);
    expect(rollout.vms.stays[0]).toBe(stay);
    expect(rollout.vms.fates[0]).toBe("paused");
  });

  test("devices that can be migrated go along", () => {
    const text = `${moving("vms: [keep-*], migratable_devices: true")}vm: {devices: [{name: card, kind: nic, treatment: shutdown}]}\n`;
    expect(plan(text).rollout.moves.length).toBeGreaterThan(0);
  });
});

test("patterns are those of a slow twin", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  fc.assert(
    fc.property(letters, letters, (text, pattern) => {
      const regex = new RegExp(
        `^${pattern
          .split("*")
          .map((part) => RegExp.escape(part))
          .join("[^]*")}$`,
      );
      expect(matchesPattern(text, pattern)).toBe(regex.test(text));
    }),
    { numRuns: 2000 },
  );
});

test("a share of the hosts is rounded up", () => {
  expect([
    countOf(3, 10),
    countOf({ share: 0.07 }, 100),
    countOf({ share: 0.25 }, 10),
    countOf({ share: 0.01 }, 5),
  ]).toEqual([3, 7, 3, 1]);
});

/** The next host begins at the first moment, not before the one before it, at which fewer than so many run. */
function slowSchedule(lengths: readonly (readonly number[])[], concurrency: number, waitNs: number) {
  let batchStart = 0;
  return lengths.flatMap((batch) => {
    const done: { start: number; end: number }[] = [];
    for (const length of batch) {
      const after = done.at(-1)?.start ?? batchStart;
      const moments = [batchStart, ...done.map(({ end }) => end)].filter((moment) => moment >= after);
      const start = moments
        .sort((left, right) => left - right)
        .find((moment) => done.filter(({ end }) => end > moment).length < concurrency)!;
      done.push({ start, end: start + length });
    }
    batchStart = Math.max(batchStart, ...done.map(({ end }) => end)) + waitNs;
    return done;
  });
}

test("the schedule is that of a slow twin", () => {
  const anyBatches = fc.array(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 15 }), { maxLength: 5 });
  fc.assert(
    fc.property(
      anyBatches,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 20 }),
      (lengths, concurrency, wait) => {
        const flat = lengths.flat();
        let next = 0;
        const batches = lengths.map((batch) => batch.map(() => next++));
        const shape = { hostCount: flat.length, batches, concurrency, batchWaitNs: wait };
        const { startNs, endNs } = runTimeline(shape, (index) => flat[index]!);
        const twin = slowSchedule(lengths, concurrency, wait);
        expect([...startNs].map((start, index) => ({ start, end: endNs[index]! }))).toEqual(twin);
      },
    ),
    { numRuns: 1000 },
  );
});

const anyFleetText = fc
  .record({
    seed: fc.integer({ min: 0, max: 1000 }),
    hosts: fc.integer({ min: 1, max: 9 }),
    old: fc.integer({ min: 0, max: 2 }),
    small: fc.integer({ min: 1, max: 30 }),
    large: fc.integer({ min: 1, max: 6 }),
    batch: fc.integer({ min: 1, max: 5 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    failures: fc.constantFrom(0, 0.2, 0.7),
    abort: fc.constantFrom("", ", abort: {failed_hosts: 2}"),
    migrate: fc.constantFrom("", ", migrate: {share: 0.3}", ", migrate: {vms: [large-*], pause_limit: 2 s}"),
    order: fc.constantFrom("as-listed", "emptiest-first", "drawn"),
    policy: fc.constantFrom("first-fit-decreasing", "best-fit", "worst-fit"),
    // Without a reserve, what is migrated to a host may be more than its kernel leaves room for.
    reserve: fc.constantFrom("4 GiB", "0 B"),
  })
  .map(
    (any) => `version: 1
name: any
seed: ${any.seed}
${host}
hosts: [{name: h, count: ${any.hosts}, ram: 64 GiB, cpus: 16}${any.old > 0 ? `, {name: old, count: ${any.old}, ram: 256 MiB, cpus: 2}` : ""}]
vms: [{name: small, count: ${any.small}, memory: 4 GiB, vcpus: 2}, {name: large, count: ${any.large}, memory: 24 GiB, vcpus: 6}]
packing: {policy: ${any.policy}, reserve_ram: ${any.reserve}}
rollout: {order: ${any.order}, batch: ${any.batch}, concurrency: ${any.concurrency}, host_failure_ratio: ${any.failures}, health_wait: {host: 10 s, batch: 20 s}${any.abort}${any.migrate}}
`,
  );

describe("any fleet", () => {
  test("each host and each VM has one fate, and the fates agree", () => {
    fc.assert(
      fc.property(anyFleetText, (text) => {
        const { rollout, packedHostOf } = plan(text);
        const counts = Map.groupBy(rollout.hosts, ({ fate }) => fate);
        expect([...counts.values()].reduce((sum, { length }) => sum + length, 0)).toBe(rollout.hosts.length);
        for (const [vm, fate] of rollout.vms.fates.entries()) {
          const hostIndex = rollout.hostOf[vm]!;
          expect(fate === "no-host").toBe(packedHostOf[vm] === -1);
          expect(hostIndex === -1).toBe(packedHostOf[vm] === -1);
          if (fate === "no-host") continue;
          const hostFate = rollout.hosts[hostIndex]!.fate;
          const agreed = {
            paused: ["updated"],
            lost: ["failed"],
            "host-refused": ["refused"],
            "not-reached": ["not-reached"],
            migrated: ["updated", "failed", "refused", "not-reached"],
          }[fate];
          expect(agreed).toContain(hostFate);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("hosts keep to their capacity after every migration, which go to no host of the batch and to no refused one", () => {
    fc.assert(
      fc.property(anyFleetText, (text) => {
        const { rollout, packedHostOf, resolved, capacity } = plan(text);
        const hostOf = [...packedHostOf];
        const usedBytes = (host: number) =>
          hostOf.reduce((sum, own, vm) => sum + (own === host ? resolved.vms.guestBytes[vm]! : 0), 0);
        for (const { vm, from, to, toUpdated } of rollout.moves) {
          expect(hostOf[vm]).toBe(from);
          expect(rollout.hosts[to]!.batchIndex).not.toBe(rollout.hosts[from]!.batchIndex);
          expect(rollout.hosts[to]!.packed.refusal).toBeUndefined();
          expect(toUpdated).toBe(rollout.hosts[to]!.batchIndex! < rollout.hosts[from]!.batchIndex!);
          hostOf[vm] = to;
          expect(usedBytes(to)).toBeLessThanOrEqual(capacity.bytes[to]!);
        }
        expect(hostOf).toEqual([...rollout.hostOf]);
      }),
      { numRuns: 60 },
    );
  });

  test("never more hosts at once than allowed, no shorter than can be, and longer with longer constants", () => {
    fc.assert(
      fc.property(anyFleetText, (text) => {
        const { rollout, fleet } = plan(text);
        const { startNs, endNs, batchStartNs, batchEndNs } = rollout.timelines.base;
        for (const start of startNs) {
          const running = [...startNs.keys()].filter((each) => startNs[each]! <= start && endNs[each]! > start);
          expect(running.length).toBeLessThanOrEqual(fleet.rollout.concurrency);
        }
        for (const [batch, { hosts, isReached }] of rollout.batches.entries()) {
          if (!isReached) continue;
          const lengths = hosts.map((each) => endNs[each]! - startNs[each]!).filter((ns) => !Number.isNaN(ns));
          const least = Math.max(0, lengths.reduce((sum, ns) => sum + ns, 0) / fleet.rollout.concurrency, ...lengths);
          expect(batchEndNs[batch]! - batchStartNs[batch]!).toBeGreaterThanOrEqual(least + 20 * sec - 1);
        }
        const totals = (["low", "base", "high"] as const).map(
          (level) => rollout.timelines[level].batchEndNs.at(-1) ?? 0,
        );
        expect(totals).toEqual(totals.toSorted((left, right) => left - right));
      }),
      { numRuns: 60 },
    );
  });

  test("a host more at the end changes no other host's failure", () => {
    const fates = (hosts: number) =>
      plan(
        uniform("concurrency: 2", hosts).replace("host_failure_ratio: 0,", "host_failure_ratio: 0.4,"),
      ).rollout.hosts.map(({ fate }) => fate);
    expect(fates(21).slice(0, 20)).toEqual(fates(20));
    expect(new Set(fates(20))).toEqual(new Set(["updated", "failed"]));
  });
});

test("failures are as frequent as stated", () => {
  const text = uniform("concurrency: 50", 3000).replace("host_failure_ratio: 0,", "host_failure_ratio: 0.1,");
  const failed = plan(text).rollout.hosts.filter(({ fate }) => fate === "failed").length;
  // Four standard deviations of a binomial around 300.
  expect(Math.abs(failed - 300)).toBeLessThan(4 * Math.sqrt(270));
});

test("a host that the kernels refuse says why and is skipped", () => {
  const { rollout } = plan(tinyFleetText);
  const refused = rollout.hosts.at(-1)!;
  expect(refused).toMatchObject({ fate: "refused", batchIndex: undefined });
  expect(refused.composition.refusal).toContain("Failed to reserve scratch area");
});
