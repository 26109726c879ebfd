// The report for those who take its data along, who use keys, and who do not see it.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { buildReport, openDatabase, runCatalogueQuery } from "../../src/analysis/index.ts";
import { hostileNames, scratchFolder } from "../analysis/kit.ts";
import { browserFlags, executablePath, hasChromium, seriousViolations } from "../kit/browser.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { writeTinyDifference } from "../kit/tiny-difference.ts";
import { writeTinyFleet } from "../kit/tiny-fleet.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinySweep } from "../kit/tiny-sweep.ts";

const folder = scratchFolder();
const kinds = ["run", "sweep", "difference", "comparison", "fleet"] as const;

describe.skipIf(!hasChromium)(`the report in ${executablePath} (skipped where it is not installed)`, () => {
  let browser: Browser;

  beforeAll(async () => {
    writeTinyRun(join(folder, "run"), { vmNames: ["=1+1", hostileNames[0], "db-0"] });
    writeTinySweep(join(folder, "sweep"));
    writeTinyDifference(join(folder, "difference"), { withGate: true });
    writeTinyComparison(join(folder, "comparison"));
    await writeTinyFleet(join(folder, "fleet"));
    for (const kind of kinds) await buildReport({ path: join(folder, kind), target: join(folder, `${kind}.html`) });
    browser = await chromium.launch({ executablePath, args: browserFlags });
  });
  afterAll(async () => browser?.close());

  async function open(
    kind: (typeof kinds)[number],
    colorScheme: "light" | "dark" = "light",
    width = 1500,
  ): Promise<Page> {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 }, acceptDownloads: true });
    await page.goto(pathToFileURL(join(folder, `${kind}.html`)).href);
    await page.waitForSelector("html[data-drawn]");
    return page;
  }

  test.each(kinds)("axe finds nothing serious in the report of a %s, light and dark", async (kind) => {
    for (const scheme of ["light", "dark"] as const) {
      const page = await open(kind, scheme);
      expect(await seriousViolations(page, scheme === "dark" ? "colours" : "all"), scheme).toEqual([]);
      await page.close();
    }
  });

  test("each answer is kept as CSV, exactly, and no cell of it is run by a spreadsheet", async () => {
    const page = await open("run");
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.locator("#blackout-by-phase .computed summary").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download blackout-by-phase-vm.csv" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("blackout-by-phase-vm.csv");
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const [head, ...lines] = Buffer.concat(chunks).toString("utf8").trimEnd().split("\n");
    const database = await openDatabase({ kind: "run", path: join(folder, "run") });
    const rows = await runCatalogueQuery(database, "blackout-by-phase-vm");
    database.close();
    expect(head).toBe(Object.keys(rows[0]!).join(","));
    expect(lines).toHaveLength(rows.length);
    const columns = head!.split(",");
    for (const [index, line] of lines.entries()) {
      // Names may hold commas and quotes; what follows them does not.
      const end = line.split(",").slice(-3);
      const names = columns.slice(-3) as (keyof (typeof rows)[number])[];
      expect(end).toEqual(names.map((name) => (rows[index]![name] === null ? "" : String(rows[index]![name]))));
    }
    expect(lines.join("\n")).toContain("'=1+1");
    expect(lines.join("\n")).not.toMatch(/(^|,)=1/m);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("contents stand beside the page where there is room, above it where not, and lead to each figure", async () => {
    const wide = await open("run");
    const [nav, main] = [wide.locator("nav"), wide.locator("main")];
    expect((await nav.boundingBox())!.x).toBeLessThan((await main.boundingBox())!.x);
    await wide.locator('nav a[href="#memory-overhead"]').click();
    await expect.poll(async () => (await wide.locator("#memory-overhead").boundingBox())!.y).toBeLessThan(300);
    await wide.close();
    const narrow = await open("run", "light", 800);
    expect((await narrow.locator("nav").boundingBox())!.y).toBeLessThan(
      (await narrow.locator("main").boundingBox())!.y,
    );
    await narrow.keyboard.press("Tab");
    expect(await narrow.evaluate(() => document.activeElement?.textContent)).toBe("To the content");
    await narrow.close();
  });
});
