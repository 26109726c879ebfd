// A difference as a folder: what is written, that it is the same every time, and what other commands make of it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { type Difference, verdicts } from "../../src/compare/index.ts";
import { measurementKinds } from "../../src/compare/measurement.ts";
import { metricUnits, polarities } from "../../src/compare/metric.ts";
import { writeDifference } from "../../src/difference/index.ts";
import {
  describeFolder,
  differenceSchema,
  type DifferenceHeader,
  dumpFolder,
  openFolder,
  readRows,
  type Table,
} from "../../src/trace/index.ts";
import { luoscope } from "../kit/cli.ts";
import { expectGolden } from "../kit/golden.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { tinyDifference, tinyGate, writeTinyDifference } from "../kit/tiny-difference.ts";

const folder = sharedFolder();
const path = join(folder, "difference");
let header: DifferenceHeader;

beforeAll(() => {
  header = writeTinyDifference(path, { withGate: true, sideCount: 3 });
});

const rowsOf = (table: Table, from = path) => readRows(table, openFolder("difference", from).sources.get(table.name)!);
const write = (name: string, difference: Difference) =>
  writeDifference({ difference, title: name, target: join(folder, name), luoscopeVersion: "0.0.0-test" });

test("holds what a person can read", () => {
  expectGolden("difference/tiny.txt", dumpFolder(path));
});

test("the labels of its codes are those of the comparison, in its order", () => {
  const { verdictLabels, sideKindLabels, rowUnitLabels, polarityLabels } = differenceSchema;
  expect([verdictLabels, sideKindLabels, rowUnitLabels, polarityLabels]).toEqual([
    verdicts,
    measurementKinds,
    metricUnits,
    polarities,
  ]);
});

test("the same difference gives the same bytes, another one others, and no path is in them", () => {
  writeTinyDifference(join(folder, "again"), { withGate: true, sideCount: 3 });
  for (const file of readdirSync(path)) {
    const bytes = readFileSync(join(path, file));
    expect(readFileSync(join(folder, "again", file)).equals(bytes), file).toBe(true);
  }
  expect(readFileSync(join(path, "difference.json"), "utf8") + dumpFolder(path)).not.toContain("somewhere");
  expect(writeTinyDifference(join(folder, "other"), { sideCount: 2 }).sha256).not.toBe(header.sha256);
});

test("the header says what was compared, how it was decided and what the gate says", () => {
  expect(header).toMatchObject({
    columns: [
      { label: "before", file: "run-0", kind: "baseline", sha256: "a".repeat(64) },
      { label: "after", file: "run-1", kind: "run", sha256: "b".repeat(64) },
      { label: "after, with scratch", file: "run-2", kind: "run", sha256: "c".repeat(64) },
    ],
    alpha: 0.05,
    min_samples: 5,
    seed: 7,
    test_count: 6,
    gate: { policy: "policy.yaml", outcome: "fail", iterations: 2 },
  });
  expect(writeTinyDifference(join(folder, "ungated")).gate).toBeNull();
});

describe("tables", () => {
  const difference = tinyDifference({ sideCount: 3 });

  test("have a cell where a side has the row, and a change of each side behind the base", () => {
    const cells = difference.rows.flatMap((row) => row.cells.filter((cell) => cell !== null));
    expect(rowsOf(differenceSchema.cellTable)).toHaveLength(cells.length);
    expect(rowsOf(differenceSchema.changeTable)).toHaveLength(difference.rows.length * 2);
    expect(cells.length).toBeLessThan(difference.rows.length * 3);
  });

  test("keep every sample of noisy rows in its order, and none of values that stand alone", () => {
    const own = rowsOf(differenceSchema.sampleTable);
    const expected = difference.rows.flatMap(({ exact, cells }, rowIndex) =>
      exact
        ? []
        : cells.flatMap((cell, sideIndex) =>
            [...(cell?.values ?? [])].map((value, sampleIndex) => [rowIndex, sideIndex, sampleIndex, value]),
          ),
    );
    expect(own.map((row) => ["row_index", "side_index", "sample_index", "value"].map((name) => row[name]))).toEqual(
      expected,
    );
  });

  test("tie a waterfall to its row, and a breach to its rule and rows", () => {
    const { waterfallTable, ruleTable, breachTable, breachRowTable } = differenceSchema;
    const blackout = rowsOf(differenceSchema.comparedRowTable).findIndex((row) => row["metric"] === "blackout_ns");
    expect(rowsOf(waterfallTable).map((row) => [row["side_index"], row["row_index"]])).toEqual([
      [1, blackout],
      [2, blackout],
    ]);
    const rules = rowsOf(ruleTable);
    const breaches = rowsOf(breachTable).map((row) => [
      rules[row["rule_index"] as number]!["line"],
      row["is_undecided"],
    ]);
    expect(breaches).toEqual([
      [4, 0],
      [6, 0],
      [9, 1],
    ]);
    expect(rowsOf(breachRowTable).map((row) => [row["breach_index"], row["row_index"]])).toEqual([
      [0, 0],
      [1, 1],
      [1, 4],
      [2, 4],
    ]);
    expect(rules.map((row) => row["reason"])).toEqual([
      "",
      "blackout: 2.46 s is not below 2 s",
      "phase kexec and another: +179 % is more than +5 %",
      "serialize: 7 samples, about 20 are needed",
    ]);
  });

  test("have steps and a rest that add up to the difference", () => {
    const steps = rowsOf(differenceSchema.stepChangeTable);
    for (const [index, waterfall] of rowsOf(differenceSchema.waterfallTable).entries()) {
      const own = steps.filter((row) => row["waterfall_index"] === index);
      const sum = own.reduce((total, row) => total + (row["delta_ns"] as number), waterfall["rest_ns"] as number);
      expect(sum).toBeCloseTo((waterfall["new_ns"] as number) - (waterfall["base_ns"] as number), 3);
    }
    const causes = rowsOf(differenceSchema.causeChangeTable);
    expect(steps[causes[0]!["step_change_index"] as number]!["step"]).toBe("purgatory-hash");
    // The second waterfall's causes are of its own steps.
    expect(steps[causes.at(-1)!["step_change_index"] as number]!["waterfall_index"]).toBe(1);
  });
});

