// Answers to questions about a sweep, against another route: the tables read row by row and reckoned up by hand.
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { type Database, openDatabase, runCatalogueQuery } from "../../src/analysis/index.ts";
import { allowanceNs, attain, parseObjective, sortPauses } from "../../src/slo/index.ts";
import { openFolder, readRows, runSchema, type SweepHeader, sweepSchema, type Table } from "../../src/trace/index.ts";
import { type TinySweepOptions, writeTinySweep } from "../kit/tiny-sweep.ts";
import { hostileNames, scratchFolder } from "./kit.ts";

const folder = scratchFolder();
type Row = Record<string, number | string | null>;

const kinds: Readonly<Record<string, TinySweepOptions>> = {
  "with a failure": { failing: { 5: "scratch areas find no place" } },
  "of which nothing is feasible": { sloNs: 1_000_000_000 },
  "with little memory": { memoryLimitBytes: 110 * 2 ** 20 },
  "without draws": { repeats: 0, withoutDesigns: true },
  "with many draws and constraints": { repeats: 23, leavesOut: ([folio, scratch]) => folio === 2 && scratch === 1 },
  "with a long front": { kexecMs: [1600, 1350, 1120, 1060, 1020, 1000], memoryLimitBytes: 2 ** 30 },
  "of one axis": { axisCount: 1 },
  "of no axis": { axisCount: 0 },
};

const opened = new Map<string, { database: Database<"sweep">; header: SweepHeader; rowsOf: (table: Table) => Row[] }>();

beforeAll(async () => {
  for (const [name, options] of Object.entries(kinds)) {
    const path = join(folder, name);
    const header = writeTinySweep(path, options);
    const database = await openDatabase({ kind: "sweep", path });
    const rowsOf = (table: Table): Row[] => readRows(table, openFolder("sweep", path).sources.get(table.name)!);
    opened.set(name, { database, header, rowsOf });
  }
  return () => opened.forEach(({ database }) => database.close());
});

interface Answer {
  readonly index: number;
  readonly pauses: readonly { ns: number; vms: number }[];
  readonly draws: readonly (readonly { ns: number; vms: number }[])[];
  readonly blackouts: readonly number[];
  readonly bytes: number;
  readonly isWhole: boolean;
}

/** What each configuration comes to, run by run. */
function answersOf(name: string): Answer[] {
  const { header, rowsOf } = opened.get(name)!;
  const runs = rowsOf(sweepSchema.sweepRunTable);
  const pauses = rowsOf(sweepSchema.runPauseTable);
  const configurations = new Map<number, Answer & { draws: { ns: number; vms: number }[][]; blackouts: number[] }>();
  for (const [index, run] of runs.entries()) {
    if (run["kind"] !== 0) continue;
    const number = run["configuration_index"] as number;
    const known = configurations.get(number) ?? {
      index: number,
      pauses: [],
      draws: [],
      blackouts: [],
      bytes: 0,
      isWhole: true,
    };
    configurations.set(number, { ...known, isWhole: known.isWhole && run["status"] === 0 });
    if (run["status"] !== 0 || (header.repeats > 0 && run["draw_index"] === 0)) continue;
    const answer = configurations.get(number)!;
    answer.draws.push(
      pauses
        .filter((row) => row["run_index"] === index)
        .map((row) => ({ ns: row["pause_ns"] as number, vms: row["vm_count"] as number })),
    );
    answer.blackouts.push(run["blackout_ns"] as number);
    const bytes = ["metadata_bytes", "scratch_bytes", "kexec_image_bytes"].reduce(
      (sum, key) => sum + (run[key] as number),
      0,
    );
    configurations.set(number, { ...answer, bytes });
  }
  return [...configurations.values()].map((answer) => ({ ...answer, pauses: answer.draws.flat() }));
}

function attained({ pauses }: Pick<Answer, "pauses">, { slo }: SweepHeader) {
  const sorted = sortPauses({ pauseNs: pauses.map(({ ns }) => ns), vmCount: pauses.map(({ vms }) => vms) });
  return attain(sorted, { pauseNs: slo.pause_ns, vmRatio: slo.vm_ratio });
}

