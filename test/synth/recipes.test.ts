// The recipes that ship: each is executed, checked, and held against a golden head of its dump.
import { globSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { describe, expect, test } from "vitest";

import { loadRecipe, prepareRecipe } from "../../src/synth/index.ts";
import { dumpFolder, traceSchema, validateTrace } from "../../src/trace/index.ts";
import { expectGolden } from "../kit/golden.ts";
import { makeTrace, makeTraceOf, recipeOf, traceRows } from "../kit/synth.ts";

const paths = globSync("traces/recipes/*.yaml").sort();

describe("recipes that ship", () => {
  test.each(paths)("%s gives a sound trace, about as long as was expected", async (path) => {
    const prepared = prepareRecipe(loadRecipe(path, (file) => readFileSync(file, "utf8")));
    const { target, header } = await makeTraceOf(path);
    expect(validateTrace(target)).toEqual([]);
    expectGolden(`synth/${basename(path, ".yaml")}.txt`, dumpFolder(target, { maxRows: 3 }));
    // Parts of traces are counted whole, as nobody has looked yet what of them lies in the cut.
    const hasParts = prepared.vms.some(({ origins }) => origins.length > 0);
    for (const [table, expected] of Object.entries(prepared.rows)) {
      const { rows } = header.tables[table]!;
      if (!hasParts) expect(rows, table).toBeGreaterThanOrEqual(0.75 * expected);
      expect(rows, table).toBeLessThanOrEqual(1.3 * expected);
    }
  });
});

describe("a seed", () => {
  const text = readFileSync("traces/recipes/boot.yaml", "utf8");

  test("gives the same bytes again", async () => {
    const [first, second] = [await makeTrace(text), await makeTrace(text)];
    for (const file of readdirSync(first.target)) {
      const [left, right] = [first, second].map(({ target }) => readFileSync(join(target, file)));
      expect(left!.equals(right!), file).toBe(true);
    }
  });

  test("gives other writes than another one", async () => {
    const [first, second] = [await makeTrace(text), await makeTrace(text.replace("seed: 5", "seed: 6"))];
    expect(first.header.tables["page_write"]!.sha256).not.toBe(second.header.tables["page_write"]!.sha256);
  });

  test("leaves a VM as it was when another one is added", async () => {
    const one = recipeOf("{kind: zipf, writes_per_second: 5000}");
    const two = `${one}  - {name: other, guest_bytes: 64 MiB, workloads: [{kind: idle}]}\n`;
    const rowsOf = async (recipe: string) => {
      const { target } = await makeTrace(recipe);
      return traceRows(target, traceSchema.pageWriteTable).filter((row) => row["vm_index"] === 0);
    };
    expect(await rowsOf(two)).toEqual(await rowsOf(one));
  });
});
