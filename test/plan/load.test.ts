// Plans as people write them: what they mean, and what is said of what is wrong.
import { resolve } from "node:path";

import { describe, expect, test } from "vitest";

import { Configurations, labelOfConfiguration, listDoubts, loadPlan, scenarioOf } from "../../src/plan/index.ts";
import { planHead, planOf, planReaders, writePlanFiles } from "../kit/plans.ts";

function labels(body: string): string[] {
  const plan = planOf(body);
  const configurations = new Configurations(plan);
  return Array.from({ length: configurations.count }, (_, at) =>
    labelOfConfiguration(configurations.at(at), plan.axes),
  );
}

describe("axes", () => {
  test("without any, there is the scenario as it was written", () => {
    const plan = planOf("");
    const configurations = new Configurations(plan);
    expect(configurations.count).toBe(1);
    expect(configurations.at(0).raw).toEqual(plan.scenario);
  });

  test("are combined, the last one fastest", () => {
    expect(labels(`axes:\n  host.cpus: [4, 8]\n  vms[*].folio: [2 MiB, 4 KiB]\n`)).toEqual([
      "cpus 4, folio 2 MiB",
      "cpus 4, folio 4 KiB",
      "cpus 8, folio 2 MiB",
      "cpus 8, folio 4 KiB",
    ]);
  });

  test("are paired where one asks for that", () => {
    expect(labels(`combine: paired\naxes:\n  host.cpus: [4, 8]\n  vms[*].folio: [2 MiB, 4 KiB]\n`)).toEqual([
      "cpus 4, folio 2 MiB",
      "cpus 8, folio 4 KiB",
    ]);
  });

  test.each([
    ["host.ram: {from: 64 GiB, to: 256 GiB, factor: 2}", ["ram 64 GiB", "ram 128 GiB", "ram 256 GiB"]],
    ["host.ram: {from: 64 GiB, to: 100 GiB, step: 16 GiB}", ["ram 64 GiB", "ram 80 GiB", "ram 96 GiB"]],
    ["host.scratch: {from: 100%, to: 200%, step: 50%}", ["scratch 100%", "scratch 150%", "scratch 200%"]],
    [
      "agent.preserve_lead: {from: 0.5 s, to: 1.5 s, count: 3}",
      ["preserve_lead 500 ms", "preserve_lead 1 s", "preserve_lead 1.5 s"],
    ],
    [
      "vms[*].in_scratch: {from: 0, to: 0.3, step: 0.1}",
      ["in_scratch 0", "in_scratch 0.1", "in_scratch 0.2", "in_scratch 0.3"],
    ],
  ])("%s", (axis, expected) => {
    expect(labels(`axes:\n  ${axis}`)).toEqual(expected);
  });

  test("change what they name, and a range's numbers are those of a scenario", () => {
    const plan = planOf(
      "axes:\n  host.ram: {from: 64 GiB, to: 96 GiB, step: 32 GiB}\n  vms[*].folio: [{2 MiB: 0.5, 4 KiB: 0.5}]\n",
    );
    const scenario = scenarioOf(new Configurations(plan).at(1));
    expect(scenario.host.ram).toBe(96 * 2 ** 30);
    expect(scenario.vms[0]!.folio).toEqual([
      { order: 9, ratio: 0.5 },
      { order: 0, ratio: 0.5 },
    ]);
    expect(plan.axes.map(({ unit }) => unit)).toEqual(["bytes", "text"]);
    expect(plan.axes[0]!.values.map(({ number }) => number)).toEqual([64 * 2 ** 30, 96 * 2 ** 30]);
  });

  test("of variants and files set several keys at once; paths are relative to the file that they stand in", () => {
    const path = writePlanFiles({
      "deep/plan.yaml": `include: ../base/common.yaml\nname: mine\naxes:\n  agent:\n    variants:\n      calm: {agent.pause_workers: 1, agent.order: smallest-first}\n      busy: {agent.pause_workers: 9}\n`,
      "base/common.yaml": `${planHead}axes:\n  host: {files: [small.yaml, large.yaml]}\nrepeats: 3\n`,
      "base/small.yaml": "host: {cpus: 2}\n",
      "base/large.yaml": "include: small.yaml\nhost: {cpus: 64, ram: 96 GiB}\n",
    });
    const plan = loadPlan(path, planReaders);
    expect(plan.name).toBe("mine");
    expect(plan.repeats).toBe(3);
    const configurations = new Configurations(plan);
    const made = Array.from({ length: configurations.count }, (_, at) => scenarioOf(configurations.at(at)));
    expect(made.map(({ host, agent }) => [host.cpus, host.ram / 2 ** 30, agent.pause_workers, agent.order])).toEqual([
      [2, 64, 1, "smallest-first"],
      [2, 64, 9, "as-listed"],
      [64, 96, 1, "smallest-first"],
      [64, 96, 9, "as-listed"],
    ]);
    expect(plan.axes.map(({ values }) => values.map(({ label }) => label))).toEqual([
      ["small.yaml", "large.yaml"],
      ["calm", "busy"],
    ]);
  });

  test("of traces and profiles choose among sources, each of which is taken once", () => {
    const trace = resolve("traces/vm-tcg-redis-nvme-net");
    const plan = planOf(`axes: {profile: [published-x86, qemu-icount-7.3]}`, planHead);
    expect(plan.profiles.map(({ name }) => name)).toEqual(["published-x86", "qemu-icount-7.3"]);
    expect(plan.traces.map(({ path }) => path)).toEqual([trace]);
    const configurations = new Configurations(plan);
    expect([0, 1].map((at) => configurations.at(at).profileIndex)).toEqual([0, 1]);
  });
});

