// Policies, what they say of comparisons, and what is wrong with some.
import { expect, test } from "vitest";

import { compare, type CompareOptions, type Measurement } from "../../src/compare/index.ts";
import { judgeGate, loadPolicy } from "../../src/gate/index.ts";
import { measurementOf, type MetricRows } from "../kit/measurements.ts";

const exact = { exact: true } as const;

function policyOf(text: string) {
  return loadPolicy("gate.yaml", () => `version: 1\n${text}`);
}

function sideOf(label: string, metrics: Readonly<Record<string, MetricRows>>): Measurement {
  return measurementOf(label, metrics);
}

/** A run with its blackout, its VMs and its memory. */
function runOf(
  label: string,
  {
    blackoutMs = 1000,
    vmMs = [900, 1000],
    bytes = 1000,
  }: { blackoutMs?: number; vmMs?: readonly number[]; bytes?: number },
) {
  return sideOf(label, {
    blackout_ns: { metric: exact, rows: { "": [blackoutMs * 1e6] } },
    vm_blackout_ns: {
      metric: exact,
      dimensions: ["vm"],
      rows: Object.fromEntries(vmMs.map((ms, index) => [`vm${index}`, [ms * 1e6]])),
    },
    overhead_bytes: { metric: exact, rows: { "": [bytes] } },
  });
}

async function judge(text: string, sides: readonly Measurement[], options: CompareOptions = {}) {
  const policy = policyOf(text);
  return judgeGate(await compare(sides, { metrics: policy.metrics, ...options }), policy, 0);
}

const outcomeOf = async (rule: string, base: object, next: object, level = "fail"): Promise<string> =>
  (await judge(`${level}: ["${rule}"]`, [runOf("base", base), runOf("new", next)])).outcome;

test.each([
  ["blackout_ms < 3000", { blackoutMs: 2999 }, "pass"],
  ["blackout_ms < 3000", { blackoutMs: 3000 }, "fail"],
  ["blackout_ms <= 3000", { blackoutMs: 3000 }, "pass"],
  ["blackout_ns < 3 s", { blackoutMs: 2999 }, "pass"],
  ["blackout_ns < 3 s", { blackoutMs: 3001 }, "fail"],
  ["blackout_sec >= 1", { blackoutMs: 999 }, "fail"],
  ["overhead_kib <= 1", { bytes: 1024 }, "pass"],
  ["overhead_kib <= 1", { bytes: 1025 }, "fail"],
  ["overhead_bytes == 7", { bytes: 7 }, "pass"],
  ["vm_blackout_ms.max < 1500", { vmMs: [100, 1400] }, "pass"],
  ["vm_blackout_ms.p50 < 1000", { vmMs: [100, 800, 5000] }, "pass"],
  ["vm_blackout_ms.p99 < 1000", { vmMs: [100, 800, 5000] }, "fail"],
  ["vm_blackout_ms.mean < 1000", { vmMs: [100, 800, 5000] }, "fail"],
  ["vm_blackout_ms{vm:vm0} < 1000", { vmMs: [100, 5000] }, "pass"],
  ["vm_blackout_ms < 1000", { vmMs: [100, 5000] }, "fail"],
])("limit %s of %j: %s", async (rule, next, expected) => {
  expect(await outcomeOf(rule, {}, next)).toBe(expected);
});

