import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { buildReport } from "../../src/analysis/index.ts";
import { hostileNames, scratchFolder } from "../analysis/kit.ts";
import { browserFlags, executablePath, hasChromium } from "../kit/browser.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinyDifference } from "../kit/tiny-difference.ts";
import { writeTinySweep } from "../kit/tiny-sweep.ts";

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
const comparisonIds = ["predicted-by-step", "residuals-by-driver", "kernel-waterfall", "scattered-boot"];
const sweepIds = [
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
const folder = scratchFolder();

interface Visit {
  readonly page: Page;
  readonly requests: string[];
  readonly problems: string[];
}

// A machine without the browser tests the rest; the reason stands in the test's name.
describe.skipIf(!hasChromium)(`the report in ${executablePath} (skipped where it is not installed)`, () => {
  let browser: Browser;
  const urls: Record<string, string> = {};

  beforeAll(async () => {
    writeTinyRun(join(folder, "tiny"));
    writeTinyRun(join(folder, "empty"), { empty: true });
    writeTinyRun(join(folder, "hostile"), {
      vmNames: hostileNames,
      markNames: hostileNames,
      deviceName: hostileNames[2],
      outside: hostileNames[0],
      traceName: hostileNames[0],
      detail: hostileNames[0],
    });
    writeTinyComparison(join(folder, "compared"));
    writeTinyComparison(join(folder, "compared-hostile"), { names: hostileNames, profileName: hostileNames[0] });
    writeTinyDifference(join(folder, "difference"), { withGate: true });
    writeTinyDifference(join(folder, "difference-hostile"), { outside: hostileNames[0], withGate: true });
    writeTinySweep(join(folder, "sweep"));
    writeTinySweep(join(folder, "sweep-hostile"), { outside: hostileNames[0], failing: { 5: hostileNames[0] } });
    const measuredPath = join(folder, "compared");
    for (const [name, path, more] of [
      ["tiny", "tiny", {}],
      ["empty", "empty", {}],
      ["hostile", "hostile", {}],
      ["compared", "compared", {}],
      ["compared-hostile", "compared-hostile", {}],
      ["measured", "tiny", { measuredPath }],
      ["sweep", "sweep", {}],
      ["sweep-hostile", "sweep-hostile", {}],
      ["difference", "difference", {}],
      ["difference-hostile", "difference-hostile", {}],
    ] as const) {
      const target = join(folder, `${name}.html`);
      const { htmlPath } = await buildReport({ path: join(folder, path), target, ...more });
      urls[name] = pathToFileURL(htmlPath).href;
    }
    browser = await chromium.launch({ executablePath, args: browserFlags });
  });
  afterAll(() => browser.close());

  async function open(name: string, colorScheme: "light" | "dark" = "light"): Promise<Visit> {
    const context = await browser.newContext({ offline: true, colorScheme, viewport: { width: 1400, height: 1000 } });
    const page = await context.newPage();
    const visit: Visit = { page, requests: [], problems: [] };
    page.on("request", (request) => visit.requests.push(request.url()));
    page.on("console", (message) => visit.problems.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => visit.problems.push(error.message));
    await page.goto(urls[name]!);
    await page.waitForSelector("html[data-drawn]");
    return visit;
  }

  function expectQuiet(visit: Visit, name: string): void {
    expect(visit.problems).toEqual([]);
    expect(visit.requests).toEqual([urls[name]]);
  }

  test.each(["light", "dark"] as const)("opens with the headline and ten drawn charts, %s", async (scheme) => {
    const visit = await open("tiny", scheme);
    expect(await visit.page.locator("h1").innerText()).toMatch(
      /^This host's VMs would stand still for 2\.48 s = freeze/,
    );
    for (const id of ids) {
      const marks = await visit.page.locator(`#${id} .plot svg .role-mark path`).count();
      expect(marks, id).toBeGreaterThan(3);
    }
    const wide = await visit.page.evaluate(() =>
      [...document.querySelectorAll(".plot")]
        .filter((plot) => plot.scrollWidth > plot.clientWidth)
        .map((plot) => plot.parentElement!.id),
    );
    expect(wide, "charts that do not fit into the page").toEqual([]);
    expectQuiet(visit, "tiny");
  });

  const kexecBar = `#phase-gantt .concat_1_layer_3_marks path`;
  const axisTexts = async (page: Page) => {
    const texts = await page.locator("#phase-gantt .concat_1_group .role-axis-label text").allTextContents();
    return texts.toSorted();
  };

  test("a step shows its name when the pointer is on it, and the wheel zooms in there", async () => {
    const visit = await open("tiny");
    const { page } = visit;
    await page.locator("#phase-gantt").scrollIntoViewIfNeeded();
    const bars = page.locator(kexecBar);
    expect(await bars.count()).toBeGreaterThan(8);
    await page.locator(`${kexecBar}[fill="#d55e00"]`).nth(3).hover();
    expect(await page.locator("#tooltip").innerText()).toMatch(/Step\s+boot\.early\s+Phase\s+kexec[\s\S]*930 ms/);
    const before = await axisTexts(page);
    await page.waitForTimeout(350);
    await page.mouse.wheel(0, -400);
    await expect.poll(() => axisTexts(page)).not.toEqual(before);
    await page.getByRole("button", { name: "Reset: blackout" }).click();
    await expect.poll(() => axisTexts(page)).toEqual(before);
    await page.mouse.move(5, 5);
    await expect.poll(() => page.locator("#tooltip").isHidden()).toBe(true);
    expectQuiet(visit, "tiny");
  });

  test("a step of 20 µs is drawn and can be pointed at", async () => {
    const { page } = await open("tiny");
    await page.locator("#phase-gantt").scrollIntoViewIfNeeded();
    const target = page.locator("#phase-gantt .concat_1_layer_2_marks path").nth(5);
    const box = (await target.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2 + 3, box.y + box.height / 2);
    expect(await page.locator("#tooltip").innerText()).toMatch(/kho\.finalize[\s\S]*20\.0 µs/);
  });

  test("marks of alternatives and of starts say what they are when the pointer is on them", async () => {
    const visit = await open("tiny");
    const { page } = visit;
    await page.locator("#alternatives .role-mark path[fill='#d55e00']").first().hover();
    expect(await page.locator("#tooltip").innerText()).toMatch(
      /Alternative\s+live-update[\s\S]*stands still\s+2\.48 s/,
    );
    await page.locator("#when-to-update .role-mark path[fill='#20558a']").nth(5).hover();
    expect(await page.locator("#tooltip").innerText()).toMatch(/Start\s+500 ms[\s\S]*Packets lost\s+0/);
    await page.locator("#alternatives summary >> nth=0").press("Enter");
    expect(await page.locator("#alternatives table").first().innerText()).toContain("no: writes outrun the link");
    expectQuiet(visit, "tiny");
  });

  test("zooming works from the keyboard", async () => {
    const { page } = await open("tiny");
    const before = await axisTexts(page);
    await page.getByRole("button", { name: "Zoom in: blackout" }).focus();
    await page.keyboard.press("Enter");
    expect(await axisTexts(page)).not.toEqual(before);
    await page.getByRole("button", { name: "Reset: blackout" }).press("Space");
    expect(await axisTexts(page)).toEqual(before);
  });

  test("a page that is being scrolled does not zoom a chart on its way", async () => {
    const { page } = await open("tiny");
    const before = await axisTexts(page);
    await page.mouse.move(700, 30);
    for (let turn = 0; turn < 12; turn++) await page.mouse.wheel(0, 100);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(800);
    expect(await axisTexts(page)).toEqual(before);
  });

  test("colours follow the reader's scheme, and paper is light", async () => {
    const { page } = await open("tiny");
    const fills = () => page.locator(kexecBar).evaluateAll((bars) => bars.map((bar) => bar.getAttribute("fill")));
    expect(await fills()).toContain("#d55e00");
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(fills, { timeout: 20_000 }).toContain("#e8702a");
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await expect.poll(fills, { timeout: 20_000 }).toContain("#d55e00");
  });

  test("hostile names are shown as text and do nothing", async () => {
    const visit = await open("hostile");
    const { page } = visit;
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).not.toContain("broken");
    await page.locator("#blackout-by-phase summary >> nth=0").click();
    const table = await page.locator("#blackout-by-phase table").innerText();
    expect(table).toContain("</script><img src=x onerror=");
    expect(table).toContain("tab␉null␀bell␇");
    await page.locator("#blackout-by-phase .role-mark path").first().hover();
    expect(await page.locator("#tooltip dd").first().innerText()).not.toBe("");
    expect(await page.locator("#tooltip img").count()).toBe(0);
    expectQuiet(visit, "hostile");
  });

  test.each(["light", "dark"] as const)(
    "a comparison opens with its headline and four drawn charts, %s",
    async (scheme) => {
      const visit = await open("compared", scheme);
      const { page } = visit;
      expect(await page.locator("h1").innerText()).toMatch(/^Cost profile baseline misses the blackout of 7 recorded/);
      for (const id of comparisonIds) {
        expect(await page.locator(`#${id} .plot svg .role-mark path`).count(), id).toBeGreaterThan(3);
      }
      const wide = await page.evaluate(
        () => [...document.querySelectorAll(".plot")].filter((plot) => plot.scrollWidth > plot.clientWidth).length,
      );
      expect(wide).toBe(0);
      await page.locator("#kernel-waterfall summary >> nth=0").click();
      expect(await page.locator("#kernel-waterfall table").innerText()).toContain("hashPurgatoryMibNs");
      await page
        .locator(`#scattered-boot .role-mark path[fill="${scheme === "light" ? "#0072b2" : "#5aa9e6"}"]`)
        .last()
        .hover();
      expect(await page.locator("#tooltip").innerText()).toMatch(/Recording\s+frag-16[\s\S]*Recorded\s+5\.34 s/);
      expectQuiet(visit, "compared");
    },
  );

  test("a run's report shows a comparison behind its own charts", async () => {
    const visit = await open("measured");
    const figures = await visit.page.locator("figure").evaluateAll((all) => all.map(({ id }) => id));
    expect(figures).toEqual([...ids, ...comparisonIds]);
    expect(await visit.page.locator("#heading-measured").innerText()).toBe("Model against measurement");
    for (const id of [...ids, ...comparisonIds]) {
      expect(await visit.page.locator(`#${id} .plot svg`).count(), id).toBe(1);
    }
    expectQuiet(visit, "measured");
  });

  test("hostile names of recordings are shown as text and do nothing", async () => {
    const visit = await open("compared-hostile");
    const { page } = visit;
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).not.toContain("broken");
    await page.locator("#residuals-by-driver summary >> nth=0").click();
    const table = await page.locator("#residuals-by-driver table").innerText();
    expect(table).toContain("</script><img src=x onerror=");
    expect(table).toContain("tab␉null␀bell␇");
    expectQuiet(visit, "compared-hostile");
  });

  test.each(["light", "dark"] as const)(
    "a sweep opens with what to choose and eight drawn charts, %s",
    async (scheme) => {
      const visit = await open("sweep", scheme);
      const { page } = visit;
      expect(await page.locator("h1").innerText()).toMatch(
        /^Choose folio 1 MiB, scratch 100%, agent all at once: 90 %/,
      );
      for (const id of sweepIds) {
        expect(await page.locator(`#${id} .plot svg .role-mark path`).count(), id).toBeGreaterThan(3);
      }
      const wide = await page.evaluate(
        () => [...document.querySelectorAll(".plot")].filter((plot) => plot.scrollWidth > plot.clientWidth).length,
      );
      expect(wide).toBe(0);
      await page
        .locator(`#pareto .role-mark path[fill="${scheme === "light" ? "#0072b2" : "#5aa9e6"}"]`)
        .last()
        .hover();
      expect(await page.locator("#tooltip").innerText()).toMatch(/Configuration\s+folio 1 MiB[\s\S]*Memory\s+\d+ MiB/);
      expectQuiet(visit, "sweep");
    },
  );

  test.each(["light", "dark"] as const)(
    "a difference opens with what is worse and drawn charts, %s",
    async (scheme) => {
      const visit = await open("difference", scheme);
      const { page } = visit;
      expect(await page.locator("h1").innerText()).toMatch(
        /^5 of 14 values are worse in after: the blackout is 1\.45 s/,
      );
      for (const id of ["changes", "change-waterfall", "samples"]) {
        expect(await page.locator(`#${id} .plot svg .role-mark path`).count(), id).toBeGreaterThan(3);
      }
      const wide = await page.evaluate(
        () => [...document.querySelectorAll(".plot")].filter((plot) => plot.scrollWidth > plot.clientWidth).length,
      );
      expect(wide).toBe(0);
      await page.locator("#changes .mark-symbol.role-mark path").first().hover();
      expect(await page.locator("#tooltip").innerText()).toMatch(/Value\s+phase kexec[\s\S]*95 % interval\s+\+177 %/);
      expectQuiet(visit, "difference");
    },
  );

  test("hostile names of a difference are shown as text and do nothing", async () => {
    const visit = await open("difference-hostile");
    expect(await visit.page.locator("img").count()).toBe(0);
    expect(await visit.page.title()).not.toBe("broken");
    expectQuiet(visit, "difference-hostile");
  });

  test("hostile labels and reasons of a sweep are shown as text and do nothing", async () => {
    const visit = await open("sweep-hostile");
    const { page } = visit;
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).not.toBe("broken");
    await page.locator("#pareto summary >> nth=0").click();
    expect(await page.locator("#pareto table").innerText()).toContain("</script><img src=x onerror=");
    await page.locator("#pareto .role-mark path[fill='#0072b2']").last().hover();
    expect(await page.locator("#tooltip img").count()).toBe(0);
    expectQuiet(visit, "sweep-hostile");
  });

  test("a run without rows gives a quiet page", async () => {
    const visit = await open("empty");
    expect(await visit.page.locator("svg").count()).toBe(0);
    expectQuiet(visit, "empty");
  });
});
