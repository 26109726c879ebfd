// What is known of a workload beforehand, by arithmetic or by its definition, against the rows that it makes.
import { describe, expect, test } from "vitest";

import { traceSchema } from "../../src/trace/index.ts";
import { makeTrace, recipeOf, type TraceRow, traceRows } from "../kit/synth.ts";
import { traceStatistics } from "../reference/trace-statistics-simple.ts";

const { deviceIoTable, dmaTable, interruptTable, markTable, netPacketTable, pagePopulationTable, pageWriteTable } =
  traceSchema;

/** Pages of a row. */
function pagesOf(row: TraceRow): number[] {
  return Array.from({ length: Number(row["page_count"]) }, (_, page) => Number(row["start_gfn"]) + page);
}

async function writesOf(recipe: string): Promise<TraceRow[]> {
  return traceRows((await makeTrace(recipe)).target, pageWriteTable);
}

describe("uniform writes", () => {
  // N pages, k writes: N (1 - (1 - 1/N)^k) distinct ones, with a variance below N e^-r (1 - (1 + r) e^-r), r = k / N
  // (W. Feller, An Introduction to Probability Theory, occupancy problem).
  test.each([
    [1, 2_000, 16_384],
    [2, 16_384, 16_384],
    [3, 50_000, 16_384],
    [4, 1_000, 100],
  ])("seed %i: %i writes to %i pages hit as many as expected", async (seed, writes, pages) => {
    const guest = `${pages * 4} KiB`;
    const recipe = recipeOf(`{kind: uniform, writes_per_second: ${writes * 10}}`, { guest, duration: "100 ms", seed });
    const { pagesPerTick } = traceStatistics((await makeTrace(recipe)).target);
    const expected = pages * (1 - (1 - 1 / pages) ** writes);
    const load = writes / pages;
    const deviation = Math.sqrt(pages * Math.exp(-load) * (1 - (1 + load) * Math.exp(-load)));
    expect(Math.abs(pagesPerTick[0]! - expected)).toBeLessThan(4 * deviation + 1);
  });

  test("hit as many in ten ticks as in one that is as long", async () => {
    const recipe = recipeOf("{kind: uniform, writes_per_second: 16384}", { duration: "1 s" });
    const { distinctPages } = traceStatistics((await makeTrace(recipe)).target);
    for (const [tick, distinct] of distinctPages.entries()) {
      const expected = 16_384 * (1 - (1 - 1 / 16_384) ** Math.floor((16_384 * (tick + 1)) / 10));
      expect(Math.abs(distinct - expected)).toBeLessThan(4 * Math.sqrt(16_384 * 0.11));
    }
  });
});

describe("zipf", () => {
  // Written so seldom a tick that hardly any page is hit twice: how often a page is written follows from its rank alone.
  test.each([0.6, 0.99, 1, 1.3])("with skew %f falls off with the rank as it should", async (skew) => {
    const recipe = recipeOf(`{kind: zipf, writes_per_second: 3000, skew: ${skew}, placement: ranked}`, {
      guest: "16 MiB",
      duration: "60 s",
    }).replace("tick: 100 ms", "tick: 1 ms");
    const counts = new Float64Array(4096);
    for (const row of await writesOf(recipe)) for (const page of pagesOf(row)) counts[page]!++;
    // Ranks from 10 to 1000 in octaves, where there is enough of each and no page is written more than once a tick.
    const points: [number, number][] = [];
    for (let from = 10; from < 1000; from *= 2) {
      const sum = counts.subarray(from, 2 * from).reduce((total, count) => total + count, 0);
      points.push([Math.log(1.5 * from), Math.log(sum / from)]);
    }
    const mean = (index: 0 | 1) => points.reduce((sum, point) => sum + point[index], 0) / points.length;
    const [meanX, meanY] = [mean(0), mean(1)];
    const slope =
      points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) /
      points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
    expect(-slope).toBeGreaterThan(skew - 0.06);
    expect(-slope).toBeLessThan(skew + 0.06);
  });

  test("scattered ranks are the same writes elsewhere", async () => {
    const recipe = recipeOf("{kind: zipf, writes_per_second: 20000, skew: 0.99}");
    const [scattered, ranked] = [recipe, recipe.replace("skew: 0.99", "skew: 0.99, placement: ranked")];
    const first = traceStatistics((await makeTrace(scattered)).target);
    const second = traceStatistics((await makeTrace(ranked)).target);
    expect(first.pagesPerTick).toEqual(second.pagesPerTick);
    expect(first.runPages.length).toBeGreaterThan(second.runPages.length);
  });
});

