// What is said of two sides: the cases that people know from their own builds.
import { expect, test } from "vitest";

import { compare, type CompareOptions, type DifferenceRow, type Measurement } from "../../src/compare/index.ts";
import { exactly, measured, measurementOf } from "../kit/measurements.ts";

async function onlyRow(base: Measurement, next: Measurement, options: CompareOptions = {}): Promise<DifferenceRow> {
  const { rows } = await compare([base, next], options);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

async function changeOf(base: Measurement, next: Measurement, options: CompareOptions = {}) {
  return (await onlyRow(base, next, options)).changes[0]!;
}

/** Samples about a middle, spread evenly by so large a share: no two are equal. */
function around(middle: number, spreadRatio: number, count: number): number[] {
  return Array.from(
    { length: count },
    (_, index) => middle * (1 + spreadRatio * (((index * 7) % count) / count - 0.5)),
  );
}

test("identical exact values are the same; the least difference is a real one", async () => {
  expect(await changeOf(exactly("a", [5]), exactly("b", [5]))).toMatchObject({
    verdict: "same",
    delta: 0,
    deltaRatio: 0,
  });
  expect(await changeOf(exactly("a", [5_000_000_000]), exactly("b", [5_000_000_001]))).toMatchObject({
    verdict: "worse",
    delta: 1,
    deltaRatio: 2e-10,
  });
  expect(await changeOf(exactly("a", [5]), exactly("b", [4]))).toMatchObject({ verdict: "better", delta: -1 });
});

test("which way is better is the metric's own affair", async () => {
  const higher = { polarity: "higher" } as const;
  expect(await changeOf(exactly("a", [5], higher), exactly("b", [6], higher))).toMatchObject({ verdict: "better" });
  const neutral = { polarity: "neutral" } as const;
  expect(await changeOf(exactly("a", [5], neutral), exactly("b", [6], neutral))).toMatchObject({
    verdict: "different",
  });
});

test("a floor makes small differences none, by size and by share", async () => {
  const floors = { floor: 10, floorRatio: 0.01 };
  expect(await changeOf(exactly("a", [100], floors), exactly("b", [110], floors))).toMatchObject({ verdict: "same" });
  expect(await changeOf(exactly("a", [100], floors), exactly("b", [111], floors))).toMatchObject({ verdict: "worse" });
  expect(await changeOf(exactly("a", [10_000], floors), exactly("b", [10_100], floors))).toMatchObject({
    verdict: "same",
  });
  expect(await changeOf(exactly("a", [10_000], floors), exactly("b", [10_101], floors))).toMatchObject({
    verdict: "worse",
  });
});

test("several exact values: equal lists in any order, then medians, then means", async () => {
  expect(await changeOf(exactly("a", [1, 2, 3]), exactly("b", [3, 1, 2]))).toMatchObject({ verdict: "same", delta: 0 });
  expect(await changeOf(exactly("a", [1, 2, 3]), exactly("b", [1, 4, 5]))).toMatchObject({
    verdict: "worse",
    delta: 2,
  });
  expect(await changeOf(exactly("a", [1, 2, 3]), exactly("b", [1, 2, 9]))).toMatchObject({
    verdict: "worse",
    delta: 2,
  });
  expect(await changeOf(exactly("a", [1, 2, 3]), exactly("b", [0, 2, 4]))).toMatchObject({
    verdict: "different",
    delta: 0,
  });
  // Unequal lengths are no error: what is compared are the lists.
  expect(await changeOf(exactly("a", [1, 2, 3]), exactly("b", [2]))).toMatchObject({ verdict: "different", delta: 0 });
});

test("zeros have no share, and no share is printed as infinite", async () => {
  expect(await changeOf(exactly("a", [0]), exactly("b", [0]))).toMatchObject({ verdict: "same", deltaRatio: null });
  expect(await changeOf(exactly("a", [0]), exactly("b", [3]))).toMatchObject({
    verdict: "worse",
    delta: 3,
    deltaRatio: null,
  });
  expect(await changeOf(exactly("a", [3]), exactly("b", [0]))).toMatchObject({ verdict: "better", deltaRatio: -1 });
});

test("one sample is too few to say anything of what is measured, and its difference is shown all the same", async () => {
  const change = await changeOf(measured("a", [100]), measured("b", [150]));
  expect(change).toMatchObject({
    verdict: "inconclusive",
    delta: 50,
    deltaRatio: 0.5,
    test: null,
    isBeyondFloor: true,
  });
  expect(change.reason).toBe("1 of at least 5 samples");
  // Within the usual floor of 1 %.
  expect(await changeOf(measured("a", [100]), measured("b", [101]))).toMatchObject({ isBeyondFloor: false });
});

test("clearly longer samples are worse, and shorter ones better", async () => {
  const [short, long] = [around(100, 0.02, 10), around(110, 0.02, 10)];
  const worse = await changeOf(measured("a", short), measured("b", long));
  expect(worse).toMatchObject({ verdict: "worse" });
  expect(worse.deltaRatio).toBeCloseTo(0.1, 2);
  expect(worse.deltaLow!).toBeLessThan(worse.delta!);
  expect(worse.deltaHigh!).toBeGreaterThan(worse.delta!);
  expect(worse.test).toMatchObject({ isExact: true, effect: 1, ksDistance: 1 });
  expect(await changeOf(measured("a", long), measured("b", short))).toMatchObject({ verdict: "better" });
});

test("unequal lengths of samples are compared as they are", async () => {
  const change = await changeOf(measured("a", around(100, 0.02, 8)), measured("b", around(120, 0.02, 23)));
  expect(change).toMatchObject({ verdict: "worse", test: { effect: 1 } });
});

test("all equal: ties everywhere are no difference", async () => {
  const equal = Array.from({ length: 10 }, () => 42);
  expect(await changeOf(measured("a", equal), measured("b", equal))).toMatchObject({
    verdict: "same",
    delta: 0,
    test: { pValue: 1 },
  });
  // Two values that a coarse clock knows, in the same shares.
  const ticks = [10, 10, 10, 20, 20, 10, 10, 20, 10, 10];
  expect((await changeOf(measured("a", ticks), measured("b", ticks.toReversed()))).verdict).not.toBe("worse");
});

test("what is significant and smaller than the floor does not matter", async () => {
  const change = await changeOf(measured("a", around(100, 0.001, 20)), measured("b", around(100.5, 0.001, 20)));
  expect(change).toMatchObject({ verdict: "same", reason: "significant, and within the floor" });
  expect(change.test!.adjustedPValue).toBeLessThan(0.001);
});

test("noise that could hide what matters is inconclusive, and says so", async () => {
  const change = await changeOf(measured("a", around(100, 0.6, 8)), measured("b", around(101, 0.6, 8)));
  expect(change.verdict).toBe("inconclusive");
  expect(change.reason).toContain("more samples are needed");
});

test("NaN is a sample that did not finish", async () => {
  const row = await onlyRow(
    measured("a", around(100, 0.02, 10)),
    measured(
      "b",
      Array.from({ length: 10 }, () => NaN),
    ),
  );
  expect(row.changes[0]).toMatchObject({ verdict: "did-not-finish", delta: null, deltaRatio: null });
  expect(row.cells[1]).toMatchObject({ failedCount: 10, median: null, mean: null });
  expect(await changeOf(exactly("a", [NaN]), exactly("b", [5]))).toMatchObject({ verdict: "better" });
  expect(await changeOf(exactly("a", [NaN]), exactly("b", [NaN]))).toMatchObject({ verdict: "same" });
  // A ratio is never made of what did not finish.
  const some = await changeOf(exactly("a", [5, 5]), exactly("b", [5, NaN]));
  expect(some).toMatchObject({ verdict: "did-not-finish", delta: null });
});

test("more that do not finish are told by Fisher's test, and a few are not", async () => {
  const good = around(100, 0.02, 20);
  const half = good.map((value, index) => (index % 2 === 0 ? NaN : value));
  const bad = await changeOf(measured("a", good), measured("b", half));
  expect(bad).toMatchObject({ verdict: "did-not-finish" });
  expect(bad.reason).toBe("10 of 20 did not finish, and 0 of 20 of the base");
  // Also where too few finished to say anything of how long they took.
  const almostNone = good.map((value, index) => (index < 18 ? NaN : value));
  expect(await changeOf(measured("a", good), measured("b", almostNone))).toMatchObject({ verdict: "did-not-finish" });
  const one = good.map((value, index) => (index === 0 ? NaN : value));
  expect((await changeOf(measured("a", good), measured("b", one))).verdict).not.toBe("did-not-finish");
  expect(await changeOf(measured("a", half), measured("b", good))).toMatchObject({ verdict: "better" });
});

test("passes and failures are counted: Fisher's test on flags", async () => {
  const flag = { unit: "flag", polarity: "higher" } as const;
  const passes = (count: number) => Array.from({ length: 20 }, (_, index) => (index < count ? 1 : 0));
  expect(await changeOf(measured("a", passes(20), flag), measured("b", passes(8), flag))).toMatchObject({
    verdict: "worse",
    reason: "8 of 20, and 20 of 20 of the base",
  });
  expect(await changeOf(measured("a", passes(20), flag), measured("b", passes(19), flag))).toMatchObject({
    verdict: "inconclusive",
  });
});

test("a metric in two units is an error, and so is one with two better ends", async () => {
  const [ns, bytes] = [exactly("a", [5], { unit: "ns" }), exactly("b", [5], { unit: "bytes" })];
  await expect(compare([ns, bytes])).rejects.toThrow("boot_ns is in bytes in b, and in ns before");
  const other = exactly("b", [5], { polarity: "higher" });
  await expect(compare([ns, other])).rejects.toThrow("higher is better in b");
});

test("memory worse but time better: each metric has a verdict of its own", async () => {
  const side = (label: string, ns: number, bytes: number): Measurement =>
    measurementOf(label, {
      blackout_ns: { metric: { exact: true }, rows: { "": [ns] } },
      overhead_bytes: { metric: { exact: true }, rows: { "": [bytes] } },
    });
  const { rows } = await compare([side("base", 5e9, 1e6), side("new", 4e9, 2e6)]);
  expect(rows.map(({ metric, changes }) => [metric, changes[0]!.verdict])).toEqual([
    ["blackout_ns", "better"],
    ["overhead_bytes", "worse"],
  ]);
});

test("nothing in common is an error", async () => {
  const other = measurementOf("other", { size_bytes: { metric: {}, rows: { "": [1] } } });
  await expect(compare([exactly("a", [5]), other])).rejects.toThrow("other has nothing in common with a");
  await expect(compare([exactly("a", [5])])).rejects.toThrow("one column only");
});

test("rows that one side lacks are neither better nor worse; a step that is not paid takes 0 ns", async () => {
  const side = (label: string, rows: Readonly<Record<string, readonly number[]>>, metric: object): Measurement =>
    measurementOf(label, { step_ns: { metric: { exact: true, ...metric }, dimensions: ["step"], rows } });
  const [base, next] = [
    { a: [1], b: [2] },
    { b: [2], c: [3] },
  ];
  const { rows } = await compare([side("base", base, {}), side("new", next, {})]);
  expect(rows.map(({ changes }) => changes[0]!.verdict)).toEqual(["only-base", "same", "only-new"]);
  const known = await compare([side("base", base, { absent: 0 }), side("new", next, { absent: 0 })]);
  expect(known.rows.map(({ changes }) => [changes[0]!.verdict, changes[0]!.delta])).toEqual([
    ["better", -1],
    ["same", 0],
    ["worse", 3],
  ]);
});

test("three sides are each compared with the first", async () => {
  const { columns, rows } = await compare([exactly("a", [5]), exactly("b", [5]), exactly("a", [7])]);
  expect(columns.map(({ label }) => label)).toEqual(["a", "b", "a (2)"]);
  expect(rows[0]!.changes.map(({ verdict }) => verdict)).toEqual(["same", "worse"]);
});

test("what one side takes for measured is measured on both; --exact takes all as it is", async () => {
  const row = await onlyRow(exactly("a", [5]), measured("b", [6]));
  expect(row).toMatchObject({ exact: false, changes: [{ verdict: "inconclusive" }] });
  expect(await onlyRow(measured("a", [5]), measured("b", [6]), { exact: true })).toMatchObject({
    exact: true,
    changes: [{ verdict: "worse" }],
  });
});

test("Holm goes over all tests of a comparison: the smallest p-value counts as often as there are tests", async () => {
  const side = (label: string, shift: number): Measurement =>
    measurementOf(
      label,
      Object.fromEntries(
        [0, 0.004, 0.02].map((each, index) => [
          `m${index}_ns`,
          { metric: {}, rows: { "": around(100 * (1 + each * shift), 0.02, 8) } },
        ]),
      ),
    );
  const { rows, testCount } = await compare([side("base", 0), side("new", 1)]);
  const tests = rows.map(({ changes }) => changes[0]!.test!);
  expect(testCount).toBe(3);
  const sorted = tests.toSorted((left, right) => left.pValue - right.pValue);
  expect(sorted[0]!.adjustedPValue).toBeCloseTo(3 * sorted[0]!.pValue, 12);
  expect(sorted[1]!.adjustedPValue).toBeCloseTo(Math.min(1, 2 * sorted[1]!.pValue), 12);
});

test("of 500 metrics the one that has changed is found, once there are samples enough for so many tests", async () => {
  const side = (label: string, factor: number, count: number): Measurement =>
    measurementOf(
      label,
      Object.fromEntries(
        Array.from({ length: 500 }, (_, index) => [
          `m${index}_ns`,
          { metric: {}, rows: { "": around(100 * (index === 123 ? factor : 1), 0.005, count) } },
        ]),
      ),
    );
  const few = await compare([side("base", 1, 8), side("new", 1.1, 8)]);
  expect(few.testCount).toBe(500);
  expect(few.rows[123]!.changes[0]).toMatchObject({ verdict: "inconclusive" });
  expect(few.rows[123]!.changes[0]!.reason).toBe("too few samples for 500 tests: 10 a side are needed");
  const enough = await compare([side("base", 1, 10), side("new", 1.1, 10)]);
  const changed = enough.rows.filter(({ changes }) => changes[0]!.verdict !== "same");
  expect(changed.map(({ metric, changes }) => [metric, changes[0]!.verdict])).toEqual([["m123_ns", "worse"]]);
});
