// A trace and the twin that a fitted recipe makes of it, held against each other by statistics counted the slow way; and
// wrong twins, which must fail the same bounds.
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { fitRecipe, loadRecipe, prepareRecipe } from "../../src/synth/index.ts";
import { dumpFolder, importTrace, traceSchema, validateTrace } from "../../src/trace/index.ts";
import { makeTrace, makeTraceOf, traceRows } from "../kit/synth.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import {
  ksDistance,
  type TraceDistances,
  traceDistances,
  type TraceStatistics,
  traceStatistics,
} from "../reference/trace-statistics-simple.ts";

/**
 * Distances that no twin may exceed. Measured over seeds 1 to 8 (docs/synth.md has the table): at most 0.05, 0.07, 0.12
 * and 0.04.
 */
const bounds: TraceDistances = { pagesPerTick: 0.08, runPages: 0.12, ageTicks: 0.17, distinctPages: 0.06 };

function exceeded(distances: TraceDistances): string[] {
  return (Object.keys(bounds) as (keyof TraceDistances)[]).filter((name) => distances[name] > bounds[name]);
}

function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((left, right) => left - right);
  return values.map((value) => sorted.indexOf(value));
}

/** Pearson's correlation of each value with the one before. */
function correlation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return values.slice(1).reduce((sum, value, index) => sum + (value - mean) * (values[index]! - mean), 0) / square;
}

const recordings = ["native-redis", "native-sqlite", "vm-tcg-boot-redis"];

async function importRecording(name: string): Promise<string> {
  const target = join(tempFolder(), name);
  await importTrace({ inputs: [join("traces/recorded", name)], target });
  return target;
}

describe.each([...recordings, "vm-tcg-redis-nvme-net"])("%s and its twin", (name) => {
  test.each([1, 2])("are alike, with seed %i", async (seed) => {
    const path = recordings.includes(name) ? await importRecording(name) : `traces/${name}`;
    const real = traceStatistics(path);
    const { target } = await makeTrace(fitRecipe({ path, seed }));
    expect(validateTrace(target)).toEqual([]);
    const twin = traceStatistics(target);
    const distances = traceDistances(real, twin);
    expect(exceeded(distances), JSON.stringify(distances)).toEqual([]);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    // Totals besides shapes: a distribution by itself does not tell them.
    expect(sum(twin.pagesPerTick) / sum(real.pagesPerTick)).toBeGreaterThan(0.93);
    expect(sum(twin.pagesPerTick) / sum(real.pagesPerTick)).toBeLessThan(1.07);
    expect(twin.runPages.length / real.runPages.length).toBeGreaterThan(0.85);
    expect(twin.runPages.length / real.runPages.length).toBeLessThan(1.15);
  });
});

describe("a wrong twin is told apart", () => {
  const path = "traces/vm-tcg-redis-nvme-net";
  const fitted = fitRecipe({ path });
  let real: TraceStatistics;
  beforeAll(() => {
    real = traceStatistics(path);
  });
  const failuresOf = async (recipe: string) => {
    const { target } = await makeTrace(recipe);
    return exceeded(traceDistances(real, traceStatistics(target)));
  };
  const simple = (workload: string) => `version: 1
name: wrong
seed: 1
duration: 47100 ms
tick: 100 ms
vms: [{name: vm, guest_bytes: 256 MiB, workloads: [${workload}]}]
`;

  test.each([
    ["uniform writes at the same rate", "{kind: uniform, writes_per_second: 6450}"],
    ["uniform runs of two pages at the same rate", "{kind: uniform, writes_per_second: 3225, run_pages: 2}"],
    ["zipf at the same rate", "{kind: zipf, writes_per_second: 12000, skew: 0.99}"],
    ["a hot tenth at the same rate", "{kind: hot-cold, writes_per_second: 7000}"],
    ["a stream at the same rate", "{kind: streaming, rate: 25 MiB/s}"],
  ])("%s", async (_, workload) => {
    const failures = await failuresOf(simple(workload));
    expect(failures).toEqual(expect.arrayContaining(["pagesPerTick", "ageTicks", "distinctPages"]));
  });

  test.each([
    ["without its ages", / +age_ticks: .*\n/g, "", "ageTicks"],
    ["with runs of one page", /run_pages: .*\n/g, "run_pages: [[1, 1, 1]]\n", "runPages"],
    ["with as many pages in each tick", /pages_per_tick: .*\n/g, "pages_per_tick: [[645, 645, 1]]\n", "pagesPerTick"],
    ["without new pages", /new_pages: .*\n/g, "new_pages: [[0, 0], [1, 200]]\n", "distinctPages"],
  ])("the fitted recipe %s", async (_, pattern, replacement, failure) => {
    const changed = fitted.replaceAll(pattern, replacement);
    expect(changed).not.toBe(fitted);
    expect(await failuresOf(changed)).toContain(failure);
  });
});