test("hot and cold pages take their shares", async () => {
  const rows = await writesOf(
    recipeOf("{kind: hot-cold, writes_per_second: 2000, hot_ratio: 0.25, hot_write_ratio: 0.8}", {
      guest: "1 GiB",
      duration: "20 s",
    }),
  );
  const pages = rows.flatMap(pagesOf);
  const hot = pages.filter((page) => page < 65_536).length;
  expect(hot / pages.length).toBeGreaterThan(0.78);
  expect(hot / pages.length).toBeLessThan(0.82);
});

test("a stream writes each page once a round, one after another", async () => {
  const rows = await writesOf(
    recipeOf("{kind: streaming, rate: 40 MiB/s, region: {start: 4 MiB, size: 32 MiB}}", { duration: "1600 ms" }),
  );
  const pages = rows.flatMap(pagesOf);
  expect(pages).toHaveLength(1.6 * 10_240);
  const counts = new Map<number, number>();
  for (const page of pages) counts.set(page, (counts.get(page) ?? 0) + 1);
  expect(Math.min(...counts.keys())).toBe(1024);
  expect(Math.max(...counts.keys())).toBe(1024 + 8191);
  expect([...counts.values()].every((count) => count === 2)).toBe(true);
});

test("a boot takes its footprint and no more", async () => {
  const recipe = recipeOf("{kind: boot, footprint: 40 MiB}", { duration: "20 s" });
  const { distinctPages } = traceStatistics((await makeTrace(recipe)).target);
  expect(distinctPages[3]).toBe(Math.round(10_240 * 0.68));
  expect(distinctPages.at(-1)).toBeGreaterThan(10_235);
  expect(distinctPages.at(-1)).toBeLessThanOrEqual(10_240);
});

describe("a database's checkpoints", () => {
  const recipe = `version: 1
name: database
seed: 3
duration: 6 s
tick: 100 ms
vms:
  - name: vm
    guest_bytes: 256 MiB
    workloads:
      - {kind: database-checkpoint, writes_per_second: 5000, log: 16 MiB, log_rate: 4 MiB/s, every: 2 s, lasts: 1 s, device: disk}
    devices: [{name: disk, kind: nvme, vector: 9}]
`;

  test("write every page that became dirty, once, and read it from where it lies", async () => {
    const { target } = await makeTrace(recipe);
    const logPages = 4096;
    const headerPages = Math.ceil((65_536 - logPages) / 65);
    const isBuffer = (page: number) => page >= logPages + headerPages;
    const first = (row: TraceRow) => Number(row["time_ns"]) <= 2e9;
    const dirty = new Set(traceRows(target, pageWriteTable).filter(first).flatMap(pagesOf).filter(isBuffer));
    const inSweep = (row: TraceRow) => Number(row["time_ns"]) > 2e9 && Number(row["time_ns"]) <= 3e9;
    const flushed = traceRows(target, dmaTable).filter(inSweep).flatMap(pagesOf).filter(isBuffer);
    expect(new Set(flushed).size).toBe(flushed.length);
    const missed = [...dirty].filter((page) => !flushed.includes(page));
    expect(missed).toEqual([]);
    expect(flushed.toSorted((left, right) => left - right)).toEqual(flushed);
  });

  test("leave nothing that was not written since the one before", async () => {
    const { target } = await makeTrace(recipe);
    const within = (from: number, to: number) => (row: TraceRow) =>
      Number(row["time_ns"]) > from * 1e9 && Number(row["time_ns"]) <= to * 1e9;
    // Buffers that were not written after the first sweep began are clean in the second one.
    const since = new Set(traceRows(target, pageWriteTable).filter(within(2, 5)).flatMap(pagesOf));
    const flushed = traceRows(target, dmaTable).filter(within(4, 5)).flatMap(pagesOf);
    expect(flushed.length).toBeGreaterThan(1000);
    expect(flushed.filter((page) => !since.has(page))).toEqual([]);
  });

  test("end with a flush, and requests agree with DMA and interrupts", async () => {
    const { target } = await makeTrace(recipe);
    const requests = traceRows(target, deviceIoTable);
    const dma = traceRows(target, dmaTable);
    const flushes = requests.filter((row) => row["direction"] === 2);
    expect(flushes).toHaveLength(2);
    const writes = requests.filter((row) => row["direction"] === 1);
    expect(dma.map((row) => [row["time_ns"], Number(row["page_count"]) * 4096])).toEqual(
      writes.map((row) => [row["submit_ns"], row["bytes"]]),
    );
    const ends = requests.map((row) => row["complete_ns"]).filter((ns) => ns !== null);
    const raised = traceRows(target, interruptTable).map((row) => row["time_ns"]);
    expect(raised).toEqual(ends.map(Number).sort((left, right) => left - right));
  });
});