describe("constraints", () => {
  const axes = "axes: {host.cpus: [4, 8, 16], agent.restore_workers: [2, 8]}\n";

  test("leave combinations out", () => {
    expect(labels(`${axes}constraints:\n  - exclude: {host.cpus: [4, 8], agent.restore_workers: 8}\n`)).toEqual([
      "cpus 4, restore_workers 2",
      "cpus 8, restore_workers 2",
      "cpus 16, restore_workers 2",
      "cpus 16, restore_workers 8",
    ]);
  });

  test("compare what a scenario states, with its units", () => {
    expect(
      labels(`${axes}constraints:\n  - require: agent.restore_workers < host.cpus\n  - require: host.ram >= 1 GiB\n`),
    ).toHaveLength(4);
    expect(labels(`${axes}constraints:\n  - require: host.cpus != 8\n`)).toHaveLength(4);
    expect(labels(`${axes}constraints:\n  - require: host.kernel.from == "7.3"\n`)).toHaveLength(6);
  });

  test("are found again by their values", () => {
    const configurations = new Configurations(planOf(`${axes}constraints:\n  - exclude: {host.cpus: 8}\n`));
    const found = [0, 1, 2].flatMap((cpus) => [0, 1].map((workers) => configurations.find([cpus, workers])));
    expect(found).toEqual([0, 1, undefined, undefined, 2, 3]);
  });
});

