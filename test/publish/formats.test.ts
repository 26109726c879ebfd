// Single rules of single formats.
import { describe, expect, test } from "vitest";

import { seriesOfGoBenchmarks } from "../../src/compare/measure/go-benchmarks.ts";
import { fitKey, keyEscape, KeySet } from "../../src/publish/keys.ts";
import { publishFormats } from "../../src/publish/index.ts";
import { xmlText } from "../../src/publish/xml.ts";
import { differenceOf, everyOutcome, everyVerdict, hostileNames, rowOf } from "../kit/differences.ts";
import { readOpenmetrics, readXml } from "../kit/publish-readers.ts";

describe("keys", () => {
  /** What an escape means, written from its description alone. */
  const meaningOf = (key: string): string =>
    key.replaceAll(/%([0-9A-F]{2})|%u([0-9A-F]{4})|%U([0-9A-F]{8})/g, (_, ...hex: (string | undefined)[]) =>
      String.fromCodePoint(
        Number.parseInt(
          hex.slice(0, 3).find((digits) => digits !== undefined)!,
          16,
        ),
      ),
    );

  test.each([...hostileNames, "100%", "100%25", "%%41", "%", "%u0041", "a=b,c"])(
    "an escape has one meaning: %j",
    (name) => {
      const key = keyEscape("=,")(name);
      expect(meaningOf(key)).toBe(name);
      expect(key).toMatch(/^[^=,\p{Cc}\p{Cf}\p{Cs}]*$/u);
    },
  );

  test("what can be read stays as it is", () => {
    expect(keyEscape("=,")("retrieve files (memfd) 100% ✓")).toBe("retrieve files (memfd) 100% ✓");
  });

  test("long keys are cut and stay apart, the same at any time", () => {
    const [one, other] = [fitKey(`${"k".repeat(9_999)}a`), fitKey(`${"k".repeat(9_999)}b`)];
    expect(one.length).toBe(400);
    expect(one).not.toBe(other);
    expect(fitKey(`${"k".repeat(9_999)}a`)).toBe(one);
    expect(fitKey("🚀".repeat(300)).isWellFormed()).toBe(true);
  });

  test("a key that is taken becomes another, even if that is taken too", () => {
    const keys = new KeySet();
    expect(["a", "a~2", "a", "a", "a~2"].map((key) => keys.add(key))).toEqual(["a", "a~2", "a~3", "a~4", "a~2~2"]);
  });
});

test("benchstat's text is read back as the same samples, sides apart", async () => {
  const source = await everyVerdict();
  const text = publishFormats.benchstat.render(source);
  const [head, ...sides] = text.split(/^side: .*$/m);
  expect([...text.matchAll(/^side: (.*)$/gm)].map(([, label]) => label)).toEqual(["old", "new"]);
  for (const [column, lines] of sides.entries()) {
    const series = seriesOfGoBenchmarks(head! + lines, "out.txt");
    for (const row of source.difference.rows) {
      const values = row.cells[column]?.values ?? [];
      const own = series.find(({ metric }) => metric.id === row.metric);
      const name = ["Luoscope", ...row.dimensions.map(([key, value]) => `${key}=${value}`)].join("/");
      const place = own?.words[0]!.findIndex(
        (word) => decodeURIComponent(word) === name.replace(/^Luoscope$/, "Luoscope/all"),
      );
      const found =
        place === undefined || place < 0 ? [] : own!.values.slice(own!.offsets[place], own!.offsets[place + 1]);
      expect(Array.from(found), `${row.metric} ${name}`).toEqual(Array.from(values));
      if (own) {
        expect(own.metric.exact).toBe(row.exact);
        if (row.polarity !== "neutral") expect(own.metric.polarity).toBe(row.polarity);
      }
    }
  }
});

test("openmetrics has base units, and names that cannot be taken for each other's", () => {
  const rows = [
    rowOf({ metric: "a_ns", next: [1_500_000_000] }),
    rowOf({ metric: "a.ns", next: [2_000_000_000] }),
    rowOf({ metric: "a", next: [3_000_000_000] }),
    rowOf({ metric: "verdict", next: [NaN] }),
    { ...rowOf({ metric: "change_ratio" }), unit: "ratio" as const },
    rowOf({
      metric: "b_ns",
      dimensions: [
        ["x.y", "1"],
        ["x_y", "1"],
        ["metric", "1"],
      ],
    }),
    rowOf({
      metric: "b_ns",
      dimensions: [
        ["x_y", "1"],
        ["x.y", "2"],
      ],
    }),
  ];
  const text = publishFormats.openmetrics.render({ difference: differenceOf(rows), title: "t", toolVersion: "1" });
  const families = readOpenmetrics(text);
  const valuesOf = (name: string) => families.get(name)!.samples.map(({ value }) => value);
  expect(valuesOf("luoscope_a_seconds")).toEqual([1.5]);
  expect(valuesOf("luoscope_a_ns_seconds")).toEqual([2]);
  expect(valuesOf("luoscope_a_2_seconds")).toEqual([3]);
  expect(families.get("luoscope_a_seconds")!.unit).toBe("seconds");
  expect(valuesOf("luoscope_verdict_seconds")).toEqual([NaN]);
  expect(families.get("luoscope_change_ratio")!.samples.length).toBe(6);
  expect(families.get("luoscope_change_2_ratio")!.samples.length).toBe(1);
  const labels = families.get("luoscope_b_seconds")!.samples.map((sample) => Object.fromEntries(sample.labels));
  expect(labels).toEqual([
    { x_y: "1", x_y_2: "1", metric_2: "1" },
    { x_y: "2", x_y_2: "1" },
  ]);
});

