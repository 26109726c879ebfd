// Answers to questions about a difference, against another route: the comparison itself, reckoned up by hand.
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { type Database, openDatabase, runCatalogueQuery } from "../../src/analysis/index.ts";
import type { Difference, DifferenceRow, Verdict } from "../../src/compare/index.ts";
import { hostileNames } from "../analysis/kit.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { tinyDifference, type TinyDifferenceOptions, writeTinyDifference } from "../kit/tiny-difference.ts";

const folder = sharedFolder();

const kinds: Readonly<Record<string, TinyDifferenceOptions>> = {
  "of two sides": { withGate: true },
  "of three sides": { sideCount: 3 },
  "of many rows": { rowCount: 500, factor: 10 },
  "in which nothing changed": { verdicts: ["same", "inconclusive"], rowCount: 5 },
  "without samples": { exact: true },
};
const names = Object.keys(kinds);
const opened = new Map<string, { database: Database<"difference">; difference: Difference }>();

beforeAll(async () => {
  for (const [name, options] of Object.entries(kinds)) {
    writeTinyDifference(join(folder, name), options);
    const database = await openDatabase({ kind: "difference", path: join(folder, name) });
    opened.set(name, { database, difference: tinyDifference(options) });
  }
  return () => opened.forEach(({ database }) => database.close());
});

const order: readonly Verdict[] = [
  "worse",
  "did-not-finish",
  "only-base",
  "only-new",
  "different",
  "better",
  "inconclusive",
  "same",
];

interface Judged {
  readonly row: DifferenceRow;
  readonly rowIndex: number;
  readonly side: number;
  readonly verdict: Verdict;
  readonly ratio: number | null;
  readonly size: number;
}

/** Every change in the order in which people should read them. */
function judged({ rows }: Difference): Judged[] {
  return rows
    .flatMap((row, rowIndex) =>
      row.changes.map(({ verdict, deltaRatio, delta }, index): Judged => {
        const size = deltaRatio === null ? (delta === null || delta === 0 ? 0 : Infinity) : Math.abs(deltaRatio);
        return { row, rowIndex, side: index + 1, verdict, ratio: deltaRatio, size };
      }),
    )
    .toSorted((one, two) => {
      const bySize = one.size === two.size ? 0 : two.size - one.size;
      return (
        order.indexOf(one.verdict) - order.indexOf(two.verdict) ||
        bySize ||
        one.rowIndex - two.rowIndex ||
        one.side - two.side
      );
    });
}

const isChanged = ({ verdict }: Judged): boolean => verdict !== "same" && verdict !== "inconclusive";

