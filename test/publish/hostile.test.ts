// Names come from outside: whatever they are, every format is still one of its kind, and rows stay apart.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compareSchema } from "../../src/publish/compare-schema.ts";
import { type Published, publishFormats } from "../../src/publish/index.ts";
import { hostileGate, hostileNames, hostileRows } from "../kit/differences.ts";
import { readCommands, readMarkdown, readOpenmetrics, readXml } from "../kit/publish-readers.ts";

/** Any 16-bit units: halves of characters and characters that are none among them. */
const anyUnits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units));

/** Characters that mean something to some format. */
const anyMarks = fc.string({
  unit: fc.constantFrom(...Array.from("%0Au|`\\\"'<>&=,/~-:@#[]()!{}\n\r\t *_$ aB1")),
  maxLength: 12,
});

const anyName = fc.oneof(anyUnits, anyMarks, fc.constantFrom(...hostileNames));

const anySource = fc
  .uniqueArray(anyName, { minLength: 1, maxLength: 12 })
  .chain((names) => fc.constantFrom(hostileRows(names), hostileGate(names)));

function check(property: (source: Published) => void): void {
  property(hostileRows());
  property(hostileGate());
  fc.assert(fc.property(anySource, property), { seed: 7, numRuns: 200 });
}

function rowsWithValue({ difference }: Published) {
  return difference.rows.filter(({ cells }) => cells.at(-1)!.median !== null);
}

test("json: the schema takes every comparison, and all rows come back", () => {
  check((source) => {
    const document = compareSchema.parse(JSON.parse(publishFormats.json.render(source)));
    const dimensions = document.rows.map(({ dimensions: own }) => own.map(({ name, value }) => [name, value]));
    const wellFormed = source.difference.rows.map((row) =>
      row.dimensions.map((pair) => pair.map((text) => text.toWellFormed())),
    );
    expect(dimensions).toEqual(wellFormed);
    expect(document.gate?.rules.length).toBe(source.gate?.rules.length);
  });
});

describe.each(["md", "summary"] as const)("%s", (name) => {
  test("tables keep their rows and cells, and no name means anything outside of code", () => {
    check((source) => {
      const { tables, bare } = readMarkdown(publishFormats[name].render(source));
      const heads = tables.filter(([head]) => head![1] === "metric");
      const count = heads.reduce((sum, rows) => sum + rows.length - 1, 0);
      expect(count).toBe(source.difference.rows.length);
      if (source.gate) expect(tables[0]!.length - 1).toBe(source.gate.rules.length);
      expect(bare).not.toMatch(/everyone|torvalds|script|alert|example/);
    });
  });
});

test("junit: a case a row or rule, no two of one name", () => {
  check((source) => {
    const suites = readXml(publishFormats.junit.render(source));
    const cases = suites.children.flatMap(({ children }) => children);
    expect(cases.length).toBe(source.gate?.rules.length ?? source.difference.rows.length);
    expect(Number(suites.attributes["tests"])).toBe(cases.length);
    const keys = cases.map(({ attributes }) => `${attributes["classname"]}\n${attributes["name"]}`);
    expect(new Set(keys).size).toBe(cases.length);
    const outcomes = cases.map(({ children }) => children[0]?.name ?? "passed");
    const verdicts = source.difference.rows.map(({ changes }) => changes[0]!.verdict);
    if (source.gate) {
      const fails = source.gate.rules.filter(({ outcome }) => outcome === "fail").length;
      expect(outcomes.filter((outcome) => outcome === "failure").length).toBe(fails);
    } else {
      expect(outcomes).toEqual(
        verdicts.map((verdict) => ({ worse: "failure", "did-not-finish": "error" })[verdict as "worse"] ?? "passed"),
      );
    }
  });
});