describe("a balloon", () => {
  const recipe = recipeOf("{kind: ballooning, writes_per_second: 30000, every: 4 s, floor_ratio: 0.5}", {
    duration: "8 s",
  });

  test("keeps the guest from what it holds, and what it gives back is populated again", async () => {
    const { target, warnings } = await makeTrace(recipe);
    const deepest = traceRows(target, pageWriteTable).filter((row) => row["time_ns"] === 2e9);
    expect(Math.max(...deepest.flatMap(pagesOf))).toBeLessThan(8192);
    const populated = traceRows(target, pagePopulationTable).flatMap(pagesOf);
    const again = populated.length - new Set(populated).size;
    expect(again).toBeGreaterThan(5000);
    // Every page that was populated twice had been given back before.
    expect(warnings).toEqual([expect.objectContaining({ code: "released-pages-untold" })]);
    expect(warnings[0]!.rows).toBeGreaterThanOrEqual(again);
  });
});

describe("mixes", () => {
  test("in sequence follow one another, on regions of their own where they should", async () => {
    const { target } = await makeTrace(
      recipeOf(
        "{kind: mix, order: in-sequence, regions: disjoint, workloads: [{kind: uniform, writes_per_second: 1000, for: 500 ms, mark: a}, {kind: uniform, writes_per_second: 1000, mark: b}, {kind: uniform, writes_per_second: 1000, mark: c}]}",
      ),
    );
    const marks = traceRows(target, markTable).map((row) => [row["time_ns"], row["name"]]);
    expect(marks).toEqual([
      [0, "a"],
      [500_000_000, "b"],
      [1_250_000_000, "c"],
    ]);
    const part = Math.floor(16_384 / 3);
    for (const row of traceRows(target, pageWriteTable)) {
      const ns = Number(row["time_ns"]);
      // The tick in which one ends and the next begins holds pages of both.
      if (ns === 1_300_000_000) continue;
      const index = ns <= 500_000_000 ? 0 : ns < 1_300_000_000 ? 1 : 2;
      expect(Math.floor(Number(row["start_gfn"]) / part)).toBe(index);
    }
  });

  test("together are what both write", async () => {
    const [a, b] = [
      "{kind: uniform, writes_per_second: 20000, region: {start: 0 B, size: 1 MiB}}",
      "{kind: streaming, rate: 8 MiB/s}",
    ];
    // A part's seed comes with its place in the recipe, so that the same one stands in the same place.
    const [both, alone] = [await writesOf(recipeOf(`${a}, ${b}`)), await writesOf(recipeOf(a))];
    const pagesAt = (rows: TraceRow[], ns: number) =>
      new Set(rows.filter((row) => row["time_ns"] === ns).flatMap(pagesOf));
    for (let tick = 1; tick <= 20; tick++) {
      const ns = tick * 100_000_000;
      const expected = pagesAt(alone, ns);
      for (let page = Math.floor(204.8 * (tick - 1)); page < Math.floor(204.8 * tick); page++) expected.add(page);
      expect(pagesAt(both, ns)).toEqual(expected);
    }
  });
});

