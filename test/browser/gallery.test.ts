// The gallery as a reader meets it: every chart of every kind. Folders that are there already are drawn as they are; one is made
// from data that ships.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { listCharts } from "../../src/analysis/index.ts";
import { browserFlags, executablePath, hasChromium, seriousViolations } from "../kit/browser.ts";
import { luoscope } from "../kit/cli.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { writeTinyDifference } from "../kit/tiny-difference.ts";
import { writeTinyFleet } from "../kit/tiny-fleet.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinySweep } from "../kit/tiny-sweep.ts";
import { sharedFolder } from "../kit/temp-folder.ts";

describe.skipIf(!hasChromium)(`the gallery in ${executablePath} (skipped where it is not installed)`, () => {
  const folder = sharedFolder();
  const path = join(folder, "gallery.html");
  let browser: Browser;

  beforeAll(async () => {
    const at = (name: string) => join(folder, "data", name);
    for (const name of ["run", "from-7.2", "passthrough"]) writeTinyRun(at(name));
    writeTinySweep(at("sweep"));
    writeTinyDifference(at("difference"), { withGate: true });
    writeTinyComparison(at("comparison"));
    await writeTinyFleet(at("fleet"));
    const { status, stderr } = luoscope(["gallery", "-o", folder]);
    expect([status, stderr]).toEqual([0, ""]);
    browser = await chromium.launch({ executablePath, args: browserFlags });
  });
  afterAll(async () => browser?.close());

  test("draws each chart that there is, asks nobody for anything, and is accessible in both schemes", async () => {
    const charts = await listCharts();
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } });
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      page.on("request", (request) => request.url().startsWith("file:") || problems.push(request.url()));
      await page.goto(pathToFileURL(path).href);
      await page.waitForSelector(`html[data-drawn="${colorScheme}"]`);
      for (const { id } of charts) {
        await page.locator(`#${id}`).scrollIntoViewIfNeeded();
        await page.waitForSelector(`#${id} .plot svg`);
      }
      expect(await seriousViolations(page, colorScheme === "dark" ? "colours" : "all")).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  test("made the one folder that was not there", () => {
    expect(existsSync(join(folder, "data", "small-folios", "run.json"))).toBe(true);
  });

  test("says how each chart is drawn alone, without a path of this machine beyond the folder named", () => {
    const html = readFileSync(path, "utf8");
    expect(html).toContain("luoscope plot dirty-heatmap traces/vm-tcg-redis-nvme-net -o dirty-heatmap.svg");
    expect(html).toContain(`luoscope plot pareto ${join(folder, "data", "sweep")} -o pareto.svg`);
    expect(html).not.toContain(process.cwd());
  });
});
