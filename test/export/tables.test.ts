// Tables in other formats: read again, they are what the folder holds.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { DuckDBInstance } from "@duckdb/node-api";
import { tableFromIPC } from "apache-arrow";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import { openDatabase } from "../../src/analysis/index.ts";
import { FormatError, UsageError } from "../../src/base/index.ts";
import { exportTables, type TableFormat, tableFormats } from "../../src/export/index.ts";
import {
  folderKind,
  folderTables,
  openFolder,
  readRows,
  rowIndexName,
  type Table,
  traceSchema,
} from "../../src/trace/index.ts";
import { eventfulTrace, hostileTexts, hostileTrace } from "../kit/eventful-trace.ts";
import { expectGolden } from "../kit/golden.ts";
import { writeLongTrace } from "../kit/long-trace.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";
import { scratchFolder } from "../analysis/kit.ts";

const folder = scratchFolder();
const path = (name: string): string => join(folder, name);
type Cell = number | string | boolean | null;
type Row = Record<string, Cell>;

beforeAll(() => {
  writeTinyRun(path("run"));
  writeTinyRun(path("empty-run"), { empty: true });
  writeTinyComparison(path("comparison"));
  writeTinyTrace(path("trace"), eventfulTrace);
  writeTinyTrace(path("hostile-trace"), hostileTrace);
  writeTinyTrace(path("empty-trace"), { name: "empty", spanNs: 0, tables: {} });
});

/** Rows as the reader of the format gives them, with labels and booleans in place of codes and flags. */
function expectedRows(source: string, table: Table): Row[] {
  const from = openFolder(folderKind(source), source).sources.get(table.name);
  const index = rowIndexName(table);
  return (from ? readRows(table, from) : []).map((row, number) => {
    const cells = table.columns.map(({ name, unit, labels }) => {
      const value = row[name]!;
      if (value !== null && unit === "code" && labels) return [name, labels[value as number]!];
      return [name, value !== null && unit === "flag" ? value === 1 : value];
    });
    return Object.fromEntries(index === undefined ? cells : [[index, number], ...cells]) as Row;
  });
}

/** Rows of DuckDB or Arrow with numbers in place of BigInt. */
function plainRows(rows: readonly object[]): Row[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === "bigint" ? Number(v) : (v as Cell)])),
  );
}

