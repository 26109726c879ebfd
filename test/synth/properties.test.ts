// Random recipes: whatever a recipe asks for, its trace is sound, and made again it is the same.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";

import { openFolder, traceSchema, validateTrace } from "../../src/trace/index.ts";
import { makeTrace, traceRows } from "../kit/synth.ts";
import { traceStatistics } from "../reference/trace-statistics-simple.ts";

const mib = fc.integer({ min: 1, max: 24 });
const perSecond = fc.integer({ min: 1, max: 30_000 });
const ratio = fc.double({ min: 0, max: 1, noNaN: true });
const milliseconds = (max: number) => fc.integer({ min: 1, max }).map((ms) => `${ms} ms`);

const group = fc
  .uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 })
  .map((values) => values.sort((left, right) => left - right).map((value) => [value, value, 1 / values.length]));

const fittedPhase = fc.record({
  for: milliseconds(900),
  pages_per_tick: group,
  tick_correlation: fc.double({ min: -0.9, max: 0.9, noNaN: true }),
  run_pages: group,
  age_ticks: group,
  new_pages: fc.integer({ min: 0, max: 9000 }).map((pages) => [
    [0, 0],
    [5, pages],
  ]),
});

const kinds = fc.oneof(
  fc.record({ kind: fc.constant("idle"), hot_pages: fc.integer({ min: 1, max: 9000 }) }),
  fc.record({
    kind: fc.constant("uniform"),
    writes_per_second: perSecond,
    run_pages: fc.integer({ min: 1, max: 9000 }),
  }),
  fc.record({
    kind: fc.constant("zipf"),
    writes_per_second: perSecond,
    skew: fc.double({ min: 0, max: 3, noNaN: true }),
    placement: fc.constantFrom("scattered", "ranked"),
  }),
  fc.record({
    kind: fc.constant("hot-cold"),
    writes_per_second: perSecond,
    hot_ratio: ratio,
    hot_write_ratio: ratio,
  }),
  fc.record({ kind: fc.constant("streaming"), rate: fc.integer({ min: 1, max: 2000 }).map((rate) => `${rate} MiB/s`) }),
  fc.record({ kind: fc.constant("boot"), footprint: mib.map((size) => `${size} MiB`), unpack_ratio: ratio }),
  fc.record({
    kind: fc.constant("database-checkpoint"),
    writes_per_second: perSecond,
    log: mib.map((size) => `${size} MiB`),
    log_rate: mib.map((size) => `${size} MiB/s`),
    every: milliseconds(900),
    lasts: milliseconds(900),
    device: fc.constant("disk"),
  }),
  fc.record({
    kind: fc.constant("ballooning"),
    writes_per_second: perSecond,
    every: milliseconds(900),
    floor_ratio: ratio,
  }),
  fc.record({ kind: fc.constant("fitted"), phases: fc.array(fittedPhase, { minLength: 1, maxLength: 3 }) }),
);

const part = fc
  .tuple(
    kinds,
    fc.record(
      {
        region: fc
          .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 4, max: 512 }))
          .map(([start, pages]) => ({ start: `${start * 64} KiB`, size: `${pages * 4} KiB` })),
        from: milliseconds(300),
        for: milliseconds(900),
        mark: fc.string({ minLength: 1, maxLength: 10 }).filter((text) => text.isWellFormed()),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([kind, common]) => ({ ...kind, ...common }));

const mix = fc.record({
  kind: fc.constant("mix"),
  order: fc.constant("together"),
  regions: fc.constantFrom("shared", "disjoint"),
  workloads: fc.array(kinds, { minLength: 1, maxLength: 3 }),
});

const arrival = fc.oneof(
  fc.record({ kind: fc.constantFrom("poisson", "periodic"), per_second: perSecond }),
  fc.record({ kind: fc.constant("bursts"), per_second: perSecond, mean_size: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant("gaps"), gap_us: group }),
);

