// Baselines answer one question: that of the host, kernel, profile and scenario that they were saved for.
import { expect, test } from "vitest";

import type { MeasuredInput } from "../../src/compare/index.ts";
import { baselinePath, checkBaseline } from "../../src/gate/index.ts";
import { measurementOf } from "../kit/measurements.ts";

const hash = (digit: string): string => digit.repeat(64);
const host = (ramBytes: string, movedPages: string): MeasuredInput => ({
  kind: "host",
  name: "",
  fields: new Map([
    ["cpuCount", "4"],
    ["nodeCount", "1"],
    ["ramBytes", ramBytes],
    ["movedPages", movedPages],
  ]),
});

const usual: readonly MeasuredInput[] = [
  { kind: "scenario", name: "s", sha256: hash("1") },
  { kind: "profile", name: "p", sha256: hash("2") },
  { kind: "kernel", name: "7.3 to 7.3" },
  { kind: "trace", name: "t", sha256: hash("3") },
  host("4096", "17"),
];

const check = (inputs: readonly MeasuredInput[]): void =>
  checkBaseline(measurementOf("main", {}, { inputs: usual }), measurementOf("new", {}, { inputs }));

const replace = (input: MeasuredInput): MeasuredInput[] =>
  usual.map((each) => (each.kind === input.kind ? input : each));

test("the same question is answered, also with another trace, version or chance", () => {
  check(usual);
  check(replace({ kind: "trace", name: "t", sha256: hash("9") }));
  check(replace(host("4096", "99")));
  check([...usual, { kind: "luoscope", name: "9.9" }]);
});

test.each([
  [
    { kind: "scenario", name: "s", sha256: hash("9") },
    "scenario: s (111111111111) in the baseline, s (999999999999) now",
  ],
  [{ kind: "profile", name: "p", sha256: hash("9") }, "profile: p"],
  [{ kind: "kernel", name: "7.2 to 7.3" }, "kernel: 7.3 to 7.3 in the baseline, 7.2 to 7.3 now"],
  [host("8192", "17"), "ramBytes 4096 in the baseline, cpuCount 4, nodeCount 1, ramBytes 8192 now"],
] as const)("another %j is another question", (input, message) => {
  expect(() => check(replace(input))).toThrow(message);
});

test("a baseline's name is a file's and no path", () => {
  expect(baselinePath("b", "main-1.2")).toBe("b/main-1.2.json");
  for (const name of ["", "../x", "a/b", ".x", "a b", "x".repeat(200)]) {
    expect(() => baselinePath("b", name)).toThrow("no name of a baseline");
  }
});