describe("devices", () => {
  const recipe = (device: string) => `version: 1
name: devices
seed: 4
duration: 4 s
tick: 100 ms
vms:
  - name: vm
    guest_bytes: 256 MiB
    populated: unsaid
    devices: [${device}]
`;
  const drive = (passedThrough: boolean) =>
    `{name: drive, kind: nvme, passed_through: ${passedThrough}, vector: 7, requests: [{arrival: {kind: poisson, per_second: 2000}, sizes: [[4096, 4096, 0.75], [65536, 65536, 0.25]], read_ratio: 0.6, flush_ratio: 0.05, latency: {median: 100 us, p99: 1 ms}}]}`;

  test("requests have the rate, the sizes and the latency that were asked for", async () => {
    const rows = traceRows((await makeTrace(recipe(drive(true)))).target, deviceIoTable);
    expect(Math.abs(rows.length - 8000)).toBeLessThan(4 * Math.sqrt(8000));
    const data = rows.filter((row) => row["direction"] !== 2);
    expect(data.length / rows.length).toBeCloseTo(0.95, 1);
    expect(data.filter((row) => row["bytes"] === 4096).length / data.length).toBeCloseTo(0.75, 1);
    expect(data.filter((row) => row["direction"] === 0).length / data.length).toBeCloseTo(0.6, 1);
    const latencies = rows
      .filter((row) => row["complete_ns"] !== null)
      .map((row) => Number(row["complete_ns"]) - Number(row["submit_ns"]))
      .sort((left, right) => left - right);
    expect(latencies[Math.floor(latencies.length / 2)]! / 1e5).toBeCloseTo(1, 0);
    expect(latencies[Math.floor(latencies.length * 0.99)]!).toBeGreaterThan(8e5);
    expect(latencies[Math.floor(latencies.length * 0.99)]!).toBeLessThan(12e5);
  });

  test("pages that an emulated drive reads into stand among the writes, those of a passed-through one do not", async () => {
    expect(await writesOf(recipe(drive(true)))).toEqual([]);
    const { target } = await makeTrace(recipe(drive(false)));
    const read = traceRows(target, dmaTable).filter((row) => row["direction"] === 0);
    const written = new Set(
      traceRows(target, pageWriteTable).flatMap((row) =>
        pagesOf(row).map((page) => `${Number(row["time_ns"]) / 1e8} ${page}`),
      ),
    );
    const expected = new Set(
      read.flatMap((row) => pagesOf(row).map((page) => `${Math.ceil(Number(row["time_ns"]) / 1e8)} ${page}`)),
    );
    expect([...written].sort()).toEqual([...expected].sort());
  });

  test("packets carry protocol and ports, seen from either side", async () => {
    const card =
      "{name: net, kind: virtio-net, packets: [{arrival: {kind: bursts, per_second: 3000, mean_size: 8}, sizes: [[64, 1514, 1]], rx_ratio: 0.25, protocol: udp, guest_port: 53, peer_port: 40000, flows: 4}]}";
    const rows = traceRows((await makeTrace(recipe(card))).target, netPacketTable);
    expect(rows.length).toBeGreaterThan(9000);
    const received = rows.filter((row) => row["direction"] === 0);
    expect(received.length / rows.length).toBeCloseTo(0.25, 1);
    expect(new Set(rows.map((row) => row["ip_protocol"]))).toEqual(new Set([17]));
    expect(new Set(received.map((row) => row["destination_port"]))).toEqual(new Set([53]));
    expect(new Set(received.map((row) => row["source_port"]))).toEqual(new Set([40_000, 40_001, 40_002, 40_003]));
  });
});
