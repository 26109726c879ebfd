// Promises over pauses, against a twin that lists every VM.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { attain, pauseQuantile, type Pauses, ratioWithin, sortPauses } from "../../src/slo/index.ts";

/** One entry a VM, shortest first. */
function listVms({ pauseNs, vmCount }: Pauses): number[] {
  const vms = Array.from(pauseNs, (ns, index) => Array.from({ length: vmCount[index]! }, () => ns)).flat();
  return vms.sort((left, right) => left - right);
}

const group = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 5 }));
const anyPauses = fc.array(group, { maxLength: 12 }).map((groups): Pauses => ({
  pauseNs: groups.map(([ns]) => ns),
  vmCount: Float64Array.from(groups, ([, count]) => count),
}));
const anyRatio = fc.oneof(
  fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999, 1),
  fc
    .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
    .map(([a, b]) => Math.min(a, b) / Math.max(a, b)),
);

describe("a promise", () => {
  test("stands as a list of all VMs says", () => {
    fc.assert(
      fc.property(anyPauses, anyRatio, fc.integer({ min: 0, max: 13 }), (pauses, vmRatio, pauseNs) => {
        const vms = listVms(pauses);
        const within = (limitNs: number): number => vms.filter((ns) => ns <= limitNs).length;
        const { attainedRatio, holds, neededNs, longestNs } = attain(sortPauses(pauses), { pauseNs, vmRatio });
        expect(attainedRatio).toBe(vms.length === 0 ? 1 : within(pauseNs) / vms.length);
        expect(holds).toBe(vms.length === 0 || within(pauseNs) / vms.length >= vmRatio);
        expect(longestNs).toBe(vms.at(-1) ?? 0);
        const limits = [...new Set(vms)];
        expect(neededNs).toBe(limits.find((limit) => within(limit) / vms.length >= vmRatio) ?? 0);
      }),
    );
  });

  test("holds from the limit that it needs on, and not below", () => {
    fc.assert(
      fc.property(anyPauses, anyRatio, (pauses, vmRatio) => {
        const sorted = sortPauses(pauses);
        const { neededNs } = attain(sorted, { pauseNs: 0, vmRatio });
        expect(attain(sorted, { pauseNs: neededNs, vmRatio }).holds).toBe(true);
        if (sorted.vmCount > 0) expect(attain(sorted, { pauseNs: neededNs - 1, vmRatio }).holds).toBe(false);
      }),
    );
  });

  test.each([
    [99, 1, true],
    [98, 2, false],
  ])("of 99 %% with %i VMs within and %i beyond: %j", (within, beyond, holds) => {
    const sorted = sortPauses({ pauseNs: [7, 3], vmCount: [beyond, within] });
    expect(attain(sorted, { pauseNs: 3, vmRatio: 0.99 })).toEqual({
      attainedRatio: within / 100,
      holds,
      neededNs: holds ? 3 : 7,
      longestNs: 7,
    });
  });
});

describe("quantiles", () => {
  test("are the smallest value with so much of the weight up to it", () => {
    const sorted = sortPauses({ pauseNs: [30, 10, 20, 40], vmCount: [1, 1, 2, 0] });
    expect([0, 0.25, 0.26, 0.75, 0.76, 1].map((share) => pauseQuantile(sorted, share))).toEqual([
      10, 10, 20, 20, 30, 30,
    ]);
  });

  test("of fractions of VMs reach the whole", () => {
    const weights = Array.from({ length: 10 }, () => 0.1);
    const sorted = sortPauses({ pauseNs: weights.map((_, index) => index), vmCount: weights });
    expect(ratioWithin(sorted, 9)).toBe(1);
    expect(pauseQuantile(sorted, 1)).toBe(9);
  });
});
