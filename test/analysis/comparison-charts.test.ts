import { createHash } from "node:crypto";

import { describe, expect, test } from "vitest";

import { measureText } from "../../src/analysis/render/font.ts";
import { renderPng } from "../../src/analysis/render/png.ts";
import { renderSvg } from "../../src/analysis/render/svg.ts";
import { buildComparisonCharts } from "../../src/analysis/spec/comparison-charts.ts";
import { type Chart, createTheme } from "../../src/analysis/spec/theme.ts";
import type { TinyComparisonOptions } from "../kit/tiny-comparison.ts";
import { expectFields, expectTextsApart, expectTextsInside } from "./chart-checks.ts";
import { hostileNames, scratchFolder, tinyComparisonRows } from "./kit.ts";
import { parseSvg } from "./parse-svg.ts";

const folder = scratchFolder();

const kinds: Readonly<Record<string, TinyComparisonOptions>> = {
  tiny: {},
  empty: { empty: true },
  "of one update": { updateCount: 1 },
  hostile: { names: hostileNames, profileName: hostileNames[0] },
  "with long names": { names: Array.from({ length: 8 }, (_, index) => `a-recording-with-a-rather-long-name-${index}`) },
};

async function chartsOf(kind: string, mode: "light" | "dark" = "light"): Promise<Chart[]> {
  return buildComparisonCharts(await tinyComparisonRows(folder, kinds[kind]), createTheme(mode));
}

describe.each(Object.keys(kinds))("charts of a comparison that is %s", (kind) => {
  test("use only fields that their rows have, and compile without a warning", async () => {
    for (const chart of await chartsOf(kind)) expectFields(chart);
  });

  test("give well-formed SVG with every text inside it and none on another", async () => {
    for (const chart of await chartsOf(kind)) {
      await expectTextsInside(chart);
      await expectTextsApart(chart, kind);
    }
  });
});

test("the tiny comparison's charts say their finding and show their names", async () => {
  const charts = await chartsOf("tiny");
  expect(charts.map(({ id, title }) => `${id}: ${title}`)).toMatchInlineSnapshot(`
    [
      "predicted-by-step: 61 of 68 recorded steps (89.7 %) lie inside their 90 % interval; the farthest outside, start-kernel + restore-luo of old-64, is 7.5 % too long",
      "residuals-by-driver: Errors of retrieve go with folios (rank correlation 1.00); the worst prediction, reboot_to_userspace of new-64-still, is 5.0 % too long",
      "kernel-waterfall: Under Linux 7.3.4 the same update's blackout is 1.44 s shorter than under 7.2.13: copy-image + purgatory + decompress alone is 1.45 s shorter (hashPurgatoryMibNs: predicted 1.57 s less)",
      "scattered-boot: Reserving 16,456 scattered keys takes the new kernel 5.34 s, and 16,456 that lie in 12 runs 5.37 ms; the model's square law is off by 2.0 % at most",
    ]
  `);
  const texts = await Promise.all(
    charts.map(async ({ spec }) => parseSvg(await renderSvg(spec), measureText).texts.map(({ text }) => text)),
  );
  expect(texts[0]).toEqual(expect.arrayContaining(["1 ms", "1 s", "+8 %", "old-64: start-kernel …"]));
  expect(texts[2]).toEqual(expect.arrayContaining(["Linux 7.2.13", "Linux 7.3.4", "−1.45 s", "load-kexec"]));
  expect(texts[3]).toEqual(expect.arrayContaining(["frag-16, 5.34 s"]));
});

test("a chart that lacks its data says what is missing", async () => {
  const sentences = (await chartsOf("of one update")).filter(({ isEmpty }) => isEmpty).map(({ title }) => title);
  expect(sentences).toEqual([
    "There is no update in this comparison that was recorded on one host with one workload under two kernels, each into itself.",
    "There is no recorded update in this comparison whose preserved folios lie scattered.",
  ]);
  const empty = await chartsOf("empty");
  expect(empty.every(({ isEmpty }) => isEmpty)).toBe(true);
  for (const { title } of empty) expect(title).toMatch(/^There is no .* comparison/);
});

test("light and dark differ in colours only, and what stands side by side has colours of its own", async () => {
  const [light, dark] = [await chartsOf("tiny", "light"), await chartsOf("tiny", "dark")];
  expect(dark.map(({ title }) => title)).toEqual(light.map(({ title }) => title));
  for (const mode of ["light", "dark"] as const) {
    const theme = createTheme(mode);
    for (const colours of [theme.quantities, theme.fits, theme.changes, theme.releases].map(Object.values)) {
      expect(new Set(colours).size).toBe(colours.length);
      expect(colours).not.toContain(theme.paper);
    }
  }
});

test("the same comparison gives the same pictures", async () => {
  const hashes: string[][] = [[], []];
  for (const round of hashes) {
    for (const { spec } of await chartsOf("tiny")) {
      round.push(
        createHash("sha256")
          .update(renderPng(await renderSvg(spec)))
          .digest("hex"),
      );
    }
  }
  expect(hashes[1]).toEqual(hashes[0]);
});
