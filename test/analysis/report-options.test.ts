// What may be asked of a report: sections, title, paper, brand, formats, and data that can be taken along.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import markdownIt from "markdown-it";
import { beforeAll, describe, expect, test } from "vitest";

import { brandStyle, brandTheme, contrast, parseBrand } from "../../src/analysis/spec/brand.ts";
import { buildReport } from "../../src/analysis/index.ts";
import { createTheme, type Mode } from "../../src/analysis/spec/theme.ts";
import { hasChromium } from "../kit/browser.ts";
import { writeTinyFleet } from "../kit/tiny-fleet.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinySweep } from "../kit/tiny-sweep.ts";
import { hostileNames, scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const run = join(folder, "run");
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  writeTinyRun(run);
  writeTinyRun(at("hostile"), { vmNames: hostileNames, outside: hostileNames[0], traceName: hostileNames[0] });
  writeTinySweep(at("sweep"));
  await writeTinyFleet(at("fleet"));
});

async function pageOf(page: NonNullable<Parameters<typeof buildReport>[0]["page"]>): Promise<string> {
  await buildReport({ path: run, target: at("page.html"), page });
  return readFileSync(at("page.html"), "utf8");
}

const idsOf = (page: string, tag: string): string[] =>
  [...page.matchAll(new RegExp(`<${tag} id="([\\w-]+)"`, "g"))].map(([, id]) => id!);