describe.each(names)("a difference %s", (name) => {
  const ask: typeof runCatalogueQuery = (_, question, parameters) =>
    runCatalogueQuery(opened.get(name)!.database, question, parameters);
  const of = () => opened.get(name)!;

  test("lists changes first, the largest for the worse on top, and counts what it leaves out", async () => {
    const { database, difference } = of();
    const expected = judged(difference);
    const rows = await ask(database, "difference-rows");
    expect(rows.map((row) => [row.row_index, row.verdict])).toEqual(
      expected.map(({ rowIndex, verdict }) => [rowIndex, verdict]),
    );
    const few = await ask(database, "difference-rows", { row_limit: 2, same_limit: 1 });
    const changed = expected.filter(isChanged).length;
    expect(few.filter((row) => row.is_changed)).toHaveLength(Math.min(2, changed));
    expect(few.filter((row) => !row.is_changed)).toHaveLength(1);
    for (const row of few) {
      expect(row.hidden_count).toBe(row.is_changed ? Math.max(0, changed - 2) : expected.length - changed - 1);
    }
  });

  test("gives medians, deltas and intervals as they are", async () => {
    const { database, difference } = of();
    for (const row of await ask(database, "difference-rows")) {
      const source = difference.rows[row.row_index]!;
      const side = difference.columns.findIndex(({ label }) => label === row.side_label);
      const change = source.changes[side - 1]!;
      expect(row).toMatchObject({
        base_median: source.cells[0]?.median ?? null,
        new_median: source.cells[side]?.median ?? null,
        new_failed_count: source.cells[side]?.failedCount ?? 0,
        delta: change.delta,
        delta_low: change.deltaLow,
        adjusted_p_value: change.test?.adjustedPValue ?? null,
        ks_distance: change.test?.ksDistance ?? null,
      });
    }
  });

  test("counts verdicts, rows, samples and sides in its headline", async () => {
    const { database, difference } = of();
    const changes = judged(difference);
    const count = (verdict: Verdict) => changes.filter((change) => change.verdict === verdict).length;
    const samples = difference.rows.filter(({ cells }) =>
      cells.some((cell) => cell !== null && cell.values.length > 1),
    );
    const [headline] = await ask(database, "difference-headline");
    expect(headline).toMatchObject({
      side_count: difference.columns.length,
      new_label: difference.columns.length === 2 ? "after" : null,
      row_count: difference.rows.length,
      metric_count: new Set(difference.rows.map(({ metric }) => metric)).size,
      change_count: changes.length,
      changed_count: changes.filter(isChanged).length,
      worse_count: count("worse"),
      better_count: count("better"),
      same_count: count("same"),
      inconclusive_count: count("inconclusive"),
      unfinished_count: count("did-not-finish"),
      only_base_count: count("only-base"),
      only_new_count: count("only-new"),
      different_count: count("different"),
      sample_count: samples.flatMap(({ cells }) => cells).reduce((sum, cell) => sum + (cell?.values.length ?? 0), 0),
    });
  });

  test("draws shares of the base with their intervals, the low end below the high one", async () => {
    const { database, difference } = of();
    const expected = judged(difference).filter(({ ratio }) => ratio !== null);
    const rows = await ask(database, "difference-forest", { row_limit: 7 });
    expect(rows.map((row) => row.delta_ratio)).toEqual(expected.slice(0, 7).map(({ ratio }) => ratio));
    const without = judged(difference).filter((change) => isChanged(change) && change.ratio === null);
    for (const row of rows) {
      expect(row.hidden_count).toBe(Math.max(0, expected.length - 7));
      expect(row.hidden_changed_count).toBe(expected.slice(7).filter(isChanged).length);
      expect(row.unplaced_count).toBe(without.length);
      if (row.low_ratio === null) continue;
      expect(row.low_ratio).toBeLessThan(row.delta_ratio);
      expect(row.high_ratio).toBeGreaterThan(row.delta_ratio);
    }
  });

  test("goes from one length to the other without a gap, whatever is put together", async () => {
    const { database, difference } = of();
    for (const [index, waterfall] of difference.waterfalls.entries()) {
      for (const limit of [0, 1, 3, 100]) {
        const rows = await ask(database, "difference-waterfall", { waterfall_index: index, step_limit: limit });
        expect(rows[0]).toMatchObject({ row_kind: "from", start_ns: 0, end_ns: waterfall.baseNs });
        expect(rows.at(-1)).toMatchObject({ row_kind: "to", start_ns: 0, end_ns: waterfall.newNs });
        const inner = rows.slice(1, -1);
        for (const [position, row] of inner.entries()) {
          expect(row.start_ns).toBeCloseTo(rows[position]!.end_ns, 3);
        }
        expect(inner.at(-1)!.end_ns).toBeCloseTo(waterfall.newNs, 3);
        const shares = inner.reduce((sum, row) => sum + (row.share_ratio ?? 0), 0);
        expect(shares).toBeCloseTo(1, 9);
        const changing = waterfall.steps.filter(({ deltaNs }) => deltaNs !== 0).length;
        expect(inner.reduce((sum, row) => sum + row.step_count, 0)).toBe(changing);
      }
    }
  });

  test("takes the constant that changes most for a step's cause", async () => {
    const { database, difference } = of();
    for (const [index, { steps }] of difference.waterfalls.entries()) {
      const rows = await ask(database, "difference-waterfall", { waterfall_index: index, step_limit: 100 });
      for (const row of rows.filter(({ row_kind: kind }) => kind === "step")) {
        const { causes, deltaNs } = steps.find(({ step }) => step === row.step)!;
        const changes = causes.map((cause) => ({ ...cause, changeNs: cause.newNs - cause.baseNs }));
        const [most] = changes.toSorted((one, two) => Math.abs(two.changeNs) - Math.abs(one.changeNs));
        expect([row.cause, row.cause_delta_ns]).toEqual([most?.cost ?? null, most?.changeNs ?? null]);
        expect(row.cause_ratio).toBe(most ? most.changeNs / deltaNs : null);
      }
    }
  });

  test("keeps the least and the greatest of many samples", async () => {
    const { database, difference } = of();
    const groups = await ask(database, "difference-groups");
    const samples = await ask(database, "difference-samples", { sample_limit: 3 });
    for (const group of groups) {
      const cell = difference.rows[group.row_index]!.cells[group.side_index]!;
      const own = samples.filter((row) => row.panel_index === group.panel_index && row.side_index === group.side_index);
      expect([group.median, group.least, group.most]).toEqual([cell.median, cell.min, cell.max]);
      expect([own[0]!.value, own.at(-1)!.value]).toEqual([cell.min, cell.max]);
      expect(own.length).toBeLessThanOrEqual(5);
    }
    const noisy = new Set(
      judged(difference)
        .filter(({ row, verdict }) => !row.exact && ["worse", "better", "different"].includes(verdict))
        .map(({ rowIndex }) => rowIndex),
    );
    expect([...new Set(groups.map((group) => group.row_index))]).toEqual([...noisy].slice(0, 12));
    for (const { hidden_count: hidden } of groups) expect(hidden).toBe(Math.max(0, noisy.size - 12));
  });
});