describe("what is wrong is named with file, line and path", () => {
  const cases: readonly (readonly [string, string, ...string[]])[] = [
    ["an unknown key", "repets: 4\n", "plan.yaml:5: repets: unknown key"],
    [
      "an unknown path",
      "axes:\n  vms[*].folioo: [2 MiB]\n",
      "plan.yaml:6: axes.vms[*].folioo: 2 MiB: vms[0].folioo: unknown key",
    ],
    ["no path at all", "axes: {workers one: [1]}\n", "axes.workers one: neither trace nor profile nor a path"],
    ["a value that is none", "axes: {host.ram: [64 GiB, 64]}\n", "axes.host.ram: 64: host.ram: a size with its unit"],
    ["a value twice", "axes: {host.cpus: [4, 4]}\n", "axes.host.cpus: a value stands there twice"],
    [
      "a range backwards",
      "axes: {host.ram: {from: 2 GiB, to: 1 GiB, step: 1 GiB}}\n",
      "from 2 GiB is more than to 1 GiB",
    ],
    ["a range of two units", "axes: {host.ram: {from: 2 GiB, to: 4 s, step: 1 GiB}}\n", "two numbers, sizes or times"],
    [
      "a step of another unit",
      "axes: {host.ram: {from: 2 GiB, to: 4 GiB, step: 1 s}}\n",
      "step 1 s: expected in the unit",
    ],
    ["a range without a step", "axes: {host.ram: {from: 2 GiB, to: 4 GiB}}\n", "one of step, factor and count"],
    ["a range that never ends", "axes: {host.ram: {from: 1 B, to: 1 TiB, step: 1 B}}\n", "more than 10000 values"],
    [
      "pairs that do not match",
      "combine: paired\naxes: {host.cpus: [4, 8], host.ram: [64 GiB]}\n",
      "axes.host.ram: 1 values, but host.cpus has 2",
    ],
    [
      "an axis that is not there",
      "constraints:\n  - exclude: {host.cpus: 4}\n",
      "plan.yaml:6: constraints[0]: no axis host.cpus",
    ],
    [
      "a value that is not there",
      "axes: {host.cpus: [4, 8]}\nconstraints:\n  - exclude: {host.cpus: 5}\n",
      "axis host.cpus has no value 5",
    ],
    ["no comparison", "constraints:\n  - require: host.cpus\n", "constraints[0]: host.cpus: expected a path"],
    ["units that differ", "constraints:\n  - require: host.ram > 4 s\n", "have different units"],
    [
      "nothing left",
      "axes: {host.cpus: [4]}\nconstraints:\n  - exclude: {host.cpus: 4}\n",
      "constraints: they leave no configuration",
    ],
    ["an unknown quantity", "uncertain: {boot: [1 s, 2 s]}\n", "plan.yaml:5: uncertain.boot:"],
    [
      "an interval backwards",
      "uncertain: {boot_ms: [900, 400]}\n",
      "uncertain.boot_ms: 900, 900, 400: low must not be above high",
    ],
    ["an interval of two units", "uncertain: {host.ram: [1 GiB, 2 s]}\n", "expected two numbers of one unit"],
    ["a size for a time", "uncertain: {restoreVmNs: [1 GiB, 2 GiB]}\n", "expected two numbers of one unit, a time"],
    ["a lognormal from 0", "uncertain: {restoreVmNs: {range: [0, 9], as: lognormal}}\n", "a lognormal cannot reach 0"],
    [
      "chosen and uncertain",
      "axes: {host.ram: [64 GiB]}\nuncertain: {host.ram: [64 GiB, 96 GiB]}\n",
      "uncertain.host.ram: axis host.ram sets it, too",
    ],
    ["a scenario that is not there", "scenario: nowhere.yaml\n", "scenario:"],
    ["a trace that is not there", "trace: nowhere\n", "trace: ", "no trace.json there"],
    [
      "too many combinations",
      `axes: {host.cpus: {from: 1, to: 5000, step: 1}, agent.pause_workers: {from: 1, to: 1000, step: 1}}\n`,
      "5000000 configurations; at most 1000000",
    ],
  ];

  test.each(cases)("%s", (_, body, ...messages) => {
    const head = planHead
      .split("\n")
      .filter((line) => !["scenario", "trace"].some((key) => body.startsWith(`${key}:`) && line.startsWith(`${key}:`)))
      .join("\n");
    const load = () => planOf(body, head);
    expect(load).toThrow(expect.objectContaining({ exitCode: 2 }));
    for (const message of messages) expect(load).toThrow(message);
  });

  test("and all of it at once", () => {
    const body =
      "axes: {host.ram: {from: 2 GiB, to: 1 GiB, step: 1 GiB}}\nuncertain: {boot_ms: [9, 4]}\nconstraints:\n  - require: x\n";
    expect(() => planOf(body)).toThrow(/axes\.host\.ram.*\n.*uncertain\.boot_ms.*\n.*constraints\[0\]/);
  });

  test("values that go together only are no error", () => {
    const together = `axes:\n  vms[*].backing: [memfd, hugetlb]\n  vms[*].folio: [2 MiB, 1 GiB]\n`;
    expect(new Configurations(planOf(together)).count).toBe(4);
  });
});

test.each([
  ["axes: {host.cpus: [4]}\n", "axes.host.cpus: only one value"],
  ["uncertain: {profile: off}\nrepeats: 4\n", "nothing is uncertain"],
  ["", "without repeats nothing is drawn"],
  ["repeats: 5\n", "needs 20 at least"],
])("doubts about %j", (body, doubt) => {
  expect(listDoubts(planOf(body)).join("\n")).toContain(doubt);
});
