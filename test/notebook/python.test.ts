// docs/python.md is run where Python has what it imports.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { beforeAll, expect, test } from "vitest";

import { luoscope } from "../kit/cli.ts";
import { pythonWith } from "../kit/publish-tools.ts";
import { sharedFolder } from "../kit/temp-folder.ts";

const page = readFileSync("docs/python.md", "utf8");
const blocksOf = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))].map(([, body]) => body!.trim());
const blocks = blocksOf("python").map((code) => {
  // What reads Parquet for pandas is its own choice of two.
  const module = /^import (\w+)/m.exec(code)![1]!;
  return [module, code, pythonWith(module === "pandas" ? "pandas, pyarrow" : module)] as const;
});
const printed = /prints `(\d+)`/.exec(page)![1]!;
const folder = sharedFolder();

beforeAll(() => {
  for (const line of blocksOf("sh").flatMap((block) => block.split("\n"))) {
    const words = line.split(" ").slice(1);
    const args = words.map((word) => (/^(traces|scenarios)\//.test(word) ? resolve(word) : word));
    expect(luoscope(args, { cwd: folder })).toMatchObject({ status: 0, stderr: "" });
  }
});

test("the page has every library's block, in five lines or fewer", () => {
  expect(new Set(blocks.map(([module]) => module))).toEqual(new Set(["pandas", "polars", "duckdb", "pyarrow"]));
  for (const [, code] of blocks) expect(code.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(5);
});

test("what the blocks print is what luoscope says", () => {
  const { stdout } = luoscope(["query", "out/run", "select max(blackout_ns) as ns from vm", "--json"], { cwd: folder });
  expect((JSON.parse(stdout) as { rows: number[][] }).rows).toEqual([[Number(printed)]]);
});

for (const [module, code, python] of blocks) {
  const note = python === undefined ? ` (skipped: Python has no ${module})` : "";
  test.skipIf(python === undefined)(`${module}: ${code.split("\n").at(-1)!.trim()}${note}`, () => {
    const { stdout, stderr } = spawnSync(python!, ["-c", code], { cwd: folder, encoding: "utf8" });
    expect([stdout, stderr]).toEqual([`${printed}\n`, ""]);
  });
}