describe("devices of a twin", () => {
  const path = "traces/vm-tcg-redis-nvme-net";
  const { deviceIoTable, deviceTable, interruptTable, markTable, netPacketTable } = traceSchema;

  test("have the trace's names, marks, rates, sizes and ports", async () => {
    const { target } = await makeTrace(fitRecipe({ path, seed: 3 }));
    expect(traceRows(target, deviceTable)).toEqual(traceRows(path, deviceTable));
    expect(traceRows(target, markTable).map((row) => row["name"])).toEqual(
      traceRows(path, markTable).map((row) => row["name"]),
    );
    for (const table of [interruptTable, netPacketTable]) {
      const [made, wanted] = [traceRows(target, table).length, traceRows(path, table).length];
      expect(made / wanted, table.name).toBeGreaterThan(0.75);
      expect(made / wanted, table.name).toBeLessThan(1.35);
    }
    const bytes = (folder: string) => traceRows(folder, netPacketTable).map((row) => Number(row["bytes"]));
    expect(ksDistance(bytes(path), bytes(target))).toBeLessThan(0.1);
    const latencies = (folder: string) =>
      traceRows(folder, deviceIoTable)
        .filter((row) => row["complete_ns"] !== null)
        .map((row) => Number(row["complete_ns"]) - Number(row["submit_ns"]));
    expect(ksDistance(latencies(path), latencies(target))).toBeLessThan(0.35);
    const toRedis = (folder: string) =>
      traceRows(folder, netPacketTable).filter((row) => row["destination_port"] === 7391).length;
    expect(toRedis(target) / toRedis(path)).toBeGreaterThan(0.7);
    expect(toRedis(target) / toRedis(path)).toBeLessThan(1.4);
  });
});

test("busy ticks follow busy ones in a twin as in its trace", async () => {
  const path = await importRecording("native-sqlite");
  const neighbours = (folder: string) => correlation(ranks(traceStatistics(folder).pagesPerTick));
  const twins = await Promise.all([1, 2, 3, 4].map((seed) => makeTrace(fitRecipe({ path, seed }))));
  const found = twins.reduce((sum, { target }) => sum + neighbours(target), 0) / twins.length;
  expect(neighbours(path)).toBeGreaterThan(0.5);
  expect(Math.abs(found - neighbours(path))).toBeLessThan(0.25);
});

describe("fitting", () => {
  test("gives the same recipe again, which a fit of its own trace stays near to", async () => {
    const path = "traces/vm-tcg-redis-nvme-net";
    expect(fitRecipe({ path, seed: 9 })).toBe(fitRecipe({ path, seed: 9 }));
    const first = await makeTrace(fitRecipe({ path, seed: 9 }));
    const second = await makeTrace(fitRecipe({ path: first.target, seed: 10 }));
    const distances = traceDistances(traceStatistics(first.target), traceStatistics(second.target));
    expect(exceeded(distances), JSON.stringify(distances)).toEqual([]);
  });

  test("takes each VM of a trace, or the one that is named", async () => {
    const { target } = await makeTraceOf("traces/recipes/two-vms-mixed.yaml");
    // The third VM was read at other moments than the first, yet each 100 ms as well.
    const all = prepareRecipe(loadRecipe("all.yaml", () => fitRecipe({ path: target })));
    expect(all.recipe.value.vms.map(({ name }) => name)).toEqual(["mixed", "recorded-twice-as-fast", "recorded-later"]);
    const one = fitRecipe({ path: target, vm: "mixed" });
    expect(one.match(/- name: (?:mixed|recorded)/g)).toHaveLength(1);
    expect(() => fitRecipe({ path: target, vm: "nobody" })).toThrow(/no VM "nobody"/);
  });

  test("of a trace without ticks is refused", () => {
    expect(() => fitRecipe({ path: "traces/tiny/nowhere" })).toThrow(/no trace.json/);
  });

  test("survives names of any character", async () => {
    const { target } = await makeTrace(fitRecipe({ path: "traces/tiny/names-and-nulls" }));
    expect(validateTrace(target)).toEqual([]);
    expect(dumpFolder(target)).toContain("twin");
  });
});
