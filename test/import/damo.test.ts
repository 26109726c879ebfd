// Records of damo: against damo's own conversions of the same records, and what may be damaged in them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { traceSchema } from "../../src/trace/index.ts";
import { importBroken } from "../kit/broken-import.ts";
import { importInto } from "../kit/import-conformance.ts";
import { rowsOf } from "../kit/imported-rows.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const samples = fileURLToPath(new URL("../../traces/samples/damo/3.3.0", import.meta.url));
const { accessTable, vmTable } = traceSchema;

async function importRecords(records: unknown, name = "records.json") {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, typeof records === "string" ? records : JSON.stringify(records));
  const { folder: trace, report } = await importInto([path]);
  return { rows: rowsOf(trace, accessTable), vms: rowsOf(trace, vmTable), report };
}

const region = (start: number | string, end: number | string, samples: number | string | null = 3) => ({
  start,
  end,
  nr_accesses: { samples, percent: null },
  age: { usec: null, aggr_intervals: "1,000" },
});

const record = (snapshots: readonly unknown[], intervals: unknown = null) => ({ intervals, target_id: 0, snapshots });

describe.each(["vaddr", "paddr"])("damo's record %s", (kind) => {
  test("is the same packed, as a report, and as perf's text", async () => {
    const plain = await importInto([join(samples, `${kind}.json`)]);
    const rows = rowsOf(plain.folder, accessTable);
    const packed = await importInto([join(samples, `${kind}.json_compressed`)]);
    expect(packed.report.importer).toBe("damo 1");
    expect(rowsOf(packed.folder, accessTable)).toEqual(rows);
    const report = await importInto([join(samples, `${kind}.report-access.json`)]);
    expect(rowsOf(report.folder, accessTable)).toEqual(rows);
    // damo writes this text itself; it leaves out the intervals, and cuts times to a microsecond.
    const text = await importInto([join(samples, `${kind}.perf_script`)]);
    const places = (read: typeof rows) =>
      read.map((row) => [row["start_gfn"], row["page_count"], row["access_count"], row["age_count"]]);
    const perf = rowsOf(text.folder, accessTable);
    expect(places(perf)).toEqual(places(rows));
    expect(perf.every((row) => row["sample_count"] === null)).toBe(true);
    const offset = Number(rows[0]!["time_ns"]) - Number(perf[0]!["time_ns"]);
    for (const [index, row] of perf.entries()) {
      expect(Math.abs(Number(rows[index]!["time_ns"]) - offset - Number(row["time_ns"]))).toBeLessThanOrEqual(1000);
    }
  });

  test("spans what damo says of it", async () => {
    const { folder, report } = await importInto([join(samples, `${kind}.json`)]);
    const info = readFileSync(join(samples, `${kind}.report-record-info.txt`), "utf8");
    const regions = [...info.matchAll(/\[(\d+), (\d+)\) \((\d+)\)$/gm)];
    const bytes = regions.slice(1).reduce((sum, [, , , size]) => sum + Number(size), 0);
    const end = Number(regions.at(-1)![2]);
    expect(rowsOf(folder, vmTable)[0]!["guest_bytes"]).toBe(kind === "vaddr" ? bytes : end);
    // The record begins earlier than its first snapshot that was kept.
    expect(report.span_ns).toBeLessThanOrEqual(Number(/\) \((\d+)\)/.exec(info)![1]));
    const counts = rowsOf(folder, accessTable).map((row) => Number(row["access_count"]));
    const naive = [...readFileSync(join(samples, `${kind}.json`), "utf8").matchAll(/"samples": (\d+)/g)];
    expect(counts).toEqual(naive.map(([, count]) => Number(count)));
  });
});

