// Answers to questions about a comparison, against what its tables say when they are added up by hand.
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { type Database, openDatabase, runCatalogueQuery, runSql } from "../../src/analysis/index.ts";
import { negligibleNs } from "../../src/calibrate/index.ts";
import { comparisonSchema, openFolder, readRows, runSchema, type Table } from "../../src/trace/index.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { hostileNames, scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const path = join(folder, "comparison");
let tiny: Database<"comparison">;

beforeAll(async () => {
  writeTinyComparison(path);
  tiny = await openDatabase({ kind: "comparison", path });
  return () => tiny.close();
});

type Row = Record<string, number | string | null>;
const rowsOf = (table: Table): Row[] => readRows(table, openFolder("comparison", path).sources.get(table.name)!);
const errorOf = (row: Row): number =>
  ((row["predicted_ns"] as number) - (row["recorded_ns"] as number)) / (row["recorded_ns"] as number);

test("the headline counts what the tables hold, and leaves the traced update out", async () => {
  const [headline] = await runCatalogueQuery(tiny, "comparison-headline");
  const traced = rowsOf(comparisonSchema.updateTable).findIndex((row) => row["traced"] === 1);
  const fair = (row: Row): boolean => row["update_index"] !== traced && row["recorded_ns"] !== null;
  const isInside = (row: Row): boolean =>
    (row["low_ns"] as number) <= (row["recorded_ns"] as number) &&
    (row["recorded_ns"] as number) <= (row["high_ns"] as number);
  const steps = rowsOf(comparisonSchema.comparedStepTable).filter(fair);
  const quantities = rowsOf(comparisonSchema.quantityTable).filter(fair);
  const blackouts = quantities.filter((row) => row["quantity"] === 3).map(errorOf);
  expect(headline).toMatchObject({
    recording_count: 8,
    update_count: 8,
    traced_count: 1,
    step_count: steps.length,
    inside_step_count: steps.filter(isInside).length,
    quantity_count: quantities.length,
    inside_quantity_count: quantities.filter(isInside).length,
    blackout_count: blackouts.length,
  });
  const sizes = blackouts.map(Math.abs).toSorted((left, right) => left - right);
  expect(headline!.median_ratio).toBeCloseTo(sizes[(sizes.length - 1) / 2]!, 12);
  expect(Math.abs(headline!.worst_ratio!)).toBeCloseTo(sizes.at(-1)!, 12);
});

test("what counts as met is what the command line says", async () => {
  const answer = await runSql(
    tiny,
    `SELECT count(*) FROM compared_step WHERE is_negligible <> (abs(predicted_ns - recorded_ns) < ${negligibleNs})`,
  );
  expect(answer.rows).toEqual([[0]]);
});

test("merged points stand for all of them, and each outlier is outside its interval", async () => {
  const rows = await runCatalogueQuery(tiny, "predicted-by-step");
  const single = await runCatalogueQuery(tiny, "predicted-by-step", { cells_per_decade: 1_000_000 });
  const count = (all: typeof rows) => all.reduce((sum, row) => sum + row.update_count, 0);
  expect(count(rows)).toBe(count(single));
  expect(rows.length).toBeLessThan(single.length);
  const outliers = rows.filter((row) => row.outlier_index !== null);
  expect(outliers.length).toBeGreaterThan(0);
  for (const row of outliers) expect(row.is_inside || row.is_negligible).toBe(false);
  expect(rows.some((row) => row.update_name === "traced")).toBe(false);
});

test("rank correlations are those that ranks by hand give", async () => {
  const residuals = await runCatalogueQuery(tiny, "residuals-by-driver");
  const rankOf = (values: readonly number[], value: number): number =>
    (values.filter((other) => other < value).length + values.filter((other) => other <= value).length + 1) / 2;
  for (const row of await runCatalogueQuery(tiny, "driver-correlations")) {
    const own = residuals.filter(({ quantity }) => quantity === row.quantity);
    const errors = own.map((each) => each.error_ratio);
    const drivers = own.map((each) => each[row.driver as "cpu_count"]);
    const middle = (own.length + 1) / 2;
    let [both, left, right] = [0, 0, 0];
    for (const index of own.keys()) {
      const error = rankOf(errors, errors[index]!) - middle;
      const driver = rankOf(drivers, drivers[index]!) - middle;
      both += error * driver;
      left += error * error;
      right += driver * driver;
    }
    if (left * right === 0) expect(row.rank_correlation_ratio).toBeNull();
    else expect(row.rank_correlation_ratio).toBeCloseTo(both / Math.sqrt(left * right), 2);
  }
});

