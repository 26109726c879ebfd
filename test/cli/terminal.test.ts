// luoscope time, blame, critical-chain and heatmap, as a user meets them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { textWidth } from "../../src/cli/blocks.ts";
import { openFolder } from "../../src/trace/index.ts";
import { luoscope, startLuoscope } from "../kit/cli.ts";
import { eventfulTrace, hostileTrace } from "../kit/eventful-trace.ts";
import { expectGolden } from "../kit/golden.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";

const folder = sharedFolder();
const trace = "traces/vm-tcg-redis-nvme-net";
const at = (name: string): string => join(folder, name);
const escape = "\u001b[31mred\u0007\u202e";
const hostile = [escape, "数据库".repeat(40), "x".repeat(100_000)];

function succeed(args: readonly string[]): string {
  const { status, stdout, stderr } = luoscope(args);
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

beforeAll(() => {
  succeed(["replay", trace, "--scenario", "scenarios/demo.yaml", "-o", at("demo")]);
  succeed(["replay", trace, "--scenario", "scenarios/passthrough-posted.yaml", "-o", at("passthrough")]);
  writeTinyRun(at("hostile"), { vmNames: hostile, detail: escape, deviceName: escape, outside: escape });
  writeTinyRun(at("empty"), { empty: true });
  writeTinyTrace(at("trace"), eventfulTrace);
  writeTinyTrace(at("hostile-trace"), hostileTrace);
  writeTinyTrace(at("no-trace"), { name: "empty", spanNs: 0, tables: {} });
});

const goldens: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["time-demo", ["time", at("demo")]],
  ["time-hostile", ["time", at("hostile")]],
  ["time-empty", ["time", at("empty")]],
  ["blame-demo", ["blame", at("demo")]],
  ["blame-all", ["blame", at("demo"), "--all", "--limit", "100"]],
  ["blame-phase", ["blame", at("demo"), "--by", "phase"]],
  ["blame-constant", ["blame", at("demo"), "--by", "constant", "--limit", "12"]],
  ["blame-device", ["blame", at("passthrough"), "--by", "device"]],
  ["blame-vm", ["blame", at("passthrough"), "--by", "vm"]],
  ["blame-hostile", ["blame", at("hostile"), "--by", "vm"]],
  ["blame-empty", ["blame", at("empty")]],
  ["critical-chain-demo", ["critical-chain", at("demo")]],
  ["critical-chain-passthrough", ["critical-chain", at("passthrough")]],
  ["critical-chain-limited", ["critical-chain", at("demo"), "--limit", "6"]],
  ["critical-chain-hostile", ["critical-chain", at("hostile")]],
  ["critical-chain-empty", ["critical-chain", at("empty")]],
  ["heatmap-recorded", ["heatmap", trace]],
  ["heatmap-small", ["heatmap", trace, "--size", "40x8"]],
  ["heatmap-of-a-vm", ["heatmap", at("trace"), "--vm", "db", "--size", "12x4"]],
  ["heatmap-of-nothing", ["heatmap", at("hostile-trace")]],
];

test.each(goldens)("%s is the golden text, in which no line is too long", (name, args) => {
  const text = succeed(args);
  for (const line of text.split("\n")) expect(textWidth(line), line).toBeLessThanOrEqual(100);
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  expectGolden(`cli/terminal-${name}.txt`, text);
});

