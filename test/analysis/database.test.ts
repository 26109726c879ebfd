import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  catalogue,
  type Database,
  openDatabase,
  queryNames,
  readCatalogueSql,
  runSql,
} from "../../src/analysis/index.ts";
import { FormatError, UsageError } from "../../src/base/index.ts";
import { FolderWriter, openFolder, runSchema } from "../../src/trace/index.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const runPath = join(folder, "run");
const databasePath = join(folder, "kept", "run.duckdb");
const databases: Record<"memory" | "file", Database<"run">> = {} as never;

beforeAll(async () => {
  writeTinyRun(runPath);
  databases.memory = await openDatabase({ kind: "run", path: runPath });
  databases.file = await openDatabase({ kind: "run", path: runPath, databasePath });
});
afterAll(() => Object.values(databases).forEach((database) => database.close()));

describe.each(["memory", "file"] as const)("a database in %s", (kind) => {
  const outside = join(folder, "outside.csv");
  test.each([
    `SELECT * FROM read_csv('/etc/hostname')`,
    `SELECT * FROM read_text('/etc/hostname')`,
    `SELECT * FROM glob('/*')`,
    `SELECT * FROM '/etc/hostname.csv'`,
    `COPY vm TO '${outside}'`,
    `ATTACH '${outside}.duckdb'`,
    `EXPORT DATABASE '${outside}'`,
    `INSTALL httpfs`,
    `LOAD '/tmp/anything.so'`,
    `SET enable_external_access = true`,
    `SET threads = 64`,
    `SELECT * FROM read_parquet('https://example.org/x.parquet')`,
  ])("refuses %s", async (sql) => {
    await expect(runSql(databases[kind], sql)).rejects.toThrow(UsageError);
    expect(existsSync(outside)).toBe(false);
  });
});

test("SQL gives columns with types and rows that JSON can hold", async () => {
  const sql = "SELECT 1::BIGINT AS a, 2::HUGEINT ** 70 AS b, 0.5 AS c, NULL AS d, [1, 2] AS e, 'kexec' AS f";
  const answer = await runSql(databases.memory, sql);
  expect(answer.columns.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(JSON.parse(JSON.stringify(answer.rows))).toEqual(answer.rows);
  expect(answer.rows[0]![0]).toBe(1);
  const wide = await runSql(databases.memory, "SELECT 9007199254740993::BIGINT AS wide");
  expect(wide.rows).toEqual([["9007199254740993"]]);
});

test("a long answer is cut at the limit and says so", async () => {
  const cut = await runSql(databases.memory, "FROM range(100000)", { maxRows: 10 });
  expect(cut.rows).toHaveLength(10);
  expect(cut.truncated).toBe(true);
  const whole = await runSql(databases.memory, "FROM range(10)", { maxRows: 10 });
  expect([whole.rows.length, whole.truncated]).toEqual([10, false]);
});

test.each(["SELEC 1", "SELECT 1; SELECT 2", "", "  ", "SELECT nothing FROM vm"])(
  "wrong SQL is a usage error: %j",
  async (sql) => {
    await expect(runSql(databases.memory, sql)).rejects.toThrow(UsageError);
  },
);

test("codes are labels in their order, flags are booleans, times are whole numbers, columns say their unit", async () => {
  const steps = await runSql(databases.memory, "SELECT DISTINCT phase FROM step ORDER BY phase");
  expect(steps.rows.flat()).toEqual(runSchema.phaseLabels);
  const types = await runSql(
    databases.memory,
    "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'phase' ORDER BY column_index",
  );
  expect(types.rows.slice(1, 3).map(([, type]) => type)).toEqual(["BIGINT", "BIGINT"]);
  expect(types.rows.at(-1)).toEqual(["in_blackout", "BOOLEAN"]);
  const comments = await runSql(
    databases.memory,
    "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL AND table_name IN (SELECT table_name FROM duckdb_tables())",
  );
  expect(comments.rows).toEqual([]);
});

test("every catalogue query may be run by name as SQL", async () => {
  for (const name of queryNames("run")) {
    const answer = await runSql(databases.memory, readCatalogueSql("run", name)!);
    expect(answer.columns.map((column) => column.name)).toEqual(Object.keys(catalogue[name].columns));
  }
  expect(readCatalogueSql("run", "toString")).toBeUndefined();
  expect(() => readCatalogueSql("run", "accuracy")).toThrow(/accuracy is a question about a comparison/);
});

test("a kept database is one ordinary file, replaced as a whole, and never a file of another kind", async () => {
  expect(readdirSync(join(folder, "kept"))).toEqual(["run.duckdb"]);
  const again = await openDatabase({ kind: "run", path: runPath, databasePath: join(folder, "kept", "second.duckdb") });
  again.close();
  const third = await openDatabase({ kind: "run", path: runPath, databasePath: join(folder, "kept", "second.duckdb") });
  expect((await runSql(third, "SELECT count(*) FROM vm")).rows).toEqual([[3]]);
  third.close();
  const text = join(folder, "notes.txt");
  writeFileSync(text, "not a database");
  await expect(openDatabase({ kind: "run", path: runPath, databasePath: text })).rejects.toThrow(UsageError);
  expect(readFileSync(text, "utf8")).toBe("not a database");
});

function copyWith(name: string, change: (row: Record<string, number | string | null>) => void): string {
  const target = join(folder, name);
  const { header } = openFolder("run", runPath);
  const writer = new FolderWriter("run", target);
  const row = { phase: 1, start_ns: 0, end_ns: 1, low_ns: 1, high_ns: 1, in_blackout: 1 };
  change(row);
  writer.table(runSchema.phaseTable).push(row);
  const { tables: _tables, sha256: _sha256, format: _format, version: _version, ...facts } = header;
  writer.finish(facts);
  return target;
}

test("an unknown code or flag is a format error that names the table and the column", async () => {
  const unknownCode = copyWith("unknown-code", (row) => (row["phase"] = 99));
  await expect(openDatabase({ kind: "run", path: unknownCode })).rejects.toThrow(
    /table phase, column phase: unknown code 99/,
  );
  const wrongFlag = copyWith("wrong-flag", (row) => (row["in_blackout"] = 2));
  await expect(openDatabase({ kind: "run", path: wrongFlag })).rejects.toThrow(FormatError);
  await expect(openDatabase({ kind: "run", path: join(folder, "nothing-here") })).rejects.toThrow(UsageError);
});