async function queryRows(sql: string): Promise<Row[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return plainRows((await connection.runAndReadAll(sql)).getRowObjects());
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const csvTypes = { i64: "BIGINT", f64: "DOUBLE", u32: "UINTEGER", u16: "USMALLINT", u8: "UTINYINT", utf8: "VARCHAR" };

function csvColumns(table: Table): string {
  const index = rowIndexName(table);
  const columns = table.columns.map(({ name, type, unit, labels }) => {
    const csvType = unit === "flag" ? "BOOLEAN" : unit === "code" && labels ? "VARCHAR" : csvTypes[type];
    return `'${name}': '${csvType}'`;
  });
  return `{${(index === undefined ? columns : [`'${index}': 'UINTEGER'`, ...columns]).join(", ")}}`;
}

function arrowRows(file: string): Row[] {
  const rows = tableFromIPC(readFileSync(file)).toArray() as { toJSON(): Row }[];
  return plainRows(rows.map((row) => row.toJSON()));
}

const read: Record<TableFormat, (file: string, table: Table) => Promise<Row[]> | Row[]> = {
  parquet: (file) => queryRows(`SELECT * FROM read_parquet('${file}')`),
  csv: (file, table) =>
    queryRows(
      `SELECT * FROM read_csv('${file}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, new_line = '\\n', strict_mode = false, columns = ${csvColumns(table)})`,
    ),
  ndjson: (file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Row),
  arrow: (file) => arrowRows(file),
};

const sources = ["run", "empty-run", "comparison", "trace", "empty-trace"];

describe.each(tableFormats)("%s", (format) => {
  test.each(sources)("of %s holds every table with the rows that the folder has", async (source) => {
    const target = path(`out/${source}-${format}`);
    const files = await exportTables({ path: path(source), format, target });
    const kind = folderKind(path(source));
    for (const table of folderTables(kind)) {
      const rows = expectedRows(path(source), table);
      const file = join(target, `${table.name}.${format}`);
      expect(await read[format](file, table), table.name).toEqual(rows);
      expect(files.find((one) => one.table === table.name)).toMatchObject({ rows: rows.length });
    }
    expect(readdirSync(target).toSorted()).toEqual(["export.json", ...files.map(({ file }) => file)].toSorted());
  });

  test("keeps names of any kind", async () => {
    const target = path(`out/hostile-${format}`);
    await exportTables({ path: path("hostile-trace"), format, target, rawText: format === "csv" });
    for (const table of traceSchema.traceTables) {
      const file = join(target, `${table.name}.${format}`);
      expect(await read[format](file, table), table.name).toEqual(expectedRows(path("hostile-trace"), table));
    }
  });

  test("of one table goes to one file", async () => {
    const target = path(`out/one.${format}`);
    await exportTables({ path: path("trace"), format, target, table: "event" });
    expect(await read[format](target, traceSchema.eventTable)).toHaveLength(eventfulTrace.tables["event"]!.length);
    await expect(exportTables({ path: path("trace"), format, target, table: "event" })).rejects.toThrow(
      /exists already/,
    );
    await expect(exportTables({ path: path("trace"), format, target: path("no"), table: "events" })).rejects.toThrow(
      /no table "events"/,
    );
  });

  test("that stops leaves nothing", async () => {
    const before = readdirSync(folder);
    const options = { path: path("trace"), format, target: path("stopped/deep") };
    await expect(exportTables(options, AbortSignal.abort())).rejects.toThrow("interrupted");
    expect(readdirSync(folder)).toEqual(before);
  });

  test("of a damaged folder names the file and leaves nothing", async () => {
    const source = path(`damaged-${format}`);
    writeTinyTrace(source, eventfulTrace);
    const file = join(source, "event.arrow");
    const bytes = readFileSync(file);
    bytes[bytes.length - 200]! ^= 1;
    writeFileSync(file, bytes);
    const before = readdirSync(folder);
    await expect(exportTables({ path: source, format, target: path("damaged-out") })).rejects.toThrow(FormatError);
    expect(readdirSync(folder)).toEqual(before);
  });
});

test("the first lines of CSV and NDJSON", async () => {
  const parts: string[] = [];
  for (const format of ["csv", "ndjson"] as const) {
    const target = path(`lines-${format}`);
    await exportTables({ path: path("trace"), format, target });
    for (const table of ["trace", "vm", "device_io", "event", "counter", "host", "warning"]) {
      const lines = readFileSync(join(target, `${table}.${format}`), "utf8")
        .split("\n")
        .slice(0, 4);
      parts.push(`${table}.${format}`, ...lines.map((line) => `  ${line}`.trimEnd()));
    }
  }
  expectGolden("export/lines.txt", `${parts.join("\n").replaceAll(/[0-9a-f]{64}/g, "<sha256>")}\n`);
});

test("texts that a spreadsheet would run get a quote in CSV, and numbers and other texts do not", async () => {
  const target = path("formulas.csv");
  await exportTables({ path: path("hostile-trace"), format: "csv", target, table: "warning" });
  const details = (await read.csv(target, traceSchema.warningTable)).map((row) => row["detail"]);
  const runs = hostileTexts.map((text) => /^[\t\r\n]|^[\s\p{Cc}\p{Cf}]*[=+\-@＝]/u.test(text));
  expect(runs.filter(Boolean)).toHaveLength(11);
  expect(details).toEqual(hostileTexts.map((text, index) => (runs[index] ? `'${text}` : text)));
  const counters = path("counters.csv");
  await exportTables({ path: path("trace"), format: "csv", target: counters, table: "counter" });
  expect(readFileSync(counters, "utf8")).toContain(",-3.0\n");
});

test.each(["csv", "arrow"] as const)("an export to %s that is stopped half-way leaves nothing", async (format) => {
  const source = path(`long-${format}`);
  writeLongTrace(source, 1_500_000);
  const before = readdirSync(folder);
  const controller = new AbortController();
  // As soon as something lies beside the target.
  const look = setInterval(() => {
    if (readdirSync(folder).length > before.length) controller.abort();
  }, 1);
  try {
    const options = { path: source, format, target: path("half"), table: "page_write" };
    await expect(exportTables(options, controller.signal)).rejects.toThrow("interrupted");
  } finally {
    clearInterval(look);
  }
  expect(readdirSync(folder)).toEqual(before);
});

describe("a target", () => {
  const options = (target: string) => ({ path: path("run"), format: "csv", target }) as const;

  test("that is an earlier export is replaced as a whole", async () => {
    const target = path("again");
    await exportTables({ ...options(target), format: "ndjson" });
    await exportTables(options(target));
    expect(readdirSync(target).filter((name) => name.endsWith(".ndjson"))).toEqual([]);
    expect(JSON.parse(readFileSync(join(target, "export.json"), "utf8"))).toMatchObject({ to: "csv", kind: "run" });
  });

  test("that holds anything of somebody else's is refused, and kept", async () => {
    const mine = path("mine");
    mkdirSync(mine);
    writeFileSync(join(mine, "notes.txt"), "mine");
    await expect(exportTables(options(mine))).rejects.toThrow(/exists and is not an export/);
    const mixed = path("mixed");
    await exportTables(options(mixed));
    writeFileSync(join(mixed, "notes.txt"), "mine");
    await expect(exportTables(options(mixed))).rejects.toThrow(/holds "notes.txt"/);
    expect(readFileSync(join(mixed, "notes.txt"), "utf8")).toBe("mine");
    const file = path("file");
    writeFileSync(file, "mine");
    await expect(exportTables(options(file))).rejects.toThrow(/exists and is not a folder/);
    await expect(exportTables({ ...options(mine), table: "vm" })).rejects.toThrow(UsageError);
  });

  test("that is an empty folder is taken", async () => {
    mkdirSync(path("empty"));
    await exportTables(options(path("empty")));
    expect(existsSync(path("empty/run.csv"))).toBe(true);
  });

  test("in a place that is a file fails and leaves nothing", async () => {
    writeFileSync(path("blocked"), "");
    await expect(exportTables(options(path("blocked/out")))).rejects.toThrow(/ENOTDIR|EEXIST/);
    rmSync(path("blocked"));
  });
});

/** Rows of tables that DuckDB has read through the table function. */
async function loadedRows(source: string, tables: readonly Table[]): Promise<Row[][]> {
  const database = await openDatabase({ kind: "trace", path: source });
  try {
    const all: Row[][] = [];
    for (const { name } of tables) {
      const reader = await database.connection.runAndReadAll(`SELECT * FROM "${name}"`);
      all.push(plainRows(reader.getRowObjects()));
    }
    return all;
  } finally {
    database.close();
  }
}

const anyText = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom(...hostileTexts));
const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 3 });
const event = fc.record({
  time_ns: fc.constant(0),
  duration_ns: maybe(whole),
  kind_index: fc.nat(),
  task_index: maybe(fc.nat()),
  cpu_index: maybe(fc.nat(65_535)),
  detail: maybe(anyText),
});
const request = fc.record({
  submit_ns: fc.constant(0),
  complete_ns: maybe(whole),
  device_index: fc.nat(65_535),
  bytes: fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  direction: fc.nat(3),
  offset_bytes: maybe(whole),
});

