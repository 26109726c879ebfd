// First touches and their faults: against sets, and against what was published.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  FaultCounter,
  FaultLayout,
  faultScalings,
  faultSpeed,
  FirstTouchIndex,
  layBrownout,
  sumBrownout,
  timeToFullSpeed,
} from "../../src/impact/index.ts";

/** 1,024 frames in 2 MiB, then 96 in 4 KiB. */
const groups = [
  { order: 9, fromFrame: 0, toFrame: 1024 },
  { order: 0, fromFrame: 1024, toFrame: 1120 },
];
const frames = 1120;
const granuleOf = (frame: number): number => (frame < 1024 ? Math.floor(frame / 512) : 2 + frame - 1024);

const someRun = fc
  .tuple(fc.integer({ min: 0, max: frames - 1 }), fc.integer({ min: 1, max: 40 }))
  .map(([first, count]) => [first, Math.min(count, frames - first)] as const);
const someTicks = fc.array(fc.array(someRun, { maxLength: 6 }), { minLength: 1, maxLength: 25 });

function framesOf(runs: readonly (readonly [number, number])[]): number[] {
  return runs.flatMap(([first, count]) => Array.from({ length: count }, (_, index) => first + index));
}

describe("[SVC-08] first touches by what one fault maps", () => {
  test("for every start at once are those that sets count start by start", () => {
    fc.assert(
      fc.property(someTicks, (ticks) => {
        const index = new FirstTouchIndex(new FaultLayout(groups));
        for (const runs of ticks) {
          for (const [first, count] of runs) index.mark(first, count);
          index.endTick();
        }
        const walk = index.walk();
        for (let start = 0; start < ticks.length; start++) {
          walk.advance(start);
          const seen = new Set<number>();
          for (let tick = start; tick < ticks.length; tick++) {
            const fresh = new Set(framesOf(ticks[tick]!).map(granuleOf)).difference(seen);
            for (const granule of fresh) seen.add(granule);
            expect(walk.faultCount[tick], `start ${start}, tick ${tick}`).toBe(fresh.size);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("counted word by word are those of a set", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 34 }), fc.integer()), { maxLength: 40 }), (words) => {
        const counter = new FaultCounter(new FaultLayout(groups));
        const touched = new Set<number>();
        const seen = new Set<number>();
        for (const [word, bits] of words) {
          // A word's bits are those of frames that were not touched before.
          let fresh = 0;
          for (let bit = 0; bit < 32; bit++) {
            const frame = word * 32 + bit;
            if ((bits & (1 << bit)) === 0 || touched.has(frame)) continue;
            touched.add(frame);
            seen.add(granuleOf(frame));
            fresh |= 1 << bit;
          }
          counter.add(word * 32, fresh);
          expect(counter.faultCount).toBe(seen.size);
        }
      }),
    );
  });
});

