// The state machine against what real kernels answered: every recorded call, both sides of the kexec.
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { checkCalls, kernelPairOf, parseKernelPair } from "../../src/conform/index.ts";

const read = (path: string): string => {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
};

const own = globSync("recordings/conformance/*.jsonl.gz").sort();

describe("[LUO-20] [LUO-21] [LUO-22] [LUO-23] [LUO-24] [LUO-25] [LUO-26] [LUO-27] [LUO-28] [LUO-29] [LUO-31] [LUO-32] [MEMFD-10] [MEMFD-11] [VFS-02]", () => {
  test.each(own.map((path) => [basename(path), path]))("every answer of %s", (_, path) => {
    const { calls, mismatches } = checkCalls(read(path), path, kernelPairOf(path));
    expect(calls).toBeGreaterThan(300);
    expect(mismatches).toEqual([]);
  });

  const folder = "../shared/conformance";
  const others = existsSync(folder) ? globSync(`${folder}/*.jsonl`) : [];
  test.skipIf(others.length === 0)(`every answer recorded beside the repository (skipped: ${folder} is absent)`, () => {
    for (const path of others) expect(checkCalls(read(path), path, kernelPairOf(path)).mismatches, path).toEqual([]);
  });
});

describe("the comparison can fail", () => {
  const sample = own.find((path) => path.includes("seed-01"))!;
  const lines = read(sample).trimEnd().split("\n");
  const kernels = parseKernelPair("7.3");

  test("a changed answer of any kind is found, in its line", () => {
    const kinds = new Map<string, number>();
    for (const [index, line] of lines.entries()) kinds.set(/"op":"(\w+)"/.exec(line)![1]!, index);
    for (const [op, index] of kinds) {
      if (op === "kexec_file_load") continue;
      const changed = lines.with(index, lines[index]!.replace(/"ret":-?\d+/, '"ret":-95'));
      const { mismatches } = checkCalls(changed.join("\n"), "changed", kernels);
      expect(
        mismatches.map(({ line }) => line),
        op,
      ).toContain(index + 1);
      expect(mismatches.find(({ line }) => line === index + 1)!.expected["ret"]).toBe(-95);
    }
  });

  test("a kernel without GET_NAME answers otherwise", () => {
    const { mismatches } = checkCalls(lines.join("\n"), "old", parseKernelPair("7.1"));
    expect(new Set(mismatches.map(({ op }) => op))).toEqual(new Set(["get_name"]));
    expect(mismatches[0]!.found).toMatchObject({ ret: -22 });
  });
});

test("file names tell the kernels", () => {
  const names = (path: string): string[] => Object.values(kernelPairOf(path)).map(({ version }) => version);
  expect(names("a/linux-7.2.13-to-7.3.4-seed-121.jsonl")).toEqual(["7.2", "7.3"]);
  expect(names("linux-7.2.13-seed-101.jsonl.gz")).toEqual(["7.2", "7.2"]);
  expect(names("anything.jsonl")).toEqual(["7.3", "7.3"]);
});