test("of changes for the worse, the headline names the largest that can be taken apart, and its main step", async () => {
  const { database } = opened.get("of two sides")!;
  const [headline] = await runCatalogueQuery(database, "difference-headline");
  // The count from 0 and phase kexec change more, but nobody knows by what.
  expect(headline).toMatchObject({ top_metric: "blackout_ns", top_verdict: "worse", top_step: "purgatory-hash" });
  expect(headline!.top_step_ratio).toBeCloseTo(1_420_000_000 / headline!.top_delta!, 9);
  const [same] = await runCatalogueQuery(opened.get("in which nothing changed")!.database, "difference-headline");
  expect(same).toMatchObject({ top_metric: null, top_verdict: null, changed_count: 0 });
});

test("rules that fail stand before undecided ones, warnings and those that hold", async () => {
  const { database } = opened.get("of two sides")!;
  const rules = await runCatalogueQuery(database, "difference-rules");
  expect(rules.map((row) => row.outcome)).toEqual(["fail", "inconclusive", "warn", "pass"]);
  const [headline] = await runCatalogueQuery(database, "difference-headline");
  expect(headline).toMatchObject({
    gate_policy: "policy.yaml",
    gate_outcome: "fail",
    rule_count: 4,
    failed_rule_count: 1,
    warned_rule_count: 1,
    undecided_rule_count: 1,
    iteration_count: 2,
  });
  const [ungated] = await runCatalogueQuery(opened.get("of three sides")!.database, "difference-headline");
  expect(ungated).toMatchObject({ gate_policy: null, gate_outcome: null, rule_count: 0 });
});

test("what is cut off is counted", async () => {
  const { database } = opened.get("of two sides")!;
  expect((await runCatalogueQuery(database, "difference-rules", { rule_limit: 1 }))[0]!.hidden_count).toBe(3);
  expect((await runCatalogueQuery(database, "difference-inputs", { input_limit: 1 }))[0]!.hidden_count).toBe(2);
  expect((await runCatalogueQuery(database, "difference-warnings"))[0]!.hidden_count).toBe(0);
});

test("names of any kind come through SQL as they are", async () => {
  for (const outside of hostileNames.slice(0, 2)) {
    const path = join(folder, "hostile");
    writeTinyDifference(path, { outside, withGate: true });
    const database = await openDatabase({ kind: "difference", path });
    const [row] = await runCatalogueQuery(database, "difference-rows");
    const [step] = await runCatalogueQuery(database, "difference-steps");
    const [rule] = await runCatalogueQuery(database, "difference-rules");
    database.close();
    expect(row!.label).toBe(`${outside} ${outside}`);
    expect(step!.cause).toBe(outside);
    expect(rule!.rule).toBe(outside);
  }
});