describe("sections", () => {
  test("stand in the contents, each with its figures, numbered as they stand", async () => {
    const page = await pageOf({});
    const contents = /<nav aria-label="Contents">([\s\S]*?)<\/nav>/.exec(page)![1]!;
    const links = [...contents.matchAll(/href="#([\w-]+)"/g)].map(([, id]) => id!);
    expect(new Set(links)).toEqual(new Set([...idsOf(page, "section"), ...idsOf(page, "figure")]));
    const numbers = [...page.matchAll(/<span>Figure (\d+)\.<\/span>/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test("may be chosen, in another order; their figures only are in the page", async () => {
    const page = await pageOf({ sections: ["when", "update"] });
    expect(idsOf(page, "section")).toEqual(["when", "update"]);
    expect(idsOf(page, "figure")).toEqual(["when-to-update", "phase-gantt", "blackout-by-phase", "device-blame"]);
    expect(page.length).toBeLessThan((await pageOf({})).length);
    expect(page).not.toContain('"id":"request-latency"');
  });

  test("one that is none is refused with those there are", async () => {
    await expect(pageOf({ sections: ["<b>"] })).rejects.toMatchObject({
      exitCode: 2,
      message: "there is no section <b> in this report",
      hint: expect.stringMatching(/^its sections: update, memory, services, .*, inputs$/) as string,
    });
  });

  test("headings go down one step at a time", async () => {
    for (const path of [run, at("sweep"), at("fleet")]) {
      await buildReport({ path, target: at("levels.html") });
      const levels = [...readFileSync(at("levels.html"), "utf8").matchAll(/<h([1-6])/g)].map(([, level]) =>
        Number(level),
      );
      expect(levels.filter((level) => level === 1)).toHaveLength(1);
      for (const [index, level] of levels.slice(1).entries()) expect(level - levels[index]!).toBeLessThanOrEqual(1);
    }
  });
});

test("a title of one's own is text, whatever it says", async () => {
  const page = await pageOf({ title: `<script>alert("x")</script>` });
  expect(page).toContain('<p class="kicker">&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;</p>');
  expect(page).toContain("<title>&lt;script&gt;");
});

test("each figure says how it was computed: SQL, command, inputs with their hashes", async () => {
  const page = await pageOf({});
  const figure = /<figure id="blackout-by-phase">([\s\S]*?)<\/figure>/.exec(page)![1]!;
  expect(figure).toContain("<code>luoscope query FOLDER blackout-by-phase-vm</code>");
  expect(figure).toContain("-- Question    ");
  expect(figure).toContain('data-csv="blackout-by-phase-vm"');
  expect(figure).toContain("a".repeat(64));
  expect(page).not.toContain(folder);
});

test("paper is said by @page, and slides begin anew with each figure", async () => {
  expect(await pageOf({})).toMatch(/@page \{ size: A4 portrait; [^}]*counter\(page\)/);
  expect(await pageOf({ paper: "16:9" })).toMatch(
    /@page \{ size: 338\.7mm 190\.5mm;.*figure ~ figure \{ break-before: page; \}/s,
  );
});

describe("Markdown", () => {
  test("has every figure as a picture beside it, and tables", async () => {
    const { paths } = await buildReport({ path: run, target: at("out.html"), formats: ["html", "md"] });
    expect(paths).toEqual([at("out.html"), at("out.md")]);
    const text = readFileSync(at("out.md"), "utf8");
    const links = [...text.matchAll(/^!\[.*\]\((.+)\)$/gm)].map(([, link]) => link!);
    expect(links.map((link) => link.replace(/^out-charts\/|\.svg$/g, ""))).toEqual(idsOf(await pageOf({}), "figure"));
    for (const link of links) expect(readFileSync(at(link), "utf8")).toMatch(/^<svg/);
    expect(text).toMatch(/^# This host's VMs would stand still for /);
    expect(text).toMatch(/<table>[\s\S]*<\/table>/);
  });

  test("stays Markdown with hostile names", async () => {
    await buildReport({ path: at("hostile"), target: at("hostile.md"), formats: ["md"] });
    const text = readFileSync(at("hostile.md"), "utf8");
    const rendered = markdownIt({ html: true }).render(text);
    expect(rendered).not.toMatch(/<script/i);
    const pictures = [...rendered.matchAll(/<img [^>]*>/g)].map(([picture]) => picture);
    for (const picture of pictures) expect(picture).toMatch(/^<img src="hostile-charts\/[a-z-]+\.svg" alt="/);
    expect(readdirSync(at("hostile-charts")).length).toBeGreaterThan(5);
  });
});

test.skipIf(!hasChromium)("PDF has the findings as text, on A4", async () => {
  await buildReport({ path: run, target: at("out.pdf"), formats: ["pdf"], page: { sections: ["update"] } });
  const pdf = readFileSync(at("out.pdf")).toString("latin1");
  expect(pdf.startsWith("%PDF-")).toBe(true);
  expect(pdf).toMatch(/\/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
  expect(pdf.match(/\/Type \/Page\b/g)!.length).toBeGreaterThan(1);
});

test("a fleet has a page of its own", async () => {
  const { headline } = await buildReport({ path: at("fleet"), target: at("fleet.html") });
  const page = readFileSync(at("fleet.html"), "utf8");
  expect(headline).toMatch(/^(Updating|The rollout ends)/);
  expect(idsOf(page, "figure")).toEqual(["fleet-rollout", "fleet-pauses", "fleet-blackouts"]);
  expect(existsSync(at("fleet.html"))).toBe(true);
});

describe("a brand", () => {
  const usual = (mode: Mode) => createTheme(mode, "page");
  const brandOf = (value: unknown) => parseBrand(JSON.stringify(value), "brand.json", usual);

  test("changes ground, text, links, font and foot", async () => {
    const brand = brandOf({ font: "Georgia, serif", light: { ink: "#102a43", accent: "#7b2d26" }, footer: "<b>ours" });
    expect(brandTheme(usual("light"), brand)).toMatchObject({ ink: "#102a43", font: "Georgia, serif" });
    expect(brandTheme(usual("dark"), brand).ink).toBe(usual("dark").ink);
    expect(brandTheme(createTheme("light"), brand).font).toBe("DejaVu Sans");
    const page = await pageOf({ brand });
    expect(page).toContain("--link: #7b2d26;");
    expect(page).toContain("<p>&lt;b&gt;ours</p>");
    expect(page.indexOf("body { font-family: Georgia, serif; }")).toBeGreaterThan(0);
  });

  test.each<[unknown, RegExp]>([
    [{ light: { ink: "#cccccc" } }, /light ink #cccccc on #ffffff has a contrast of 1\.61/],
    [{ dark: { paper: "#ffffff", muted: "#eeeeee" } }, /dark muted #eeeeee on #ffffff/],
    [{ light: { ink: "red" } }, /light\.ink: .*#rrggbb/],
    [{ font: "x; } body { display: none" }, /font: /],
    [{ logo: "x" }, /[Uu]nrecognized/],
    [[], /expected object/i],
  ])("%j is refused", (value, message) => {
    expect(() => brandOf(value)).toThrow(message);
  });

  test("leaves the page's style alone where it says nothing", () => {
    expect(brandStyle(undefined)).toBe("");
  });

  test("contrast is that of WCAG: 1 to 21, the same both ways", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 6);
    expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
    const hex = fc.integer({ min: 0, max: 0xff_ff_ff }).map((value) => `#${value.toString(16).padStart(6, "0")}`);
    fc.assert(
      fc.property(hex, hex, (one, two) => {
        expect(contrast(one, two)).toBe(contrast(two, one));
        expect(contrast(one, two)).toBeGreaterThanOrEqual(1);
        expect(contrast(one, one)).toBe(1);
      }),
    );
  });
});

/** What each cone of an eye without long-wave cones sees (Viénot, Brettel and Mollon 1999, in linear RGB). */
const simulations = {
  protanopia: [
    [0.112_38, 0.887_62, 0],
    [0.112_38, 0.887_62, 0],
    [0.004_01, -0.004_01, 1],
  ],
  deuteranopia: [
    [0.292_75, 0.707_25, 0],
    [0.292_75, 0.707_25, 0],
    [-0.022_34, 0.022_34, 1],
  ],
} as const;

function seen(hex: string, matrix: readonly (readonly number[])[]): number[] {
  const linear = [1, 3, 5].map((at) => (Number.parseInt(hex.slice(at, at + 2), 16) / 255) ** 2.2);
  return matrix.map(
    (row) =>
      Math.max(
        0,
        row.reduce((sum, weight, index) => sum + weight * linear[index]!, 0),
      ) **
      (1 / 2.2),
  );
}

test.each(["light", "dark"] as const)(
  "colours of the %s scheme: text is readable, and pairs differ for all eyes",
  (mode) => {
    const theme = createTheme(mode, "page");
    for (const text of [theme.ink, theme.muted]) expect(contrast(text, theme.paper)).toBeGreaterThanOrEqual(4.5);
    const groups = [
      theme.pairs,
      ["shorter", "longer"].map((key) => theme.deltas[key]!),
      Object.values(theme.deviceSteps),
      Object.values(theme.groups),
    ];
    for (const [name, matrix] of Object.entries(simulations)) {
      for (const colours of groups) {
        for (const [index, one] of colours.entries()) {
          for (const two of colours.slice(index + 1)) {
            const [a, b] = [seen(one, matrix), seen(two, matrix)];
            const distance = Math.hypot(...a.map((value, channel) => value - b[channel]!));
            expect(distance, `${mode} ${name}: ${one} and ${two}`).toBeGreaterThan(0.12);
          }
        }
      }
    }
  },
);
