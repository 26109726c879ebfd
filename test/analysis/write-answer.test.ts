// Answers that are written to files: by the tool itself, while the user's SQL reaches none.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, expect, test } from "vitest";

import { type AnswerFile, openDatabase, runSql, writeAnswer } from "../../src/analysis/index.ts";
import { maxLoadedRows } from "../../src/analysis/db/load.ts";
import { FormatError, UsageError } from "../../src/base/index.ts";
import { writeLongTrace } from "../kit/long-trace.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const runPath = join(folder, "run");
let count = 0;

beforeAll(() => void writeTinyRun(runPath));

/** What a question's answer is as a file, and the number of its rows. */
async function written(sql: string, options: Omit<AnswerFile, "path">): Promise<readonly [text: string, rows: number]> {
  const path = join(folder, `answer-${count++}`);
  const database = await openDatabase({ kind: "run", path: runPath, outputPath: path });
  try {
    const rows = await writeAnswer(database, sql, { path, ...options });
    return [readFileSync(path, "utf8"), rows];
  } finally {
    database.close();
  }
}

test.each([
  ["a semicolon", "SELECT 1 AS one;"],
  ["a comment behind it", "SELECT 1 AS one; -- why; not\n-- indeed"],
  ["a comment without one", "SELECT 1 AS one -- why"],
  ["a text that looks like its end", "SELECT 1 AS one WHERE '; -- x' <> ''"],
  ["FROM first", "FROM (SELECT 1 AS one)"],
  ["a WITH", "WITH a AS (SELECT 1 AS one) FROM a"],
])("with %s, a question is written", async (_, sql) => {
  expect(await written(sql, { format: "csv" })).toEqual(["one\n1\n", 1]);
});

test("names that are there twice, and names and texts that a spreadsheet would run", async () => {
  const sql = `SELECT '=1' AS "=a", -1 AS "=a", ['=2'] AS b, '=3'::BLOB AS b, NULL AS c, '' AS d`;
  expect(await written(sql, { format: "csv" })).toEqual([`'=a,'=a_1,b,b_1,c,d\n'=1,-1,['=2'],'=3,,""\n`, 1]);
  const [raw] = await written(sql, { format: "csv", rawText: true });
  expect(raw).toMatch(/^=a,=a_1,.*\n=1,-1,/);
  const [json] = await written(sql, { format: "ndjson" });
  expect(JSON.parse(json)).toMatchObject({ "=a": "=1", "=a_1": -1 });
});

test("JSON has no numbers that JSON knows no word for, and is one array", async () => {
  const [text, rows] = await written("SELECT unnest(['nan'::DOUBLE, 'inf', 0.5]) AS x", { format: "json" });
  expect(JSON.parse(text)).toEqual([{ x: null }, { x: null }, { x: 0.5 }]);
  expect(rows).toBe(3);
});

test("an answer is as long as it is, unless somebody says how long", async () => {
  expect((await written("FROM range(100000)", { format: "csv" }))[1]).toBe(100_000);
  expect((await written("FROM range(100000)", { format: "csv", limit: 7 }))[1]).toBe(7);
});

const outside = join(folder, "outside.csv");

test.each([
  `COPY vm TO '${outside}'`,
  `SELECT 1) TO '${outside}' (FORMAT csv); --`,
  `SELECT 1) TO '${outside}' (FORMAT csv) --`,
  `SELECT * FROM read_text('/etc/hostname')`,
  `SELECT 1; COPY vm TO '${outside}'`,
  `ATTACH '${outside}'`,
  "CREATE TABLE x (y INTEGER)",
  "EXPLAIN SELECT 1",
  "PRAGMA version",
  "",
])("refuses %s", async (sql) => {
  await expect(written(sql, { format: "csv" })).rejects.toThrow(UsageError);
  expect(existsSync(outside)).toBe(false);
});

test("while a file is open to the tool, the user's SQL writes to no other and does not set it anew", async () => {
  const path = join(folder, "open.csv");
  const database = await openDatabase({ kind: "run", path: runPath, outputPath: path });
  try {
    for (const sql of [`COPY vm TO '${outside}'`, "SET allowed_paths = ['/tmp']", "SET allowed_directories = ['/']"]) {
      await expect(runSql(database, sql)).rejects.toThrow(UsageError);
    }
    expect(existsSync(outside)).toBe(false);
  } finally {
    database.close();
  }
});

test("a table that is too long to be held is read from its file at each question", async () => {
  const path = join(folder, "long");
  writeLongTrace(path, maxLoadedRows + 1);
  const database = await openDatabase({ kind: "trace", path });
  try {
    const view = await runSql(database, "SELECT view_name FROM duckdb_views() WHERE view_name = 'page_write'");
    expect(view.rows).toEqual([["page_write"]]);
    const sums = await runSql(database, "SELECT count(*), sum(page_count), max(start_gfn) FROM page_write");
    expect(sums.rows).toEqual([[maxLoadedRows + 1, maxLoadedRows + 1, 6]]);
    expect((await runSql(database, "FROM page_write LIMIT 2")).rows).toEqual([
      [0, 0, 0, 1],
      [0, 0, 1, 1],
    ]);
    const joined =
      "SELECT count(*) FROM page_write AS a JOIN (FROM page_write LIMIT 10) AS b USING (time_ns, start_gfn)";
    expect((await runSql(database, joined)).rows[0]![0]).toBeGreaterThan(10);
  } finally {
    database.close();
  }
  const file = join(path, "page_write.arrow");
  const bytes = readFileSync(file);
  bytes[bytes.length - 300]! ^= 1;
  writeFileSync(file, bytes);
  await expect(openDatabase({ kind: "trace", path })).rejects.toThrow(FormatError);
});
