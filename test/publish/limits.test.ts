// Sizes: what GitHub refuses as a whole must never be written, and what is left out is counted.
import { describe, expect, test } from "vitest";

import { type Published, publishFormats } from "../../src/publish/index.ts";
import { everyVerdict, hostileGate, hostileRows, manyColumns, manyMetrics, manyRows } from "../kit/differences.ts";
import { readCommands, readMarkdown } from "../kit/publish-readers.ts";

const maxBytes = { md: 65_000, summary: 1_000_000 } as const;

/** Names of characters that take four bytes each. */
const wideNames = Array.from({ length: 3000 }, (_, index) => `${"🚀".repeat(150)} ${index}`);

const large: readonly (readonly [string, Published])[] = [
  ["10,000 rows", manyRows(10_000)],
  ["40,000 rows", manyRows(40_000)],
  ["500 metrics", manyMetrics(500)],
  ["500 columns", manyColumns(500)],
  ["names of wide characters", hostileRows(wideNames)],
  ["a gate of 3,000 rules", hostileGate(wideNames)],
];

function rowTables(text: string): readonly (readonly string[])[][] {
  const { tables } = readMarkdown(text);
  return tables.filter(([head]) => head![1] === "metric").map((rows) => rows.slice(1));
}

describe.each(["md", "summary"] as const)("%s", (name) => {
  test.each(large)("of %s fits, and is whole", (_, source) => {
    const text = publishFormats[name].render(source);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes[name]);
    readMarkdown(text);
    // The end is never what is left out.
    expect(text.trimEnd().split("\n").at(-1)).toMatch(/^luoscope 1\.2\.3/);
  });
});

test("unchanged rows fold first, then the smallest changes are left out and counted", () => {
  const source = manyRows(10_000);
  const text = publishFormats.md.render(source);
  const [changed, ...others] = rowTables(text);
  expect(others).toEqual([]);
  expect(text).toContain("9000 other rows: 9000 same.");
  const hidden = Number(/^(\d+) more changed rows, the smallest changes,/m.exec(text)![1]);
  expect(changed!.length + hidden).toBe(1000);
  expect(changed!.length).toBeGreaterThan(400);
  // Changes grow with the number of the VM: the largest are here.
  const shown = changed!.map((cells) => Number(/vm-(\d+)/.exec(cells[2]!)![1]));
  expect(shown).toEqual(Array.from({ length: shown.length }, (_, index) => 9990 - 10 * index));
  // The summary has room for all changes, and for the other rows folded.
  const [all, folded] = rowTables(publishFormats.summary.render(source));
  expect([all!.length, folded!.length]).toEqual([1000, 9000]);
});

test("causes stay where rows have no room", async () => {
  const small = (await everyVerdict()).difference;
  const { difference, ...rest } = manyRows(10_000);
  const { inputs, waterfalls } = small;
  const text = publishFormats.md.render({ ...rest, difference: { ...difference, inputs, waterfalls } });
  expect(text).toContain("`guest.folio_order`: `9` → `0`");
  expect(text).toMatch(/\| `freeze` \| `preserve guest memory` \|.*100\.0 %/);
  expect(text).toContain("more changed rows");
});

test("of many columns the first are told, and the others counted", () => {
  const text = publishFormats.md.render(manyColumns(500));
  const told = text.match(/^#### /gm)!.length;
  expect(told).toBeGreaterThan(5);
  expect(text).toContain(`and ${500 - told} more columns`);
});

test("of many annotations the tenth counts the others", () => {
  const { gate, ...published } = hostileGate(Array.from({ length: 100 }, (_, index) => `rule ${index}`));
  const commands = readCommands(publishFormats.github.render({ ...published, gate }));
  const errors = commands.filter(({ level }) => level === "error");
  // 25 rules fail; 25 warn and 25 are not decided.
  expect(errors).toHaveLength(10);
  expect(errors[0]).toMatchObject({ properties: { file: "rule 0", line: "1", title: "rule 0 is broken" } });
  expect(errors[9]!.properties["title"]).toBe("and 16 more");
  const warnings = commands.filter(({ level }) => level === "warning");
  expect(warnings).toHaveLength(10);
  expect(warnings[9]!.properties["title"]).toBe("and 41 more");
});

test.each(Object.keys(publishFormats) as (keyof typeof publishFormats)[])(
  "%s of 10,000 rows takes no second",
  (name) => {
    const source = manyRows(10_000);
    publishFormats[name].render(source);
    const startMs = performance.now();
    publishFormats[name].render(source);
    expect(performance.now() - startMs).toBeLessThan(1000);
  },
);

test("ten thousand rows of one name are told apart in linear time", () => {
  const { difference, ...rest } = manyRows(10_000);
  const rows = difference.rows.map((row) => ({ ...row, dimensions: [["vm", "x"]] as const }));
  const entries = JSON.parse(
    publishFormats["benchmark-action"].render({ ...rest, difference: { ...difference, rows } }),
  );
  expect(new Set((entries as { name: string }[]).map(({ name }) => name)).size).toBe(10_000);
});
