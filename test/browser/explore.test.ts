// The explorer as people use it: brushing, zooming, links, SQL, a server that goes away, and names that want to be more.
import { join } from "node:path";

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Datasets, type Explorer, openDatasets, serveExplorer } from "../../src/explore/index.ts";
import { hostileNames } from "../analysis/kit.ts";
import { browserFlags, executablePath, hasChromium, seriousViolations } from "../kit/browser.ts";
import { hostileTrace } from "../kit/eventful-trace.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinySweep } from "../kit/tiny-sweep.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";

const folder = sharedFolder();
const at = (name: string): string => join(folder, name);

describe.skipIf(!hasChromium)(`the explorer in ${executablePath} (skipped where it is not installed)`, () => {
  let browser: Browser;
  let datasets: Datasets;
  let explorer: Explorer;
  const sources = ["trace", "run", "other", "sweep", "hostile", "hostile-trace"];

  beforeAll(async () => {
    writeTinyRun(at("run"));
    writeTinyRun(at("other"), { vmNames: ["a"] });
    writeTinySweep(at("sweep"));
    writeTinyRun(at("hostile"), { vmNames: hostileNames, detail: hostileNames[0], outside: hostileNames[0] });
    writeTinyTrace(at("hostile-trace"), hostileTrace);
    const paths = sources.map((name) => ({
      name: name.startsWith("hostile") ? hostileNames[0] : name,
      path: name === "trace" ? "traces/vm-tcg-redis-nvme-net" : at(name),
    }));
    datasets = await openDatasets(paths, { folder });
    explorer = await serveExplorer(datasets);
    browser = await chromium.launch({ executablePath, args: browserFlags });
  });
  afterAll(async () => {
    await browser?.close();
    await explorer?.close();
    datasets?.close();
  });

  interface Visit {
    readonly page: Page;
    readonly context: BrowserContext;
    readonly problems: string[];
  }

  async function open(hash = "", colorScheme: "light" | "dark" = "light"): Promise<Visit> {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1280, height: 900 },
      acceptDownloads: true,
    });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("request", (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (protocol === "http:" && hostname !== "127.0.0.1") problems.push(request.url());
    });
    await page.goto(`${explorer.url}${hash}`);
    await drawn(page);
    return { page, context, problems };
  }

  /** Until what the address says is drawn. */
  async function drawn(page: Page): Promise<void> {
    await page.waitForFunction(() => {
      const hash = location.hash || "#";
      const pure = (text: string) => text.replace(/&?sql=[^&]*/, "").replace(/^#&/, "#");
      return pure(document.documentElement.dataset["drawn"] ?? "") === pure(hash);
    });
  }

  async function drag(page: Page, id: string, from: readonly [number, number], to: readonly [number, number]) {
    const canvas = page.locator(`#${id} canvas`);
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox())!;
    const place = ([x, y]: readonly [number, number]) => [box.x + box.width * x, box.y + box.height * y] as const;
    await page.mouse.move(...place(from));
    await page.mouse.down();
    await page.mouse.move(...place(to), { steps: 4 });
    await page.mouse.up();
  }

  test("the token leaves the address, and the link goes on where it pointed", async () => {
    const { page, context, problems } = await open("#d=1");
    expect(new URL(page.url()).search).toBe("");
    expect(new URL(page.url()).hash).toBe("#d=1");
    expect(await page.locator("#dataset").inputValue()).toBe("1");
    expect(problems).toEqual([]);
    await context.close();
  });

  test("brushing the strip chooses the window, brushing the heatmap the rows, and the back button goes back", async () => {
    const { page, context, problems } = await open();
    const before = await page.locator("#writes h2").innerText();
    await drag(page, "overview", [0.5, 0.4], [0.6, 0.4]);
    await page.waitForFunction(() => location.hash.includes("from="));
    await drawn(page);
    const window = new URLSearchParams(new URL(page.url()).hash.slice(1));
    expect(Number(window.get("to")) - Number(window.get("from"))).toBeLessThan(8e9);
    await drag(page, "heatmap", [0.4, 0.3], [0.6, 0.6]);
    await page.waitForFunction(() => location.hash.includes("mf="));
    await drawn(page);
    const heading = await page.locator("#writes h2").innerText();
    expect(heading).toContain("under the brush");
    expect(heading).not.toBe(before);
    const link = page.url();
    await page.goBack();
    await drawn(page);
    expect(await page.locator("#writes h2").innerText()).toContain("in the window");
    // A link of a view opens that view.
    const again = await context.newPage();
    await again.goto(link);
    await drawn(again);
    expect(await again.locator("#writes h2").innerText()).toBe(heading);
    expect(problems).toEqual([]);
    await context.close();
  });

  test("keys do what the mouse does: in, out, left, right, a number, all", async () => {
    const { page, context } = await open();
    const windowOf = () =>
      page
        .locator('input[type="number"]')
        .evaluateAll((inputs) => inputs.map((input) => Number((input as HTMLInputElement).value)));
    const press = async (label: string) => {
      const before = page.url();
      await page.getByRole("button", { name: label, exact: true }).focus();
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.href !== before);
      await drawn(page);
    };
    const whole = await windowOf();
    await press("Zoom in");
    const inside = await windowOf();
    expect(inside[1]! - inside[0]!).toBeCloseTo((whole[1]! - whole[0]!) / 2, 3);
    await press("Move right");
    expect((await windowOf())[0]).toBeGreaterThan(inside[0]!);
    await press("Zoom out");
    await page.locator('input[type="number"]').first().fill("20");
    await page.locator('input[type="number"]').first().press("Enter");
    await page.waitForFunction(() => location.hash.includes("from=20000000000"));
    await press("Reset: show all");
    expect(await windowOf()).toEqual(whole);
    await context.close();
  });

  test("a run's brush filters its steps; two runs stand one under the other with their difference", async () => {
    const { page, context, problems } = await open("#d=1");
    const all = await page.locator("#steps tbody tr").count();
    await drag(page, "timeline-0", [0.45, 0.5], [0.5, 0.6]);
    await page.waitForFunction(() => location.hash.includes("bf="));
    await drawn(page);
    const some = await page.locator("#steps tbody tr").count();
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(all);
    await page.locator("#other").selectOption("2");
    await page.waitForSelector("#timeline-1 canvas");
    expect(await page.locator("#difference thead").innerText()).toContain("run, ns");
    expect(problems).toEqual([]);
    await context.close();
  });

  test("a sweep's brush filters configurations and counts them by axis", async () => {
    const { page, context, problems } = await open("#d=3");
    const all = await page.locator("#configurations tbody tr").count();
    await drag(page, "scatter", [0.2, 0.6], [0.6, 0.95]);
    await page.waitForFunction(() => location.hash.includes("me="));
    await drawn(page);
    expect(await page.locator("#configurations tbody tr").count()).toBeLessThan(all);
    expect(problems).toEqual([]);
    await context.close();
  });

  test("SQL answers as a table, and says what is wrong with the hint", async () => {
    const { page, context } = await open("#d=1");
    const ask = async (sql: string) => {
      await page.locator("#sql").fill(sql);
      await page.locator("#sql").press("Control+Enter");
    };
    await ask("select count(*) as steps from step");
    await page.waitForSelector("#sql-answer table");
    expect(await page.locator("#sql-answer table").innerText()).toMatch(/^steps\s+\d+$/);
    await ask("selec 1");
    await page.waitForSelector("#sql-error:not([hidden])");
    expect(await page.locator("#sql-error").innerText()).toMatch(/SQL: .*syntax error[\s\S]*show all tables/);
    expect(await page.locator("#sql-answer table").count()).toBe(0);
    await context.close();
  });

  test("views are taken along as specification, picture and rows", async () => {
    const { page, context } = await open();
    const saved = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
      const chunks: Buffer[] = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
      return { name: download.suggestedFilename(), content: Buffer.concat(chunks) };
    };
    const spec = await saved("Spec: save the Vega-Lite specification of Memory over time");
    expect(spec.name).toBe("heatmap.vl.json");
    expect((JSON.parse(spec.content.toString()) as { $schema: string }).$schema).toContain("vega-lite");
    const picture = await saved("PNG: save the picture of Memory over time");
    expect([picture.name, picture.content.subarray(1, 4).toString()]).toEqual(["heatmap.png", "PNG"]);
    const rows = await saved("CSV: save the rows of Memory over time");
    expect(rows.content.toString()).toMatch(/^start_ns,end_ns,first_byte,end_byte,pages\n\d/);
    await context.close();
  });

  test("hostile names stay text", async () => {
    for (const hash of ["#d=4", "#d=5"]) {
      const { page, context, problems } = await open(hash);
      expect(await page.title()).toBe("luoscope");
      expect(await page.locator("img").count()).toBe(0);
      expect(problems).toEqual([]);
      await context.close();
    }
  });

  test("another origin's page gets nothing from it", async () => {
    const { context } = await open();
    const page = await context.newPage();
    await page.route("http://evil.example/", (route) =>
      route.fulfill({ contentType: "text/html", body: "<p>evil</p>" }),
    );
    await page.goto("http://evil.example/");
    const outcome = await page.evaluate(async (url) => {
      try {
        const response = await fetch(url, { credentials: "include" });
        return String(response.status);
      } catch {
        return "blocked";
      }
    }, `http://127.0.0.1:${explorer.port}/api/datasets`);
    expect(outcome).toBe("blocked");
    await context.close();
  });

  test("ten pages at once are all drawn", async () => {
    const visits = await Promise.all(Array.from({ length: 10 }, (_, index) => open(`#d=${index % 4}`)));
    for (const { problems, context } of visits) {
      expect(problems).toEqual([]);
      await context.close();
    }
  });

  test("axe finds nothing serious, light and dark, in any kind of view", async () => {
    for (const scheme of ["light", "dark"] as const) {
      for (const hash of ["", "#d=1&e=2", "#d=3"]) {
        const { page, context } = await open(hash, scheme);
        expect(await seriousViolations(page, scheme === "dark" ? "colours" : "all"), `${scheme} ${hash}`).toEqual([]);
        await context.close();
      }
    }
  });

  test("a server that is gone is said to be, and what is shown stays; once it is back the page goes on", async () => {
    const own = await serveExplorer(datasets);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${own.url}#d=1`);
    await drawn(page);
    await own.close();
    await page.evaluate(() => (location.hash = "#d=3"));
    await page.waitForSelector("#banner:not([hidden])");
    expect(await page.locator("#banner").innerText()).toContain("The server does not answer");
    expect(await page.locator("#timeline-0 canvas").count()).toBe(1);
    await context.close();
  });
});