describe.each(Object.keys(kinds))("a sweep %s", (name) => {
  const ask = () => opened.get(name)!;

  test("recommends the feasible configuration with the least memory, or the one nearest to the SLO", async () => {
    const { database, header } = ask();
    const answers = answersOf(name).map((answer) => ({ ...answer, ...attained(answer, header) }));
    const limit = header.memory_limit_bytes;
    const isFeasible = (answer: (typeof answers)[number]) => answer.isWhole && answer.holds && answer.bytes <= limit;
    const feasible = answers.filter(isFeasible);
    const [best] = await runCatalogueQuery(database, "sweep-recommendation");
    const own = answers.find(({ index }) => index === best!.configuration_index)!;
    expect(best).toMatchObject({
      is_feasible: feasible.length > 0,
      attained_ratio: own.attainedRatio,
      slo_quantile_ns: own.neededNs,
      overhead_bytes: own.bytes,
      missing_ns: Math.max(0, own.neededNs - header.slo.pause_ns),
      excess_bytes: Math.max(0, own.bytes - limit),
    });
    for (const other of feasible) {
      expect(own.bytes < other.bytes || (own.bytes === other.bytes && own.neededNs <= other.neededNs)).toBe(true);
    }
    if (feasible.length === 0) {
      for (const other of answers.filter(({ isWhole }) => isWhole))
        expect(own.neededNs).toBeLessThanOrEqual(other.neededNs);
    }
    const held = own.draws.filter((pauses) => attained({ pauses }, header).holds).length;
    expect(best!.held_ratio).toBeCloseTo(held / own.draws.length, 12);
    const [headline] = await runCatalogueQuery(database, "sweep-headline");
    expect(headline).toMatchObject({ feasible_count: feasible.length, configuration_count: answers.length });
  });

  test("has on its front what no other configuration beats, and as its knee what lies farthest below the chord", async () => {
    const { database, header } = ask();
    const answers = answersOf(name)
      .filter(({ isWhole }) => isWhole)
      .map((answer) => ({ ...answer, ns: attained(answer, header).neededNs }));
    const front = answers.filter((one) =>
      answers.every(
        (two) => two.bytes > one.bytes || two.ns > one.ns || (two.bytes === one.bytes && two.ns === one.ns),
      ),
    );
    const rows = await runCatalogueQuery(database, "sweep-pareto");
    expect(new Set(rows.map((row) => row.configuration_index))).toEqual(new Set(answers.map(({ index }) => index)));
    expect(rows.length).toBe(answers.length);
    const onFront = rows.filter((row) => row.is_front).map((row) => row.configuration_index);
    expect(new Set(onFront)).toEqual(new Set(front.map(({ index }) => index)));
    const [x, y] = [front.map(({ bytes }) => bytes), front.map(({ ns }) => ns)];
    const depth = ({ bytes, ns }: { bytes: number; ns: number }): number =>
      1 -
      (bytes - Math.min(...x)) / (Math.max(...x) - Math.min(...x)) -
      (ns - Math.min(...y)) / (Math.max(...y) - Math.min(...y));
    const deepest = Math.max(0, ...front.map(depth).filter(Number.isFinite));
    const knees = rows.filter((row) => row.is_knee);
    expect(knees.length).toBe(deepest > 1e-9 ? 1 : 0);
    for (const knee of knees) {
      expect(depth({ bytes: knee.overhead_bytes, ns: knee.slo_quantile_ns })).toBeCloseTo(deepest, 9);
    }
  });

  test("has curves that say which share of the VMs stands still for at most so long", async () => {
    const { database, header } = ask();
    const rows = await runCatalogueQuery(database, "sweep-attainment");
    const answers = answersOf(name);
    const shown = [...new Set(rows.map((row) => row.configuration_index))];
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThanOrEqual(6);
    for (const row of rows) {
      const { pauses } = answers.find(({ index }) => index === row.configuration_index)!;
      const vms = pauses.reduce((sum, each) => sum + each.vms, 0);
      const within = pauses.filter(({ ns }) => ns <= row.pause_ns).reduce((sum, each) => sum + each.vms, 0);
      expect(row.within_ratio).toBeCloseTo(within / vms, 12);
      expect(row.attained_ratio).toBe(attained({ pauses }, header).attainedRatio);
    }
  });

  test("has budgets of the longest pause in the draws at 5, 50 and 95 %", async () => {
    const { database } = ask();
    const answers = answersOf(name);
    for (const row of await runCatalogueQuery(database, "sweep-budget")) {
      const { draws } = answers.find(({ index }) => index === row.configuration_index)!;
      const longest = draws.map((draw) => Math.max(...draw.map(({ ns }) => ns))).toSorted((one, two) => one - two);
      const at = (share: number): number => longest[Math.max(1, Math.ceil(share * longest.length)) - 1]!;
      expect([row.low_ns, row.pause_ns, row.high_ns]).toEqual([at(0.05), at(0.5), at(0.95)]);
      const allowed = allowanceNs(parseObjective(row.objective)!, 90 * 86_400);
      expect(row.allowance_ns).toBe(allowed);
      expect([row.most_count, row.update_count, row.least_count]).toEqual(
        [row.low_ns, row.pause_ns, row.high_ns].map((ns) => Math.floor(allowed / ns)),
      );
    }
  });

  test("has contributions that lead from one blackout to the other without a gap", async () => {
    const { database, rowsOf } = ask();
    const runs = rowsOf(sweepSchema.sweepRunTable);
    const phases = ["freeze", "serialize", "kexec", "restore"];
    for (const step_limit of [12, 1]) {
      const rows = await runCatalogueQuery(database, "sweep-contributions", { step_limit });
      if (rows.length === 0) {
        expect(name).toMatch(/no axis|without draws/);
        continue;
      }
      const [first, last] = [rows[0]!, rows.at(-1)!];
      expect([first.row_kind, last.row_kind]).toEqual(["from", "to"]);
      const blackouts = new Set(runs.map((run) => run["blackout_ns"]));
      expect(blackouts.has(first.end_ns) && blackouts.has(last.end_ns)).toBe(true);
      let reachedNs = first.end_ns;
      for (const row of rows.slice(1, -1)) {
        expect(row.start_ns).toBe(reachedNs);
        expect(row.end_ns - row.start_ns).toBe(row.to_ns! - row.from_ns!);
        reachedNs = row.end_ns;
      }
      expect(reachedNs).toBe(last.end_ns);
      expect(rows.filter((row) => row.row_kind === "step").length).toBeLessThanOrEqual(step_limit);
      for (const { phase } of rows) if (phase !== null) expect(phases).toContain(phase);
    }
  });
});