describe("numbers", () => {
  const snapshot = (start: unknown, end: unknown) => ({
    start_time: start,
    end_time: end,
    regions: [region("4,096", "8,192"), region(8192, 12_288, "1,234")],
  });

  test("may be numbers or texts, with separators or units, and times of a calendar", async () => {
    const { rows, report } = await importRecords([
      record(
        [
          snapshot("1,795,661,703,637,280,123", "1795661703737280123"),
          snapshot(null, "1795661703 s 837 ms 280 us 123 ns"),
        ],
        {
          sample_us: "5 ms",
          aggr_us: 100_000,
        },
      ),
    ]);
    expect(
      rows.map((row) => [row["time_ns"], row["start_ns"], row["access_count"], row["sample_count"], row["age_count"]]),
    ).toEqual([
      [1e8, 0, 3, 20, 1000],
      [1e8, 0, 1234, 20, 1000],
      [2e8, null, 3, 20, 1000],
      [2e8, null, 1234, 20, 1000],
    ]);
    expect(report.header.clock).toContain("does not name");
  });

  test("of samples may be percent, and unknown without intervals", async () => {
    const percent = { ...region(0, 4096, null), nr_accesses: { samples: null, percent: "50" } };
    const snapshots = [{ start_time: null, end_time: 5, regions: [percent, region(4096, 8192)] }];
    const known = await importRecords([record(snapshots, { sample_us: 1, aggr_us: 10 })]);
    expect(known.rows.map((row) => row["access_count"])).toEqual([5, 3]);
    const unknown = await importRecords([record(snapshots)]);
    expect(unknown.rows.map((row) => [row["access_count"], row["sample_count"]])).toEqual([[3, null]]);
    expect(unknown.report.sources[0]).toMatchObject({ rows: 2, kept_rows: 1 });
    expect(unknown.report.warnings).toContainEqual(expect.objectContaining({ code: "regions-dropped", rows: 1 }));
  });

  test.each([["-5"], ["1e3"], [{}], [-1], [1.5e300], ["9".repeat(40)]])(
    "like a time of %j are refused",
    async (time) => {
      await expect(
        importRecords([record([{ start_time: null, end_time: time, regions: [region(0, 4096)] }])]),
      ).rejects.toThrow(/expected a time in ns|from the trace's start/);
    },
  );

  test.each([["-4096"], ["12,34"], [-1], [null], ["9".repeat(40)], [{}]])(
    "like a region's start at %j are dropped",
    async (start) => {
      const broken = { ...region(0, 4096), start };
      const { rows } = await importRecords([
        record([{ start_time: 0, end_time: 5, regions: [broken, region(0, 4096)] }]),
      ]);
      expect(rows).toHaveLength(1);
    },
  );
});

describe("damage", () => {
  const whole = JSON.stringify([record([{ start_time: 1, end_time: 2, regions: [region(0, 4096)] }])]);

  test.each([
    ["no JSON", '[{"target_id": 0, "snapshots": [{"end_time": nonsense}]}]', /expected JSON/],
    ["no target", '[{"snapshots": [{"end_time": 1, "regions": []}], "target_id": 0}]', /expected a target_id before/],
    ["no regions", '[{"target_id": 0, "snapshots": [{"end_time": 1}]}]', /expected regions/],
    ["too deep", `[{"target_id": 0, "snapshots": [{"a": ${"[".repeat(100)}${"]".repeat(100)}}]}]`, /limit nesting/],
    ["something behind", `${whole} {}`, /expected nothing behind the records/],
    ["a snapshot that is none", '[{"target_id": 0, "snapshots": [5]}]', /expected a snapshot/],
    [
      "too many members",
      `[{"target_id": 0, ${Array.from({ length: 300 }, (_, member) => `"m${member}": 1, `).join("")}"snapshots": []}]`,
      /at most 256 members/,
    ],
    [
      "a value without end",
      `[{"target_id": 0, "snapshots": [], "x": "${"y".repeat(17 * 2 ** 20)}"}]`,
      /at most 16777216 bytes/,
    ],
  ])("%s is refused", async (_, text, message) => {
    await expect(importRecords(text)).rejects.toThrow(message);
  });

  test("at the end leaves what was whole", async () => {
    const two = JSON.stringify([
      record([
        { start_time: 1, end_time: 2, regions: [region(0, 4096)] },
        { start_time: 2, end_time: 3, regions: [region(0, 4096)] },
      ]),
    ]);
    const { rows, report } = await importRecords(two.slice(0, -30));
    expect(rows).toHaveLength(1);
    expect(report.truncated).toHaveLength(1);
  });

  test("of names that mean something to JavaScript means nothing here", async () => {
    const { rows } = await importRecords(
      whole.replace('"target_id"', '"__proto__": {"target_id": 7}, "constructor": 1, "target_id"'),
    );
    expect(rows).toHaveLength(1);
  });

  test("in packed records is refused or leaves a sound trace", async () => {
    const packed = deflateSync(readFileSync(join(samples, "vaddr.json")));
    const folder = tempFolder();
    mkdirSync(folder, { recursive: true });
    for (let round = 0; round < 20; round++) {
      const broken = round % 2 === 0 ? packed.subarray(0, (packed.length * round) / 20 + 3) : Buffer.from(packed);
      if (round % 2 === 1) broken[Math.floor((packed.length * round) / 20)]! ^= 0x55;
      const path = join(folder, `broken-${round}`);
      writeFileSync(path, broken);
      await importBroken([path], { format: "damo" });
    }
  });
});