test("github: only our own commands, at most ten of a level, none without a title", () => {
  check((source) => {
    const commands = readCommands(publishFormats.github.render(source));
    for (const level of ["error", "warning", "notice"]) {
      expect(commands.filter((command) => command.level === level).length).toBeLessThanOrEqual(10);
    }
    for (const { properties } of commands) {
      expect(Object.keys(properties).filter((key) => !["file", "line", "title"].includes(key))).toEqual([]);
      expect(properties).toHaveProperty("title");
    }
    expect(commands.filter(({ level }) => level === "notice").length).toBe(1);
  });
});

test("benchmark-action: an entry a row with a value, no two of one name", () => {
  check((source) => {
    const entries = (["benchmark-action", "benchmark-action-bigger"] as const).map(
      (name) => JSON.parse(publishFormats[name].render(source)) as { name: string; value: number }[],
    );
    for (const [index, polarity] of (["lower", "higher"] as const).entries()) {
      const own = entries[index]!;
      expect(own.length).toBe(rowsWithValue(source).filter((row) => row.polarity === polarity).length);
      expect(new Set(own.map(({ name }) => name)).size).toBe(own.length);
      for (const { name, value } of own) {
        expect(name).toMatch(/^[^`|<>@\p{Cc}\p{Cf}\p{Cs}]+$/u);
        expect(Number.isFinite(value)).toBe(true);
      }
    }
  });
});

test("bmf: a measure a row with a value", () => {
  check((source) => {
    const document = JSON.parse(publishFormats.bmf.render(source)) as Record<string, Record<string, object>>;
    const measures = Object.entries(document).flatMap(([name, own]) => Object.keys(own).map((key) => [name, key]));
    expect(measures.length).toBe(rowsWithValue(source).length);
    for (const text of measures.flat()) expect(text).toMatch(/^[^`|<>@\p{Cc}\p{Cf}\p{Cs}]+$/u);
  });
});

test("benchstat: a line a sample, each under its side, no two rows of one name", () => {
  check((source) => {
    const lines = publishFormats.benchstat.render(source).split("\n");
    const shape =
      /^(?:Unit \S+(?: better=(?:lower|higher))? assume=(?:exact|nothing)|side: \S(?:.*\S)?|Benchmark.*|)$/u;
    for (const line of lines) expect(line).toMatch(shape);
    const results = lines.filter((line) => line.startsWith("Benchmark")).map((line) => line.split(" "));
    const { rows } = source.difference;
    const count = rows.reduce((sum, { cells }) => sum + cells.reduce((of, cell) => of + cell!.values.length, 0), 0);
    expect(results.length).toBe(count);
    for (const result of results) expect(result).toHaveLength(4);
    // A row has one sample a side, and some only one of the base: a name is met as often as it has sides.
    const names = new Map<string, number>();
    for (const [name, , , unit] of results) names.set(`${name} ${unit}`, (names.get(`${name} ${unit}`) ?? 0) + 1);
    expect(names.size).toBe(rows.length);
    expect(Math.max(...names.values())).toBe(2);
    // What Go takes for GOMAXPROCS is no part of a name.
    for (const [name] of results) expect(name).not.toMatch(/-\d+$/);
    expect(new Set(lines.filter((line) => line.startsWith("side:"))).size).toBe(2);
  });
});

test("openmetrics: a verdict a row, a sample a row that the column has", () => {
  check((source) => {
    const families = readOpenmetrics(publishFormats.openmetrics.render(source));
    const { rows } = source.difference;
    expect(families.get("luoscope_verdict")!.samples.length).toBe(rows.length);
    const own = ["luoscope_verdict", "luoscope_change_ratio", "luoscope_comparison", "luoscope_rule"];
    const samples = [...families].filter(([name]) => !own.includes(name)).flatMap(([, family]) => family.samples);
    expect(samples.length).toBe(rows.length);
    expect(samples.filter(({ value }) => Number.isNaN(value)).length).toBe(rows.length - rowsWithValue(source).length);
    expect([...families.values()].filter(({ type }) => type === "info").length).toBe(1);
    expect(families.get("luoscope_rule")?.samples.length).toBe(source.gate?.rules.length);
  });
});
