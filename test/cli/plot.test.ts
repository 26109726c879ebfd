// luoscope plot, as a user meets it: each format is what its name says, at the size that was asked for.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { figureOfRuns, figuresOfKind } from "../../src/analysis/spec/registry.ts";
import { hostileNames, scratchFolder } from "../analysis/kit.ts";
import { luoscope } from "../kit/cli.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinySweep } from "../kit/tiny-sweep.ts";

const folder = scratchFolder();
const run = join(folder, "run");
const hasChromium = existsSync("/usr/bin/chromium");

beforeAll(() => {
  writeTinyRun(run);
  writeTinyRun(join(folder, "hostile"), { vmNames: hostileNames, outside: hostileNames[0] });
  writeTinyRun(join(folder, "empty"), { empty: true });
  writeTinySweep(join(folder, "sweep"));
});

function plot(chart: string, name: string, ...more: readonly string[]) {
  const target = join(folder, name);
  const result = luoscope(["plot", chart, run, "-o", target, ...more]);
  expect([result.stderr, result.status]).toEqual(["", 0]);
  return { ...result, file: readFileSync(target) };
}

describe("plot", () => {
  test("writes SVG with text as text, in millimetres where asked", () => {
    const { file, stdout } = plot("phase-gantt", "gantt.svg", "--width", "18cm");
    const svg = file.toString();
    expect(svg).toMatch(/^<svg[^>]* width="180mm" height="[\d.]+mm" viewBox=/);
    expect(svg).toContain(">kexec.jump</text>");
    expect(stdout).toMatch(/chart {3}.*gantt\.svg \(180 × \d+ mm, labels of [5-9]\.\d pt\)$/m);
    expect(plot("phase-gantt", "again.svg").file.toString()).toMatch(/^<svg[^>]* width="\d+" height="\d+" viewBox=/);
  });

  test("says so where type gets too small to read", () => {
    const { stdout } = plot("phase-gantt", "small.svg", "--width", "80mm");
    expect(stdout).toMatch(/small to read: 1\d\d mm give 5 pt/);
  });

  test("writes PNG with as many pixels an inch as asked, and says so in the file", () => {
    const { file } = plot("device-blame", "blame.png", "--width", "100mm", "--dpi", "300");
    expect(file.readUInt32BE(16)).toBe(Math.round((100 / 25.4) * 300));
    const density = file.indexOf("pHYs", 0, "latin1");
    expect(file.readUInt32BE(density + 4)).toBe(Math.round(300 / 0.0254));
    expect(file.subarray(density + 12, density + 13)).toEqual(Buffer.from([1]));
  });

  test("writes a specification that stands alone: data inside, the same picture from it", async () => {
    const { file } = plot("blackout-by-phase", "spec.vl.json");
    const spec = JSON.parse(file.toString()) as never;
    const { renderSvg } = await import("../../src/analysis/render/svg.ts");
    expect((await renderSvg(spec)) === plot("blackout-by-phase", "spec.svg").file.toString()).toBe(true);
  });

  test.skipIf(!hasChromium)("writes PDF of one page with text and the shipped font, the same twice", () => {
    const { file } = plot("phase-gantt", "gantt.pdf", "--width", "180mm");
    const text = file.toString("latin1");
    expect(text.startsWith("%PDF-")).toBe(true);
    expect(text.match(/\/Type \/Page\b/g)).toHaveLength(1);
    expect(text).toMatch(/\/BaseFont \/[A-Z]+\+DejaVuSans\b/);
    // 180 mm in points.
    expect(text).toMatch(/\/MediaBox \[0 0 510(\.\d+)? /);
    expect(file.equals(plot("phase-gantt", "again.pdf", "--width", "180mm").file)).toBe(true);
  });

  test("sets several runs beside each other, by their names", () => {
    const { stdout } = luoscope(["plot", "blackout-by-run", `a=${run}`, `b=${run}`, "-o", join(folder, "runs.svg")]);
    expect(stdout).toContain("Blackouts of 2 runs reach from 2.48 s (a) to 2.48 s (b)");
  });

  test("--dark has another ground, --parameter another answer, --json a document", () => {
    expect(plot("phase-gantt", "dark.svg", "--dark").file.toString()).toContain('fill="#14181d"');
    const { stdout } = plot("blackout-by-phase", "one.svg", "--parameter", "vm_limit=1", "--json");
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer["title"]).toMatch(/not shown: 2 more VMs/);
    expect(Object.keys(answer)).toEqual(["id", "title", "path", "widthMm", "heightMm", "textPt", "queries"]);
  });

  test("--list names every chart, each once", () => {
    const { stdout } = luoscope(["plot", "--list", "--json"]);
    const { charts } = JSON.parse(stdout) as { charts: { id: string; answers: string }[] };
    const ids = [...Object.values(figuresOfKind).flatMap((figures) => figures.map(({ id }) => id)), figureOfRuns.id];
    expect(charts.map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, answers } of charts) expect(answers, id).toMatch(/\?$/);
    const text = luoscope(["plot", "--list"]).stdout;
    for (const id of ids) expect(text).toContain(`  ${id} `);
  });

  test.each<[string, readonly string[], string]>([
    ["an unknown chart", ["phase-gant", run, "-o", "x.svg"], "no chart phase-gant"],
    ["a chart of something else", ["pareto", run, "-o", "x.svg"], "pareto is a chart of a sweep, and this is a run"],
    ["a format that is none", ["phase-gantt", run, "-o", "x.gif"], "x.gif: its name does not say what to draw"],
    ["no file", ["phase-gantt", run], "no file to write"],
    ["no folder", ["phase-gantt", "-o", "x.svg"], "no folder to draw"],
    ["no chart", ["-o", "x.svg"], "no chart"],
    [
      "two folders for one",
      ["phase-gantt", run, run, "-o", "x.svg"],
      "chart phase-gantt takes one folder, and 2 are given",
    ],
    ["a width that is none", ["phase-gantt", run, "-o", "x.svg", "--width", "wide"], "--width wide: no width"],
    ["a width beyond paper", ["phase-gantt", run, "-o", "x.svg", "--width", "9000mm"], "not a number from 20 to 2000"],
    ["too fine a raster", ["phase-gantt", run, "-o", "x.png", "--dpi", "99999"], "not a number from 30 to 2400"],
    [
      "an unknown parameter",
      ["phase-gantt", run, "-o", "x.svg", "--parameter", "vm=1"],
      "phase-gantt has no parameter vm",
    ],
    [
      "a parameter without a number",
      ["phase-gantt", run, "-o", "x.svg", "--parameter", "vm"],
      "expected a name and a whole number",
    ],
    ["nothing to draw", ["phase-gantt", join(folder, "empty"), "-o", "x.svg"], "no"],
    [
      "a sweep among runs",
      ["blackout-by-run", run, join(folder, "sweep"), "-o", "x.svg"],
      "blackout-by-run takes runs",
    ],
  ])("%s is refused with 2, and leaves nothing", (_what, args, message) => {
    const result = luoscope(["plot", ...args], { cwd: folder });
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(message);
    expect(existsSync(join(folder, "x.svg"))).toBe(false);
  });
});
