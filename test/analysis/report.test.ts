import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { buildReport, catalogue, queryNames, type Report } from "../../src/analysis/index.ts";
import { FormatError, UsageError } from "../../src/base/index.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { hostileNames, scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const runPath = join(folder, "run");
const target = join(folder, "out", "report.html");
let report: Report;
let page: string;

beforeAll(async () => {
  writeTinyRun(runPath);
  report = await buildReport({ path: runPath, target, svgFolder: join(folder, "svg"), pngFolder: join(folder, "png") });
  page = readFileSync(target, "utf8");
});

const ids = [
  "phase-gantt",
  "blackout-by-phase",
  "device-blame",
  "memory-overhead",
  "dirty-pages",
  "device-events",
  "request-latency",
  "network-gap",
  "brownout-curve",
  "alternatives",
  "when-to-update",
];

/** The table of contents says findings a second time. */
const withoutContents = (text: string): string => text.replace(/<nav [\s\S]*?<\/nav>/, "");

test("a report is one page of less than 1.7 megabytes and a picture a chart, with nothing left beside them", () => {
  expect(report).toMatchObject({ htmlPath: target, htmlBytes: Buffer.byteLength(page) });
  expect(report.htmlBytes).toBeLessThan(1_700_000);
  expect(page.includes(`<h1>${report.headline.replaceAll("'", "&#39;")}.</h1>`)).toBe(true);
  expect(readdirSync(join(folder, "out"))).toEqual(["report.html"]);
  expect(readdirSync(join(folder, "svg")).toSorted()).toEqual(ids.map((id) => `${id}.svg`).toSorted());
  expect(readdirSync(join(folder, "png")).toSorted()).toEqual(ids.map((id) => `${id}.png`).toSorted());
});

