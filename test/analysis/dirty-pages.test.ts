// Questions to a trace's dirty pages, beside slow twins that take them page by page.
import { rmSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { openDatabase, type QueryName, runCatalogueQuery } from "../../src/analysis/index.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";
import { scratchFolder } from "./kit.ts";

const folder = scratchFolder();

/** One VM's readings: how long each is and the runs of pages that it found. */
interface Reading {
  readonly tickNs: number;
  readonly runs: readonly { readonly start: number; readonly pages: number }[];
}

const guestPages = 40;
const anyReading: fc.Arbitrary<Reading> = fc.record({
  tickNs: fc.integer({ min: 1, max: 20 }),
  runs: fc.array(fc.record({ start: fc.integer({ min: 0, max: 32 }), pages: fc.integer({ min: 1, max: 8 }) }), {
    maxLength: 4,
  }),
});
const anyVms = fc.array(fc.array(anyReading, { maxLength: 13 }), { minLength: 1, maxLength: 2 });

/** Readings with their moments; the first has none before it, as in a recording. */
function timed(readings: readonly Reading[]): (Reading & { readonly startNs: number; readonly timeNs: number })[] {
  let timeNs = 5;
  return readings.map((reading) => {
    const startNs = timeNs;
    timeNs += reading.tickNs;
    return { ...reading, startNs, timeNs };
  });
}

async function ask<Name extends QueryName<"trace">>(
  vms: readonly (readonly Reading[])[],
  name: Name,
  parameters: Record<string, number> = {},
) {
  const path = join(folder, "trace");
  rmSync(path, { recursive: true, force: true });
  const first = { time_ns: 5, start_ns: null, scan_ns: null };
  const ticks = vms.flatMap((readings, vm) => [
    { ...first, vm_index: vm },
    ...timed(readings).map(({ startNs, timeNs }) => ({
      time_ns: timeNs,
      vm_index: vm,
      start_ns: startNs,
      scan_ns: null,
    })),
  ]);
  const writes = vms.flatMap((readings, vm) => [
    { time_ns: 5, vm_index: vm, start_gfn: 0, page_count: guestPages },
    ...timed(readings).flatMap(({ timeNs, runs }) =>
      runs.map(({ start, pages }) => ({ time_ns: timeNs, vm_index: vm, start_gfn: start, page_count: pages })),
    ),
  ]);
  const byTime = (left: { time_ns: number }, right: { time_ns: number }): number => left.time_ns - right.time_ns;
  writeTinyTrace(path, {
    name: "any",
    spanNs: Math.max(...ticks.map(({ time_ns: timeNs }) => timeNs)),
    tables: {
      vm: vms.map((_, vm) => ({ name: `vm${vm}`, guest_bytes: guestPages * 4096, vcpu_count: 1 })),
      tick: ticks.toSorted(byTime),
      page_write: writes.toSorted(byTime),
    },
  });
  const database = await openDatabase({ kind: "trace", path });
  try {
    return await runCatalogueQuery(database, name, parameters);
  } finally {
    database.close();
  }
}

const pagesOf = ({ runs }: Reading): number[] =>
  runs.flatMap(({ start, pages }) => Array.from({ length: pages }, (_, index) => start + index));

/** Each window's pages in a set of its own. */
function workingSets(readings: readonly Reading[], readingCount: number) {
  const windows = Array.from({ length: Math.floor(readings.length / readingCount) }, (_, index) =>
    readings.slice(index * readingCount, (index + 1) * readingCount),
  );
  const sizes = windows.map((window) => new Set(window.flatMap(pagesOf)).size);
  const lengths = windows.map((window) => window.reduce((sum, { tickNs }) => sum + tickNs, 0));
  return {
    windowCount: windows.length,
    mean: sizes.reduce((sum, size) => sum + size, 0) / windows.length,
    most: Math.max(...sizes),
    windowNs: lengths.reduce((sum, length) => sum + length, 0) / windows.length,
  };
}

test("a working-set curve is what sets of each window's pages give", async () => {
  await fc.assert(
    fc.asyncProperty(anyVms, async (vms) => {
      const rows = await ask(vms, "working-set-curve");
      for (const [vm, readings] of vms.entries()) {
        const own = rows.filter((row) => row.vm_index === vm);
        const lengths = [1, 2, 4, 8].filter((length) => length <= readings.length);
        expect(own.map((row) => row.reading_count)).toEqual(lengths);
        for (const row of own) {
          const slow = workingSets(readings, row.reading_count);
          expect(row.window_count).toBe(slow.windowCount);
          expect(row.most_pages).toBe(slow.most);
          expect(row.mean_pages).toBeCloseTo(slow.mean, 9);
          expect(Math.abs(row.window_ns - slow.windowNs)).toBeLessThanOrEqual(0.5);
        }
      }
    }),
    { numRuns: 25 },
  );
});

test("a heatmap's cells are what spreading each page over its reading's nanoseconds gives", async () => {
  const anyBins = fc.record({ time: fc.integer({ min: 1, max: 30 }), frame: fc.integer({ min: 1, max: 50 }) });
  await fc.assert(
    fc.asyncProperty(anyVms, anyBins, async (vms, bins) => {
      const vm = vms.length - 1;
      const readings = timed(vms[vm]!);
      const rows = await ask(vms, "dirty-heatmap", { vm_index: vm, time_bins: bins.time, frame_bins: bins.frame });
      // Cells hold all time and all memory once.
      const area = rows.reduce(
        (sum, row) => sum + (row.end_ns - row.start_ns) * (row.last_frame + 1 - row.first_frame),
        0,
      );
      const lengthNs = readings.reduce((sum, { tickNs }) => sum + tickNs, 0);
      expect(area).toBe(lengthNs * guestPages);
      expect(new Set(rows.map((row) => row.time_bin)).size).toBeLessThanOrEqual(bins.time);
      expect(new Set(rows.map((row) => row.frame_bin)).size).toBeLessThanOrEqual(bins.frame);
      for (const row of rows) {
        let pages = 0;
        for (const reading of readings) {
          const inCell = pagesOf(reading).filter((page) => page >= row.first_frame && page <= row.last_frame).length;
          for (let ns = reading.startNs; ns < reading.timeNs; ns++) {
            if (ns >= row.start_ns && ns < row.end_ns) pages += inCell / reading.tickNs;
          }
        }
        expect(row.written_pages).toBeCloseTo(pages, 2);
      }
    }),
    { numRuns: 25 },
  );
});
