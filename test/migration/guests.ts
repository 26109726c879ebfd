// Guests that write at random, by a seed.
import { createPrng } from "../../src/base/index.ts";
import type { SampledGuest, WriteTrace } from "../../src/migration/index.ts";

export interface GuestShape {
  readonly seed: number;
  readonly frameCount: number;
  readonly ticks: number;
  readonly runsPerTick: number;
  readonly runPages: number;
  readonly unseenDataPages: number;
  readonly unseenZeroPages: number;
}

export function makeTrace(shape: GuestShape): WriteTrace {
  const { seed, frameCount, ticks, runsPerTick, runPages, unseenDataPages, unseenZeroPages } = shape;
  const random = createPrng(seed);
  const rows: [ns: number, start: number, count: number][] = [];
  for (let tick = 1; tick <= ticks; tick++) {
    const runs = runsPerTick === 0 ? 0 : random() % (runsPerTick + 1);
    for (let run = 0; run < runs; run++) {
      const start = random() % frameCount;
      rows.push([tick * 1e8, start, Math.min(frameCount - start, 1 + (random() % runPages))]);
    }
  }
  return {
    timeNs: Float64Array.from(rows, ([ns]) => ns),
    startGfn: Uint32Array.from(rows, ([, start]) => start),
    pageCount: Uint32Array.from(rows, ([, , count]) => count),
    frameCount,
    dataBits: Int32Array.from({ length: Math.ceil(frameCount / 32) }, () => random() | random()),
    unseenDataPages,
    unseenZeroPages,
    endNs: Math.max(1, ticks) * 1e8,
  };
}

/** A guest that dirties pages at one rate. */
export function steadyGuest(dataPages: number, pagesPerSec: number, zeroPages = 0): SampledGuest {
  return {
    dataPages,
    zeroPages,
    rates: {
      endNs: Float64Array.of(1e9),
      pagesPerSec: Float64Array.of(pagesPerSec),
      throttleRatio: Float64Array.of(0),
    },
    growthExponent: 1,
  };
}
