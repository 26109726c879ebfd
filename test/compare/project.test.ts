// Rows and columns from dimensions.
import { expect, test } from "vitest";

import { compare, type Difference, type DifferenceRow } from "../../src/compare/index.ts";
import { measurementOf } from "../kit/measurements.ts";

const exact = { exact: true } as const;

function sweepOf(label: string, factor = 1) {
  return measurementOf(
    label,
    {
      blackout_ns: {
        metric: exact,
        dimensions: ["configuration", "host.scratch", "host.cpus"],
        rows: {
          "one/100%/16": [10 * factor],
          "two/100%/64": [20 * factor],
          "three/200%/16": [30 * factor],
          "four/200%/64": [40 * factor],
        },
      },
      vm_blackout_ns: { metric: exact, dimensions: ["vm"], rows: { a: [1 * factor], b: [2 * factor] } },
    },
    { composed: { configuration: ["host.scratch", "host.cpus"] } },
  );
}

function rowText({ metric, dimensions, cells, hidden }: DifferenceRow): string {
  const where = dimensions.map(([name, value]) => `${name}=${value}`).join(" ");
  const mixed = hidden.length === 0 ? "" : ` mixes ${hidden.join(" ")}`;
  return `${metric} ${where}: ${cells.map((cell) => (cell ? [...cell.values].join("+") : "-")).join(" ")}${mixed}`;
}

const rowsOf = ({ rows }: Difference): string[] => rows.map(rowText);

test("without a wish each row is one of all dimensions, and a configuration's axes are said by its name", async () => {
  expect(rowsOf(await compare([sweepOf("a"), sweepOf("b", 2)]))).toEqual([
    "blackout_ns configuration=one: 10 20",
    "blackout_ns configuration=two: 20 40",
    "blackout_ns configuration=three: 30 60",
    "blackout_ns configuration=four: 40 80",
    "vm_blackout_ns vm=a: 1 2",
    "vm_blackout_ns vm=b: 2 4",
  ]);
});

test("an axis as columns: one sweep against itself, by the last word of its path too", async () => {
  const difference = await compare([sweepOf("a")], { column: "scratch" });
  expect(difference.columns.map(({ label }) => label)).toEqual(["100%", "200%"]);
  expect(rowsOf(difference)).toEqual(["blackout_ns host.cpus=16: 10 30", "blackout_ns host.cpus=64: 20 40"]);
  const both = await compare([sweepOf("a"), sweepOf("b", 2)], { column: "host.scratch" });
  expect(both.columns.map(({ label }) => label)).toEqual(["a: 100%", "a: 200%", "b: 100%", "b: 200%"]);
});

test("rows by some dimensions put the others together, and say so", async () => {
  const difference = await compare([sweepOf("a"), sweepOf("b", 2)], { rows: ["cpus"] });
  expect(rowsOf(difference)).toEqual([
    "blackout_ns host.cpus=16: 10+30 20+60 mixes host.scratch",
    "blackout_ns host.cpus=64: 20+40 40+80 mixes host.scratch",
    "vm_blackout_ns : 1+2 2+4 mixes vm",
  ]);
  expect(difference.warnings).toEqual(["3 rows put together values that differ in host.scratch, vm"]);
  const alone = await compare([sweepOf("a"), sweepOf("b", 2)], { rows: ["metric"], filter: "metric:blackout_ns" });
  expect(rowsOf(alone)).toEqual(["blackout_ns : 10+20+30+40 20+40+60+80 mixes configuration"]);
});

test("filters see axes also where rows do not show them", async () => {
  expect(rowsOf(await compare([sweepOf("a"), sweepOf("b")], { filter: "scratch:200% cpus:/^6/" }))).toEqual([
    "blackout_ns configuration=four: 40 40",
  ]);
});

test("a dimension that nobody has is an error with those that there are", async () => {
  const sides = [sweepOf("a"), sweepOf("b")];
  await expect(compare(sides, { rows: ["nope"] })).rejects.toThrow('no dimension "nope"');
  await expect(compare(sides, { column: "nope" })).rejects.toThrow('no dimension "nope"');
  await expect(compare(sides, { filter: "nope:1" })).rejects.toThrow('no dimension "nope"');
  await expect(compare(sides, { filter: "vm:nobody" })).rejects.toThrow("nothing in common");
});

test("10,000 rows of ten metrics are compared within seconds", async () => {
  const rows = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`c${index}`, [index]]));
  const metrics = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`m${index}_ns`, { metric: exact, dimensions: ["configuration"], rows }]),
  );
  const [base, next] = [measurementOf("a", metrics), measurementOf("b", metrics)];
  const startMs = performance.now();
  const difference = await compare([base, next]);
  expect(difference.rows).toHaveLength(100_000);
  expect(performance.now() - startMs).toBeLessThan(5000);
});