test("between any two configurations, contributions are the differences of their steps", async () => {
  const { database, rowsOf } = opened.get("with a failure")!;
  const runs = rowsOf(sweepSchema.sweepRunTable);
  const steps = rowsOf(sweepSchema.runStepTable);
  const stepsOf = (configuration: number) => {
    const index = runs.findIndex((run) => run["configuration_index"] === configuration && run["draw_index"] === 0);
    const own = steps.filter((row) => row["run_index"] === index);
    return new Map(
      own.map((row) => [`${runSchema.phaseLabels[row["phase"] as number]} ${row["step"]}`, row["step_ns"] as number]),
    );
  };
  for (const [from_index, to_index] of [
    [0, 17],
    [17, 0],
    [3, 4],
    [18, 7],
  ] as const) {
    const rows = await runCatalogueQuery(database, "sweep-contributions", { from_index, to_index });
    const [one, two] = [stepsOf(from_index), stepsOf(to_index)];
    for (const row of rows.filter(({ row_kind: kind }) => kind === "step")) {
      const key = `${row.phase} ${row.step}`;
      expect([row.from_ns, row.to_ns]).toEqual([one.get(key) ?? 0, two.get(key) ?? 0]);
    }
    const sizes = rows
      .filter(({ row_kind: kind }) => kind === "step")
      .map((row) => Math.abs(row.end_ns - row.start_ns));
    expect(sizes).toEqual(sizes.toSorted((left, right) => right - left));
  }
  // The failed one has no steps.
  expect(await runCatalogueQuery(database, "sweep-contributions", { from_index: 5 })).toEqual([]);
});

test("an axis is varied alone, and values that constraints leave out have no answer", async () => {
  const whole = await runCatalogueQuery(opened.get("with a failure")!.database, "sweep-what-if");
  const chosen = whole.filter((row) => row.is_chosen).map((row) => row.value_label);
  expect(new Map(whole.map((row) => [row.axis_key, row.scale_kind]))).toEqual(
    new Map([
      ["vms[*].folio", "log"],
      ["host.scratch", "linear"],
      ["agent", "ordinal"],
    ]),
  );
  const labels = await runCatalogueQuery(opened.get("with a failure")!.database, "sweep-labels");
  for (const row of whole) {
    const words = labels[row.configuration_index!]!.label.split(", ").map((word, axis) =>
      word.endsWith(` ${chosen[axis]}`),
    );
    expect(words.filter((same) => !same).length).toBe(row.is_chosen ? 0 : 1);
  }
  const held = await runCatalogueQuery(opened.get("with many draws and constraints")!.database, "sweep-what-if");
  const missing = held.filter((row) => row.configuration_index === null);
  expect(missing.map((row) => `${row.axis_key} ${row.value_label}`)).toEqual(["host.scratch 200%"]);
  expect(missing[0]!.blackout_p50_ns).toBeNull();
});

