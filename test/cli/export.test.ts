// luoscope export and luoscope query -o, as a user meets them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { scratchFolder } from "../analysis/kit.ts";
import { luoscope } from "../kit/cli.ts";
import { decodePerfetto } from "../kit/decode-perfetto.ts";
import { eventfulTrace } from "../kit/eventful-trace.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";

const folder = scratchFolder();
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  writeTinyRun(path("run"));
  writeTinyTrace(path("trace"), eventfulTrace);
  writeTinyComparison(path("comparison"));
});

/** Runs the command, which must succeed without a word of warning. */
function succeed(args: readonly string[]): string {
  const { status, stdout, stderr } = luoscope(args);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

describe("export", () => {
  test("writes a folder of tables, and says what is in it", () => {
    const target = path("parquet");
    const text = succeed(["export", path("trace"), "--to", "parquet", "-o", target]);
    expect(text).toMatch(/^event\.parquet\s+7\s/m);
    expect(text).toContain(`parquet  ${target} (`);
    expect(readdirSync(target)).toContain("export.json");
  });

  test("writes one table to standard output", () => {
    const text = succeed(["export", path("run"), "--to", "csv", "--table", "phase", "-o", "-"]);
    expect(text).toMatch(/^phase,start_ns,end_ns,low_ns,high_ns,in_blackout\npreserve,\d+,/);
  });

  test("writes a timeline that Perfetto can read, and one for Chrome", () => {
    const target = path("run.pftrace");
    const json = JSON.parse(succeed(["export", path("run"), "--to", "perfetto", "-o", target, "--json"])) as object;
    expect(json).toMatchObject({ path: target, format: "perfetto", bytes: readFileSync(target).length });
    expect(decodePerfetto(readFileSync(target)).slices.length).toBeGreaterThan(20);
    const chrome = succeed(["export", path("trace"), "--to", "chrome-json", "-o", "-"]);
    expect(JSON.parse(chrome)).toHaveProperty("traceEvents");
  });

  test.each(["run", "trace", "comparison"])("writes a database of a %s that can be asked anew", (kind) => {
    const target = path(`${kind}.duckdb`);
    succeed(["export", path(kind), "--to", "duckdb", "-o", target]);
    expect(readFileSync(target).toString("latin1", 8, 12)).toBe("DUCK");
    expect(readdirSync(folder).filter((name) => name.startsWith(`.${kind}`))).toEqual([]);
  });

  test.each([
    [["--to", "xlsx", "-o", "x"], "--to xlsx: unknown"],
    [["--to", "csv", "-o", "-"], "csv is a file a table"],
    [["--to", "duckdb", "-o", "-"], "duckdb is not for a terminal"],
    [["--to", "perfetto", "-o", "x", "--table", "vm"], "--table goes with parquet, csv, ndjson, arrow"],
    [["--to", "parquet", "-o", "x", "--raw-text"], "--raw-text goes with csv"],
    [["--to", "csv", "-o", "x", "--table", "nothing"], 'no table "nothing"'],
  ])("with %j ends with 2 and a message", (flags, message) => {
    const { status, stderr } = luoscope(["export", path("run"), ...flags]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  test("of what is no folder of ours says so", () => {
    const { status, stderr } = luoscope(["export", folder, "--to", "csv", "-o", path("no")]);
    expect(stderr).toContain(
      "none of trace.json, run.json, comparison.json, sweep.json, fleet.json, difference.json there",
    );
    expect(status).toBe(2);
    expect(existsSync(path("no"))).toBe(false);
  });

  test("says in its help what formats there are", () => {
    const text = succeed(["export", "--help"]);
    for (const word of ["perfetto", "chrome-json", "folded", "Examples:", "--raw-text"]) expect(text).toContain(word);
  });
});

describe("query", () => {
  test("asks a trace, by name and in SQL", () => {
    expect(succeed(["query", path("trace"), "--list"])).toMatch(/^dirty-by-tick/m);
    expect(succeed(["query", path("trace"), "device-latency"])).toMatch(/disk0\s+read\s+2/);
    expect(succeed(["query", path("trace"), "select count(*) as n from named_event"])).toMatch(/7/);
  });

  test("writes the answer of a file's SQL, as the name of the output ends", () => {
    const sql = path("q.sql");
    writeFileSync(sql, "select name from vm order by name; -- all of them\n");
    expect(succeed(["query", path("trace"), "-f", sql, "-o", path("q.csv")])).toBe(`2 rows in ${path("q.csv")}\n`);
    expect(readFileSync(path("q.csv"), "utf8")).toBe("name\ndb\nweb\n");
    succeed(["query", path("trace"), "-f", sql, "-o", path("q.parquet")]);
    expect(readFileSync(path("q.parquet")).toString("latin1", 0, 4)).toBe("PAR1");
    succeed(["query", path("trace"), "-f", sql, "-o", path("q.txt")]);
    expect(readFileSync(path("q.txt"), "utf8")).toMatch(/^name\n─+\ndb\nweb\n$/);
    expect(succeed(["query", path("trace"), "-f", sql, "--format", "ndjson"])).toBe('{"name":"db"}\n{"name":"web"}\n');
  });

  test.each([
    [["select 1", "-o", "x.doc"], "its name does not say the format"],
    [["select 1", "--format", "xml"], "--format xml: unknown"],
    [["select 1", "--format", "parquet"], "Parquet is not for a terminal"],
    [["select 1", "--limit", "0"], "--limit 0: not a whole number above 0"],
    [["copy vm to '/tmp/x.csv'", "--format", "csv"], "Permission Error"],
  ])("with %j ends with 2 and a message", (flags, message) => {
    const { status, stderr } = luoscope(["query", path("run"), ...flags]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});

test("a report is not made of a trace, and says what is", () => {
  const { status, stderr } = luoscope(["report", path("trace"), "-o", path("report.html")]);
  expect(stderr).toContain("reports are made of runs, comparisons, sweeps, differences and fleets");
  expect(status).toBe(2);
});
