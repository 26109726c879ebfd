import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, expect, test } from "vitest";

import { buildReport, type Report } from "../../src/analysis/index.ts";
import { UsageError } from "../../src/base/index.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { hostileNames, scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const runPath = join(folder, "run");
const target = join(folder, "out", "report.html");
let report: Report;
let page: string;

beforeAll(async () => {
  writeTinyRun(runPath);
  report = await buildReport({ runPath, target, svgFolder: join(folder, "svg"), pngFolder: join(folder, "png") });
  page = readFileSync(target, "utf8");
});

const ids = ["phase-gantt", "blackout-by-phase", "memory-overhead", "dirty-pages", "device-events"];

test("a report is one page of less than a megabyte and a picture a chart, with nothing left beside them", () => {
  expect(report).toMatchObject({ htmlPath: target, htmlBytes: Buffer.byteLength(page) });
  expect(report.htmlBytes).toBeLessThan(1_000_000);
  expect(page.includes(`<h1>${report.headline.replaceAll("'", "&#39;")}.</h1>`)).toBe(true);
  expect(readdirSync(join(folder, "out"))).toEqual(["report.html"]);
  expect(readdirSync(join(folder, "svg")).toSorted()).toEqual(ids.map((id) => `${id}.svg`).toSorted());
  expect(readdirSync(join(folder, "png")).toSorted()).toEqual(ids.map((id) => `${id}.png`).toSorted());
});

test("the same run gives the same bytes, wherever they are written", async () => {
  const second = await buildReport({
    runPath,
    target: join(folder, "again.html"),
    pngFolder: join(folder, "again"),
    svgFolder: join(folder, "again"),
  });
  expect(readFileSync(second.htmlPath, "utf8") === page).toBe(true);
  for (const id of ids) {
    for (const kind of ["svg", "png"]) {
      const bytes = readFileSync(join(folder, kind, `${id}.${kind}`));
      expect(readFileSync(join(folder, "again", `${id}.${kind}`)).equals(bytes), id).toBe(true);
    }
  }
});

test("the policy names the page's only script and style by their hashes and nothing else", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!.replaceAll("&#39;", "'");
  const hashOf = (content: string) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)![1]!;
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1]!;
  expect(policy.split("; ")).toEqual([
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  expect([...page.matchAll(/<script/g)]).toHaveLength(2);
  expect([...page.matchAll(/<style/g)]).toHaveLength(1);
  const markup = page.replace(script, "");
  expect(/\s(?:style|onerror|onclick|onload|src|href)=/.exec(markup)?.[0]).toBeUndefined();
});

test("names from outside stay text", async () => {
  const hostilePath = join(folder, "hostile");
  writeTinyRun(hostilePath, {
    vmNames: hostileNames,
    markNames: hostileNames,
    traceName: hostileNames[0],
    profileName: hostileNames[3],
    detail: hostileNames[0],
    warnings: [{ origin: hostileNames[1], code: hostileNames[0], rows: 1, detail: hostileNames[2] }],
  });
  const hostile = await buildReport({ runPath: hostilePath, target: join(folder, "hostile.html") });
  const text = readFileSync(hostile.htmlPath, "utf8");
  expect(hostile.htmlBytes).toBeLessThan(1_000_000);
  expect(text).not.toContain("<img");
  expect(text.match(/<script/g)).toHaveLength(2);
  expect(text.match(/<\/script>/g)).toHaveLength(2);
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
});

test("a run without rows gives a page that says so", async () => {
  writeTinyRun(join(folder, "empty"), { empty: true });
  const empty = await buildReport({ runPath: join(folder, "empty"), target: join(folder, "empty.html") });
  const text = readFileSync(empty.htmlPath, "utf8");
  for (const sentence of ["no blackout phases", "no VMs", "no memory overhead", "no page writes"]) {
    expect(text).toContain(`There ${sentence.endsWith("overhead") ? "is" : "are"} ${sentence} in this run.`);
  }
});

test("a failure leaves the old page as it was", async () => {
  await expect(buildReport({ runPath: join(folder, "missing"), target })).rejects.toThrow(UsageError);
  expect(readFileSync(target, "utf8") === page).toBe(true);
  mkdirSync(join(folder, "taken.html"));
  await expect(buildReport({ runPath, target: join(folder, "taken.html") })).rejects.toThrow();
  expect(existsSync(join(folder, "taken.html"))).toBe(true);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});