test("of an axis with many values some are shown, its ends and the chosen one among them", async () => {
  const { database } = opened.get("with a long front")!;
  const whole = await runCatalogueQuery(database, "sweep-what-if");
  const few = await runCatalogueQuery(database, "sweep-what-if", { value_limit: 2 });
  const valuesOf = (rows: typeof whole) =>
    rows.filter((row) => row.axis_key === "host.scratch").map((row) => row.value);
  expect(valuesOf(whole)).toEqual([100, 200, 300, 400, 500, 600]);
  expect(valuesOf(few)).toEqual([100, 400, 600]);
  expect(new Set(few.map((row) => `${row.axis_key} ${row.value_count}`))).toEqual(
    new Set(["vms[*].folio 3", "host.scratch 6", "agent 2"]),
  );
  expect(few.filter((row) => row.is_chosen)).toEqual(whole.filter((row) => row.is_chosen));
});

test("axes that move together are one", async () => {
  const path = join(folder, "paired");
  writeTinySweep(path, { leavesOut: ([folio, scratch, agent]) => folio !== scratch || folio !== agent });
  const database = await openDatabase({ kind: "sweep", path });
  const rows = await runCatalogueQuery(database, "sweep-what-if");
  database.close();
  expect(rows.map((row) => [row.axis_key, row.value_label, row.is_chosen])).toEqual([
    ["vms[*].folio + host.scratch + agent", "folio 4 KiB, scratch 100%, agent one by one", false],
    ["vms[*].folio + host.scratch + agent", "folio 64 KiB, scratch 200%, agent all at once", true],
  ]);
});

test("beyond so many configurations the front and the best stay marks, and no other is lost", async () => {
  const { database } = opened.get("with a failure")!;
  const whole = await runCatalogueQuery(database, "sweep-pareto");
  const few = await runCatalogueQuery(database, "sweep-pareto", {
    point_limit: 5,
    best_limit: 2,
    column_count: 3,
    row_count: 2,
  });
  const count = (rows: typeof whole) => rows.reduce((sum, row) => sum + row.configuration_count, 0);
  expect(count(few)).toBe(count(whole));
  expect(few.filter((row) => row.is_front).length).toBe(whole.filter((row) => row.is_front).length);
  const cells = few.filter((row) => row.mark_kind === "cell");
  expect(cells.length).toBeGreaterThan(1);
  expect(cells.length).toBeLessThanOrEqual(2 * 3 * 2);
  for (const feasible of [true, false]) {
    const of = (rows: typeof whole) => count(rows.filter((row) => row.is_feasible === feasible));
    expect(of(few)).toBe(of(whole));
  }
});

test("an input's bar is what the tables say; beyond the limit any one of the others", async () => {
  const { database, rowsOf } = opened.get("with a failure")!;
  const table = rowsOf(sweepSchema.tornadoTable);
  const width = (row: Row): number => {
    const ends = [row["base_ns"], row["low_ns"], row["high_ns"]] as number[];
    return Math.max(...ends) - Math.min(...ends);
  };
  const sorted = table.toSorted((one, two) => width(two) - width(one));
  const rows = await runCatalogueQuery(database, "sweep-tornado", { input_limit: 1 });
  expect(rows.map((row) => [row.input_name, row.input_count])).toEqual([
    [sorted[0]!["name"], 1],
    [null, 2],
  ]);
  const others = sorted.slice(1).flatMap((row) => [row["base_ns"], row["low_ns"], row["high_ns"]] as number[]);
  expect([rows[1]!.low_ns, rows[1]!.high_ns]).toEqual([Math.min(...others), Math.max(...others)]);
});

test("runs without an answer are all counted, with their reasons", async () => {
  const { database, rowsOf } = opened.get("with a failure")!;
  const bad = rowsOf(sweepSchema.sweepRunTable).filter((run) => run["status"] !== 0);
  const rows = await runCatalogueQuery(database, "sweep-failures");
  expect(rows.reduce((sum, row) => sum + row.run_count, 0)).toBe(bad.length);
  expect(rows.map((row) => [row.state, row.run_count])).toEqual([
    ["failed", 1],
    ["left out", 2],
    ["refused", 4],
  ]);
  const one = await runCatalogueQuery(database, "sweep-failures", { reason_limit: 1 });
  expect(one.map((row) => [row.state, row.reason === null, row.run_count])).toEqual([
    ["failed", false, 1],
    ["others", true, 6],
  ]);
});

test("names of any kind come through SQL as they are", async () => {
  for (const outside of hostileNames.slice(0, 2)) {
    const path = join(folder, "hostile");
    writeTinySweep(path, { outside, failing: { 5: outside } });
    const database = await openDatabase({ kind: "sweep", path });
    const [best] = await runCatalogueQuery(database, "sweep-recommendation");
    const failures = await runCatalogueQuery(database, "sweep-failures");
    const whatIf = await runCatalogueQuery(database, "sweep-what-if");
    database.close();
    expect(best!.label).toContain(outside);
    expect(failures[0]!.reason).toBe(outside);
    expect(whatIf[0]!.axis_key).toBe(outside);
  }
});