describe("two kernels", () => {
  test("the first pair differs in the kernel only; updates from one kernel into another make no pair", async () => {
    const pairs = await runCatalogueQuery(tiny, "kernel-pairs");
    expect(pairs.map((row) => [row.older_name, row.newer_name, row.unlike_pages])).toEqual([
      ["old-64", "new-64-still", 0],
      ["old-64", "new-64", 2070],
    ]);
  });

  test("bars lead from one kernel's blackout to the other's without a gap", async () => {
    for (const pair of await runCatalogueQuery(tiny, "kernel-pairs")) {
      const rows = await runCatalogueQuery(tiny, "kernel-waterfall", { pair_index: pair.pair_index });
      for (const inBlackout of [true, false]) {
        const own = rows.filter((row) => row.in_blackout === inBlackout);
        const [older, newer] = [own[0]!, own.at(-1)!];
        expect([older.row_kind, newer.row_kind]).toEqual(["older", "newer"]);
        let reachedNs = older.end_ns;
        for (const row of own.slice(1, -1)) {
          expect(row.start_ns).toBe(reachedNs);
          if (row.row_kind === "step") expect(row.end_ns - row.start_ns).toBe(row.newer_ns! - row.older_ns!);
          reachedNs = row.end_ns;
        }
        expect(reachedNs).toBe(newer.end_ns);
      }
      expect([rows[0]!.end_ns, rows.find((row) => row.row_kind === "newer")!.end_ns]).toEqual([
        pair.older_blackout_ns,
        pair.newer_blackout_ns,
      ]);
    }
  });

  test("a step that one kernel does not have is not paid there", async () => {
    const rows = await runCatalogueQuery(tiny, "kernel-waterfall");
    expect(rows.find((row) => row.step_name === "extend-scratch")).toMatchObject({ older_ns: 0, newer_ns: 3_443_440 });
    const jump = rows.find((row) => row.step_name === "copy-image + purgatory + decompress");
    expect(jump).toMatchObject({ cost_name: "hashPurgatoryMibNs", cost_change_ns: -1_575_000_000 });
  });
});

test("the square law goes through what is predicted of scattered updates", async () => {
  const boots = await runCatalogueQuery(tiny, "scattered-boot");
  expect(boots.filter((row) => row.scattered).map((row) => row.lone_count)).toEqual([8192, 16_384]);
  const curve = await runCatalogueQuery(tiny, "scattered-curve", { point_count: 2 });
  const predicted = (name: string): number => boots.find((row) => row.update_name === name)!.predicted_ns;
  expect(curve.map((row) => row.lone_count)).toEqual([0, 8192, 16_384]);
  expect(Math.abs(curve[1]!.curve_ns - predicted("frag-8"))).toBeLessThan(2);
  expect(Math.abs(curve[2]!.curve_ns - predicted("frag-16"))).toBeLessThan(2);
});

test("names of any kind come through SQL as they are", async () => {
  writeTinyComparison(join(folder, "hostile"), { names: hostileNames });
  const database = await openDatabase({ kind: "comparison", path: join(folder, "hostile") });
  const rows = await runCatalogueQuery(database, "residuals-by-driver");
  const inputs = await runCatalogueQuery(database, "comparison-inputs");
  database.close();
  const names = new Set(rows.map((row) => row.update_name));
  for (const name of hostileNames) expect(names.has(name)).toBe(true);
  for (const name of hostileNames) expect(inputs.some((row) => row.input_name === name)).toBe(true);
});

test("phases of steps are those of runs", () => {
  const codes = rowsOf(comparisonSchema.comparedStepTable).map((row) => row["phase"] as number);
  const labels = new Set(codes.map((code) => runSchema.phaseLabels[code]));
  expect(labels).toEqual(new Set(["preserve", "serialize", "kexec", "restore", "finish"]));
});
