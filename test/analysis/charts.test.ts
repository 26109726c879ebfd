import { createHash } from "node:crypto";

import { Resvg } from "@resvg/resvg-js";
import { describe, expect, test } from "vitest";

import { measureText } from "../../src/analysis/render/font.ts";
import { renderPng } from "../../src/analysis/render/png.ts";
import { renderSvg } from "../../src/analysis/render/svg.ts";
import { blackoutByPhaseChart } from "../../src/analysis/spec/blackout-by-phase.ts";
import { buildCharts, type ReportRows } from "../../src/analysis/spec/charts.ts";
import { type Chart, createTheme } from "../../src/analysis/spec/theme.ts";
import { expectFields, expectTextsApart, expectTextsInside } from "./chart-checks.ts";
import { hostileNames, scratchFolder, tinyRows } from "./kit.ts";
import { parseSvg } from "./parse-svg.ts";

const folder = scratchFolder();
const light = createTheme("light");
const hostile = {
  vmNames: hostileNames,
  markNames: hostileNames,
  deviceName: hostileNames[2],
  outside: hostileNames[0],
};

async function chartsOf(kind: string): Promise<Chart[]> {
  if (kind === "empty") return buildCharts(await tinyRows(folder, { empty: true }), light);
  if (kind === "hostile") {
    return buildCharts(await tinyRows(folder, hostile), light);
  }
  if (kind === "crowded") {
    const vmNames = Array.from({ length: 60 }, (_, index) => `vm-with-a-rather-long-name-number-${index}`);
    const markNames = Array.from({ length: 30 }, (_, index) => `workload phase number ${index}`);
    return buildCharts(await tinyRows(folder, { vmNames, markNames }), light);
  }
  return buildCharts(await tinyRows(folder), light);
}

describe.each(["tiny", "empty", "hostile", "crowded"])("charts of a run that is %s", (kind) => {
  test("use only fields that their rows have, and compile without a warning", async () => {
    for (const chart of await chartsOf(kind)) expectFields(chart);
  });

  test("give well-formed SVG with every text inside it", async () => {
    for (const chart of await chartsOf(kind)) await expectTextsInside(chart);
  });
});

test("the tiny run's charts say their finding and show their names", async () => {
  const charts = await chartsOf("tiny");
  expect(charts.map(({ id, title }) => `${id}: ${title}`)).toMatchInlineSnapshot(`
    [
      "phase-gantt: VMs stand still for 2.48 s, 1.48 s of it in kexec; preserving beforehand takes 2.32 s while they run",
      "blackout-by-phase: db-0 stands still longest: 2.48 s, 1.48 s of it in kexec",
      "device-blame: Devices take 680 ms of the blackout's 2.48 s; nic eth0 most, 600 ms",
      "memory-overhead: Preserving 24 GiB of guest memory takes 39.5 MiB of metadata and keeps 588 MiB of scratch reserved",
      "dirty-pages: Guests write 454,011 pages before they stop and 600,040 after they resume, 118,807 of these for the first time",
      "device-events: 900 device events of the trace fall into the blackout; 366 of them would be lost (packets, DMA or interrupts)",
      "request-latency: With the update the longest of 754 requests takes 2.49 s, 75.1 ms without; 1 of 100 takes 2.35 s or more (21.5 ms), half take 400 µs or more (364 µs)",
      "network-gap: Clients of the slowest card, net0, wait 3.03 s: the network finds it after 2.50 s, the rest TCP waits to send again; 1,244 of 1,500 packets are lost, 1 of 4 timeouts is crossed",
      "brownout-curve: After its resume web-0 loses 164 ms to first touches of its memory and is back at 99 % of its speed after 3.32 s; with each 4 KiB page mapped alone it would lose 441 ms and be back at 99 % of its speed after 4.75 s",
      "alternatives: A live update stops web-0 for 2.48 s and slows it down for 1.45 s; of 6 other ways, post-copy stops it least, for 41.0 ms and slows it down for 4.20 s; 1 cannot be done (hollow)",
      "when-to-update: Started at 2.00 s to 3.00 s (load) the update adds a mean of 5.46 s to the latencies of all requests together, at 12.0 s to 13.0 s (serve) 281 s and loses 2,039 packets; half of 156 starts add 57.1 s or more",
    ]
  `);
  const gantt = parseSvg(await renderSvg(charts[0]!.spec), measureText).texts.map(({ text }) => text);
  expect(gantt).toEqual(expect.arrayContaining(["kexec.jump", "kho.finalize", "20.0 µs", "old: 7.2", "new: 7.3"]));
});

test("no VM is singled out where all stand still equally long", async () => {
  const rows = (await tinyRows(folder))["blackout-by-phase-vm"].map((row) => ({ ...row, blackout_ns: 2_480_000_000 }));
  const { title } = blackoutByPhaseChart(rows, light);
  expect(title).toBe("All 3 VMs stand still for 2.48 s, 1.48 s of it in kexec");
});

test("labels of one chart do not lie on each other", async () => {
  for (const kind of ["tiny", "crowded"]) {
    for (const chart of await chartsOf(kind)) await expectTextsApart(chart, kind);
  }
});

async function textsOf(chart: Chart): Promise<string[]> {
  return parseSvg(await renderSvg(chart.spec), measureText).texts.map(({ text }) => text);
}

async function chartOf(id: string, change: (rows: ReportRows) => ReportRows = (rows) => rows): Promise<Chart> {
  return buildCharts(change(await tinyRows(folder)), light).find((chart) => chart.id === id)!;
}