test("a number that is none is null and no sample", () => {
  const usual = tinyDifference();
  const [row] = usual.rows;
  const cell = { ...row!.cells[1]!, values: Float64Array.of(1, Number.POSITIVE_INFINITY), mean: Number.NaN };
  const change = { ...row!.changes[0]!, deltaRatio: Number.POSITIVE_INFINITY };
  write("infinite", {
    ...usual,
    rows: [{ ...row!, cells: [row!.cells[0]!, cell], changes: [change] }],
    waterfalls: [],
  });
  const from = join(folder, "infinite");
  expect(rowsOf(differenceSchema.cellTable, from)[1]).toMatchObject({ mean: null, sample_count: 2 });
  expect(rowsOf(differenceSchema.changeTable, from)[0]!["delta_ratio"]).toBeNull();
  expect(rowsOf(differenceSchema.sampleTable, from).filter((sample) => sample["side_index"] === 1)).toHaveLength(1);
});

test("a row without a cell for each column is a defect, and leaves nothing behind", () => {
  const usual = tinyDifference();
  const rows = [{ ...usual.rows[0]!, cells: [usual.rows[0]!.cells[0]!] }];
  expect(() => write("torn", { ...usual, rows })).toThrow(/a cell a column/);
  const gate = { ...tinyGate(usual), rules: [{ ...tinyGate(usual).rules[1]! }] };
  const breaches = [{ ...gate.rules[0]!.breaches[0]!, rows: [99] }];
  const bad = { ...gate, rules: [{ ...gate.rules[0]!, breaches }] };
  const options = { difference: usual, gate: bad, title: "", target: join(folder, "torn"), luoscopeVersion: "0" };
  expect(() => writeDifference(options)).toThrow(/rows of the comparison/);
  expect(readdirSync(folder).filter((name) => name.startsWith(".") || name === "torn")).toEqual([]);
});

test("another folder is not replaced", () => {
  const target = join(folder, "foreign");
  mkdirSync(target);
  writeFileSync(join(target, "letter.txt"), "dear");
  expect(() => writeTinyDifference(target)).toThrow("exists and is not a difference folder");
});

test("labels of any length fit into the header, and stand in the tables whole", () => {
  const outside = `\ud800 "'\n</script> ${"x".repeat(10_000)}`;
  const target = join(folder, "hostile");
  expect(writeTinyDifference(target, { outside, withGate: true, sideCount: 4 }).columns).toHaveLength(4);
  expect(rowsOf(differenceSchema.sideTable, target)[1]!["label"]).toBe(`${outside.toWellFormed()} 1`);
  expect(readFileSync(join(target, "difference.json")).length).toBeLessThan(20_000);
});

test("10,000 rows are written in a moment", () => {
  const difference = tinyDifference({ rowCount: 10_000 });
  const start = performance.now();
  const { tables } = write("large", difference);
  const ms = performance.now() - start;
  expect(tables["change"]!.rows).toBe(10_000);
  // About 250 ms; a busy machine gets more.
  expect(ms).toBeLessThan(3000);
});

describe("the command line", () => {
  test("inspects it", () => {
    const { status, stdout, stderr } = luoscope(["inspect", path]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("difference before and after");
    expect(stdout).toMatch(/new +after, with scratch +run +cccccccccccc/);
    expect(stdout).toMatch(/blackout_ns < 2s +fail/);
    expect(describeFolder(path)).toMatchObject({ kind: "difference", rules: [{}, {}, {}, {}] });
  });

  test("asks it questions of the catalogue", () => {
    const { status, stdout } = luoscope(["query", path, "difference-rules", "--json"]);
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { rows: unknown[][] }).rows[0]!.slice(0, 4)).toEqual([
      "blackout_ns < 2s",
      "policy.yaml",
      4,
      "fail",
    ]);
    expect(luoscope(["query", path, "--list"]).stdout).toContain("difference-waterfall");
  });

  test("exports its tables, and no timeline", () => {
    const { status, stderr } = luoscope(["export", path, "--to", "csv", "-o", join(folder, "csv")]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "csv", "change.csv"), "utf8").split("\n")[1]).toContain("worse");
    expect(luoscope(["export", path, "--to", "perfetto", "-o", join(folder, "no.pftrace")]).stderr).toContain(
      "a difference is no timeline",
    );
  });
});