test("whatever a table holds, DuckDB, Parquet and Arrow files have the same", async () => {
  let count = 0;
  const tables = fc.record({
    event: fc.array(event, { maxLength: 40 }),
    device_io: fc.array(request, { maxLength: 40 }),
    // More rows than a vector holds, and not a multiple of it.
    repeats: fc.constantFrom(1, 1, 1, 70),
  });
  await fc.assert(
    fc.asyncProperty(tables, async ({ repeats, ...rows }) => {
      const source = path(`random-${count++}`);
      const repeated = Object.fromEntries(
        Object.entries(rows).map(([name, own]) => [name, Array.from({ length: repeats }, () => own).flat()]),
      );
      writeTinyTrace(source, { name: "random", spanNs: 0, tables: repeated });
      const asked = [traceSchema.eventTable, traceSchema.deviceIoTable];
      const wanted = asked.map((table) => expectedRows(source, table));
      expect(await loadedRows(source, asked)).toEqual(wanted);
      for (const [index, table] of asked.entries()) {
        const rows = wanted[index];
        for (const format of ["parquet", "arrow"] as const) {
          const target = `${source}-${table.name}.${format}`;
          await exportTables({ path: source, format, target, table: table.name });
          expect(await read[format](target, table)).toEqual(rows);
        }
      }
    }),
    { numRuns: 12 },
  );
}, 60_000);
