// Timelines: what Perfetto, Chrome and flame graphs are given is what the folder holds.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { FormatError, UsageError } from "../../src/base/index.ts";
import { exportTimeline, type TimelineFormat } from "../../src/export/index.ts";
import { openFolder, readRows, runSchema, type Table } from "../../src/trace/index.ts";
import { type DecodedTimeline, decodePerfetto, timelineText } from "../kit/decode-perfetto.ts";
import { eventfulTrace, hostileTexts, hostileTrace } from "../kit/eventful-trace.ts";
import { expectGolden } from "../kit/golden.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";
import { scratchFolder } from "../analysis/kit.ts";

const folder = scratchFolder();
const path = (name: string): string => join(folder, name);

async function exported(source: string, format: TimelineFormat): Promise<Buffer> {
  const target = path(`${source}.${format}`);
  await exportTimeline({ path: path(source), format, target, overwrite: true });
  return readFileSync(target);
}

beforeAll(() => {
  writeTinyRun(path("run"), { vmNames: ["web", "db"] });
  writeTinyRun(path("hostile-run"), { vmNames: hostileTexts, markNames: hostileTexts, outside: hostileTexts.join("") });
  writeTinyRun(path("empty-run"), { empty: true });
  writeTinyTrace(path("trace"), eventfulTrace);
  writeTinyTrace(path("hostile-trace"), hostileTrace);
  writeTinyTrace(path("empty-trace"), { name: "empty", spanNs: 0, tables: {} });
});

const sources = ["run", "hostile-run", "empty-run", "trace", "hostile-trace", "empty-trace"] as const;

function rowsOf(kind: "run" | "trace", source: string, table: Table) {
  return readRows(table, openFolder(kind, path(source)).sources.get(table.name)!);
}

function trackNamed(timeline: DecodedTimeline, name: string): number {
  const found = [...timeline.tracks.values()].filter((track) => track.name === name);
  expect(found.map((track) => track.name)).toEqual([name]);
  return found[0]!.uuid;
}

describe.each(sources)("%s", (source) => {
  test("is the same each time", async () => {
    for (const format of ["perfetto", "chrome-json", "folded"] as const) {
      expect((await exported(source, format)).equals(await exported(source, format))).toBe(true);
    }
  });

  test("in Perfetto's format, every slice has its end and nests in what is around it", async () => {
    const { tracks, slices } = decodePerfetto(await exported(source, "perfetto"));
    const byTrack = Map.groupBy(slices, ({ track }) => track);
    for (const [track, own] of byTrack) {
      for (const slice of own) {
        expect(slice.endNs).toBeGreaterThanOrEqual(slice.startNs);
        const around = own.filter((other) => other.depth < slice.depth && other.startNs <= slice.startNs);
        const inside = around.filter((other) => other.endNs >= slice.endNs).length;
        expect(inside, tracks.get(track)!.name).toBeGreaterThanOrEqual(slice.depth);
      }
    }
  });

  test("in Chrome's format, it is JSON whose complete events nest on each thread", async () => {
    const { traceEvents } = JSON.parse((await exported(source, "chrome-json")).toString()) as {
      traceEvents: Record<string, string | number>[];
    };
    const complete = traceEvents.filter(({ ph }) => ph === "X");
    for (const own of Map.groupBy(complete, ({ pid, tid }) => `${pid} ${tid}`).values()) {
      const ends: number[] = [];
      for (const { ts, dur } of own.toSorted((one, two) => Number(one["ts"]) - Number(two["ts"]))) {
        const [startNs, endNs] = [Math.round(Number(ts) * 1000), Math.round((Number(ts) + Number(dur)) * 1000)];
        while (ends.length > 0 && ends.at(-1)! <= startNs) ends.pop();
        expect(ends.at(-1) ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(endNs);
        ends.push(endNs);
      }
    }
    const open = new Set<string>();
    for (const { ph, pid, cat, id, name } of traceEvents) {
      const key = JSON.stringify([pid, cat, id, name]);
      if (ph === "b") expect(open.has(key)).toBe(false);
      if (ph === "b") open.add(key);
      if (ph === "e") expect(open.delete(key)).toBe(true);
    }
    expect(open.size).toBe(0);
  });

  test("both formats hold the same slices, moments and values", async () => {
    const perfetto = decodePerfetto(await exported(source, "perfetto"));
    const text = (await exported(source, "chrome-json")).toString();
    const { traceEvents } = JSON.parse(text) as {
      traceEvents: { ph: string; name: string; ts: number; dur: number }[];
    };
    const count = (phases: string): number => traceEvents.filter(({ ph }) => phases.includes(ph)).length;
    expect(count("Xb")).toBe(perfetto.slices.length);
    expect(count("i")).toBe(perfetto.moments.length);
    expect(count("C")).toBe(perfetto.values.length);
    const named = traceEvents
      .filter(({ ph }) => ph === "X" || ph === "b")
      .map(({ name, ts }) => `${Math.round(ts * 1000)} ${name}`);
    expect(named.toSorted()).toEqual(perfetto.slices.map(({ name, startNs }) => `${startNs} ${name}`).toSorted());
  });
});

describe("a run", () => {
  test("as Perfetto shows it", async () => {
    expectGolden("export/run-perfetto.txt", timelineText(decodePerfetto(await exported("run", "perfetto")), 5));
  });

  test("has a track for each phase, with the phase as its slice", async () => {
    const timeline = decodePerfetto(await exported("run", "perfetto"));
    const phases = rowsOf("run", "run", runSchema.phaseTable);
    expect(phases).toHaveLength(runSchema.phaseLabels.length);
    for (const row of phases) {
      const name = runSchema.phaseLabels[row["phase"] as number]!;
      const own = timeline.slices.filter(({ track }) => track === trackNamed(timeline, `phase ${name}`));
      const { low_ns, high_ns, start_ns: startNs, end_ns: endNs } = row;
      expect(own).toMatchObject([{ name, startNs, endNs, facts: { low_ns, high_ns } }]);
    }
  });

  test("has each step once on the host's or its VM's tracks, and both kernels on one clock", async () => {
    const timeline = decodePerfetto(await exported("run", "perfetto"));
    const steps = rowsOf("run", "run", runSchema.stepTable).map(
      (row) => `${row["name"]} ${row["start_ns"]} ${row["end_ns"]}`,
    );
    const isHome = (track: number): boolean => /^(steps|kernel .*)$/.test(timeline.tracks.get(track)!.name);
    const drawn = timeline.slices.filter(({ track, name }) => isHome(track) && !name.startsWith("kernel "));
    expect(drawn.map((s) => `${s.name} ${s.startNs} ${s.endNs}`).toSorted()).toEqual(steps.toSorted());
    const kernels = timeline.slices.filter(({ name }) => name.startsWith("kernel "));
    expect(kernels.map(({ name }) => name)).toEqual(["kernel 7.2, replaced", "kernel 7.3, takes over"]);
    expect(kernels[0]!.endNs).toBe(kernels[1]!.startNs);
  });

  test("as folded stacks, a phase's stacks add up to its length", async () => {
    const text = (await exported("run", "folded")).toString();
    expectGolden("export/run-folded.txt", text);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => /^(.*) (\d+)$/.exec(line)!);
    for (const row of rowsOf("run", "run", runSchema.phaseTable)) {
      const name = runSchema.phaseLabels[row["phase"] as number]!;
      const own = lines.filter(([, stack]) => stack!.split(";")[1] === name);
      const lengthNs = (row["end_ns"] as number) - (row["start_ns"] as number);
      expect(own.reduce((sum, [, , ns]) => sum + Number(ns), 0)).toBe(lengthNs);
    }
  });
});

