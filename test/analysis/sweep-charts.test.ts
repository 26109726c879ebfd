import { describe, expect, test } from "vitest";

import { measureText } from "../../src/analysis/render/font.ts";
import { renderSvg } from "../../src/analysis/render/svg.ts";
import { buildSweepCharts } from "../../src/analysis/spec/sweep-charts.ts";
import { type Chart, createTheme } from "../../src/analysis/spec/theme.ts";
import type { TinySweepOptions } from "../kit/tiny-sweep.ts";
import { expectFields, expectTextsApart, expectTextsInside } from "./chart-checks.ts";
import { hostileNames, scratchFolder, tinySweepRows } from "./kit.ts";
import { parseSvg } from "./parse-svg.ts";

const folder = scratchFolder();

const kinds: Readonly<Record<string, TinySweepOptions>> = {
  tiny: { failing: { 5: "scratch areas find no place" } },
  empty: { empty: true },
  infeasible: { sloNs: 1_000_000_000 },
  "without draws and designs": { repeats: 0, withoutDesigns: true },
  "of one axis": { axisCount: 1 },
  "of no axis": { axisCount: 0 },
  "of paired axes": { leavesOut: ([folio, scratch, agent]) => folio !== scratch || folio !== agent },
  "with no answer": { failing: Object.fromEntries(Array.from({ length: 18 }, (_, index) => [index, "no place"])) },
  "with an SLO far above": { sloNs: 600_000_000_000 },
  "with markup": { outside: hostileNames[0], failing: { 5: hostileNames[0] } },
  "with SQL": { outside: hostileNames[1] },
  "with long names": { outside: hostileNames[2].slice(0, 50_000) },
  "with control characters": { outside: hostileNames[3] },
};

async function chartsOf(kind: string, mode: "light" | "dark" = "light"): Promise<Chart[]> {
  return buildSweepCharts(await tinySweepRows(folder, kinds[kind]), createTheme(mode));
}

describe.each(Object.keys(kinds))("charts of a sweep that is %s", (kind) => {
  test("use only fields that their rows have, and compile without a warning", async () => {
    for (const chart of await chartsOf(kind)) expectFields(chart);
  });

  test("give well-formed SVG with every text inside it, none on another and none of a number that is none", async () => {
    for (const chart of await chartsOf(kind)) {
      await expectTextsInside(chart);
      await expectTextsApart(chart, kind);
      const { texts } = parseSvg(await renderSvg(chart.spec), measureText);
      // One of the hostile names has the word in it.
      const shown = texts.map(({ text }) => text.replaceAll(/␉null|null␀/g, ""));
      for (const text of shown) expect(text).not.toMatch(/NaN|undefined|Infinity|\bnull\b/);
      expect(chart.title).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

test("the tiny sweep's charts say their finding", async () => {
  const charts = await chartsOf("tiny");
  expect(charts.map(({ id, title }) => `${id}: ${title}`)).toMatchInlineSnapshot(`
    [
      "pareto: Along the front of 3 of 17 configurations the pause at the SLO's share goes from 2.66 s at 105 MiB to 1.96 s at 233 MiB; its knee is 2.10 s at 169 MiB; not drawn: 1 with a run refused or failed",
      "what-if: Of 3 axes, vms[*].folio moves the median blackout most, from 2.28 s at 1 MiB to 4.75 s at 4 KiB",
      "blackout-by-configuration: Blackouts of 4 configurations reach from 1.44 s (shortest pause) to 2.22 s (middle of the ranking), 1.10 s of it in kexec",
      "contributions: With all inputs at their medians the blackout gets 2.28 s shorter from as written to folio 1 MiB, scratch 100%, agent all at once: restore-memory (restore) alone is 2.10 s shorter",
      "slo-attainment: With folio 1 MiB, scratch 100%, agent all at once, 100 % of VMs stand still for at most 3.00 s over all draws; 90 % are promised; of those beside it, the least share is 93.8 % (middle of the ranking)",
      "error-budget: With folio 1 MiB, scratch 100%, agent all at once, the downtime that 90 days allow is enough for 3,638 updates (2,858 to 4,212 by the draws) at 99.9 %, 363 (285 to 421 by the draws) at 99.99 %",
      "tornado: probeNicNs alone moves the blackout of the plan's scenario from 3.80 s to 6.70 s; measure better: probeNicNs (1 of the 3 that matter most is assumed, hollow)",
      "morris: Of 6 factors, vms[*].folio, host.scratch, agent matter most, the first by 2.40 s in the mean; 2 act mainly in curves or together with others (above the line); 10 trajectories, 1 left out",
      "sobol: vms[*].folio makes most of the blackout's variance: 50 % in total, then host.scratch (25 %); 64 samples, 2 left out",
    ]
  `);
});

test("a chart that lacks its data says what is missing", async () => {
  const empty = await chartsOf("empty");
  expect(empty.every(({ isEmpty }) => isEmpty)).toBe(true);
  for (const { title } of empty) expect(title).toMatch(/^There (is|are) no .* sweep/);
  const sentences = (await chartsOf("without draws and designs")).filter(({ isEmpty }) => isEmpty);
  expect(sentences.map(({ id }) => id)).toEqual(["tornado", "morris", "sobol"]);
});

test("labels show only the axes that differ", async () => {
  const charts = await chartsOf("tiny");
  const texts = await Promise.all(
    charts
      .slice(0, 5)
      .map(async ({ spec }) => parseSvg(await renderSvg(spec), measureText).texts.map(({ text }) => text)),
  );
  expect(texts[0]).toEqual(
    expect.arrayContaining([
      "recommended: scratch 100%, agent all at once",
      "knee: scratch 200%, agent all at once",
      "SLO 3.00 s",
    ]),
  );
  expect(texts[1]).toEqual(expect.arrayContaining(["vms[*].folio", "4 KiB", "64 KiB", "1 MiB", "SLO: 3.00 s"]));
  expect(texts[4]!.some((text) => text.startsWith("recommended: ") && text.endsWith("(100 % ≤ 3.00 s)"))).toBe(true);
});

test("light and dark differ in colours only, and what stands side by side has colours of its own", async () => {
  const [light, dark] = [await chartsOf("tiny", "light"), await chartsOf("tiny", "dark")];
  expect(dark.map(({ title }) => title)).toEqual(light.map(({ title }) => title));
  for (const mode of ["light", "dark"] as const) {
    const theme = createTheme(mode);
    const groups = [theme.configurations, theme.deltas, theme.ends, theme.factors, theme.pairs].map((group) =>
      Object.values(group),
    );
    for (const colours of groups) {
      expect(new Set(colours).size).toBe(colours.length);
      expect(colours).not.toContain(theme.paper);
    }
  }
});
