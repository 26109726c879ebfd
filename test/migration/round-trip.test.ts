// Guests whose every write is known are migrated, what QEMU would have told of it is written down, and predicted from.
import { describe, expect, test } from "vitest";

import { createPrng } from "../../src/base/index.ts";
import {
  BitmapLog,
  compareRun,
  errorRatio,
  makeMigration,
  type MigrationConfig,
  type MigrationOutcome,
  readInputs,
  readMigrations,
  simulateMigration,
  type WriteTrace,
} from "../../src/migration/index.ts";
import { makeFiles } from "./recorded-files.ts";

const second = 1e9;
const frameCount = 300_000;
const loadEndSec = 50;

/** A guest with a hot set, which writes until the load ends. */
function busyTrace(writesPerTick: number, seed: number): WriteTrace {
  const random = createPrng(seed);
  const rows: [ns: number, gfn: number][] = [];
  for (let tick = 1; tick <= 650; tick++) {
    const busy = tick <= loadEndSec * 10;
    const writes = busy ? writesPerTick * (0.7 + (0.6 * random()) / 2 ** 32) : 5;
    const pages = new Set<number>();
    for (let write = 0; write < writes; write++) {
      pages.add(random() % (random() / 2 ** 32 < 0.6 ? 40_000 : frameCount));
    }
    for (const page of pages) rows.push([tick * 1e8, page]);
  }
  return {
    timeNs: Float64Array.from(rows, ([ns]) => ns),
    startGfn: Uint32Array.from(rows, ([, gfn]) => gfn),
    pageCount: new Uint32Array(rows.length).fill(1),
    frameCount,
    dataBits: new Int32Array(Math.ceil(frameCount / 32)).fill(-1),
    unseenZeroPages: 100_000,
    endNs: 6.5e10,
  };
}

/** Rates as QEMU has them: taken at a look when more than a second passed since the one before. */
function ratesOf({ rounds }: MigrationOutcome): { ns: number; rate: number }[] {
  const rates: { ns: number; rate: number }[] = [];
  let pages = 0;
  for (const { startNs, dirtyPages } of rounds.slice(1)) {
    const last = rates.at(-1)?.ns ?? 0;
    pages += dirtyPages;
    if (startNs <= last + second) continue;
    rates.push({ ns: startNs, rate: Math.round((pages * second) / (startNs - last)) });
    pages = 0;
  }
  return rates;
}

function recordedRun(scenario: string, config: Partial<MigrationConfig>, trace: WriteTrace) {
  const outcome = simulateMigration(new BitmapLog(trace), makeMigration(config));
  const rates = ratesOf(outcome);
  const total = (frameCount + 100_000) * 4096;
  const rows = Array.from({ length: Math.floor(outcome.totalNs / 2e8) }, (_, index) => {
    const ns = (index + 1) * 2e8;
    const share = Math.min(1, ns / outcome.rounds[0]!.endNs);
    return {
      status: config.mode === "postcopy" && ns > outcome.stoppedAtNs ? "postcopy-active" : "active",
      total_time: ns / 1e6,
      total,
      normal: Math.floor(share * frameCount),
      duplicate: Math.floor(share * 100_000),
      dirty_pages_rate: rates.findLast((each) => each.ns < ns)?.rate ?? 0,
      cpu_throttle_percentage:
        Math.round((outcome.rounds.findLast((each) => each.startNs < ns)?.throttleRatio ?? 0) * 100) || "",
      mbps: config.mode === "postcopy" && ns > outcome.stoppedAtNs ? 20_000 : 1082.1,
    };
  });
  const last = {
    ...rows.at(-1)!,
    status: "completed",
    total_time: Math.floor(outcome.totalNs / 1e6),
    transferred: outcome.transferredBytes,
    dirty_sync_count: outcome.roundCount,
    downtime: Math.floor(outcome.qemuDowntimeNs / 1e6),
  };
  const startSec = 100;
  const events: [string, number][] = [["benchmark_end", startSec + loadEndSec]];
  if (config.mode === "postcopy") events.push(["postcopy_requested", startSec + config.postcopyAtNs! / second]);
  const files = makeFiles([{ scenario, run: "1", rows: [...rows, last], startSec, events }]);
  return { outcome, comparison: compareRun(readMigrations(files).runs[0]!) };
}

test("growth with time is that of the run's own periods (MIG-18)", () => {
  /** Rates that show at 10 and at 12 s. */
  const inputsOf = (rates: readonly [number, number]) => {
    const rows = Array.from({ length: 65 }, (_, index) => {
      const ms = (index + 1) * 200;
      const rate = ms > 12_000 ? rates[1] : ms > 10_000 ? rates[0] : 0;
      return { status: "active", total_time: ms, total: 8e6, normal: 1, duplicate: 1, dirty_pages_rate: rate };
    });
    const files = makeFiles([{ scenario: "Plain", run: "1", rows, startSec: 0, events: [] }]);
    return readInputs(readMigrations(files).runs[0]!).guest.growthExponent!;
  };
  // 10,000 pages in 10 s and 5,000 in 2: twice as many in five times the time.
  expect(inputsOf([1000, 2500])).toBeCloseTo(Math.log(2) / Math.log(5), 1);
  // As many a second in either: the dirty pages grow with the time.
  expect(inputsOf([1000, 1000.001])).toBeCloseTo(1, 2);
  // Ten times as many in the shorter one: no growth can be less than the least that is believed.
  expect(inputsOf([1000, 50_000])).toBe(0.4);
});

describe("predictions from what QEMU would have told (MIG-18)", () => {
  test.each([
    ["ends", "Plain", {}, 800],
    ["ends late", "Plain", {}, 2000],
    ["ends when its load does", "Plain", {}, 4500],
    ["never comes near", "Plain", {}, 9000],
    ["is throttled", "Auto", { autoConverge: true }, 4500],
    ["is throttled hard", "Auto", { autoConverge: true }, 9000],
    ["goes over early", "Late", { mode: "postcopy", postcopyAtNs: 5 * second }, 4500],
    ["goes over late", "Late", { mode: "postcopy", postcopyAtNs: 25 * second }, 4500],
  ] as const)("one that %s", (_, scenario, config, writesPerTick) => {
    for (const seed of [1, 2]) {
      const { outcome, comparison } = recordedRun(scenario, config, busyTrace(writesPerTick, seed));
      const { converged, compared } = comparison;
      expect(converged.predicted).toBe(converged.recorded);
      expect(converged.recorded).toBe(outcome.totalNs < loadEndSec * second);
      expect(Math.abs(errorRatio(compared.totalNs)!)).toBeLessThan(0.1);
      expect(Math.abs(errorRatio(compared.transferredBytes)!)).toBeLessThan(0.1);
      expect(Math.abs(comparison.outcome.throttleMaxRatio - outcome.throttleMaxRatio)).toBeLessThanOrEqual(0.11);
    }
  });
});