test("latencies show the blackout, and timeouts only where they are near", async () => {
  expect(await textsOf(await chartOf("request-latency"))).toEqual(
    expect.arrayContaining(["blackout 2.48 s", "request timeout of the guest, 30.0 s", "100 ms", "10 %", "1 %"]),
  );
  const far = await chartOf("request-latency", (rows) => ({
    ...rows,
    timeouts: rows.timeouts.map((row) => ({ ...row, limit_ns: row.limit_ns * 1000 })),
  }));
  expect((await textsOf(far)).filter((text) => text.startsWith("request timeout"))).toEqual([]);
  const close = await chartOf("request-latency", (rows) => ({
    ...rows,
    timeouts: [1, 1.01, 4].map((factor) => ({ ...rows.timeouts[0]!, limit_ns: 1e10 * factor })),
  }));
  expect((await textsOf(close)).filter((text) => text.startsWith("request timeout"))).toHaveLength(2);
  await expectTextsApart(close, "close timeouts");
});

test("a request of no length has a place on the logarithmic scale", async () => {
  const chart = await chartOf("request-latency", (rows) => ({
    ...rows,
    "latency-ecdf": rows["latency-ecdf"].map((row, index) => (index === 0 ? { ...row, latency_ns: 0 } : row)),
  }));
  expect(await renderSvg(chart.spec)).not.toMatch(/NaN|Infinity/);
});

test("cards beyond the shown ones are counted, the one with the longest wait stands first", async () => {
  const many = await chartOf("network-gap", (rows) => ({
    ...rows,
    "network-gaps": Array.from({ length: 30 }, (_, index) => ({
      ...rows["network-gaps"][1]!,
      device_name: `card ${index}`,
      service_gap_ns: 1e9 + index,
    })),
  }));
  expect(many.title).toMatch(/^Clients of the slowest card, card 29, wait 1\.00 s: .*; not shown: 6 more cards$/);
  expect((await textsOf(many)).find((text) => text.startsWith("card "))).toBe("card 29");
});

test("a brownout of nothing and one of everything have their places", async () => {
  for (const ratio of [0, 1]) {
    const chart = await chartOf("brownout-curve", (rows) => ({
      ...rows,
      "brownout-curve": rows["brownout-curve"].map((row) => ({ ...row, lost_ratio: ratio })),
    }));
    const svg = await renderSvg(chart.spec);
    expect(svg).not.toMatch(/NaN|Infinity/);
    await expectTextsInside(chart);
  }
});

test("alternatives are labelled; what cannot be done is hollow and says why, what keeps the kernel has its shape", async () => {
  const chart = await chartOf("alternatives");
  const texts = await textsOf(chart);
  for (const name of ["live-update", "post-copy", "vmm-swap", "cold-reboot"]) {
    expect(texts.filter((text) => text === name)).toHaveLength(2);
  }
  expect(texts).toContain("pre-copy, not possible: writes outrun the link");
  const text = JSON.stringify(chart.spec);
  expect(text.split(`"fill":"${light.paper}"`)).toHaveLength(3);
  const triangles = text.split('"kernel":"the host keeps its old kernel"').length - 1;
  expect(triangles).toBe(2);
});

test("starts are drawn on the trace's clock, with what does not vary in words", async () => {
  const chart = await chartOf("when-to-update", (rows) => ({
    ...rows,
    moments: rows.moments.map((row) => ({ ...row, blackout_ns: 2_500_000_000 })),
  }));
  const texts = await textsOf(chart);
  expect(texts).toEqual(expect.arrayContaining(["2.50 s at every start", "warm-up", "packets lost"]));
  expect(texts.filter((text) => text === "serve")).toHaveLength(1);
});

test("a run without rows gives sentences in place of charts", async () => {
  const charts = await chartsOf("empty");
  expect(charts.every(({ isEmpty }) => isEmpty)).toBe(true);
  for (const { title } of charts) expect(title).toMatch(/\bno\b.* in this run\.$/i);
});

test("one phase has one colour in every chart, and no two phases or effects share one", async () => {
  for (const mode of ["light", "dark"] as const) {
    const theme = createTheme(mode);
    const colours = [...Object.values(theme.phases), ...Object.values(theme.effects)];
    expect(new Set(colours).size).toBe(colours.length);
  }
  const charts = await chartsOf("tiny");
  const text = charts.map(({ spec }) => JSON.stringify(spec));
  for (const index of [0, 1, 5]) expect(text[index]).toContain(light.phases["kexec"]);
});

/** Bytes of the picture without any font: resvg then leaves texts out without a word. */
function bytesWithoutFonts(svg: string): number {
  const withoutFonts = new Resvg(svg, { font: { loadSystemFonts: false }, fitTo: { mode: "zoom", value: 2 } });
  return withoutFonts.render().asPng().length;
}

test("PNG is twice the SVG's size and holds the text", async () => {
  for (const { id, spec } of await chartsOf("tiny")) {
    const svg = await renderSvg(spec);
    const png = Buffer.from(renderPng(svg));
    const { width, height } = parseSvg(svg, measureText);
    expect(png.subarray(1, 4).toString("latin1"), id).toBe("PNG");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)], id).toEqual([width * 2, height * 2]);
    expect(png.length - bytesWithoutFonts(svg), `${id}: without fonts the picture must be smaller`).toBeGreaterThan(
      4000,
    );
  }
});

test("the same run gives the same pictures", async () => {
  const hashes: string[][] = [[], []];
  for (const round of hashes) {
    for (const { spec } of await chartsOf("tiny"))
      round.push(
        createHash("sha256")
          .update(await renderSvg(spec))
          .digest("hex"),
      );
  }
  expect(hashes[1]).toEqual(hashes[0]);
});