describe("[SVC-09] faults of several vCPUs", () => {
  /** Rows G4-*-exit: thousands of pages a second, by vCPUs. */
  const shared: readonly (readonly [number, number])[] = [
    [1, 340],
    [2, 477],
    [4, 809],
    [8, 1239],
    [16, 1595],
    [32, 2299],
    [64, 3482],
    [128, 4134],
    [256, 4012],
  ];
  /** Rows G5: ms in which each vCPU dirties 2 GiB of 4 KiB pages under one lock. */
  const locked: readonly (readonly [number, number])[] = [
    [2, 1189],
    [4, 2503],
    [8, 5069],
    [16, 10_340],
    [32, 20_351],
    [64, 40_994],
  ];
  const pagesPerVcpu = 2 ** 19;

  test.each(shared)("of one shared mapping: %d vCPUs, %d thousand a second", (vcpuCount, rate) => {
    expect(340 * faultSpeed("mmap-lock", vcpuCount, 2530)).toBeCloseTo(rate, 6);
  });

  test.each(locked)("under one lock: %d vCPUs take %d ms, within 10 %%", (vcpuCount, expectedMs) => {
    // Row G5-1: one vCPU alone takes 926 ms.
    const faultNs = (926 / pagesPerVcpu) * 1e6;
    const perFaultNs = faultNs / faultSpeed("mmu-lock", vcpuCount, faultNs);
    const ms = (pagesPerVcpu * vcpuCount * perFaultNs) / 1e6;
    expect(Math.abs(ms / expectedMs - 1)).toBeLessThan(0.1);
  });

  test("each its own way: 96 vCPUs, 96 GiB, 0.664 s (row G2), and 29.2 s under one lock", () => {
    const faults = 96 * 2 ** 18;
    expect((faults * (2530 / faultSpeed("parallel", 96, 2530))) / 1e9).toBeCloseTo(0.664, 2);
    expect((faults * (2530 / faultSpeed("mmu-lock", 96, 2530))) / 1e9).toBeCloseTo(29.2, 1);
  });

  test("one vCPU is the measure, and between two points of a curve lies no value outside them", () => {
    for (const scaling of faultScalings) expect(faultSpeed(scaling, 1, 2530)).toBe(1);
    for (const [index, [count, rate]] of shared.slice(0, -1).entries()) {
      const middle = 340 * faultSpeed("mmap-lock", count * 1.4, 2530);
      const [low, high] = [rate, shared[index + 1]![1]].toSorted((left, right) => left - right);
      expect(middle).toBeGreaterThanOrEqual(low!);
      expect(middle).toBeLessThanOrEqual(high!);
    }
    expect(faultSpeed("mmap-lock", 1000, 2530)).toBe(4012 / 340);
  });
});

describe("a brownout", () => {
  const config = { faultNs: 1000, vcpuCount: 1, scaling: "parallel" as const };

  test("makes each tick longer by its faults", () => {
    const ticks = layBrownout({ endNs: [100_000, 200_000, 300_000], faultCount: [50, 0, 1] }, config);
    expect(ticks).toEqual([
      { startNs: 0, endNs: 150_000, faultCount: 50, lostNs: 50_000 },
      { startNs: 150_000, endNs: 250_000, faultCount: 0, lostNs: 0 },
      { startNs: 250_000, endNs: 351_000, faultCount: 1, lostNs: 1000 },
    ]);
    // 1 us of 101 is less than 1 %.
    expect(timeToFullSpeed(ticks)).toBe(150_000);
  });

  const someFaults = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 30 })), {
    maxLength: 30,
  });

  test("comes to the same whether it is laid out or summed", () => {
    fc.assert(
      fc.property(someFaults, fc.integer({ min: 0, max: 1000 }), (rows, stopNs) => {
        let endNs = stopNs;
        const ends = rows.map(([lengthNs]) => (endNs += lengthNs));
        const faultCount = rows.map(([, faults]) => faults);
        const ticks = layBrownout({ endNs: ends.map((ns) => ns - stopNs), faultCount }, { ...config, faultNs: 7 });
        const sum = sumBrownout(
          Float64Array.from(ends),
          Uint32Array.from(faultCount),
          { from: 0, stopNs },
          { ...config, faultNs: 7 },
        );
        expect(sum).toEqual({
          faultCount: faultCount.reduce((total, count) => total + count, 0),
          lostNs: ticks.reduce((total, tick) => total + tick.lostNs, 0),
          fullSpeedNs: timeToFullSpeed(ticks),
        });
      }),
    );
  });

  test("costs no less with dearer faults, and no more with more vCPUs where they go their own way", () => {
    fc.assert(
      fc.property(someFaults, fc.integer({ min: 1, max: 64 }), (rows, vcpuCount) => {
        let endNs = 0;
        const ticks = {
          endNs: rows.map(([lengthNs]) => (endNs += lengthNs)),
          faultCount: rows.map(([, count]) => count),
        };
        const lost = (change: object): number =>
          layBrownout(ticks, { ...config, vcpuCount, ...change }).reduce((sum, tick) => sum + tick.lostNs, 0);
        expect(lost({ faultNs: 2000 })).toBeGreaterThanOrEqual(lost({}));
        expect(lost({ vcpuCount: vcpuCount + 1 })).toBeLessThanOrEqual(lost({}));
        for (const scaling of faultScalings)
          expect(lost({ scaling })).toBeGreaterThanOrEqual(lost({ scaling: "parallel" }));
      }),
    );
  });
});