describe("--json", () => {
  test("of time has the totals, which are the phases' and the chain's sums", () => {
    const { totals, phases } = JSON.parse(succeed(["time", at("demo"), "--json"])) as {
      totals: { total_name: string; total_ns: number }[];
      phases: { phase_ns: number; in_blackout: boolean }[];
    };
    const total = Object.fromEntries(totals.map((row) => [row.total_name, row.total_ns]));
    const inBlackout = phases.filter((row) => row.in_blackout).reduce((sum, row) => sum + row.phase_ns, 0);
    expect(total["blackout"]).toBe(inBlackout);
    expect(total["old-kernel"]! + total["new-kernel"]! + total["gaps"]!).toBe(inBlackout);
  });

  test.each(["step", "vm", "phase", "device", "constant"])("of blame --by %s covers the blackout", (by) => {
    const args = ["blame", at("passthrough"), "--by", by, "--limit", "1000", "--json"];
    const { rows } = JSON.parse(succeed(args)) as { rows: { critical_ns: number; busy_ns: number }[] };
    const { header } = openFolder("run", at("passthrough"));
    const critical = rows.reduce((sum, row) => sum + row.critical_ns, 0);
    // Constants are no whole nanoseconds, and their sums are rounded step by step.
    const difference = critical - (header.blackout_end_ns - header.blackout_start_ns);
    expect(Math.abs(difference)).toBeLessThan(by === "constant" ? 50 : 1e-3);
    const busy = rows.map((row) => row.busy_ns);
    expect(busy).toEqual(busy.toSorted((left, right) => right - left));
  });

  test("of blame says how many rows the limit hides", () => {
    const { rows, hidden_row_count: hidden } = JSON.parse(succeed(["blame", at("demo"), "--limit", "3", "--json"])) as {
      rows: unknown[];
      hidden_row_count: number;
    };
    expect(rows.length).toBe(3);
    expect(hidden).toBeGreaterThan(10);
  });

  test("of heatmap has cells with their place and time", () => {
    const { cells } = JSON.parse(succeed(["heatmap", at("trace"), "--size", "4x5", "--json"])) as {
      cells: Record<string, number>[];
    };
    expect(cells.length).toBe(20);
    expect(cells[0]).toEqual({
      time_bin: 0,
      frame_bin: 0,
      start_ns: 0,
      end_ns: 15_000_000,
      first_frame: 0,
      last_frame: 819,
      written_pages: 5.25,
    });
  });
});

describe("heatmap", () => {
  test("is coloured where colour is forced, and has the same picture", async () => {
    const size = ["--size", "40x8"];
    const running = startLuoscope(["heatmap", trace, ...size], { NO_COLOR: "", FORCE_COLOR: "3" });
    expect(await running.ended).toBe(0);
    // oxlint-disable-next-line no-control-regex -- colours are control characters
    const cells = running.output.stdout.split("\n").map((line) => line.replace(/\u001b\[48;5;\d+m \u001b\[49m/g, "#"));
    const plain = succeed(["heatmap", trace, ...size]).split("\n");
    expect(cells.slice(2, 10)).toEqual(plain.slice(2, 10).map((line) => line.replace(/[░▒▓█]/g, "#")));
    expect(running.output.stdout).toContain("\u001b[48;5;220m");
  });

  test("NO_COLOR takes the colour from what is no pipe's either", () => {
    expect(succeed(["time", at("demo")])).not.toContain("\u001b");
  });
});

describe("what cannot be answered", () => {
  test.each([
    [["time", trace], 2, "no run.json there", "make a run with `luoscope replay`"],
    [["blame", at("nowhere")], 2, "no run.json there", "make a run"],
    [["blame", at("demo"), "--by", "luck"], 2, "--by", ""],
    [["blame", at("demo"), "--limit", "0"], 2, "--limit 0: not a whole number above 0", ""],
    [["critical-chain", at("trace")], 2, "no run.json there", "make a run"],
    [["heatmap", at("demo")], 2, "no trace.json there", ""],
    [["heatmap", trace, "--size", "wide"], 2, "--size wide: no size of a picture", "80x20"],
    [["heatmap", trace, "--size", "80x0"], 2, "--size 80x0: no size of a picture", "80x20"],
    [["heatmap", at("trace"), "--vm", "\u001b[2Jnone"], 2, "the trace has no VM of that name", "it has web, db"],
    [["heatmap", at("no-trace")], 2, "the trace has no VM", "name a trace with dirty pages"],
  ])("%j ends with %i", (args, code, message, hint) => {
    const { status, stdout, stderr } = luoscope(args);
    expect(status).toBe(code);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain("\u001b");
  });

  test("an update that the kernels refuse leaves no run to ask", () => {
    const scenario = at("refused.yaml");
    writeFileSync(scenario, readFileSync("scenarios/demo.yaml", "utf8").replace('from: "7.3"', 'from: "7.0"'));
    const { status, stderr } = luoscope(["replay", trace, "--scenario", scenario, "-o", at("refused")]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("brings no VM back")]);
    expect(luoscope(["time", at("refused")]).stderr).toContain("no run.json there");
  });
});
