// luoscope when and luoscope alternatives, as a user meets them.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const trace = "traces/vm-tcg-redis-nvme-net";
const scenario = ["--scenario", "scenarios/demo.yaml"];

interface When {
  readonly distribution: readonly { measure_name: string; moment_count: number; least_ns: number; most_ns: number }[];
  readonly windows: readonly { is_best: boolean; stalled_ns: number }[];
  readonly marks: readonly { mark_name: string }[];
  readonly moments: readonly { start_ns: number; complete: boolean }[];
}

describe("when", () => {
  test("says how costs spread, and which windows are best and worst", () => {
    const { status, stdout, stderr } = luoscope(["when", trace, ...scenario, "--every", "500ms", "--json"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const { distribution, windows, marks, moments } = JSON.parse(stdout) as When;
    expect(moments.length).toBe(95);
    const complete = moments.filter((moment) => moment.complete).length;
    expect(distribution.map((row) => row.measure_name)).toEqual([
      "blackout",
      "added to latencies",
      "longest latency",
      "catching up",
      "lost in brownout",
    ]);
    for (const row of distribution) {
      expect(row.moment_count).toBe(complete);
      expect(row.most_ns).toBeGreaterThanOrEqual(row.least_ns);
    }
    const [best, worst] = [true, false].map((isBest) => windows.filter((window) => window.is_best === isBest));
    expect([best!.length, worst!.length]).toEqual([3, 3]);
    const stalled = windows.map((window) => window.stalled_ns);
    expect(stalled).toEqual(stalled.toSorted((left, right) => left - right));
    expect(marks.map((row) => row.mark_name)).toContain("net_redis_set");
  });

  test("keeps the run and draws the chart where it is asked to", () => {
    const folder = tempFolder();
    const [run, chart] = [join(folder, "run"), join(folder, "when.png")];
    const text = luoscope(["when", trace, ...scenario, "-e", "2 s", "-o", run, "--chart", chart]).stdout;
    expect(text).toMatch(/^\d+ starts of which the trace shows the whole blackout/);
    expect(existsSync(join(run, "run.json"))).toBe(true);
    expect(readFileSync(chart).subarray(1, 4).toString("latin1")).toBe("PNG");
  });

  test.each([
    [["--every", "often"], "--every often: no length of time"],
    [["--every", "0ms"], "--every 0ms: no length of time"],
    [["--every", "1us"], "at most 1000000 are tried"],
    [["--chart", "when.pdf"], "--chart when.pdf: expected a name that ends in .svg or .png"],
  ])("with %j ends with 2 and a hint", (flags, message) => {
    const { status, stderr } = luoscope(["when", trace, ...scenario, ...flags]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("alternatives", () => {
  test("lists what else one could do, as one table and as JSON", () => {
    const folder = tempFolder();
    const chart = join(folder, "alternatives.svg");
    const { status, stdout, stderr } = luoscope(["alternatives", trace, ...scenario, "--chart", chart]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    for (const name of ["live-update", "pre-copy", "post-copy", "vmm-swap", "cold-reboot"]) {
      expect(stdout).toMatch(new RegExp(`^${name} `, "m"));
    }
    expect(readFileSync(chart, "utf8")).toContain("post-copy");
    const json = luoscope(["alternatives", trace, ...scenario, "--json"]).stdout;
    const { alternatives, rounds } = JSON.parse(json) as { alternatives: { moved_bytes: number }[]; rounds: unknown[] };
    expect(alternatives.length).toBe(8);
    expect(alternatives[0]!.moved_bytes).toBe(0);
    expect(rounds.length).toBeGreaterThan(5);
  });

  test("refuses a rate without a unit", () => {
    const path = join(tempFolder(), "wrong.yaml");
    writeFileSync(path, readFileSync("scenarios/demo.yaml", "utf8").replace("10 Gbit/s", "10"));
    const { status, stderr } = luoscope(["alternatives", trace, "--scenario", path]);
    expect(status).toBe(2);
    expect(stderr).toContain("migration.link");
  });
});