test("the same run gives the same bytes, wherever they are written", async () => {
  const second = await buildReport({
    path: runPath,
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
  expect(/\s(?:style|onerror|onclick|onload|src)=|\shref="[^#]/.exec(markup)?.[0]).toBeUndefined();
});

test("every figure and every table names the SQL files that its numbers come from", () => {
  for (const [, id, text] of page.matchAll(/<figure id="([^"]+)">([\s\S]*?)<\/figure>/g)) {
    expect(text, id).toMatch(/<span class="from">from <code>[a-z-]+\.sql<\/code>/);
  }
  const withoutFigures = page.replace(/<figure [\s\S]*?<\/figure>/g, "");
  // Under each table that is in no figure stands its source, before the next table or heading.
  const tables = withoutFigures.split("</table>").slice(1);
  expect(tables.length).toBeGreaterThan(9);
  for (const after of tables) expect(after).toMatch(/^\s*<\/div>\s*<p class="note"><span class="from">from <code>/);
  const named = new Set([...page.matchAll(/<code>([a-z-]+)\.sql<\/code>/g)].map(([, file]) => file));
  // The VMs are a question of the command line's: the figures show them by phase. What phases wait for is compared.
  const unshown: readonly string[] = ["vms", "vm-pauses", "phase-steps", "totals", "blame"];
  expect(queryNames("run").filter((name) => !unshown.includes(name) && !named.has(catalogue[name].file))).toEqual([]);
});

test("what guests feel stands under headings of its own, with three downtimes that are told apart", () => {
  const heads = [...page.matchAll(/<h2[^>]*>([^<]+)</g)].map(([, head]) => head);
  expect(heads).toEqual([
    "1 doubt about this result",
    "The update",
    "What it holds, and what would have happened",
    "What the guests feel",
    "Afterwards",
    "What else one could do",
    "When",
    "Constants behind the time",
    "Inputs",
  ]);
  const downtimes = /Three downtimes[\s\S]*?<\/table>/.exec(page)![0];
  const cells = [...downtimes.matchAll(/<td[^>]*>([^<]*)</g)].map(([, cell]) => cell);
  expect(cells).toEqual([
    "db-0, the worst of 2",
    "2.48 s",
    "2.48 s",
    "3.03 s",
    "web-1",
    "2.47 s",
    "2.60 s",
    "unknown: the trace has no packets of it",
  ]);
  expect(page).toMatch(/<dt>Service gone, longest<\/dt>\s*<dd>3\.03 s/);
  expect(page).toMatch(/<dt>Longest request latency<\/dt>\s*<dd>2\.49 s/);
  expect(page).toMatch(/<dt>Packets lost<\/dt>\s*<dd>1,244/);
});

test("names from outside stay text", async () => {
  const hostilePath = join(folder, "hostile");
  writeTinyRun(hostilePath, {
    vmNames: hostileNames,
    markNames: hostileNames,
    deviceName: hostileNames[2],
    outside: hostileNames[0],
    traceName: hostileNames[0],
    profileName: hostileNames[3],
    detail: hostileNames[0],
    warnings: [{ origin: hostileNames[1], code: hostileNames[0], rows: 1, detail: hostileNames[2] }],
  });
  const hostile = await buildReport({ path: hostilePath, target: join(folder, "hostile.html") });
  const text = readFileSync(hostile.htmlPath, "utf8");
  expect(hostile.htmlBytes).toBeLessThan(1_700_000);
  expect(text).not.toContain("<img");
  expect(text.match(/<script/g)).toHaveLength(2);
  expect(text.match(/<\/script>/g)).toHaveLength(2);
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
});

test("a run without rows gives a page that says so", async () => {
  writeTinyRun(join(folder, "empty"), { empty: true });
  const empty = await buildReport({ path: join(folder, "empty"), target: join(folder, "empty.html") });
  const text = readFileSync(empty.htmlPath, "utf8");
  for (const sentence of [
    "no blackout phases",
    "no VMs",
    "no memory overhead",
    "no page writes",
    "no requests",
    "no packets",
    "no first touches after resume",
    "no alternatives",
    "no other starts of the update",
  ]) {
    expect(text).toContain(`There ${sentence.endsWith("overhead") ? "is" : "are"} ${sentence} in this run.`);
  }
});

test("a failure leaves the old page as it was", async () => {
  await expect(buildReport({ path: join(folder, "missing"), target })).rejects.toThrow(UsageError);
  expect(readFileSync(target, "utf8") === page).toBe(true);
  mkdirSync(join(folder, "taken.html"));
  await expect(buildReport({ path: runPath, target: join(folder, "taken.html") })).rejects.toThrow();
  expect(existsSync(join(folder, "taken.html"))).toBe(true);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});

describe("a comparison", () => {
  const path = join(folder, "comparison");
  const comparisonIds = ["kernel-waterfall", "predicted-by-step", "residuals-by-driver", "scattered-boot"];

  beforeAll(() => {
    writeTinyComparison(path);
  });

  test("has a page of its own and a picture a chart; the same one gives the same bytes", async () => {
    const pages: Report[] = [];
    for (const name of ["one", "two"]) {
      const into = join(folder, `comparison-${name}`);
      pages.push(await buildReport({ path, target: `${into}.html`, svgFolder: into, pngFolder: into }));
      const files = comparisonIds.flatMap((id) => [`${id}.png`, `${id}.svg`]);
      expect(readdirSync(into).toSorted()).toEqual(files.toSorted());
    }
    const [first, second] = pages.map(({ htmlPath }) => readFileSync(htmlPath, "utf8"));
    expect(first === second).toBe(true);
    expect(first).toContain(`<h1>${pages[0]!.headline}.</h1>`);
    expect(first).toContain("(cut, not predicted)");
    for (const file of readdirSync(join(folder, "comparison-one"))) {
      const bytes = readFileSync(join(folder, "comparison-one", file));
      expect(readFileSync(join(folder, "comparison-two", file)).equals(bytes), file).toBe(true);
    }
  });

  test("stands in a run's report, which says whose constants are compared", async () => {
    const both = await buildReport({ path: runPath, measuredPath: path, target: join(folder, "both.html") });
    const text = readFileSync(both.htmlPath, "utf8");
    expect(both.headline).toBe(report.headline);
    expect(text).toContain('<h2 id="heading-measured">Model against measurement</h2>');
    expect(text).not.toContain("The recordings were predicted with");
    for (const id of [...ids, ...comparisonIds]) expect(text).toContain(`<figure id="${id}">`);
  });

  test("shows the pair that is asked for, by either of its recordings", async () => {
    const target = join(folder, "pair.html");
    await buildReport({ path, target, pair: "new-64" });
    expect(readFileSync(target, "utf8")).toContain("as recorded in old-64 and new-64;");
    await buildReport({ path, target, pair: "old-64" });
    expect(readFileSync(target, "utf8")).toContain("as recorded in old-64 and new-64-still;");
    await expect(buildReport({ path, target, pair: "frag-8" })).rejects.toThrow(/no update of that name/);
  });

  test("goes with a run only, and a pair only with a comparison", async () => {
    const target = join(folder, "never.html");
    await expect(buildReport({ path, measuredPath: path, target })).rejects.toThrow(UsageError);
    await expect(buildReport({ path: runPath, pair: "new-64", target })).rejects.toThrow(UsageError);
    await expect(buildReport({ path: runPath, measuredPath: runPath, target })).rejects.toThrow(/no comparison.json/);
    expect(existsSync(target)).toBe(false);
  });

  test("without rows gives a page that says so", async () => {
    writeTinyComparison(join(folder, "empty-comparison"), { empty: true });
    const empty = await buildReport({ path: join(folder, "empty-comparison"), target: join(folder, "empty.html") });
    const text = readFileSync(empty.htmlPath, "utf8");
    expect(text).toContain("none of which times a whole blackout.");
    expect(withoutContents(text).match(/There is no /g)).toHaveLength(4);
  });

  test("names from outside stay text", async () => {
    writeTinyComparison(join(folder, "hostile-comparison"), { names: hostileNames, profileName: hostileNames[3] });
    const hostile = await buildReport({
      path: join(folder, "hostile-comparison"),
      target: join(folder, "hostile-comparison.html"),
    });
    const text = readFileSync(hostile.htmlPath, "utf8");
    expect(text).not.toContain("<img");
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text.match(/<\/script>/g)).toHaveLength(2);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
  });

  test("that is damaged is refused with a reason", async () => {
    const target = join(folder, "damaged.html");
    for (const [name, damage, reason] of [
      ["step.arrow", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), /step\.arrow/],
      ["comparison.json", (bytes: Buffer) => Buffer.from(bytes.toString().replace("0.1.0", "0.1.1")), /sha256 is not/],
      ["comparison.json", () => Buffer.from("{"), /not JSON/],
      ["comparison.json", () => Buffer.from('{"version": 9}'), /format version 9; the highest known here is 1/],
    ] as const) {
      const copy = join(folder, "damaged");
      cpSync(path, copy, { recursive: true });
      writeFileSync(join(copy, name), damage(readFileSync(join(copy, name))));
      const failure = buildReport({ path: copy, target });
      await expect(failure).rejects.toThrow(FormatError);
      await expect(failure).rejects.toThrow(reason);
    }
    expect(existsSync(target)).toBe(false);
  });
});
