import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { buildReport, catalogue, queryNames, type Report } from "../../src/analysis/index.ts";
import { unshownQueries } from "../../src/analysis/spec/difference-charts.ts";
import { FormatError, UsageError } from "../../src/base/index.ts";
import { verdicts } from "../../src/compare/index.ts";
import { hostileNames, scratchFolder } from "../analysis/kit.ts";
import { luoscope } from "../kit/cli.ts";
import { type TinyDifferenceOptions, writeTinyDifference } from "../kit/tiny-difference.ts";

const folder = scratchFolder();
const path = join(folder, "difference");
let report: Report;
let page: string;

const ids = ["changes", "change-waterfall", "samples"];

async function reportOf(name: string, options: TinyDifferenceOptions): Promise<{ text: string; headline: string }> {
  writeTinyDifference(join(folder, name), options);
  const { htmlPath, headline } = await buildReport({ path: join(folder, name), target: join(folder, `${name}.html`) });
  return { text: readFileSync(htmlPath, "utf8"), headline };
}

/** What people see of a page: its program has words of its own. */
function withoutScripts(text: string): string {
  return text.replace(/<script[\s\S]*?<\/script>/g, "");
}

/** Cells of the first table behind a text, row by row. */
function tableAfter(text: string, head: string): string[][] {
  const table = text.slice(text.indexOf(head)).split("</table>")[0]!;
  return [...table.matchAll(/<tr>([\s\S]*?)<\/tr>/g)]
    .slice(1)
    .map(([, row]) =>
      [...row!.matchAll(/<td[^>]*>([\s\S]*?)<\/td>/g)].map(([, cell]) => cell!.replace(/<[^>]+>/g, "").trim()),
    );
}

beforeAll(async () => {
  writeTinyDifference(path, { withGate: true });
  report = await buildReport({
    path,
    target: join(folder, "difference.html"),
    svgFolder: join(folder, "charts"),
    pngFolder: join(folder, "charts"),
  });
  page = readFileSync(report.htmlPath, "utf8");
});

test("a difference has a page of its own and pictures of each chart; the same one gives the same bytes", async () => {
  expect(readdirSync(join(folder, "charts")).toSorted()).toEqual(
    ids.flatMap((id) => [`${id}.png`, `${id}.svg`]).toSorted(),
  );
  for (const id of ids) expect(page).toContain(`<figure id="${id}">`);
  const again = await buildReport({ path, target: join(folder, "again.html") });
  expect(readFileSync(again.htmlPath, "utf8") === page).toBe(true);
});

test("it says what is worse, by how much and by what", () => {
  expect(report.headline).toBe(
    "5 of 14 values are worse in after: the blackout is 1.45 s (+143 %) longer, of which purgatory-hash (kexec) 98.2 %",
  );
  expect(page).toContain(
    "5 worse, 1 did not finish, 1 missing, 1 new, 1 different, 2 better; 2 the same, 1 undecided.",
  );
});

test("the gate's rules stand before the charts, those that fail first", () => {
  expect(page.indexOf("The gate fails")).toBeLessThan(page.indexOf('<figure id="changes">'));
  expect(tableAfter(page, 'id="gate"').map((row) => [row[0], row[1], row[6]])).toEqual([
    ["does not hold", "blackout_ns &lt; 2s", "blackout: 2.46 s is not below 2 s"],
    ["undecided", "serialize_ns: no worse", "serialize: 7 samples, about 20 are needed"],
    ["does not hold: warning", "phase_ns: no worse", "phase kexec and another: +179 % is more than +5 %"],
    ["holds", "metadata_bytes &lt; 64MiB", ""],
  ]);
  expect(page).toContain("samples were collected anew 2 times");
});

test("changes of every verdict stand in the table, what did not change is folded", () => {
  const changed = tableAfter(page, "11 changes, for the worse first");
  const same = tableAfter(page, "What did not change: 2 the same, 1 undecided");
  expect(new Set([...changed, ...same].map(([verdict]) => verdict))).toEqual(new Set(verdicts));
  expect(changed.find(([, value]) => value === "phase kexec")).toEqual([
    "worse",
    "phase kexec",
    "798 ms → 2.23 s",
    "+1.43 s",
    "+179 %",
    "+1.41 s to +1.45 s",
    "0.0009",
    "7 / 7",
    "longer, p 0.0003",
  ]);
  expect(changed.find(([verdict]) => verdict === "did-not-finish")![7]).toBe("7 / 0 (7 failed)");
  expect(page).toMatch(/<details>\s*<summary>What did not change/);
});

test("inputs that differ stand there by field, and sides by their hashes", () => {
  expect(tableAfter(page, 'id="changed-inputs"')).toEqual([
    ["profile", "hashPageNs.base", "120", "21000"],
    ["scenario", "host.scratch", "none", "64 MiB"],
    ["version", "as a whole", "0.1.0", "none"],
  ]);
  for (const digit of ["a", "b"]) expect(page).toContain(`<code>${digit.repeat(64)}</code>`);
  expect(page).toContain("dimension host has other values in each side; its rows were put together");
});

test("every figure and every table names the SQL files that its numbers come from", () => {
  for (const [, id, text] of page.matchAll(/<figure id="([^"]+)">([\s\S]*?)<\/figure>/g)) {
    expect(text, id).toMatch(/<span class="from">from <code>[a-z-]+\.sql<\/code>/);
  }
  const named = new Set([...page.matchAll(/<code>([a-z-]+)\.sql<\/code>/g)].map(([, file]) => file));
  const shown = queryNames("difference").filter((name) => !(unshownQueries as readonly string[]).includes(name));
  // One length that can be taken apart needs no list of them.
  const missing = shown.filter((name) => !named.has(catalogue[name].file));
  expect(missing).toEqual(["difference-waterfalls"]);
});