const disk = fc.record({
  name: fc.constant("disk"),
  kind: fc.constantFrom("nvme", "virtio-blk"),
  passed_through: fc.boolean(),
  requests: fc.array(
    fc.record({
      arrival,
      sizes: group,
      read_ratio: ratio,
      flush_ratio: ratio,
      pattern: fc.constantFrom("random", "sequential"),
      latency: fc.constant({ median: "5 ms", p99: "500 ms" }),
    }),
    { maxLength: 2 },
  ),
  packets: fc.array(
    fc.record({ arrival, sizes: group, rx_ratio: ratio, protocol: fc.constantFrom("tcp", "udp", "none") }),
    { maxLength: 1 },
  ),
});

const vm = fc.record(
  {
    guest_bytes: fc.constantFrom("64 MiB", "27 MiB", "1 GiB"),
    folio: fc.constantFrom("4 KiB", "2 MiB", "1 GiB"),
    populated: fc.constantFrom("on-write", "at-start", "unsaid"),
    present: mib.map((size) => `${size} MiB`),
    workloads: fc.array(fc.oneof({ weight: 4, arbitrary: part }, mix), { maxLength: 3 }),
    devices: fc.tuple(disk),
  },
  { requiredKeys: ["guest_bytes", "workloads", "devices"] },
);

const recipes = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    duration: fc.integer({ min: 301, max: 1000 }).map((ms) => `${ms} ms`),
    tick: milliseconds(150),
    vms: fc.array(vm, { minLength: 1, maxLength: 3 }),
  })
  .map((recipe) => ({
    version: 1,
    name: "random",
    ...recipe,
    vms: recipe.vms.map((one, index) => ({ name: `vm ${index}`, ...one })),
  }));

test("every recipe gives a sound trace, and the same one again", async () => {
  await fc.assert(
    fc.asyncProperty(recipes, async (recipe) => {
      const text = stringify(recipe);
      const { target, header } = await makeTrace(text);
      expect(validateTrace(target)).toEqual([]);
      const again = await makeTrace(text);
      expect(again.header.sha256).toBe(header.sha256);
    }),
    { numRuns: 40 },
  );
}, 300_000);

test("runs of a tick are in order, do not touch, and are those of table tick", async () => {
  await fc.assert(
    fc.asyncProperty(recipes, async (recipe) => {
      const { target } = await makeTrace(stringify(recipe));
      const ends = new Map<string, number>();
      for (const row of traceRows(target, traceSchema.pageWriteTable)) {
        const key = `${row["vm_index"]} ${row["time_ns"]}`;
        const start = Number(row["start_gfn"]);
        expect(start).toBeGreaterThan(ends.get(key) ?? -1);
        ends.set(key, start + Number(row["page_count"]));
      }
      // No gaps between ticks: each begins where the one before ended.
      const last = new Map<unknown, number>();
      for (const row of traceRows(target, traceSchema.tickTable)) {
        if (row["start_ns"] !== null) expect(row["start_ns"]).toBe(last.get(row["vm_index"]) ?? 0);
        last.set(row["vm_index"], Number(row["time_ns"]));
      }
    }),
    { numRuns: 20 },
  );
}, 300_000);

test("a fitted workload keeps to its pages and to its new pages", async () => {
  await fc.assert(
    fc.asyncProperty(fittedPhase, fc.integer({ min: 0, max: 1000 }), async (phase, seed) => {
      const text = stringify({
        version: 1,
        name: "fitted",
        seed,
        duration: "2 s",
        tick: "100 ms",
        vms: [
          { name: "vm", guest_bytes: "64 MiB", workloads: [{ kind: "fitted", phases: [{ ...phase, for: "2 s" }] }] },
        ],
      });
      const { target } = await makeTrace(text);
      const { pagesPerTick, distinctPages } = traceStatistics(target);
      const most = Math.max(...phase.pages_per_tick.map((one) => one[1]!));
      expect(Math.max(...pagesPerTick)).toBeLessThanOrEqual(most);
      expect(distinctPages.at(-1)).toBeLessThanOrEqual(phase.new_pages.at(-1)![1]! + 20);
    }),
    { numRuns: 30 },
  );
}, 120_000);

test("the trace's header covers what was made", async () => {
  const { target } = await makeTrace(readFileSync("traces/recipes/idle.yaml", "utf8"));
  const { header } = openFolder("trace", target);
  expect(header.importer).toBe("synth 1");
  expect(JSON.parse(readFileSync(join(target, "trace.json"), "utf8"))).toMatchObject({ format: "luoscope-trace" });
});