describe("a trace", () => {
  test("as Perfetto shows it", async () => {
    expectGolden("export/trace-perfetto.txt", timelineText(decodePerfetto(await exported("trace", "perfetto"))));
  });

  test("in Chrome's format", async () => {
    expectGolden("export/trace-chrome.txt", (await exported("trace", "chrome-json")).toString());
  });

  test("as folded stacks, by how its events nest", async () => {
    expectGolden("export/trace-folded.txt", (await exported("trace", "folded")).toString());
  });

  test("names of any kind come through as they are", async () => {
    const { tracks, slices } = decodePerfetto(await exported("hostile-trace", "perfetto"));
    const names = [...tracks.values()].filter(({ kind }) => kind === "process").map(({ name }) => name);
    expect(names).toEqual([`trace: ${hostileTrace.name}`, ...hostileTexts.map((name) => `VM ${name}`), "tasks"]);
    const own = slices.filter(({ facts }) => "category" in facts);
    expect(own.map(({ name }) => name)).toEqual([...hostileTexts]);
    const folded = (await exported("hostile-trace", "folded")).toString().trimEnd().split("\n");
    expect(folded).toHaveLength(new Set(folded).size);
    for (const line of folded) expect(line).toMatch(/^[^;]+;[^;]+ \d+$/);
  });
});

describe("a target", () => {
  test("that is there already is refused, and kept", async () => {
    const target = path("notes.txt");
    writeFileSync(target, "mine");
    const options = { path: path("run"), format: "folded", target } as const;
    await expect(exportTimeline(options)).rejects.toThrow(UsageError);
    expect(readFileSync(target, "utf8")).toBe("mine");
    await exportTimeline({ ...options, overwrite: true });
    expect(readFileSync(target, "utf8")).toMatch(/^three-vms;/);
  });

  test("of an export that stops is not there, nor a part of it", async () => {
    const before = readdirSync(folder);
    const target = path("deep/er/run.pftrace");
    const stop = AbortSignal.abort();
    await expect(exportTimeline({ path: path("run"), format: "perfetto", target }, stop)).rejects.toThrow(
      "interrupted",
    );
    expect(existsSync(path("deep"))).toBe(false);
    expect(readdirSync(folder)).toEqual(before);
  });
});

test.each([
  ["before the trace's start", { time_ns: -5, duration_ns: null }],
  ["beyond what a double holds", { time_ns: 2 ** 53 - 2, duration_ns: 2 ** 53 - 2 }],
])("a time %s is a fault of the trace, and leaves nothing", async (what, times) => {
  const source = path(`wrong-${what.length}`);
  const event = { ...times, kind_index: 9, task_index: 4_000_000_000, cpu_index: null, detail: null };
  writeTinyTrace(source, { name: "wrong", spanNs: 0, tables: { event: [event] } });
  const target = path("wrong.pftrace");
  await expect(exportTimeline({ path: source, format: "perfetto", target })).rejects.toThrow(FormatError);
  expect(existsSync(target)).toBe(false);
});

test("a comparison is no timeline", async () => {
  writeTinyComparison(path("comparison"));
  const options = { path: path("comparison"), format: "perfetto", target: path("no") } as const;
  await expect(exportTimeline(options)).rejects.toThrow(/a comparison is no timeline/);
});
