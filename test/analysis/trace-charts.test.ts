// Charts of a trace, and of several runs: what they say, and that no text leaves the picture or lies on another.
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { openDatabase } from "../../src/analysis/index.ts";
import { readReportRows } from "../../src/analysis/render/report-rows.ts";
import { blackoutByRunChart, type NamedRun } from "../../src/analysis/spec/blackouts.ts";
import { deviceBlameChart } from "../../src/analysis/spec/device-blame.ts";
import { type Chart, createTheme, type Mode } from "../../src/analysis/spec/theme.ts";
import { figuresOfTrace } from "../../src/analysis/spec/trace-charts.ts";
import { secNs } from "../../src/base/index.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";
import { expectFields, expectTextsApart, expectTextsInside } from "./chart-checks.ts";
import { hostileNames, scratchFolder, tinyRows } from "./kit.ts";

const folder = scratchFolder();

/** Readings of VMs that write more and more of their memory, each its own part. */
function writeTrace(path: string, vmNames: readonly string[], marks: readonly string[], readings = 24): void {
  const tickNs = secNs / 4;
  const ticks = Array.from({ length: readings }, (_, index) => (index + 1) * tickNs);
  const each = <Row>(row: (timeNs: number, vm: number) => Row) =>
    ticks.flatMap((timeNs) => vmNames.map((_, vm) => row(timeNs, vm)));
  writeTinyTrace(path, {
    name: "growing",
    spanNs: readings * tickNs,
    tables: {
      vm: vmNames.map((name) => ({ name, guest_bytes: 4096 * 4096, vcpu_count: 1 })),
      mark: marks.map((name, index) => ({ time_ns: (index + 1) * tickNs, name })),
      tick: each((timeNs, vm) => ({ time_ns: timeNs, vm_index: vm, start_ns: timeNs - tickNs, scan_ns: null })),
      page_write: each((timeNs, vm) => ({
        time_ns: timeNs,
        vm_index: vm,
        start_gfn: 100 * vm,
        page_count: 1 + (timeNs / tickNs) * (vm + 1) * 3,
      })),
    },
  });
}

const kinds: Readonly<
  Record<string, readonly [vmNames: readonly string[], marks: readonly string[], readings?: number]>
> = {
  "of one VM": [["redis"], ["load", "serve"]],
  "of many VMs": [Array.from({ length: 9 }, (_, vm) => `vm-with-a-rather-long-name-number-${vm}`), ["load"]],
  "with hostile names": [[...hostileNames], [...hostileNames]],
  "of one reading": [["redis"], [], 1],
  empty: [["redis"], [], 0],
};

async function chartsOf(kind: string, mode: Mode = "light"): Promise<Chart[]> {
  const path = join(folder, kind);
  writeTrace(path, ...kinds[kind]!);
  const database = await openDatabase({ kind: "trace", path });
  try {
    const rows = await readReportRows(database);
    return figuresOfTrace.map(({ draw }) => draw(rows, createTheme(mode)));
  } finally {
    database.close();
  }
}

describe.each(Object.keys(kinds))("charts of a trace %s", (kind) => {
  test("use only fields that they have, and keep every text inside and apart", async () => {
    for (const chart of await chartsOf(kind)) {
      expectFields(chart);
      await expectTextsInside(chart);
      await expectTextsApart(chart, kind);
    }
  });
});

test("charts of a trace say their finding", async () => {
  const titles = async (kind: string) => (await chartsOf(kind)).map(({ id, title }) => `${id}: ${title}`);
  expect([...(await titles("of one VM")), ...(await titles("of many VMs")), ...(await titles("empty"))])
    .toMatchInlineSnapshot(`
    [
      "dirty-heatmap: redis writes 292 KiB of its 16 MiB in 6.00 s; half of all writes go to 88 KiB, 0.54 % of the memory",
      "working-set: redis writes a mean of 156 KiB in 250 ms, 172 KiB in 1.00 s, 196 KiB in 4.00 s",
      "dirty-heatmap: vm-with-a-rather-long-name-number-0 writes 292 KiB of its 16 MiB in 6.00 s; half of all writes go to 88 KiB, 0.54 % of the memory",
      "working-set: Of 9 VMs vm-with-a-rather-long-name-number-8 writes most: a mean of 1.32 MiB in 250 ms, 1.48 MiB in 1.00 s, 1.69 MiB in 4.00 s; not shown: 3 more VMs",
      "dirty-heatmap: There are no page writes of this VM in the trace.",
      "working-set: There are no page writes in this trace.",
    ]
  `);
});

test("the heat of a cell has one direction: the darker on white, the lighter on black", () => {
  const brightness = (colour: string) =>
    [1, 3, 5].reduce((sum, at) => sum + Number.parseInt(colour.slice(at, at + 2), 16), 0);
  for (const [mode, sign] of [
    ["light", -1],
    ["dark", 1],
  ] as const) {
    const steps = createTheme(mode).heat.map(brightness);
    for (const [index, step] of steps.slice(1).entries()) expect(Math.sign(step - steps[index]!)).toBe(sign);
  }
});

async function namedRun(name: string, outside?: string): Promise<NamedRun> {
  const rows = await tinyRows(folder, outside === undefined ? {} : { outside, traceName: outside });
  return { name, phases: rows.phases, headline: rows.headline[0]! };
}

test("blackouts of several runs stand one under the other, as they were named", async () => {
  const runs = [await namedRun("old"), await namedRun("old"), await namedRun(hostileNames[0], hostileNames[0])];
  for (const count of [1, 2, 3]) {
    const chart = blackoutByRunChart(runs.slice(0, count), createTheme("light"));
    expectFields(chart);
    await expectTextsInside(chart);
    await expectTextsApart(chart, `${count} runs`);
  }
  expect(blackoutByRunChart(runs.slice(0, 2), createTheme("light")).title).toBe(
    "Blackouts of 2 runs reach from 2.48 s (old) to 2.48 s (old), 1.48 s of it in kexec",
  );
  expect(blackoutByRunChart(runs.slice(0, 1), createTheme("light")).title).toBe(
    "A blackout of 2.48 s (old), 1.48 s of it in kexec",
  );
});

test("devices say who takes most, or that they are alike", async () => {
  const rows = (await tinyRows(folder))["device-blame"];
  expect(deviceBlameChart(rows, 2.48 * secNs, createTheme("light")).title).toBe(
    "Devices take 680 ms of the blackout's 2.48 s; nic eth0 most, 600 ms",
  );
  const alike = rows.map((row) => ({ ...row, device_clock_ns: secNs }));
  expect(deviceBlameChart(alike, 2.48 * secNs, createTheme("light")).title).toMatch(/; up to 1\.00 s each$/);
  const one = rows.filter((row) => row.rank_index === 0).map((row) => ({ ...row, device_count: 1 }));
  expect(deviceBlameChart(one, 2.48 * secNs, createTheme("light")).title).toMatch(/, all of it nic eth0$/);
  const many = rows.map((row) => ({ ...row, device_count: 30 }));
  expect(deviceBlameChart(many, 2.48 * secNs, createTheme("light")).title).toMatch(/; not shown: 28 more devices$/);
});
