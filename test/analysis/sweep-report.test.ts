import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { buildReport, catalogue, queryNames, type Report } from "../../src/analysis/index.ts";
import { unshownQueries } from "../../src/analysis/spec/sweep-charts.ts";
import { FormatError, UsageError } from "../../src/base/index.ts";
import { type TinySweepOptions, writeTinySweep } from "../kit/tiny-sweep.ts";
import { hostileNames, scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const path = join(folder, "sweep");
let report: Report;
let page: string;

const ids = [
  "pareto",
  "what-if",
  "blackout-by-configuration",
  "contributions",
  "slo-attainment",
  "error-budget",
  "tornado",
  "morris",
  "sobol",
];

async function pageOf(name: string, options: TinySweepOptions): Promise<string> {
  writeTinySweep(join(folder, name), options);
  const { htmlPath } = await buildReport({ path: join(folder, name), target: join(folder, `${name}.html`) });
  return readFileSync(htmlPath, "utf8");
}

/** What people see of a page: its program has words of its own. */
function withoutScripts(text: string): string {
  return text.replace(/<script[\s\S]*?<\/script>/g, "");
}

beforeAll(async () => {
  writeTinySweep(path, { failing: { 5: "scratch areas find no place" } });
  report = await buildReport({
    path,
    target: join(folder, "plan.html"),
    svgFolder: join(folder, "charts"),
    pngFolder: join(folder, "charts"),
  });
  page = readFileSync(report.htmlPath, "utf8");
});

test("a sweep has a page of its own and pictures of each chart; the same one gives the same bytes", async () => {
  expect(readdirSync(join(folder, "charts")).toSorted()).toEqual(
    ids.flatMap((id) => [`${id}.png`, `${id}.svg`]).toSorted(),
  );
  for (const id of ids) expect(page).toContain(`<figure id="${id}">`);
  const again = await buildReport({ path, target: join(folder, "again.html") });
  expect(readFileSync(again.htmlPath, "utf8") === page).toBe(true);
  expect(report.htmlBytes).toBeLessThan(1_250_000);
});

test("it says what to choose and why", () => {
  expect(report.headline).toMatchInlineSnapshot(
    `"Choose folio 1 MiB, scratch 100%, agent all at once: 90 % of VMs stand still for at most 2.66 s at 105 MiB of memory, the least of the 10 of 18 configurations that keep 90 % of VMs within 3.00 s and 256 MiB of memory"`,
  );
  const list = /<ul class="reasons">[\s\S]*?<\/ul>/.exec(page)![0];
  const reasons = [...list.matchAll(/<li>([^<]+)<\/li>/g)].map(([, text]) => text!.replaceAll("&#39;", "'"));
  expect(reasons).toMatchInlineSnapshot(`
    [
      "SLO pause-3s (stated by the user) is kept: 100 % of its VMs stand still for at most 3.00 s over 4 draws of what is uncertain, and the SLO holds in 100 % of the draws taken alone.",
      "Its memory of 105 MiB is 64 MiB of scratch, 40 MiB of kexec image and 1 MiB of metadata; the limit is 256 MiB.",
      "The next, folio 1 MiB, scratch 200%, agent all at once, comes with 64 MiB more memory and a pause at the SLO's share that is 560 ms shorter. 1 other configuration comes to the same.",
      "Its blackout is 2.28 s in the median (1.89 s to 2.68 s in 5 to 95 % of the draws); with all inputs at their medians 82.3 % of it is kexec, 1.60 s, of which probe-device takes 1.12 s.",
      "1 of 3 uncertain inputs is assumed and not measured; probeNicNs (assumed) alone moves the blackout of the plan's scenario from 3.80 s to 6.70 s. Measure first: probeNicNs.",
    ]
  `);
});

test("runs without an answer are on the page, with their reasons and counts", () => {
  const section = /<h2[^>]*>Runs without an answer[\s\S]*?<\/table>/.exec(page)![0];
  const cells = [...section.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].slice(1).map(([, row]) => {
    return [...row!.matchAll(/<td[^>]*>([^<]*)</g)].map(([, cell]) => cell);
  });
  expect(cells.map((row) => row.slice(0, 3))).toEqual([
    ["failed", "1", "scratch areas find no place"],
    ["left out", "2", "constraints leave its configuration out"],
    ["refused", "4", "scratch areas find no place"],
  ]);
  expect(page).toContain("5 runs of 99 have no answer");
});

test("inputs stand there by their hashes, with the seed and the SLO's source", () => {
  for (const digit of ["a", "b", "c"]) expect(page).toContain(`<code>${digit.repeat(64)}</code>`);
  expect(page).toContain("Seed 7, 4 draws a configuration.");
  expect(page).toContain("90 % promised: stated by the user");
});

test("every figure and every table names the SQL files that its numbers come from", () => {
  for (const [, id, text] of page.matchAll(/<figure id="([^"]+)">([\s\S]*?)<\/figure>/g)) {
    expect(text, id).toMatch(/<span class="from">from <code>[a-z-]+\.sql<\/code>/);
  }
  const tables = page
    .replace(/<figure [\s\S]*?<\/figure>/g, "")
    .split("</table>")
    .slice(1);
  expect(tables.length).toBe(5);
  for (const after of tables) expect(after).toMatch(/^\s*<\/div>\s*<p class="note"><span class="from">from <code>/);
  const named = new Set([...page.matchAll(/<code>([a-z-]+)\.sql<\/code>/g)].map(([, file]) => file));
  const shown = queryNames("sweep").filter((name) => !(unshownQueries as readonly string[]).includes(name));
  expect(shown.filter((name) => !named.has(catalogue[name].file))).toEqual([]);
});