test.each([
  ["blackout_ns: exact", 1000, 1000, "pass"],
  ["blackout_ns: exact", 1000, 1000.000001, "fail"],
  ["blackout_ns: exact", 1000, 900, "fail"],
  ["blackout_ns: +2 %", 1000, 1020, "pass"],
  ["blackout_ns: +2 %", 1000, 1021, "fail"],
  ["blackout_ns: +2 %", 1000, 100, "pass"],
  ["blackout_ns: -2 %", 1000, 979, "fail"],
  ["blackout_ns: -2 %", 1000, 5000, "pass"],
  ["blackout_ns: 2 %", 1000, 979, "fail"],
  ["blackout_ns: 2 %", 1000, 1021, "fail"],
  ["blackout_ns: +10 ms", 1000, 1010, "pass"],
  ["blackout_ns: +10 ms", 1000, 1011, "fail"],
  ["blackout_ms: '+10'", 1000, 1010, "pass"],
  ["blackout_ms: '+10'", 1000, 1011, "fail"],
  ["blackout_ns: 0", 1000, 1000.1, "fail"],
])("tolerance %s from %d to %d ms: %s", async (rule, base, next, expected) => {
  const [metric, tolerance] = rule.split(": ");
  const gate = await judge(`fail:\n  - ${metric}: ${tolerance}`, [
    runOf("base", { blackoutMs: base }),
    runOf("new", { blackoutMs: next }),
  ]);
  expect(gate.outcome).toBe(expected);
});

test("a warning is said and passes; a failure goes before it", async () => {
  expect(await outcomeOf("blackout_ms < 1", {}, {}, "warn")).toBe("warn");
  const both = await judge('fail: ["blackout_ms < 1"]\nwarn: ["overhead_bytes < 1"]', [runOf("a", {}), runOf("b", {})]);
  expect(both.outcome).toBe("fail");
  expect(both.rules.map(({ outcome }) => outcome)).toEqual(["fail", "warn"]);
});

test("what is broken says what, where and by how much, with the policy's line", async () => {
  const gate = await judge("fail:\n  - vm_blackout_ms < 1000\n  - overhead_bytes: +2 %", [
    runOf("base", {}),
    runOf("new", { vmMs: [100, 4660], bytes: 1031 }),
  ]);
  expect(
    gate.rules.map(({ rule, line, breaches }) => [rule, line, breaches.map(({ what, reason }) => [what, reason])]),
  ).toEqual([
    ["vm_blackout_ms < 1000", 3, [["vm_blackout_ns{vm1}", "4.66 s is not below 1.00 s"]]],
    ["overhead_bytes: +2 %", 4, [["overhead_bytes", "+3.1 % (+31 B) is more than +2 %"]]],
  ]);
});

const noise = (middle: number, count: number, ratio = 0.02): number[] =>
  Array.from({ length: count }, (_, index) => middle * (1 + ratio * (((index * 7) % count) / count - 0.5)));
const bootOf = (label: string, values: readonly number[]) =>
  sideOf(label, { boot_ns: { metric: {}, rows: { "": values } } });

test("measured values break a rule only where the change is significant and beyond the tolerance", async () => {
  const rule = "fail:\n  - boot_ns: +5 %";
  const outcome = async (base: readonly number[], next: readonly number[]) =>
    (await judge(rule, [bootOf("a", base), bootOf("b", next)])).outcome;
  expect(await outcome(noise(100, 10), noise(112, 10))).toBe("fail");
  expect(await outcome(noise(100, 10), noise(103, 10))).toBe("pass");
  expect(await outcome(noise(100, 10), noise(90, 10))).toBe("pass");
  // Too few samples, or too much noise, to say that it is not beyond.
  expect(await outcome(noise(100, 3), noise(112, 3))).toBe("inconclusive");
  expect(await outcome(noise(100, 8, 0.6), noise(103, 8, 0.6))).toBe("inconclusive");
  // Noisy, and surely within.
  expect(await outcome(noise(100, 30, 0.03), noise(100, 30, 0.03))).toBe("pass");
});

test("a family's noise floor: rows up and down are noise, all up are not", async () => {
  const side = (label: string, factors: readonly number[]) =>
    sideOf(label, {
      boot_ns: {
        metric: {},
        dimensions: ["step"],
        rows: Object.fromEntries(factors.map((factor, index) => [`s${index}`, noise(100 * factor, 10)])),
      },
    });
  const text = "noise_floor: { boot_ns: 2 % }\nfail:\n  - boot_ns: +5 %";
  const base = side("a", [1, 1, 1, 1]);
  expect((await judge(text, [base, side("b", [1.1, 0.9, 1.08, 0.92])])).outcome).toBe("pass");
  expect((await judge(text, [base, side("b", [1.1, 1.09, 1.08, 1.1])])).outcome).toBe("fail");
});

