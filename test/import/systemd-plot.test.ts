// Boots as systemd-analyze tells them: the kit, and its own text output of the same boot.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto } from "../kit/import-conformance.ts";

const folder = fileURLToPath(new URL("../../traces/samples/systemd-analyze/257", import.meta.url));

describeImporter(
  "systemd-plot",
  ["plot-short", "plot-pretty"].map((name) => ({ golden: `systemd-${name}`, files: [join(folder, `${name}.json`)] })),
);

async function unitsOf(name: string) {
  const { folder: trace, report } = await importInto([join(folder, name)]);
  const { sources } = openFolder("trace", trace);
  const kinds = readRows(traceSchema.eventKindTable, sources.get("event_kind")!);
  const events = readRows(traceSchema.eventTable, sources.get("event")!).map((event) => ({
    name: kinds[event["kind_index"] as number]!["name"] as string,
    beginUs: (event["time_ns"] as number) / 1000,
    tookUs: (event["duration_ns"] as number) / 1000,
  }));
  return { events, marks: readRows(traceSchema.markTable, sources.get("mark")!), report };
}

/** "1min 2.345s", "17.683s", "12ms" as us, and how fine it is. */
function parseSpan(text: string): number {
  const units: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, min: 60e6 };
  return [...text.matchAll(/([\d.]+)(us|ms|s|min)/g)].reduce(
    (sum, [, value, unit]) => sum + Number(value) * units[unit!]!,
    0,
  );
}

test("units that blame lists took as long here", async () => {
  const { events } = await unitsOf("plot-short.json");
  const blame = readFileSync(join(folder, "blame.txt"), "utf8").trim().split("\n");
  expect(blame.length).toBeGreaterThan(30);
  for (const line of blame) {
    const [, span, name] = /^\s*(.*?\d(?:us|ms|s|min)) (\S+)$/.exec(line)!;
    const took = events.find((event) => event.name === name)!.tookUs;
    expect([name, Math.abs(took - parseSpan(span!)) <= 1000]).toEqual([name, true]);
  }
});

test("the critical chain's units begin where it says, behind the start of userspace", async () => {
  const { events, marks } = await unitsOf("plot-pretty.json");
  const userspaceUs = 3_288_643;
  for (const [, name, at] of readFileSync(join(folder, "critical-chain.txt"), "utf8").matchAll(
    /([\w-][\w@.-]*\.\w+) @([\d.]+s)/g,
  )) {
    const { beginUs } = events.find((event) => event.name === name)!;
    expect([name, Math.abs(beginUs - userspaceUs - parseSpan(at!)) <= 1000 || name!.includes("slice")]).toEqual([
      name,
      true,
    ]);
  }
  expect(marks.map(({ name }) => name)).toContain("multi-user.target");
});

test("the form with a legend behind its JSON gives the same, and counts the legend", async () => {
  const [plain, legend] = await Promise.all([unitsOf("plot-short.json"), unitsOf("plot-short-legend.json")]);
  expect(legend.events).toEqual(plain.events);
  expect(legend.report.sources[0]).toMatchObject({
    rows: 93,
    kept_rows: 92,
    dropped: [{ code: "other-lines-dropped", rows: 1 }],
  });
});
