// luoscope predict -o, and what report, query and inspect make of a comparison, as a user meets them.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { beforeAll, describe, expect, test } from "vitest";

import { readRows, comparisonSchema, openFolder } from "../../src/trace/index.ts";
import { hostileNames, scratchFolder } from "../analysis/kit.ts";
import { luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";

const logs = ["v72-size-64", "size-64", "traced-64", "frag-1-16"].map((name) => `recordings/${name}.log.gz`);
const folder = scratchFolder();
const comparison = join(folder, "comparison");
let printed = "";

const rowsOf = (path: string, table: (typeof comparisonSchema.comparisonTables)[number]) =>
  readRows(table, openFolder("comparison", path).sources.get(table.name)!);

/** Bytes of every file of a folder, by name. */
function filesOf(path: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(path)
      .toSorted()
      .map((name) => [name, readFileSync(join(path, name)).toString("hex")]),
  );
}

beforeAll(() => {
  const { status, stdout, stderr } = luoscope(["predict", ...logs, "-o", comparison]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  printed = stdout;
});

describe("predict -o", () => {
  test("writes what it prints, and says where", () => {
    expect(printed).toMatch(/\n4 recordings, .*\n\ncomparison {2}.*comparison\n$/);
    const { header } = openFolder("comparison", comparison);
    expect(header.recordings.map(({ name }) => name)).toEqual(["v72-size-64", "size-64", "traced-64", "frag-1-16"]);
    expect(header.profile.name).toBe("qemu-icount-7.3");
    const json = JSON.parse(luoscope(["predict", ...logs, "--json"]).stdout) as {
      recordingSha256: string;
      quantities: { predictedNs: number; recordedNs: number | null }[];
    }[];
    expect(header.recordings.map(({ sha256 }) => sha256)).toEqual(json.map(({ recordingSha256 }) => recordingSha256));
    const quantities = rowsOf(comparison, comparisonSchema.quantityTable);
    expect(quantities.map((row) => [row["predicted_ns"], row["recorded_ns"]])).toEqual(
      json.flatMap((update) => update.quantities.map(({ predictedNs, recordedNs }) => [predictedNs, recordedNs])),
    );
  });

  test("a step's terms add up to what is predicted of it", () => {
    const steps = rowsOf(comparison, comparisonSchema.comparedStepTable);
    const sums = new Map<number, number>();
    for (const row of rowsOf(comparison, comparisonSchema.comparedTermTable)) {
      const index = row["step_index"] as number;
      sums.set(index, (sums.get(index) ?? 0) + (row["total_ns"] as number));
    }
    expect(sums.size).toBe(steps.length);
    for (const [index, row] of steps.entries()) {
      expect(Math.abs(sums.get(index)! - (row["predicted_ns"] as number))).toBeLessThanOrEqual(0.51);
    }
  });

  test("the same recordings give the same bytes, and an older comparison is replaced", () => {
    const again = join(tempFolder(), "deeper", "comparison");
    expect(luoscope(["predict", logs[0]!, "-o", again]).status).toBe(0);
    expect(luoscope(["predict", ...logs, "-o", again]).status).toBe(0);
    expect(filesOf(again)).toEqual(filesOf(comparison));
  });

  test("--json prints what it prints without -o", () => {
    const target = join(tempFolder(), "comparison");
    const { stdout } = luoscope(["predict", logs[1]!, "--json", "-o", target]);
    expect(stdout).toBe(luoscope(["predict", logs[1]!, "--json"]).stdout);
    expect(existsSync(join(target, "comparison.json"))).toBe(true);
  });

  test("somebody else's folder is left as it is", () => {
    const target = tempFolder();
    writeFileSync(join(target, "mine.txt"), "keep");
    const { status, stderr, stdout } = luoscope(["predict", logs[1]!, "-o", target]);
    expect(stderr).toContain("exists and is not a comparison folder");
    expect([status, stdout]).toEqual([2, ""]);
    expect(readdirSync(target)).toEqual(["mine.txt"]);
  });

  test("memory is not in a comparison", () => {
    const { status, stderr } = luoscope(["predict", logs[1]!, "--only", "memory", "-o", join(folder, "never")]);
    expect(stderr).toContain("--output holds times");
    expect(status).toBe(2);
    expect(existsSync(join(folder, "never"))).toBe(false);
  });
});

describe("logs that say little or too much", () => {
  const whole = gunzipSync(readFileSync("recordings/size-16.log.gz")).toString("latin1").replaceAll("\r\n", "\n");

  /** A log under a name, predicted into a comparison. */
  function compare(text: string, name = "log.log"): { path: string; status: number | null } {
    const place = tempFolder();
    writeFileSync(join(place, name), text, "latin1");
    const path = join(place, "comparison");
    return { path, status: luoscope(["predict", join(place, name), "-o", path]).status };
  }

  test("nothing is predicted of it: a note says why", () => {
    const { path, status } = compare(whole.replaceAll(/^\[.*\] Memory: .*\n/gm, ""));
    expect(status).toBe(3);
    expect(rowsOf(path, comparisonSchema.updateTable)).toEqual([]);
    expect(rowsOf(path, comparisonSchema.noteTable)).toMatchObject([{ update_index: null }]);
    expect(luoscope(["report", path, "-o", join(folder, "note.html")]).status).toBe(0);
    expect(readFileSync(join(folder, "note.html"), "utf8")).toContain("not predicted");
  });

  test("the log ends at the reboot call: what was recorded is null", () => {
    const { path, status } = compare(whole.slice(0, whole.indexOf("\n", whole.indexOf('LAB {"ev":"reboot"')) + 1));
    expect(status).toBe(0);
    const recorded = rowsOf(path, comparisonSchema.quantityTable).map((row) => row["recorded_ns"]);
    expect(recorded.slice(1)).toEqual([null, null, null]);
    expect(luoscope(["report", path, "-o", join(folder, "half.html")]).status).toBe(0);
  });

  test.each([
    [
      "a length beyond all numbers",
      (text: string) => text.replace(/("ev":"preserve_total".*"preserve_ns":)\d+/, "$11e300"),
    ],
    [
      "a length that is not whole",
      (text: string) => text.replace(/("ev":"preserve_total".*"preserve_ns":)\d+/, "$112.5"),
    ],
    ["a run of keys beyond all memory", (text: string) => text.replace(/^(KEYS 0 \d+) \d+$/m, "$1 9007199254740990")],
  ])("%s is no defect", (_, change) => {
    const text = change(whole);
    expect(text).not.toBe(whole);
    const { path, status } = compare(text);
    expect([0, 3]).toContain(status);
    expect(luoscope(["report", path, "-o", join(folder, "odd.html")]).status).toBe(0);
  });

  test("a recording's name may hold anything that a file's may", () => {
    const name = "<img src=x>'\";--\u202e";
    const { path, status } = compare(whole, `${name}.log`);
    expect(status).toBe(0);
    const page = join(folder, "named.html");
    const { status: reported, stderr } = luoscope(["report", path, "-o", page]);
    expect([reported, stderr]).toEqual([0, ""]);
    expect(readFileSync(page, "utf8")).not.toContain("<img");
    expect(luoscope(["inspect", path]).stdout).toContain("<img src=x>'\";--\ufffd");
  });
});

describe("report", () => {
  test("makes a page of a comparison, with pictures", () => {
    const place = tempFolder();
    const args = ["report", comparison, "-o", join(place, "page.html"), "--svg", place, "--png", place];
    const { status, stdout, stderr } = luoscope(args);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Cost profile qemu-icount-7\.3 misses the blackout of 3 recorded updates by /);
    expect(readdirSync(place).filter((name) => name.endsWith(".svg"))).toHaveLength(4);
    const page = readFileSync(join(place, "page.html"), "utf8");
    expect(page).toContain("copy-image + purgatory + decompress alone is 1.4");
    expect(page).toContain("as recorded in v72-size-64 and size-64;");
  });

  test("shows it in a run's report", () => {
    const run = join(folder, "run");
    writeTinyRun(run, { traceName: hostileNames[0] });
    const page = join(folder, "both.html");
    expect(luoscope(["report", run, "-o", page, "--measured", comparison, "--pair", "size-64"]).status).toBe(0);
    expect(readFileSync(page, "utf8")).toContain("The recordings were predicted with cost profile qemu-icount-7.3");
  });

  test.each([
    [["--pair", "frag-1-16"], "no update of that name was recorded under another kernel"],
    [["--measured", "nowhere"], "is a comparison itself"],
  ])("%j is refused", (args, message) => {
    const { status, stderr, stdout } = luoscope(["report", comparison, "-o", join(folder, "never.html"), ...args]);
    expect(stderr).toContain(message);
    expect([status, stdout]).toEqual([2, ""]);
    expect(existsSync(join(folder, "never.html"))).toBe(false);
  });

  test("a damaged comparison ends with 3", () => {
    const copy = join(tempFolder(), "comparison");
    cpSync(comparison, copy, { recursive: true });
    const file = join(copy, "quantity.arrow");
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)]! ^= 0x10;
    writeFileSync(file, bytes);
    const { status, stderr } = luoscope(["report", copy, "-o", join(folder, "never.html")]);
    expect(stderr).toContain("quantity.arrow");
    expect(status).toBe(3);
  });
});

