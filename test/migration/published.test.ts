// Published migrations, as far as what was published says what went in.
import { describe, expect, test } from "vitest";

import {
  BitmapLog,
  makeMigration,
  type MigrationConfig,
  type MigrationOutcome,
  SampledLog,
  simulateMigration,
  swapVmm,
} from "../../src/migration/index.ts";
import { steadyGuest } from "./guests.ts";

const gibPages = 2 ** 18;
const mbit = 1e6 / 8;
const mib = 1024 ** 2;
const second = 1e9;

function idle(dataGib: number, totalGib: number, given: Partial<MigrationConfig>): MigrationOutcome {
  const guest = steadyGuest(Math.round(dataGib * gibPages), 0, Math.round((totalGib - dataGib) * gibPages));
  return simulateMigration(new SampledLog(guest), makeMigration({ maxBytesPerSec: 0, ...given }));
}

describe("idle guests: the total is memory by throughput, which is a row of its own", () => {
  test.each([
    // I6: Yuan Liu (Intel), QPL thread, 2024: 64 GB, 90 % filled, 2 channels, 58,391 Mbit/s. 5 %: "90 %" is rounded.
    ["I6-none-2ch-total", 0.9 * 64, 64, 58_391, 2, 8571, 0.05],
    // I5: QEMU QATzip document, 2024: 54 GB filled, 10,848 Mbit/s. 10 %: what the guest's system fills is not said.
    ["I5-none-total", 54, 64, 10_848, 8, 46_063, 0.1],
  ] as const)("%s", (_, dataGib, totalGib, mbitPerSec, channels, recordedMs, tolerance) => {
    const link = mbitPerSec * mbit;
    // Multifd looks for zeros in its channels, beside sending.
    const given = { linkBytesPerSec: link, channels, channelBytesPerSec: link, zeroPageNs: 530 / channels };
    const { totalNs, converged } = idle(dataGib, totalGib, given);
    expect(converged).toBe(true);
    expect(Math.abs(totalNs / 1e6 / recordedMs - 1)).toBeLessThan(tolerance);
  });

  test.each([
    // The last look finds little in an idle guest; what it found is not published, so that only the limit binds.
    ["I6-none-2ch-down", 69],
    ["I5-none-down", 40],
    // I1: Google, VEE 2018: a fleet's median and 99th percentile.
    ["I1-google-p50", 50],
    ["I1-google-p99", 300],
  ])("%s lies within the default limit of downtime", (_, downtimeMs) => {
    expect(downtimeMs).toBeLessThanOrEqual(makeMigration({}).downtimeLimitNs / 1e6);
  });
});

test("I8: a busy 6 GiB guest whose estimate stays at 2.7 to 3.0 s (cloud-hypervisor PR 7799)", () => {
  // 5,418 MiB are dirty whenever one looks: all of them are written in each tenth of a second.
  const busyPages = 5418 * 256;
  const ticks = 20;
  const trace = {
    timeNs: Float64Array.from({ length: ticks }, (_, tick) => (tick + 1) * 1e8),
    startGfn: new Uint32Array(ticks),
    pageCount: new Uint32Array(ticks).fill(busyPages),
    frameCount: 6 * gibPages,
    dataBits: new Int32Array((6 * gibPages) / 32).fill(-1),
  };
  const link = 1854.25 * mib;
  const config = makeMigration({ maxBytesPerSec: 0, linkBytesPerSec: link, channelBytesPerSec: link, maxRounds: 5 });
  const { converged, reason, rounds, traceRepeats } = simulateMigration(new BitmapLog(trace), config);
  expect(converged).toBe(false);
  expect(reason).toBe("rounds");
  expect(traceRepeats).toBeGreaterThan(1);
  for (const { expectedDowntimeNs, pendingPages } of rounds.slice(1)) {
    expect(expectedDowntimeNs / second).toBeGreaterThan(2.7);
    // Beside what is dirty again, what was within the threshold had not been sent yet.
    expect(expectedDowntimeNs / second).toBeLessThan(3.0 + 0.35);
    expect(pendingPages).toBeGreaterThanOrEqual(busyPages);
  }
});

describe("I12: 3 GB used of 128 GB at 500 MB/s (K. Zhu, Huawei, 2020)", () => {
  const limit = { maxBytesPerSec: 500e6 };

  test("I12-4K-after, 6 s: only valid pages are sent", () => {
    expect(idle(3, 3, limit).totalNs / second).toBeCloseTo(6, 0);
  });

  test("I12-4K-before, 21 s: most of the time goes into pages of zeros (MIG-14)", () => {
    const { totalNs, zeroPages } = idle(3, 128, limit);
    expect(zeroPages).toBe(125 * gibPages);
    expect(totalNs / second / 21).toBeGreaterThan(0.85);
    expect(totalNs / second / 21).toBeLessThan(1.15);
  });
});

test("H5, H6: a VMM swapped on its kernel is ten times faster than a migration's limit, at best (MIG-19)", () => {
  const { blackoutNs } = swapVmm("cpr-exec");
  // H5-hyperfresh: "within 10 ms"; H6-orthus-down: more than 90 % less than live migration.
  expect(blackoutNs.low / 1e6).toBe(10);
  expect(blackoutNs.low).toBeLessThan(0.1 * makeMigration({}).downtimeLimitNs);
});