test("numbers that JSON lacks are null", () => {
  const rows = [rowOf({ next: [Infinity, 1] }), rowOf({ metric: "b_ns", base: [0], next: [-Infinity] })];
  const difference = differenceOf(rows);
  for (const format of ["json", "bmf", "benchmark-action"] as const) {
    const text = publishFormats[format].render({ difference, title: "t", toolVersion: "1" });
    expect(text).not.toMatch(/NaN|Infinity/);
    JSON.parse(text);
  }
  const text = publishFormats.json.render({ difference, title: "t", toolVersion: "1" });
  expect(text).toContain('"values":[null,1]');
  const lines = publishFormats.benchstat.render({ difference, title: "t", toolVersion: "1" });
  expect(lines).not.toMatch(/NaN|Infinity/);
});

test("what breaks no build is no failure of a test", async () => {
  const source = await everyOutcome();
  const [suite] = readXml(publishFormats.junit.render(source)).children;
  expect(suite!.attributes).toMatchObject({ tests: "5", failures: "2", errors: "0", skipped: "1" });
  const warned = suite!.children.find(({ attributes }) => attributes["name"]!.startsWith("step_ns"));
  expect(warned!.children).toEqual([]);
  const failed = suite!.children[0]!.children[0]!;
  expect(failed.attributes["message"]).toBe(
    "1 of 3 rows broken, 1 not decided: boot_ns{b}: +13 % (+101 ms) is more than +2 %",
  );
  expect(failed.text).toContain("boot_ns{c}: not decided: 2 of at least 5 samples\n");
});

test("a name's characters that XML forbids are replaced, others come back", () => {
  const name = 'a<b>&"\t\u0001\u000bé]]>';
  const [suite] = readXml(
    publishFormats.junit.render({
      difference: differenceOf([rowOf({ reason: name })], [name, "n"]),
      title: name,
      toolVersion: "1",
    }),
  ).children;
  expect(suite!.attributes["name"]).toBe('n against a<b>&"␉␁␋é]]>');
});

test("text of XML holds what XML allows and no more", () => {
  expect(xmlText("\u0000\u0008\u000c\u001f\ufffe\uffff\ud800")).toBe("\ufffd".repeat(7));
  expect(xmlText('<a b="c&d">\t\r\n🚀\u007f')).toBe("&lt;a b=&quot;c&amp;d&quot;&gt;&#9;&#13;&#10;🚀\u007f");
});

test("a comment says first whether anything is worse, or cannot be decided", () => {
  const headline = (verdict: "worse" | "did-not-finish" | "inconclusive" | "same" | "better") =>
    publishFormats.md
      .render({ difference: differenceOf([rowOf({ verdict })]), title: "t", toolVersion: "1" })
      .split("\n")[2];
  expect(headline("worse")).toBe("**Worse**: 1 worse");
  expect(headline("did-not-finish")).toBe("**Worse**: 1 did not finish");
  expect(headline("inconclusive")).toBe("**Not decided**: 1 inconclusive");
  expect(headline("same")).toBe("Nothing is worse: 1 same");
  expect(headline("better")).toBe("Nothing is worse: 1 better");
});

test("the order of labels tells no two rows apart, and rows of one set are numbered", () => {
  const pairs = [
    ["x", "1"],
    ["y", "2"],
  ] as const;
  const rows = [rowOf({ dimensions: pairs }), rowOf({ dimensions: pairs.toReversed() })];
  const text = publishFormats.openmetrics.render({ difference: differenceOf(rows), title: "t", toolVersion: "1" });
  const { samples } = readOpenmetrics(text).get("luoscope_blackout_seconds")!;
  expect(samples.map(({ labels }) => Object.fromEntries(labels))).toEqual([
    { x: "1", y: "2" },
    { x: "1", y: "2", duplicate: "2" },
  ]);
});

test("suites of sides whose names are cut alike are told apart", () => {
  const { rows } = differenceOf([rowOf({})]);
  const wide = rows.map((row) => ({
    ...row,
    cells: [...row.cells, row.cells[1]!],
    changes: [row.changes[0]!, row.changes[0]!],
  }));
  const difference = differenceOf(wide, ["old", `${"n".repeat(80)}1`, `${"n".repeat(80)}2`]);
  const suites = readXml(publishFormats.junit.render({ difference, title: "t", toolVersion: "1" })).children;
  expect(new Set(suites.map(({ attributes }) => attributes["name"])).size).toBe(2);
});
