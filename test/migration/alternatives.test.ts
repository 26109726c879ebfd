import { describe, expect, test } from "vitest";

import {
  type Alternative,
  type AlternativeHost,
  type AlternativeVm,
  coldReboot,
  liveMigration,
  makeMigration,
  SampledLog,
  simulateMigration,
  suspendToDisk,
  swapVmm,
  type ValueRange,
} from "../../src/migration/index.ts";
import { steadyGuest } from "./guests.ts";

const range = (base: number): ValueRange => ({ low: base, base, high: base });
const vm: AlternativeVm = { dataPages: 100_000, passthroughCount: 0, migratableCount: 0 };
const host: AlternativeHost = { kexecNs: range(2e9), coldBootNs: range(120e9), diskBytesPerSec: 409.6e6 };

describe("ways around a live update", () => {
  test("live migration is as it was simulated, and blocked by devices that cannot migrate (MIG-21)", () => {
    const outcome = simulateMigration(new SampledLog(steadyGuest(100_000, 100)), makeMigration({}));
    const free = liveMigration(outcome, vm);
    expect(free).toMatchObject({ ends: true, replacesKernel: true, movedBytes: outcome.transferredBytes });
    expect(free.blackoutNs.base).toBe(outcome.blackoutNs);
    expect(free.extraMemoryBytes).toBe(100_000 * 4096);
    const blocked = liveMigration(outcome, { ...vm, passthroughCount: 3, migratableCount: 1 });
    expect(blocked.ends).toBe(false);
    expect(blocked.cannotTake[0]).toMatch(/^2 passthrough devices/);
  });

  test("CPR keeps memory and kernel alike (MIG-19)", () => {
    for (const mode of ["cpr-exec", "cpr-transfer"] as const) {
      expect(swapVmm(mode)).toMatchObject({ name: mode, replacesKernel: false, keepsMemory: true, ends: true });
    }
    // Rows H5, H10 and H11.
    expect(swapVmm("cpr-exec").blackoutNs).toEqual({ low: 10e6, base: 50e6, high: 748e6 });
    expect(swapVmm("cpr-exec").extraMemoryBytes).toBe(0);
    expect(swapVmm("cpr-transfer").extraMemoryBytes).toBeGreaterThan(0);
  });

  test("a disk takes each page with data twice (MIG-22)", () => {
    const { blackoutNs, movedBytes } = suspendToDisk(vm, host);
    expect(movedBytes).toBe(2 * 409.6e6);
    expect(blackoutNs.low).toBe(2e9 + 2e9 + 1e7);
    expect(blackoutNs.high).toBeGreaterThan(blackoutNs.base);
    expect(suspendToDisk({ ...vm, passthroughCount: 1 }, host).ends).toBe(false);
    expect(() => suspendToDisk(vm, { ...host, diskBytesPerSec: 0 })).toThrow(/a disk takes 0/);
  });

  test("each says what it rests on, and no range is upside down", () => {
    const outcome = simulateMigration(new SampledLog(steadyGuest(1000, 0)), makeMigration({}));
    const all: Alternative[] = [
      liveMigration(outcome, vm),
      swapVmm("cpr-exec"),
      swapVmm("cpr-transfer"),
      suspendToDisk(vm, host),
      coldReboot(host),
    ];
    for (const { source, blackoutNs, degradedNs } of all) {
      expect(source.length).toBeGreaterThan(10);
      for (const { low, base, high } of [blackoutNs, degradedNs]) {
        expect(low).toBeLessThanOrEqual(base);
        expect(base).toBeLessThanOrEqual(high);
      }
    }
  });

  test("a cold reboot loses memory, and a guest boots again (MIG-20)", () => {
    const { blackoutNs, keepsMemory, movedBytes } = coldReboot(host);
    expect(keepsMemory).toBe(false);
    expect(movedBytes).toBe(0);
    expect(blackoutNs.base - 120e9).toBeGreaterThan(786e6);
  });
});
