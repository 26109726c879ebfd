// Each format of one small comparison and one gate, as files that a person can read.
import { expect, test } from "vitest";

import { verdicts } from "../../src/compare/index.ts";
import { publishFormats } from "../../src/publish/index.ts";
import { everyOutcome, everyVerdict, threeColumns } from "../kit/differences.ts";
import { expectGolden } from "../kit/golden.ts";

const endings: Readonly<Record<string, string>> = { md: "md", summary: "summary.md", junit: "junit.xml" };
const formats = Object.entries(publishFormats);

test("the comparison has every verdict, the gate every outcome", async () => {
  const { difference } = await everyVerdict();
  const found = new Set(difference.rows.map(({ changes }) => changes[0]!.verdict));
  expect([...found].sort()).toEqual([...verdicts].sort());
  const { gate } = await everyOutcome();
  expect(new Set(gate.rules.map(({ outcome }) => outcome)).size).toBe(4);
});

test.each(formats)("a comparison as %s", async (name, { render }) => {
  expectGolden(`publish/comparison.${endings[name] ?? `${name}.txt`}`, render(await everyVerdict()));
});

test.each(["json", "md", "junit", "github", "openmetrics"] as const)("a gate as %s", async (name) => {
  expectGolden(`publish/gate.${endings[name] ?? `${name}.txt`}`, publishFormats[name].render(await everyOutcome()));
});

test("three columns as a comment", async () => {
  expectGolden("publish/three-columns.md", publishFormats.md.render(await threeColumns()));
});