describe("query and inspect", () => {
  test("questions of a comparison, and SQL", () => {
    const listed = JSON.parse(luoscope(["query", comparison, "--list", "--json"]).stdout) as { name: string }[];
    expect(listed.map(({ name }) => name)).toContain("kernel-waterfall");
    expect(listed.map(({ name }) => name)).not.toContain("headline");
    for (const { name } of listed) expect(luoscope(["query", comparison, name]).status, name).toBe(0);
    const sql = "select name from update where traced";
    expect(luoscope(["query", comparison, sql, "--json"]).stdout).toContain("traced-64");
  });

  test("a question about a run is refused with the reason", () => {
    const { status, stderr } = luoscope(["query", comparison, "headline"]);
    expect(stderr).toContain("headline is a question about a run, and this is a comparison");
    expect(status).toBe(2);
  });

  test("inspect shows its updates, and --dump its tables", () => {
    const { stdout } = luoscope(["inspect", comparison]);
    expect(stdout).toMatch(/comparison of profile qemu-icount-7\.3 with 4 updates/);
    expect(stdout).toMatch(/v72-size-64 +7\.2\.13 to 7\.2\.13 +4 GiB +16,384/);
    expect(stdout).toMatch(/note: traced-64: traced: recorded times/);
    expect(luoscope(["inspect", comparison, "--dump"]).stdout).toMatch(/^luoscope-comparison 1\n/);
  });

  test("a folder of no kind", () => {
    mkdirSync(join(folder, "nothing"), { recursive: true });
    const { status, stderr } = luoscope(["inspect", join(folder, "nothing")]);
    expect(stderr).toContain(
      "none of trace.json, run.json, comparison.json, sweep.json, fleet.json, difference.json there",
    );
    expect(status).toBe(2);
  });
});
