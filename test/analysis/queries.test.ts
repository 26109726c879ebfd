import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import {
  catalogue,
  type CatalogueQuery,
  type AnalysedKind,
  type Database,
  openDatabase,
  type QueryName,
  queryNames,
  runCatalogueQuery,
} from "../../src/analysis/index.ts";
import { openFolder, readRows, runSchema, type Table } from "../../src/trace/index.ts";
import { writeTinyComparison } from "../kit/tiny-comparison.ts";
import { writeTinyDifference } from "../kit/tiny-difference.ts";
import { eventfulTrace } from "../kit/eventful-trace.ts";
import { writeTinyFleet } from "../kit/tiny-fleet.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinySweep } from "../kit/tiny-sweep.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";
import { expectGolden } from "../kit/golden.ts";
import { hostileNames, rowsText, scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const names = Object.keys(catalogue) as QueryName[];
const sqlFolder = join(import.meta.dirname, "../../src/analysis/sql");
/** Fewer rows for a reader's eye. */
const goldenParameters: Partial<Record<QueryName, Record<string, number>>> = {
  "dirty-over-time": { point_limit: 12 },
  "device-events": { bin_count: 4 },
  "scattered-curve": { point_count: 5 },
  "latency-over-time": { bin_count: 12 },
  "latency-ecdf": { point_limit: 6 },
  "brownout-curve": { point_limit: 5 },
  moments: { point_limit: 20 },
  "difference-samples": { sample_limit: 4 },
  "fleet-loss-over-time": { bin_count: 12 },
  "fleet-pause-ecdf": { point_limit: 6 },
  "dirty-heatmap": { time_bins: 4, frame_bins: 5 },
};
const views = [
  "00-views",
  "00-comparison-views",
  "00-sweep-views",
  "00-fleet-views",
  "00-difference-views",
  "00-trace-views",
];
let tiny: Database<"run">;
let tinyComparison: Database<"comparison">;
let tinyFleet: Database<"fleet">;
let eventful: Database<"trace">;
let tinySweep: Database<"sweep">;
let tinyDifference: Database<"difference">;

beforeAll(async () => {
  writeTinyRun(join(folder, "run"));
  writeTinyComparison(join(folder, "comparison"));
  await writeTinyFleet(join(folder, "fleet"));
  writeTinyTrace(join(folder, "trace"), eventfulTrace);
  writeTinySweep(join(folder, "sweep"), { failing: { 5: "scratch areas find no place" } });
  writeTinyDifference(join(folder, "difference"), { withGate: true });
  tinyDifference = await openDatabase({ kind: "difference", path: join(folder, "difference") });
  tinySweep = await openDatabase({ kind: "sweep", path: join(folder, "sweep") });
  eventful = await openDatabase({ kind: "trace", path: join(folder, "trace") });
  tinyFleet = await openDatabase({ kind: "fleet", path: join(folder, "fleet") });
  tiny = await openDatabase({ kind: "run", path: join(folder, "run") });
  tinyComparison = await openDatabase({ kind: "comparison", path: join(folder, "comparison") });
  return () => {
    tiny.close();
    tinyComparison.close();
    tinyFleet.close();
    eventful.close();
    tinySweep.close();
    tinyDifference.close();
  };
});

test("every file of SQL is in the catalogue and has its head", () => {
  const files = readdirSync(sqlFolder).map((file) => file.replace(/\.sql$/, ""));
  expect(files.toSorted()).toEqual([...views, ...names.map((name) => catalogue[name].file)].toSorted());
  for (const name of names) {
    const text = readFileSync(join(sqlFolder, `${catalogue[name].file}.sql`), "utf8");
    for (const head of ["Question", "Grain", "Columns", "Units", "Parameters"]) {
      expect(text, `${name}: ${head}`).toMatch(new RegExp(`^-- ${head} `, "m"));
    }
  }
});

test("a column's name ends in its unit", () => {
  const endings: Record<string, RegExp> = {
    ns: /_ns$/,
    bytes: /_bytes$/,
    pages: /_pages$/,
    count: /_count$/,
    index: /_index$/,
    per_sec: /_per_sec$/,
    ratio: /_ratio$/,
  };
  for (const name of names) {
    for (const [column, kind] of Object.entries((catalogue[name] as CatalogueQuery).columns)) {
      const ending = endings[kind.replace("?", "")];
      if (ending) expect(column, name).toMatch(ending);
    }
  }
});

const kinds: readonly AnalysedKind[] = ["run", "comparison", "sweep", "fleet", "difference", "trace"];
const writeEmpty: Readonly<Record<AnalysedKind, (path: string) => unknown>> = {
  run: (path) => writeTinyRun(path, { empty: true }),
  comparison: (path) => writeTinyComparison(path, { empty: true }),
  sweep: (path) => writeTinySweep(path, { empty: true }),
  fleet: (path) => writeTinyFleet(path, { empty: true }),
  difference: (path) => writeTinyDifference(path, { empty: true }),
  trace: (path) => writeTinyTrace(path, { name: "empty", spanNs: 0, tables: {} }),
};

describe.each(kinds.flatMap((kind) => queryNames(kind).map((name) => ({ kind, name }))))("$name", ({ kind, name }) => {
  test("binds and holds its row spec in a folder without rows", async () => {
    const path = join(folder, `empty-${name}`);
    await writeEmpty[kind](path);
    const empty = await openDatabase({ kind, path });
    const rows = await runCatalogueQuery(empty, name);
    empty.close();
    expect(rows.length).toBeLessThanOrEqual(name.endsWith("inputs") ? 4 : 1);
  });

  test("gives the golden answer on the tiny folder", async () => {
    const database = {
      run: tiny,
      comparison: tinyComparison,
      sweep: tinySweep,
      fleet: tinyFleet,
      difference: tinyDifference,
      trace: eventful,
    }[kind];
    const rows = await runCatalogueQuery(database, name, goldenParameters[name] ?? {});
    expectGolden(`analysis/${name}.txt`, rowsText(rows).replace(/\b[0-9a-f]{64}\b/g, "<sha256>"));
  });
});

function tableRows(table: Table): Record<string, number | string | null>[] {
  return readRows(table, openFolder("run", join(folder, "run")).sources.get(table.name)!);
}

const phaseCode = (label: string) => runSchema.phaseLabels.indexOf(label as never);
const inBlackout = ["freeze", "serialize", "kexec", "restore"];

test("headline is what adding the tables up by hand gives", async () => {
  const [headline] = await runCatalogueQuery(tiny, "headline");
  const phases = tableRows(runSchema.phaseTable);
  const lengthOf = (label: string) =>
    phases
      .filter(({ phase }) => phase === phaseCode(label))
      .reduce((sum, row) => sum + (row["end_ns"] as number) - (row["start_ns"] as number), 0);
  expect(headline).toMatchObject(Object.fromEntries(inBlackout.map((label) => [`${label}_ns`, lengthOf(label)])));
  const { header } = tiny;
  expect(headline!.blackout_ns).toBe(header.blackout_end_ns - header.blackout_start_ns);
  const overhead = tableRows(runSchema.memoryOverheadTable);
  const bytesOf = (labels: readonly string[]) =>
    overhead
      .filter(({ kind }) => labels.includes(runSchema.overheadLabels[kind as number]!))
      .reduce((sum, row) => sum + (row["overhead_bytes"] as number), 0);
  expect(headline!.metadata_bytes).toBe(bytesOf(["folio-metadata", "tracker", "blocks", "fixed"]));
  expect(headline!.scratch_bytes).toBe(bytesOf(["scratch"]));
  const longest = Math.max(...tableRows(runSchema.runVmTable).map((row) => row["blackout_ns"] as number));
  expect(headline!.worst_vm_ns).toBe(longest);
});

test("a VM's parts by phase are the overlaps found by hand and add up to its blackout", async () => {
  const rows = await runCatalogueQuery(tiny, "blackout-by-phase-vm");
  const phases = tableRows(runSchema.phaseTable).filter(({ in_blackout: flag }) => flag === 1);
  for (const [index, vm] of tableRows(runSchema.runVmTable).entries()) {
    const own = rows.filter((row) => row.vm_index === index);
    for (const phase of phases) {
      const from = Math.max(vm["pause_ns"] as number, phase["start_ns"] as number);
      const to = Math.min(vm["resume_ns"] as number, phase["end_ns"] as number);
      const label = runSchema.phaseLabels[phase["phase"] as number];
      expect(own.find((row) => row.phase === label)!.part_ns).toBe(Math.max(0, to - from));
    }
    expect(own.reduce((sum, row) => sum + row.part_ns, 0)).toBe(vm["blackout_ns"]);
  }
});

test("VMs past the limit are counted and not lost", async () => {
  const rows = await runCatalogueQuery(tiny, "blackout-by-phase-vm", { vm_limit: 1 });
  const vms = tableRows(runSchema.runVmTable)
    .map((row) => row["blackout_ns"] as number)
    .toSorted((a, b) => b - a);
  expect(new Set(rows.map((row) => row.vm_name)).size).toBe(1);
  expect(rows[0]).toMatchObject({ blackout_ns: vms[0], hidden_vm_count: 2, hidden_max_ns: vms[1] });
});

test("writes over time keep every page, and none of them falls into the blackout", async () => {
  const { header } = tiny;
  const ticks = tableRows(runSchema.dirtyTickTable).filter((row) => row["start_ns"] !== null);
  const pages = ticks.reduce((sum, row) => sum + (row["dirty_pages"] as number), 0);
  for (const limit of [7, 100, 1000]) {
    const rows = await runCatalogueQuery(tiny, "dirty-over-time", { point_limit: limit });
    expect(rows.length).toBeLessThanOrEqual(limit + 2);
    const sum = rows.reduce((all, row) => all + (row.dirty_pages_per_sec * (row.end_ns - row.start_ns)) / 1e9, 0);
    expect(Math.abs(sum - pages)).toBeLessThan(1);
    for (const row of rows) {
      expect(row.end_ns <= header.blackout_start_ns || row.start_ns >= header.blackout_end_ns).toBe(true);
      expect(row.after_resume).toBe(row.start_ns >= header.blackout_end_ns);
    }
  }
});

test("merging short steps keeps their number and their time", async () => {
  const whole = await runCatalogueQuery(tiny, "steps-gantt");
  const merged = await runCatalogueQuery(tiny, "steps-gantt", { piece_limit: 1 });
  const total = (rows: typeof whole, key: "piece_count" | "busy_ns") => rows.reduce((sum, row) => sum + row[key], 0);
  expect(merged.length).toBeLessThanOrEqual(whole.length);
  expect(total(merged, "piece_count")).toBe(total(whole, "piece_count"));
  expect(total(merged, "busy_ns")).toBe(total(whole, "busy_ns"));
});

test("names of any kind come through SQL as they are", async () => {
  writeTinyRun(join(folder, "hostile"), { vmNames: hostileNames, markNames: hostileNames });
  const database = await openDatabase({ kind: "run", path: join(folder, "hostile") });
  const vms = await runCatalogueQuery(database, "vms");
  const marks = await runCatalogueQuery(database, "marks");
  database.close();
  expect(vms.map((row) => row.vm_name).toSorted()).toEqual([...hostileNames].toSorted());
  expect(marks.map((row) => row.mark_name).toSorted()).toEqual([...hostileNames].toSorted());
});