test("what did not finish breaks limits and tolerances", async () => {
  const [base, next] = [runOf("a", {}), runOf("b", { blackoutMs: NaN })];
  expect((await judge('fail: ["blackout_ms < 3000"]', [base, next])).rules[0]!.breaches[0]!.reason).toBe(
    "did not finish",
  );
  expect((await judge("fail:\n  - blackout_ns: +2 %", [base, next])).outcome).toBe("fail");
});

test("what has vanished is an error, unless the policy allows it; what is new is none", async () => {
  const [base, next] = [runOf("a", { vmMs: [1, 2] }), runOf("b", { vmMs: [1] })];
  const rule = 'fail: ["vm_blackout_ms < 3000"]';
  await expect(judge(rule, [base, next])).rejects.toThrow("b has no vm_blackout_ns{vm1}, which the base has");
  expect((await judge(`${rule}\nmay_vanish: ["vm_blackout_ns{vm:vm1}"]`, [base, next])).outcome).toBe("pass");
  expect((await judge(rule, [next, base])).outcome).toBe("pass");
  // A row that no rule is about may go, a whole metric may not.
  expect((await judge('fail: ["blackout_ms < 3000"]', [base, next])).outcome).toBe("pass");
  const withoutMemory = sideOf("b", { blackout_ns: { metric: exact, rows: { "": [1] } } });
  await expect(judge('fail: ["blackout_ms < 3000"]', [base, withoutMemory])).rejects.toMatchObject({ exitCode: 3 });
});

test("rules about nothing are errors: they would always hold", async () => {
  const sides = [runOf("a", {}), runOf("b", {})];
  await expect(judge('fail: ["blackout_ns < 3"]\nnoise_floor: { nope_ns: 1 % }', sides)).rejects.toThrow(
    "there is no metric nope_ns",
  );
  await expect(judge('fail: ["blackout_ns < 3"]\nmetrics: { nope_ns: { floor: 1 } }', sides)).rejects.toThrow(
    "there is no metric nope_ns",
  );
  await expect(judge('fail: ["nope_ns < 3"]', sides)).rejects.toThrow("there is no metric nope_ns");
  await expect(judge('fail: ["vm_blackout_ns{vm:nobody} < 3"]', sides)).rejects.toThrow(
    "no row of vm_blackout_ns fits",
  );
  await expect(judge('fail: ["blackout_ns < 3 MiB"]', sides)).rejects.toThrow("blackout_ns is in no MiB");
  await expect(judge("fail:\n  - boot_ns.p99: +2 %", [bootOf("a", [1, 2]), bootOf("b", [1, 2])])).rejects.toThrow(
    "no test says whether such a statistic has changed",
  );
});

test.each([
  ["", "no rule"],
  ["fail: []", "no rule"],
  ['fail: ["blackout_ns"]', 'gate.yaml:2: "blackout_ns" is no rule'],
  ['fail: ["blackout_ns < much"]', 'gate.yaml:2: "much" is no quantity'],
  ["fail:\n  - blackout_ns: often", "gate.yaml:3:"],
  ["fail:\n  - {a: 1 %, b: 1 %}", "a rule has one metric"],
  ["fail: [3]", "gate.yaml:2"],
  ["fail:\n  - blackout_ms: +10", "gate.yaml:3: blackout_ms: 10: write the tolerance with its unit"],
  ['fail: ["blackout_ns{vm:/(/} < 3"]', "no regular expression"],
  ['fail: ["a < 1"]\nalpha: 2', "alpha"],
  ['fail: ["a < 1"]\nunknown: 2', "unknown key"],
])("the policy %j is refused", (text, message) => {
  expect(() => policyOf(text)).toThrow(message);
});