describe("a page of a difference", () => {
  test("of three sides names the side of each change, and lists the lengths that can be taken apart", async () => {
    const { text, headline } = await reportOf("three", { sideCount: 3 });
    expect(headline).toBe(
      "10 of 28 values are worse in 2 sides than in before: the blackout is 1.45 s (+143 %) longer in after, of which purgatory-hash (kexec) 98.2 %",
    );
    const sides = tableAfter(text, "22 changes, for the worse first").map((row) => row[2]);
    expect(new Set(sides)).toEqual(new Set(["after", "after, with scratch"]));
    expect(tableAfter(text, "2 lengths that can be taken apart").map((row) => row[1])).toEqual([
      "after",
      "after, with scratch",
    ]);
    expect(text).not.toContain('id="gate"');
  });

  test("in which nothing changed says so", async () => {
    const { text, headline } = await reportOf("same", { verdicts: ["same", "inconclusive"] });
    expect(headline).toBe("None of 3 metrics changes in after; 1 is undecided");
    expect(text).toContain("What did not change: 2 the same, 1 undecided");
    expect(withoutScripts(text)).not.toMatch(/NaN|undefined|>null</);
  });

  test("in which something got better and nothing worse says so", async () => {
    const { headline } = await reportOf("better", { verdicts: ["better", "same"] });
    expect(headline).toBe("None of 4 metrics is worse in after, 2 better: the preserve is 83.7 ms (−21 %) shorter");
  });

  test.each(["did-not-finish", "only-base", "only-new", "different"] as const)("of one that is %s", async (verdict) => {
    const { text, headline } = await reportOf(verdict, { verdicts: [verdict] });
    expect(headline).toMatch(/^None of 1 metric is worse in after, 1 (did not finish|missing|new|different): the /);
    expect(withoutScripts(text)).not.toMatch(/NaN|undefined|>null</);
  });

  test("of exact values has no samples, and is a page all the same", async () => {
    const { text } = await reportOf("exact", { exact: true });
    expect(text).toContain("There is no noisy value in this difference that changed and has samples.");
    expect(withoutScripts(text)).not.toMatch(/NaN|undefined|>null</);
  });

  test("without rows says so", async () => {
    const { text, headline } = await reportOf("empty", { empty: true });
    expect(headline).toBe("This difference has nothing that two sides could be compared in");
    expect(text.replace(/<nav [\s\S]*?<\/nav>/, "").match(/There is no /g)!.length).toBe(3);
    expect(withoutScripts(text)).not.toMatch(/NaN|undefined|>null</);
  });

  const outsiders = [...hostileNames.map((name) => name.slice(0, 10_000)), `line\nline\r\n"quoted" <b>`];
  test.each(outsiders.map((name, index) => [index, name] as const))(
    "keeps hostile name %i as text",
    async (index, outside) => {
      const { text } = await reportOf(`hostile-${index}`, { outside, withGate: true, sideCount: 3 });
      expect(text).not.toMatch(/<img|<b>/);
      expect(text.match(/<script/g)).toHaveLength(2);
      expect(text.match(/<\/script>/g)).toHaveLength(2);
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
      expect(text.length).toBeLessThan(1_000_000);
    },
  );

  test("of 10,000 rows is made in a moment, shows the first of them and says how to ask for the others", async () => {
    writeTinyDifference(join(folder, "large"), { rowCount: 10_000, sampleCount: 20 });
    const start = performance.now();
    const { htmlBytes, htmlPath } = await buildReport({
      path: join(folder, "large"),
      target: join(folder, "large.html"),
    });
    // About 700 ms; a busy machine gets more.
    expect(performance.now() - start).toBeLessThan(8000);
    expect(htmlBytes).toBeLessThan(2_000_000);
    const text = readFileSync(htmlPath, "utf8");
    expect(tableAfter(text, "7,857 changes, for the worse first")).toHaveLength(100);
    expect(text).toContain("7,757 more changes: <code>luoscope query FOLDER difference-rows</code>");
    expect(text).toContain("2,043 more rows: <code>luoscope query FOLDER difference-rows</code>");
  });
});

test("flags of other kinds of folder are refused", async () => {
  const target = join(folder, "never.html");
  await expect(buildReport({ path, target, measuredPath: path })).rejects.toThrow(UsageError);
  await expect(buildReport({ path, target, pair: "a" })).rejects.toThrow(UsageError);
  await expect(buildReport({ path, target, from: "a" })).rejects.toThrow(
    /--from and --to name configurations|is a difference/,
  );
  expect(existsSync(target)).toBe(false);
});

test("the command line writes it", () => {
  const target = join(folder, "cli.html");
  const { status, stdout, stderr } = luoscope(["report", path, "-o", target]);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("5 of 14 values are worse in after");
  expect(readFileSync(target, "utf8") === page).toBe(true);
});

test("a damaged difference is refused with a reason", async () => {
  const copy = join(folder, "damaged");
  cpSync(path, copy, { recursive: true });
  writeFileSync(join(copy, "change.arrow"), readFileSync(join(copy, "change.arrow")).subarray(0, 500));
  const failure = buildReport({ path: copy, target: join(folder, "never.html") });
  await expect(failure).rejects.toThrow(FormatError);
});
