// A notebook's page in a browser: it works offline, in both colours, on narrow screens, and for those who do not see it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type axe from "axe-core";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { buildNotebooks } from "../../src/notebook/index.ts";
import { hostileNames } from "../analysis/kit.ts";
import { notebookOf, printing, runText } from "../kit/notebooks.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";

const executablePath = "/usr/bin/chromium";
const flags =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const folder = sharedFolder();
const body = `Words, [the web](https://example.org/).

| a | b |
|---|---:|
| 1 | 2 |

\`\`\`sql run
select name, * from vm
\`\`\`

\`\`\`claim run
select true as "this holds", false as "and this does not"
\`\`\`

## A chart

\`\`\`chart run phase-gantt
\`\`\`

\`\`\`luoscope
kernels
\`\`\`
`;

describe.skipIf(!existsSync(executablePath))(
  `a notebook in ${executablePath} (skipped where it is not installed)`,
  () => {
    let browser: Browser;
    const url = pathToFileURL(join(folder, "built", "n.html")).href;

    beforeAll(async () => {
      writeTinyRun(join(folder, "run"), { vmNames: hostileNames });
      const work = { workFolder: folder, effects: printing(`${"wide ".repeat(60)}\n${hostileNames.join("\n")}\n`) };
      const notebook = notebookOf(runText(body), join(folder, "n.md"));
      const target = join(folder, "built");
      const [page] = await buildNotebooks([notebook], work, { target, formats: ["html"] });
      mkdirSync(target, { recursive: true });
      writeFileSync(page!.path, page!.text);
      browser = await chromium.launch({ executablePath, args: flags.split(" ") });
    }, 120_000);
    afterAll(() => browser.close());

    test.each(["light", "dark"] as const)(
      "in %s it shows one picture, asks for nothing and says nothing",
      async (colorScheme) => {
        const page = await browser.newPage({ colorScheme, viewport: { width: 1100, height: 900 } });
        const said: string[] = [];
        const asked: string[] = [];
        page.on("console", (message) => said.push(message.text()));
        page.on("request", (request) => asked.push(request.url()));
        await page.goto(url);
        const seen = page.locator("figure img:visible");
        expect(await seen.count()).toBe(1);
        expect(await seen.getAttribute("class")).toBe(colorScheme);
        expect(await seen.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(400);
        // On paper it is light, whatever the screen was.
        await page.emulateMedia({ media: "print", colorScheme });
        expect(await seen.getAttribute("class")).toBe("light");
        expect(asked.filter((address) => !address.startsWith("data:"))).toEqual([url]);
        expect(said).toEqual([]);
        await page.close();
      },
    );

    test.each([1100, 390])("at %i px the page itself does not scroll sideways", async (width) => {
      const page = await browser.newPage({ viewport: { width, height: 800 } });
      await page.goto(url);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await page.close();
    });

    test.each(["light", "dark"] as const)("axe finds nothing wrong in %s", async (colorScheme) => {
      // What looks at the page is a script, and the page's policy allows none.
      const page = await browser.newPage({ colorScheme, bypassCSP: true });
      await page.goto(url);
      await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
      const found = await page.evaluate(async () => (window as unknown as { axe: typeof axe }).axe.run());
      expect(found.passes.length).toBeGreaterThan(10);
      expect(found.violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      await page.close();
    });
  },
);
