import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  BitmapLog,
  defaultMigration,
  type DirtyRates,
  makeMigration,
  type MigrationConfig,
  type MigrationEnd,
  type MigrationMode,
  type MigrationOutcome,
  type MigrationRound,
  SampledLog,
  simulateMigration,
} from "../../src/migration/index.ts";
import { SimpleLog } from "../reference/migration-simple.ts";
import { type GuestShape, makeTrace, steadyGuest } from "./guests.ts";

const mib = 1024 ** 2;
const second = 1e9;
const windowNs = 1e8;

const shapes: fc.Arbitrary<GuestShape> = fc.record({
  seed: fc.nat(),
  frameCount: fc.integer({ min: 1, max: 40_000 }),
  ticks: fc.integer({ min: 0, max: 40 }),
  runsPerTick: fc.integer({ min: 0, max: 60 }),
  runPages: fc.integer({ min: 1, max: 80 }),
  unseenDataPages: fc.constantFrom(0, 0, 3000),
  unseenZeroPages: fc.constantFrom(0, 0, 50_000),
});

const configs: fc.Arbitrary<Partial<MigrationConfig>> = fc.record({
  mode: fc.constantFrom<MigrationMode[]>("precopy", "postcopy", "stop-copy"),
  maxBytesPerSec: fc.constantFrom(0, 4 * mib, 16 * mib, 128 * mib),
  downtimeLimitNs: fc.constantFrom(0, 1e7, 3e8, 1e9),
  linkBytesPerSec: fc.constantFrom(100 * mib, 2500 * mib),
  autoConverge: fc.boolean(),
  postcopyAtNs: fc.constantFrom(0, 2e8, 3e9),
  flushPages: fc.constantFrom(1, 32),
  maxNs: fc.constant(20 * second),
});

function sent({ dataPages, zeroPages }: MigrationOutcome): number {
  return dataPages * 4104 + zeroPages * 9 + defaultMigration.fixedBytes;
}

const sumBytes = (rounds: readonly MigrationRound[]): number =>
  rounds.reduce((sum, { transferredBytes }) => sum + transferredBytes, 0);

