import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { gibBytes, mibBytes } from "../../base/index.ts";
import { kernelFeatures } from "../kernel/versions.ts";
import { BootMemory, type RamRange } from "./boot-memory.ts";
import { sumBootReservations } from "./boot-reservations.ts";
import { sizeScratch } from "./scratch.ts";

const ranges: RamRange[] = [
  { startBytes: 0, endBytes: 100, node: 0 },
  { startBytes: 200, endBytes: 300, node: 1 },
];

describe("[KHO-06] reservations of the boot", () => {
  test("go to the highest free place that is aligned, below a limit, on a node", () => {
    const memory = new BootMemory(ranges);
    expect(memory.allocate({ bytes: 10, alignBytes: 8 })).toBe(288);
    expect(memory.allocate({ bytes: 10, alignBytes: 1 })).toBe(278);
    expect(memory.allocate({ bytes: 10, alignBytes: 1, limitBytes: 250 })).toBe(240);
    expect(memory.allocate({ bytes: 10, alignBytes: 1, node: 0 })).toBe(90);
    expect(memory.allocate({ bytes: 50, alignBytes: 1, node: 1 })).toBe(40);
    expect(memory.allocate({ bytes: 500, alignBytes: 1 })).toBeUndefined();
    expect(memory.sumReserved({ node: 0 })).toBe(10);
    expect(memory.sumReserved({ limitBytes: 245 })).toBe(10 + 50 + 5);
  });

  test("what the boot loader placed gets the nodes that it lies on", () => {
    const memory = new BootMemory([ranges[0]!, { startBytes: 100, endBytes: 300, node: 1 }]);
    memory.reserve(80, 50);
    expect(memory.sumReserved({ node: 0 })).toBe(0);
    memory.adoptNodes();
    expect([0, 1].map((node) => memory.sumReserved({ node }))).toEqual([20, 30]);
  });

  test("never overlap, stay in RAM, and are as high as a search page by page finds", () => {
    const wish = fc.record({ bytes: fc.integer({ min: 1, max: 40 }), alignBytes: fc.constantFrom(1, 2, 8, 16) });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 20 }), (wishes) => {
        const memory = new BootMemory(ranges);
        const isFree = new Set(
          ranges.flatMap(({ startBytes }) => Array.from({ length: 100 }, (_, at) => startBytes + at)),
        );
        for (const { bytes, alignBytes } of wishes) {
          let expected: number | undefined;
          for (let place = 304; place >= 0 && expected === undefined; place -= alignBytes) {
            const start = place - (place % alignBytes);
            if (Array.from({ length: bytes }, (_, at) => start + at).every((at) => isFree.has(at))) expected = start;
          }
          expect(memory.allocate({ bytes, alignBytes })).toBe(expected);
          if (expected === undefined) continue;
          for (let at = 0; at < bytes; at++) isFree.delete(expected + at);
        }
        expect(memory.sumFree()).toBe(isFree.size);
      }),
    );
  });
});

const host = {
  ramBytes: 64 * gibBytes,
  cpuCount: 16,
  numaNodeCount: 2,
  kernelMemoryBytes: 16 * mibBytes,
  initrdBytes: 32 * mibBytes,
  logBufBytes: 0,
  scratch: { kind: "percent", percent: 200 },
} as const;

describe("[KHO-06] the base of the percentage", () => {
  test("is the memory map first of all, each node its own", () => {
    const { allBytes, nodeBytes } = sumBootReservations(host);
    expect(allBytes).toBeGreaterThan(host.ramBytes / 64);
    expect(allBytes).toBeLessThan((host.ramBytes / 64) * 1.2);
    for (const bytes of nodeBytes) expect(bytes).toBeGreaterThanOrEqual(host.ramBytes / 128);
  });

  test("a kernel below 4 GiB counts as low, one above does not; both count as a whole", () => {
    const [low, high] = [16 * mibBytes, 8 * gibBytes].map((kernelStartBytes) =>
      sumBootReservations({ ...host, kernelStartBytes }),
    );
    expect(low!.lowBytes - high!.lowBytes).toBe(host.kernelMemoryBytes);
    expect(low!.allBytes).toBe(high!.allBytes);
  });

  test("gigantic pages count before 7.3 only", () => {
    const giganticPages = { bytes: gibBytes, count: 3 };
    const bytesOf = (countsGigantic: boolean) =>
      sumBootReservations({ ...host, giganticPages }, { countsGigantic }).allBytes;
    expect(bytesOf(true) - bytesOf(false)).toBe(3 * gibBytes);
  });

  test("a log buffer counts four and a half times, a small one is static", () => {
    const bytesOf = (logBufBytes: number) => sumBootReservations({ ...host, logBufBytes }).allBytes;
    expect(bytesOf(4 * mibBytes) - bytesOf(128 * 1024)).toBe(18 * mibBytes);
  });

  test("hash tables count on one node, where they are as large as a power of two", () => {
    const bytesOf = (ramBytes: number) => sumBootReservations({ ...host, ramBytes, numaNodeCount: 1 }).allBytes;
    const grown = (from: number, to: number) =>
      bytesOf(to * gibBytes) - bytesOf(from * gibBytes) - (to - from) * 16 * mibBytes;
    expect(grown(5, 6)).toBeLessThan(mibBytes);
    expect(grown(8, 9)).toBeGreaterThan(11 * mibBytes);
  });
});

test("[KHO-06] areas: rounded, or in proportion", () => {
  const rules = kernelFeatures("7.3").scratch;
  const areas = sizeScratch(host, rules);
  expect(areas.nodeBytes).toHaveLength(2);
  for (const bytes of [areas.lowmemBytes, areas.globalBytes, ...areas.nodeBytes])
    expect(bytes % (4 * mibBytes)).toBe(0);
  const none = sizeScratch({ ...host, scratch: { kind: "percent", percent: 0 } }, rules);
  expect(none).toEqual({ lowmemBytes: 0, globalBytes: 0, nodeBytes: [0, 0] });
  const fixed = { kind: "fixed", lowmemBytes: 1, globalBytes: 0, nodeBytes: 5 * mibBytes } as const;
  const rounded = sizeScratch({ ...host, scratch: fixed }, rules);
  expect(rounded).toEqual({ lowmemBytes: 4 * mibBytes, globalBytes: 0, nodeBytes: [8 * mibBytes, 8 * mibBytes] });
  expect(sizeScratch({ ...host, scratch: fixed }, { ...rules, roundsExplicit: false }).lowmemBytes).toBe(1);
});
