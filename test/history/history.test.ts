// Histories: files of a user's own, and where their series change.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { addToHistory, findTrends, type HistoryPlace, readHistory } from "../../src/history/index.ts";
import { measured, measurementOf } from "../kit/measurements.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const at = (day: number, more: Partial<HistoryPlace> = {}): HistoryPlace => ({
  time: `2026-01-${String(day).padStart(2, "0")}T12:00:00Z`,
  commit: `c${day}`,
  branch: "main",
  testbed: "default",
  ...more,
});

test.each(["h.csv", "h.parquet"])("%s: what is added is read again, by time, whatever came first", async (name) => {
  const path = join(tempFolder(), name);
  await addToHistory(path, measured("x", [3, 1, 2]), at(2));
  await addToHistory(path, measured("x", [NaN, NaN]), at(3));
  expect(await addToHistory(path, measured("x", [5]), at(1))).toEqual({ added: 1, total: 3 });
  expect(await readHistory(path)).toMatchObject([
    { commit: "c1", metric: "boot_ns", unit: "ns", polarity: "lower", sampleCount: 1, value: 5 },
    { commit: "c2", sampleCount: 3, failedCount: 0, value: 2, low: 1, high: 3 },
    { commit: "c3", sampleCount: 0, failedCount: 2, value: null, low: null, high: null },
  ]);
});

test("the same commit added again replaces itself; dimensions and odd names stay as they are", async () => {
  const path = join(tempFolder(), "h.csv");
  const odd = measurementOf("x", { boot_ns: { metric: {}, dimensions: ["vm"], rows: { '=cmd, "a"\nb': [1] } } });
  await addToHistory(path, odd, at(1));
  await addToHistory(path, odd, at(1));
  const points = await readHistory(path);
  expect(points).toHaveLength(1);
  expect(points[0]!.dimensions).toBe('vm==cmd, "a"\nb');
});

test("a history that is none, or a time that is none, is refused, and nothing is written", async () => {
  const path = join(tempFolder(), "h.csv");
  writeFileSync(path, "a,b\n1,2\n");
  await expect(addToHistory(path, measured("x", [1]), at(1))).rejects.toThrow("no column time");
  expect(readFileSync(path, "utf8")).toBe("a,b\n1,2\n");
  await expect(
    addToHistory(join(tempFolder(), "h.csv"), measured("x", [1]), { ...at(1), time: "today" }),
  ).rejects.toThrow("no time");
  await expect(addToHistory(join(tempFolder(), "h.txt"), measured("x", [1]), at(1))).rejects.toThrow(
    "a history is a .csv",
  );
});

test("a step shows as a change point; branches and testbeds are series of their own", async () => {
  const path = join(tempFolder(), "h.csv");
  for (let day = 1; day <= 24; day++) {
    const noise = (day * 7) % 5;
    await addToHistory(path, measured("x", [(day > 12 ? 1100 : 1000) + noise]), at(day));
    await addToHistory(path, measured("x", [1000 + noise]), at(day, { branch: "next" }));
    await addToHistory(path, measured("x", [500 + noise]), at(day, { testbed: "slow" }));
  }
  const trends = findTrends(await readHistory(path), {}, 1);
  expect(trends.map(({ branch, testbed, shifts }) => [branch, testbed, shifts.length])).toEqual([
    ["main", "default", 1],
    ["next", "default", 0],
    ["main", "slow", 0],
  ]);
  expect(trends[0]!.shifts[0]).toMatchObject({ index: 12, verdict: "worse", point: { commit: "c13" } });
  expect(findTrends(await readHistory(path), { branch: "next" }, 1)).toHaveLength(1);
  expect(findTrends(await readHistory(path), { metric: "nope" }, 1)).toEqual([]);
});
