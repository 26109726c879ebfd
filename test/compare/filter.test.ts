// Filters of rows: what they keep, and what is said of those that are wrong.
import fc from "fast-check";
import { expect, test } from "vitest";

import { parseFilter } from "../../src/compare/index.ts";

const row = { metric: "step_ns", unit: "ns", phase: "kexec", step: "reserve-preserved", vm: "db 1 (main)" };

function keeps(filter: string, words: Readonly<Record<string, string>> = row): boolean {
  return parseFilter(filter).keeps((dimension) => words[dimension]);
}

test.each([
  ["", true],
  ["phase:kexec", true],
  ["phase:restore", false],
  ["phase:kexec step:reserve-preserved", true],
  ["phase:kexec, step:decompress", false],
  ["phase:kexec AND step:decompress", false],
  ["phase:restore OR phase:kexec", true],
  ["phase:(restore OR kexec)", true],
  ["-phase:kexec", false],
  ["--phase:kexec", true],
  ["-(phase:restore OR step:decompress)", true],
  ["phase:/^k.x/", true],
  ["phase:/^x/", false],
  ['vm:"db 1 (main)"', true],
  ["vm:/\\(main\\)$/", true],
  ["vm:*", true],
  ["device:*", false],
  ["-device:*", true],
  ["metric:step_ns unit:ns", true],
  // Both bind closer than either.
  ["phase:restore step:x OR phase:kexec", true],
  ["phase:kexec (step:x OR step:/preserved/)", true],
])("%s: %s", (filter, expected) => {
  expect(keeps(filter)).toBe(expected);
});

test.each([
  ["phase", "dimension:value is expected at character 1"],
  ["phase:", "a value is missing at character 7"],
  ["phase:/abc", "a / without its end at character 7"],
  ["phase:/(/", "no regular expression: ( at character 7"],
  ['vm:"abc', 'a " without its end at character 4'],
  ["(phase:kexec", ") is missing at character 13"],
  ["phase:kexec)", "a filter that goes on here is not understood at character 12"],
  ["phase:kexec OR", "a term is missing at character 15"],
  ["phase:(a b)", "OR or ) is missing at character 10"],
  ["%", "dimension:value is expected at character 1"],
])("%s is refused", (filter, message) => {
  expect(() => parseFilter(filter)).toThrow(message);
});

test("nesting and length have bounds", () => {
  expect(() => parseFilter("(".repeat(60))).toThrow("too many brackets");
  expect(() => parseFilter("-".repeat(60))).toThrow("too many signs");
  expect(() => parseFilter("x".repeat(3000))).toThrow("at most 2000");
});

test("whatever is typed is a filter or a usage error", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      try {
        keeps(text);
      } catch (error) {
        expect((error as { exitCode?: number }).exitCode).toBe(2);
      }
    }),
    { numRuns: 2000 },
  );
});

test("the dimensions that a filter names are known", () => {
  expect([...parseFilter("phase:kexec -vm:/x/ (step:a OR step:b)").dimensions]).toEqual(["phase", "vm", "step"]);
});