describe("against plain sets (MIG-05, MIG-06, MIG-12)", () => {
  test("both logs make the same migration", () => {
    fc.assert(
      fc.property(shapes, configs, fc.nat(40), (shape, given, startTick) => {
        const trace = { ...makeTrace(shape), startNs: Math.min(startTick, shape.ticks) * 1e8 };
        const config = makeMigration(given);
        expect(simulateMigration(new BitmapLog(trace), config)).toEqual(
          simulateMigration(new SimpleLog(trace), config),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("bits of a gibibyte are cleared together", () => {
    const frameCount = 2 ** 18 + 40;
    const trace = {
      timeNs: Float64Array.of(1, 2, 3),
      startGfn: Uint32Array.of(3, 2 ** 18 + 5, 9),
      pageCount: Uint32Array.of(1, 2, 4),
      frameCount,
    };
    for (const log of [new BitmapLog(trace), new SimpleLog(trace)]) {
      const taken = { data: 0, zero: 0 };
      const limit = { bytes: 45, ns: 1, dataNs: 0, zeroNs: 0 };
      log.take(limit, taken);
      expect(taken).toEqual({ data: 0, zero: 5 });
      log.run(0, 3, 0);
      log.take({ ...limit, bytes: Infinity }, taken);
      expect(taken).toEqual({ data: 6, zero: frameCount - 11 });
      // Frames 3 and 9 to 12: sent or not, their gibibyte's bits were cleared before. The other's were not.
      expect(log.sync()).toBe(5);
      expect(log.pendingPages).toBe(5);
    }
  });
});

describe("what is true of every migration", () => {
  test("bytes are pages and what is fixed (MIG-01), and no populated page stays behind", () => {
    fc.assert(
      fc.property(shapes, configs, (shape, given) => {
        const outcome = simulateMigration(new BitmapLog(makeTrace(shape)), makeMigration(given));
        expect(outcome.transferredBytes).toBe(sent(outcome));
        const rounds = sumBytes(outcome.rounds);
        expect(rounds + defaultMigration.fixedBytes).toBe(outcome.transferredBytes);
        if (!outcome.converged) return;
        const pages = shape.frameCount + shape.unseenDataPages + shape.unseenZeroPages;
        expect(outcome.dataPages + outcome.zeroPages).toBeGreaterThanOrEqual(pages);
        expect(outcome.dataPages * 4096).toBeGreaterThanOrEqual(outcome.extraMemoryBytes);
      }),
      { numRuns: 60 },
    );
  });

  test("the blackout of a pre-copy is what fits the threshold, at link speed (MIG-04, MIG-10)", () => {
    fc.assert(
      fc.property(shapes, configs, (shape, given) => {
        const config = makeMigration({ ...given, mode: "precopy" });
        const outcome = simulateMigration(new BitmapLog(makeTrace(shape)), config);
        if (!outcome.converged) return;
        if (outcome.rounds.at(-1)!.dirtyPages > 0) {
          // All was sent before a threshold was known, or there is none: QEMU stops without a look before.
          expect(config.downtimeLimitNs === 0 || outcome.stoppedAtNs < 2 * windowNs).toBe(true);
          return;
        }
        // A window measures at most the link; with a limit, at most that and one flush.
        const flush = config.flushPages * 4104;
        const limit = config.maxBytesPerSec === 0 ? Infinity : config.maxBytesPerSec + (flush + 4104) * 10;
        const measured = Math.min(limit, config.linkBytesPerSec * 1.001);
        const pages = Math.ceil((measured * config.downtimeLimitNs) / second / 4096) + 1;
        const ns = (pages * 4104 * second) / config.linkBytesPerSec + pages * config.zeroPageNs;
        expect(outcome.qemuDowntimeNs).toBeLessThanOrEqual(ns + config.precopySwitchNs);
        expect(outcome.blackoutNs).toBe(outcome.qemuDowntimeNs + config.startNs);
      }),
      { numRuns: 60 },
    );
  });

  test("a guest that writes nothing is sent once, in one round and the last look", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const trace = makeTrace({ ...shape, runsPerTick: 0 });
        const outcome = simulateMigration(new BitmapLog(trace), makeMigration({}));
        expect(outcome.dataPages + outcome.zeroPages).toBe(
          shape.frameCount + shape.unseenDataPages + shape.unseenZeroPages,
        );
        expect(outcome.roundCount).toBeLessThanOrEqual(3);
        expect(outcome.rounds.slice(1).every(({ dirtyPages }) => dirtyPages === 0)).toBe(true);
        expect(outcome.traceRepeats).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

describe("more of something", () => {
  // A guest can stop at the end of a window only, so that a faster one may just miss a window that a slower one meets.
  // Of 20,000 steady guests none did; no proof is known, so one window is allowed for.
  const toleranceNs = windowNs + defaultMigration.windowOverheadNs;
  const pageCounts = fc.integer({ min: 1, max: 400_000 });
  const migrateSteady = (pages: number, rate: number, given: Partial<MigrationConfig>): MigrationOutcome =>
    simulateMigration(new SampledLog(steadyGuest(pages, rate)), makeMigration({ maxNs: 600 * second, ...given }));

  test("bandwidth never makes a pre-copy of a steady guest longer, but for a window (MIG-02)", () => {
    const rates = fc.integer({ min: 0, max: 60_000 });
    const limits = fc.integer({ min: 8, max: 512 });
    fc.assert(
      fc.property(pageCounts, rates, limits, limits, (pages, rate, one, other) => {
        const slow = migrateSteady(pages, rate, { maxBytesPerSec: Math.min(one, other) * mib });
        const fast = migrateSteady(pages, rate, { maxBytesPerSec: Math.max(one, other) * mib });
        if (!slow.converged) return;
        expect(fast.converged).toBe(true);
        expect(fast.totalNs).toBeLessThanOrEqual(slow.totalNs + toleranceNs);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    [1, Infinity],
    // A limit of a window and more looks earlier, which may be one look more, and is never two. Below a window it can be
    // many: what waits is cut off in pieces of a window, and which piece ends below the threshold is a matter of remainders.
    [100, 1],
  ])("downtime limit (of %i ms at least) never stops a steady guest later (MIG-04)", (leastMs, mostRounds) => {
    const limits = fc.integer({ min: leastMs, max: 3000 });
    fc.assert(
      fc.property(pageCounts, fc.integer({ min: 0, max: 31_000 }), limits, limits, (pages, rate, one, other) => {
        const low = migrateSteady(pages, rate, { downtimeLimitNs: Math.min(one, other) * 1e6 });
        const high = migrateSteady(pages, rate, { downtimeLimitNs: Math.max(one, other) * 1e6 });
        if (!low.converged) return;
        expect(high.stoppedAtNs).toBeLessThanOrEqual(low.stoppedAtNs + toleranceNs);
        expect(high.roundCount - low.roundCount).toBeLessThanOrEqual(mostRounds);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the windows of the limit (MIG-02, MIG-03)", () => {
  test("a window lets 103 flushes of 32 pages through at the default limit, as was recorded", () => {
    const outcome = simulateMigration(new SampledLog(steadyGuest(3296 * 20, 0)), makeMigration({ downtimeLimitNs: 0 }));
    expect(outcome.totalNs / 1e6).toBeCloseTo(1 + 20 * 100.44 + 1, 3);
  });

  test("zero pages cost time, not bytes: a window may end unused", () => {
    const config = makeMigration({ zeroPageNs: 1000 });
    const { totalNs, zeroPages } = simulateMigration(new SampledLog(steadyGuest(0, 0, 1_000_000)), config);
    expect(zeroPages).toBe(1_000_000);
    // 9 MB would fit the first window.
    expect(totalNs / second).toBeCloseTo(1, 1);
  });
});

describe("rates and rounds (MIG-07)", () => {
  test("the estimate is QEMU's default until a rate is known, then all that waited by the bandwidth", () => {
    const { rounds } = simulateMigration(new SampledLog(steadyGuest(400_000, 5000)), makeMigration({}));
    expect(rounds[0]!.expectedDowntimeNs).toBe(3e8);
    const { pendingPages, expectedDowntimeNs } = rounds[1]!;
    expect(expectedDowntimeNs).toBeCloseTo((pendingPages * 4096 * windowNs) / (3296 * 4104), -3);
  });

  test("caps and people end what does not converge, and say so", () => {
    const run = (given: Partial<MigrationConfig>): MigrationOutcome =>
      simulateMigration(new SampledLog(steadyGuest(400_000, 60_000)), makeMigration({ maxNs: 60 * second, ...given }));
    expect(run({})).toMatchObject({ converged: false, reason: "time", blackoutNs: 0, stoppedAtNs: Infinity });
    expect(run({ maxRounds: 3 })).toMatchObject({ converged: false, reason: "rounds", roundCount: 3 });
    const reason: MigrationEnd = "cancelled";
    expect(run({ cancelAtNs: 5e9 })).toMatchObject({ converged: false, reason });
  });
});

describe("auto-converge (MIG-08, MIG-09)", () => {
  test("slows the guest by 20 %, then by 10 % more at each second period of too many writes", () => {
    const guest = steadyGuest(400_000, 60_000);
    const outcome = simulateMigration(new SampledLog(guest), makeMigration({ autoConverge: true }));
    expect(outcome.converged).toBe(true);
    const steps = [...new Set(outcome.rounds.map(({ throttleRatio }) => throttleRatio))];
    expect(steps.slice(0, 4)).toEqual([0, 0.2, 0.3, 0.4]);
    // The first round is one such period, the second the next.
    expect(outcome.rounds.slice(0, 3).map(({ throttleRatio }) => throttleRatio)).toEqual([0, 0, 0.2]);
    expect(outcome.throttleMaxRatio).toBe(steps.at(-1));
    expect(outcome.degradedNs).toBeGreaterThan(0);
    expect(outcome.degradedNs).toBeLessThan(outcome.totalNs);
  });

  test("a round of more than five seconds is looked into", () => {
    const guest = steadyGuest(800_000, 28_000);
    const plain = simulateMigration(new SampledLog(guest), makeMigration({ maxNs: 60 * second }));
    const auto = simulateMigration(new SampledLog(guest), makeMigration({ autoConverge: true, maxNs: 60 * second }));
    expect(plain.rounds[1]!.endNs - plain.rounds[1]!.startNs).toBeGreaterThan(11 * second);
    const [, second_] = auto.rounds;
    expect(second_!.endNs - second_!.startNs).toBeLessThan(10.3 * second);
  });
});

describe("channels (MIG-11)", () => {
  test("raise what the hosts send, up to the link", () => {
    const time = (channels: number): number =>
      simulateMigration(
        new SampledLog(steadyGuest(2_000_000, 0)),
        makeMigration({ maxBytesPerSec: 0, channels, channelBytesPerSec: 1e9, linkBytesPerSec: 3.5e9 }),
      ).totalNs;
    expect(time(1) / time(2)).toBeCloseTo(2, 1);
    expect(time(1) / time(8)).toBeCloseTo(3.5, 1);
  });
});

describe("post-copy (MIG-17)", () => {
  test("stops the guest for its devices only, and pushes the rest at link speed", () => {
    const config = makeMigration({ mode: "postcopy", postcopyAtNs: 2.02e8 });
    const outcome = simulateMigration(new SampledLog(steadyGuest(500_000, 5000)), config);
    expect(outcome).toMatchObject({ converged: true, roundCount: 2, qemuDowntimeNs: 4e6, blackoutNs: 6e6 });
    expect(outcome.rounds[0]!.dataPages).toBe(3 * 3296);
    expect(outcome.degradedNs).toBeCloseTo((outcome.dataPages - 3 * 3296) * 1530, -6);
  });

  test("keeps to its own limit where there is one", () => {
    const given = { mode: "postcopy", maxPostcopyBytesPerSec: 100 * mib } as const;
    const { totalNs } = simulateMigration(new SampledLog(steadyGuest(100_000, 0)), makeMigration(given));
    expect(totalNs / second).toBeCloseTo((100_000 * 4104) / (100 * mib), 1);
  });

  test("never starts where the pre-copy before it is done", () => {
    const given = { mode: "postcopy", postcopyAtNs: 60 * second } as const;
    const outcome = simulateMigration(new SampledLog(steadyGuest(100_000, 100)), makeMigration(given));
    expect(outcome.totalNs).toBeLessThan(5 * second);
    expect(outcome.degradedNs).toBe(0);
  });
});

test("a guest that was paused before stands still all the time, whatever QEMU calls downtime (MIG-12, MIG-16)", () => {
  const config = makeMigration({ mode: "stop-copy", pauseLeadNs: 5e8 });
  const outcome = simulateMigration(new SampledLog(steadyGuest(400_000, 30_000)), config);
  expect(outcome.blackoutNs).toBe(outcome.totalNs + 5e8 + config.startNs);
  expect(outcome.qemuDowntimeNs).toBeLessThan(2e7);
  expect(outcome.dataPages).toBe(400_000);
  expect(outcome.roundCount).toBe(3);
});

describe("rates of a recording (MIG-18)", () => {
  const rates = (ends: number[], values: number[], throttles: number[] = values.map(() => 0)): DirtyRates => ({
    endNs: Float64Array.from(ends),
    pagesPerSec: Float64Array.from(values),
    throttleRatio: Float64Array.from(throttles),
  });
  const dirtied = (each: DirtyRates, untilNs: number, more: { loadEndNs?: number; throttleRatio?: number } = {}) => {
    const log = new SampledLog({ dataPages: 1e6, zeroPages: 0, rates: each, growthExponent: 1, ...more });
    log.take({ bytes: Infinity, ns: Infinity, dataNs: 0, zeroNs: 0 }, { data: 0, zero: 0 });
    log.run(0, untilNs, more.throttleRatio ?? 0);
    return log.sync();
  };

  test("each holds for its period, the last one for good", () => {
    const two = rates([2e9, 4e9], [100, 1000]);
    expect(dirtied(two, 2e9)).toBe(200);
    expect(dirtied(two, 3e9)).toBe(1200);
    expect(dirtied(two, 10e9)).toBe(8200);
  });

  test("a load that ended dirties nothing more, and its last period all before", () => {
    const two = rates([2e9, 4e9], [100, 1000]);
    expect(dirtied(two, 10e9, { loadEndNs: 6e9 })).toBe(200 + 4000);
    expect(dirtied(two, 4e9, { loadEndNs: 3e9 })).toBe(2200);
    expect(dirtied(two, 10e9, { loadEndNs: 1e9 })).toBe(200 + 8000);
  });

  test("a throttle is undone, and applied anew", () => {
    expect(dirtied(rates([1e9], [600], [0.4]), 1e9)).toBe(1000);
    expect(dirtied(rates([1e9], [600], [0.4]), 1e9, { throttleRatio: 0.4 })).toBe(600);
    expect(dirtied(rates([1e9], [10], [0.99]), 1e9)).toBe(30);
  });

  test("a shorter round dirties more a second", () => {
    const guest = { dataPages: 1e6, zeroPages: 0, rates: rates([8e9], [1000]), growthExponent: 0.5 };
    const log = new SampledLog(guest);
    log.take({ bytes: Infinity, ns: Infinity, dataNs: 0, zeroNs: 0 }, { data: 0, zero: 0 });
    log.run(0, 2e9, 0);
    expect(log.sync()).toBe(4000);
  });

  test("periods that are no periods are refused", () => {
    expect(() => dirtied(rates([2e9, 1e9], [1, 1]), 1)).toThrow(/period 1/);
    expect(() => dirtied(rates([2e9], [Number.NaN]), 1)).toThrow(/period 0/);
  });
});

describe("what is refused", () => {
  test("traces out of order or beyond memory", () => {
    const row = { timeNs: Float64Array.of(2, 1), startGfn: Uint32Array.of(0, 0), pageCount: Uint32Array.of(1, 1) };
    expect(() => new BitmapLog({ ...row, frameCount: 8 })).toThrow(/row 1 is out of order/);
    expect(() => new BitmapLog({ ...row, timeNs: Float64Array.of(1, 2), frameCount: 0 })).toThrow(/1 to 2\^32 frames/);
    const wide = { timeNs: Float64Array.of(1), startGfn: Uint32Array.of(7), pageCount: Uint32Array.of(2) };
    expect(() => new BitmapLog({ ...wide, frameCount: 8 })).toThrow(/row 0/);
    expect(() => new BitmapLog({ ...wide, frameCount: 9, startNs: 5 })).toThrow(/starts at 5/);
  });

  test.each([
    { linkBytesPerSec: 0 },
    { downtimeLimitNs: -1 },
    { throttleLimitRatio: 1 },
    { throttleTriggerRatio: Number.NaN },
  ])("a configuration with %o", (given) => {
    expect(() => makeMigration(given)).toThrow(/^migration: /);
  });
});

test("a trace that is too short starts again, and says how often", () => {
  const trace = makeTrace({
    seed: 1,
    frameCount: 60_000,
    ticks: 5,
    runsPerTick: 5,
    runPages: 8,
    unseenDataPages: 0,
    unseenZeroPages: 0,
  });
  const outcome = simulateMigration(new BitmapLog(trace), makeMigration({ maxBytesPerSec: 32 * mib }));
  expect(outcome.traceRepeats).toBe(Math.floor(outcome.stoppedAtNs / 5e8));
});