describe("a page of a sweep", () => {
  test("of which nothing is feasible says so, what is nearest, and what is missing", async () => {
    const text = await pageOf("infeasible", { sloNs: 1_000_000_000 });
    expect(text).toContain(
      "None of 18 configurations keeps 90 % of VMs within 1.00 s and 256 MiB of memory. Nearest is folio 1 MiB",
    );
    expect(text).toContain("its pause at the SLO&#39;s share is 964 ms beyond the SLO; its longest phase, kexec");
  });

  test("with too little memory says by how much", async () => {
    const text = await pageOf("small", { memoryLimitBytes: 100 * 2 ** 20 });
    expect(text).toMatch(/its memory is \d+ MiB beyond the limit of 100 MiB/);
  });

  test("without any answer says why", async () => {
    const failing = Object.fromEntries(Array.from({ length: 18 }, (_, index) => [index, "no place for scratch"]));
    const text = await pageOf("failed", { failing });
    expect(text).toContain("no run of folio 4 KiB, scratch 100%, agent one by one has an answer");
    expect(text).toContain("were refused or failed: no place for scratch");
    expect(withoutScripts(text)).not.toMatch(/NaN|undefined|>null</);
  });

  test("without axes, draws and designs is a page all the same", async () => {
    const text = await pageOf("bare", { axisCount: 0, repeats: 0, withoutDesigns: true });
    expect(text).toContain("so nothing to vary");
    expect(text).toContain("Nothing in this plan is uncertain");
    expect(withoutScripts(text)).not.toMatch(/NaN|undefined|>null</);
  });

  test("without rows says so", async () => {
    const text = await pageOf("empty", { empty: true });
    expect(text).toContain("This sweep has no configuration to choose from.");
    expect(text.replace(/<nav [\s\S]*?<\/nav>/, "").match(/There (is|are) no /g)!.length).toBe(9);
  });

  test.each(hostileNames.map((name, index) => [index, name.slice(0, 20_000)] as const))(
    "keeps hostile name %i as text",
    async (index, outside) => {
      const text = await pageOf(`hostile-${index}`, { outside, failing: { 5: outside } });
      expect(text).not.toContain("<img");
      expect(text.match(/<script/g)).toHaveLength(2);
      expect(text.match(/<\/script>/g)).toHaveLength(2);
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
      expect(text.length).toBeLessThan(2_000_000);
    },
  );
});

test("contributions are between the configurations that are named, by number or label", async () => {
  const target = join(folder, "named.html");
  await buildReport({ path, target, from: "0", to: "folio 1 MiB, scratch 300%, agent all at once" });
  const text = readFileSync(target, "utf8");
  expect(text).toContain(
    "from folio 4 KiB, scratch 100%, agent one by one to folio 1 MiB, scratch 300%, agent all at once",
  );
  await expect(buildReport({ path, target, from: "nobody" })).rejects.toThrow(/--from nobody: no configuration/);
  await expect(buildReport({ path, target, to: "999" })).rejects.toThrow(UsageError);
  await expect(buildReport({ path, target, measuredPath: path })).rejects.toThrow(UsageError);
});

test("a damaged sweep is refused with a reason", async () => {
  const copy = join(folder, "damaged");
  cpSync(path, copy, { recursive: true });
  writeFileSync(join(copy, "run.arrow"), readFileSync(join(copy, "run.arrow")).subarray(0, 500));
  const failure = buildReport({ path: copy, target: join(folder, "never.html") });
  await expect(failure).rejects.toThrow(FormatError);
  expect(existsSync(join(folder, "never.html"))).toBe(false);
});
