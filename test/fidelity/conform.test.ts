// The state machine against what real kernels answered: every recorded call, both sides of the kexec.
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { type Call, parseCalls } from "../../src/conform/calls.ts";
import { checkCalls, kernelPairOf, parseKernelPair } from "../../src/conform/index.ts";
import { errno } from "../../src/model/index.ts";

const read = (path: string): string => {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
};

const own = globSync("recordings/conformance/*.jsonl.gz").sort();

describe("[LUO-14] [LUO-20] [LUO-21] [LUO-22] [LUO-23] [LUO-24] [LUO-25] [LUO-26] [LUO-27] [LUO-28] [LUO-29] [LUO-31] [LUO-32] [LUO-41] [LUO-45] [LUO-50] [LUO-51] [MEMFD-10] [MEMFD-11] [MEMFD-12] [VFS-02]", () => {
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

describe("recorded chains of updates hold what they are there for", () => {
  const chains = own.filter((path) => path.includes("seed-2")).map((path) => parseCalls(read(path), path));
  const calls = chains.flatMap((chain) => chain.map(({ call }) => call));
  const count = (matches: (call: Call) => boolean): number => calls.filter(matches).length;

  test("[LUO-14] second and third kernels that panic on an empty block", () => {
    expect(count((call) => call.op === "boot" && call.outcome === "panic")).toBe(2);
  });

  test("[LUO-41] calls that wait for the jump, and one that does not", () => {
    const late = calls.filter((call) => call.op === "late");
    expect(new Set(late.map(({ what, outcome }) => `${what} ${outcome}`))).toEqual(
      new Set([
        "create_session waits",
        "retrieve_session waits",
        "get_name waits",
        "preserve_fd waits",
        "open_second answered",
      ]),
    );
  });

  test("[LUO-45] names that the third kernel does not know any more", () => {
    expect(
      count((call) => call.stage > 2 && call.op === "retrieve_session" && call.ret === errno.ENOENT),
    ).toBeGreaterThan(50);
  });

  test("[LUO-50] [LUO-51] opens that fail, all of them, on both kinds of forged handover", () => {
    expect(new Set(calls.filter((call) => call.op === "forge").map(({ what }) => what)).size).toBe(2);
    for (const chain of chains) {
      const from = chain.findIndex(({ call }) => call.op === "forge");
      const stage = chain[from]?.call.stage;
      const opens = chain.slice(from).filter(({ call }) => call.op === "open" && call.stage === stage);
      if (from >= 0) expect(opens.map(({ call }) => call.ret)).toEqual(opens.map(() => errno.EIO));
    }
  });
});

describe("the comparison can fail", () => {
  const sample = own.find((path) => path.includes("seed-01"))!;
  const lines = read(sample).trimEnd().split("\n");
  const kernels = parseKernelPair("7.3");

  const chain = read(own.find((path) => path.includes("seed-2211"))!)
    .trimEnd()
    .split("\n");

  test.each([
    ["one update", lines],
    ["several updates", chain],
  ])("a changed answer of any kind is found, in its line: %s", (_, recorded) => {
    const kinds = new Map<string, number>();
    for (const [index, line] of recorded.entries()) kinds.set(/"op":"(\w+)"/.exec(line)![1]!, index);
    for (const [op, index] of kinds) {
      const changed = recorded.with(index, recorded[index]!.replace(/"ret":-?\d+/, '"ret":-95'));
      const { mismatches } = checkCalls(changed.join("\n"), "changed", kernels);
      const found = mismatches.find(({ line }) => line === index + 1);
      expect(found?.expected["ret"], op).toBe(-95);
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
