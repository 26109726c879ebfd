import { describe, expect, test } from "vitest";

import { measureText } from "../../src/analysis/render/font.ts";
import { renderSvg } from "../../src/analysis/render/svg.ts";
import { buildDifferenceCharts } from "../../src/analysis/spec/difference-charts.ts";
import { type Chart, createTheme, type Layer } from "../../src/analysis/spec/theme.ts";
import { expectFields, expectTextsApart, expectTextsInside } from "../analysis/chart-checks.ts";
import { hostileNames, scratchFolder, tinyDifferenceRows } from "../analysis/kit.ts";
import { parseSvg } from "../analysis/parse-svg.ts";
import { expectGolden } from "../kit/golden.ts";
import type { TinyDifferenceOptions } from "../kit/tiny-difference.ts";

const folder = scratchFolder();

const kinds: Readonly<Record<string, TinyDifferenceOptions>> = {
  tiny: { withGate: true },
  empty: { empty: true },
  "of one row": { rowCount: 1 },
  "of five rows": { rowCount: 5 },
  "of many rows": { rowCount: 150, sampleCount: 40 },
  "of three sides": { sideCount: 3 },
  "in which nothing changed": { verdicts: ["same"] },
  "of nine sides": { sideCount: 9, rowCount: 5 },
  "of exact values": { exact: true },
  "of changes of all sizes": { factor: 1000 },
  "of one sample each": { sampleCount: 1 },
  "with markup": { outside: hostileNames[0] },
  "with SQL": { outside: hostileNames[1] },
  "with long names": { outside: hostileNames[2].slice(0, 10_000) },
  "with control characters": { outside: `\n${hostileNames[3]}` },
};

async function chartsOf(kind: string, mode: "light" | "dark" = "light"): Promise<Chart[]> {
  return buildDifferenceCharts(await tinyDifferenceRows(folder, kinds[kind]), createTheme(mode));
}

async function textsOf({ spec }: Chart): Promise<string[]> {
  return parseSvg(await renderSvg(spec), measureText).texts.map(({ text }) => text);
}

describe.each(Object.keys(kinds))("charts of a difference that is %s", (kind) => {
  test("use only fields that their rows have, and compile without a warning", async () => {
    for (const chart of await chartsOf(kind)) expectFields(chart);
  });

  test("give well-formed SVG with every text inside it, none on another and none of a number that is none", async () => {
    for (const chart of await chartsOf(kind)) {
      await expectTextsInside(chart);
      await expectTextsApart(chart, kind);
      // One of the hostile names has the word in it.
      const shown = (await textsOf(chart)).map((text) => text.replaceAll(/␉null|null␀/g, ""));
      for (const text of shown) expect(text).not.toMatch(/NaN|undefined|Infinity|\bnull\b/);
      expect(chart.title).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
});

test("charts of a tiny difference say their finding", async () => {
  const lines: string[] = [];
  for (const kind of ["tiny", "of one row", "of many rows", "of three sides", "of exact values", "empty"]) {
    for (const { id, title } of await chartsOf(kind)) lines.push(`${kind}, ${id}: ${title}`);
  }
  expectGolden("difference/titles.txt", `${lines.join("\n")}\n`);
});

test("specs of a tiny difference are these", async () => {
  const specs = (await chartsOf("tiny")).map(({ id, spec }) => ({ id, ...spec, config: undefined }));
  expectGolden("difference/specs.txt", `${JSON.stringify(specs, undefined, 1)}\n`);
});

test("a chart that lacks its data says what is missing", async () => {
  const empty = await chartsOf("empty");
  expect(empty.every(({ isEmpty }) => isEmpty)).toBe(true);
  for (const { title } of empty) expect(title).toMatch(/^There is no .* in this difference/);
  const same = await chartsOf("in which nothing changed");
  expect(same.map(({ isEmpty }) => isEmpty)).toEqual([false, true, true]);
});

function layersOf(chart: Chart): Layer[] {
  return (chart.spec as unknown as { layer: Layer[] }).layer;
}

test("the forest has 40 rows at most, says how many more there are, and has a place for changes of all sizes", async () => {
  const [forest] = await chartsOf("of many rows");
  const { data } = forest!.spec as unknown as { data: { values: unknown[] } };
  expect(data.values).toHaveLength(40);
  expect(forest!.title).toMatch(/not drawn: \d+ more, \d+ of them changed/);
  const scaleOf = (chart: Chart) => {
    const { encoding } = layersOf(chart)[3] as { encoding: { x: { scale: { type: string } } } };
    return encoding.x.scale.type;
  };
  expect(scaleOf((await chartsOf("tiny"))[0]!)).toBe("linear");
  const [wide] = await chartsOf("of changes of all sizes");
  expect(scaleOf(wide!)).toBe("symlog");
  expect(await textsOf(wide!)).toContain("+10 %");
});

test("what is drawn of a change that is worse has another colour and another shape than one that is better", async () => {
  for (const mode of ["light", "dark"] as const) {
    const { verdicts, deltas } = createTheme(mode);
    expect(new Set(Object.values(verdicts)).size).toBe(Object.keys(verdicts).length);
    expect([verdicts["worse"], verdicts["better"]]).toEqual([deltas["longer"], deltas["shorter"]]);
  }
  const [forest] = await chartsOf("tiny");
  const { encoding } = layersOf(forest!)[3] as {
    encoding: { shape: { scale: { domain: string[]; range: string[] } } };
  };
  const { domain, range } = encoding.shape.scale;
  expect(range[domain.indexOf("worse")]).not.toBe(range[domain.indexOf("better")]);
});

test("bars of both lengths begin at zero, and a step's cause stands beside its bar", async () => {
  const [, waterfall] = await chartsOf("tiny");
  const { data } = waterfall!.spec as unknown as { data: { values: { kind: string; start_ns: number }[] } };
  expect(data.values.filter(({ kind }) => kind === "sum").map(({ start_ns: ns }) => ns)).toEqual([0, 0]);
  const texts = await textsOf(waterfall!);
  expect(texts).toEqual(expect.arrayContaining(["hashPageNs +1.42 s", "98.2 %", "+1.42 s", "5 other steps"]));
});

test("samples have a panel each of up to 12 rows, in the row's own unit", async () => {
  const panels = ({ spec }: Chart) => (spec as unknown as { vconcat: unknown[] }).vconcat.length;
  expect(panels((await chartsOf("tiny"))[2]!)).toBe(4);
  expect(panels((await chartsOf("of many rows"))[2]!)).toBe(12);
  const texts = await textsOf((await chartsOf("tiny"))[2]!);
  expect(texts).toEqual(expect.arrayContaining(["1.01 s, n 7", "498,500/s, n 7", "800 ms", "500,000"]));
});

test("of many sides the base and the one that changes most are drawn, and the others counted", async () => {
  const rows = await tinyDifferenceRows(folder, kinds["of nine sides"]);
  const own = rows["difference-groups"].filter((row) => row.panel_index === 0);
  expect(own.map((row) => row.side_index)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(own.map((row) => row.verdict)).toEqual([null, "worse", null, null, null, null]);
  expect(new Set(rows["difference-samples"].map((row) => row.side_index))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  const texts = await textsOf(buildDifferenceCharts(rows, createTheme("light"))[2]!);
  expect(texts).toContain("phase kexec: worse, +179 %, p 0.0009; not drawn: 3 sides");
});

test("light and dark differ in colours only", async () => {
  const [light, dark] = [await chartsOf("tiny", "light"), await chartsOf("tiny", "dark")];
  expect(dark.map(({ title }) => title)).toEqual(light.map(({ title }) => title));
});
