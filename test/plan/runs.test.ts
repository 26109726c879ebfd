// Runs by their names, and what is drawn for them.
import { describe, expect, test } from "vitest";

import { listInputs, type RunList, valueAt } from "../../src/plan/index.ts";
import { mean } from "../../src/sensitivity/index.ts";
import { Evaluator } from "../../src/sweep/index.ts";
import { runsOf } from "../kit/plans.ts";

const idsOf = (runs: RunList): string[] => Array.from({ length: runs.count }, (_, index) => runs.idOf(index));
const folio = (...sizes: string[]) => `axes:\n  vms[*].folio: [${sizes.join(", ")}]\n`;
const uncertain = "uncertain: {boot_ms: [900, 1400]}\n";

describe("a run's name", () => {
  test("is another for every run but those that are the same", () => {
    const runs = runsOf(`${folio("2 MiB", "4 KiB")}${uncertain}repeats: 9\nsensitivity: {morris: {trajectories: 3}}\n`);
    const ids = idsOf(runs);
    // Only the tornado's middle is not made for it alone, where the scenario as it was written is a configuration.
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{24}$/);
    const plain = runsOf(`${uncertain}repeats: 9\n`);
    expect(new Set(idsOf(plain)).size).toBe(plain.count - 1);
  });

  test("stays with more repeats, more values, and another order of axes' values", () => {
    const few = new Set(idsOf(runsOf(`${folio("2 MiB", "4 KiB")}${uncertain}repeats: 4\n`)));
    const many = new Set(idsOf(runsOf(`${folio("4 KiB", "64 KiB", "2 MiB")}${uncertain}repeats: 6\n`)));
    for (const id of few) expect(many.has(id)).toBe(true);
  });

  test("is another with another seed, interval, version or scenario; medians do not depend on the seed of the draws", () => {
    const plan = (body: string) => idsOf(runsOf(`${folio("2 MiB")}repeats: 3\n${body}`)).slice(0, 4);
    const base = plan(uncertain);
    expect(plan(uncertain)).toEqual(base);
    for (const other of [
      `${uncertain}seed: 4\n`,
      "uncertain: {boot_ms: [900, 1401]}\n",
      "uncertain: {profile: off}\n",
    ]) {
      const ids = plan(other);
      expect(ids.filter((id) => base.includes(id))).toEqual([]);
    }
  });
});

describe("draws", () => {
  const shared = () => runsOf(`${folio("2 MiB", "4 KiB")}${uncertain}repeats: 5\n`);

  test("are shared by configurations, and medians are the first run of each", () => {
    const runs = shared();
    const drawOf = (configuration: number, draw: number) => runs.sharesOf(runs.at(configuration * 6 + draw));
    for (let draw = 1; draw <= 5; draw++) {
      expect(drawOf(0, draw)("boot_ms")).toBe(drawOf(1, draw)("boot_ms"));
      expect(drawOf(0, draw)("restoreVmNs")).toBe(drawOf(1, draw)("restoreVmNs"));
    }
    expect([0, 1].map((configuration) => drawOf(configuration, 0)("boot_ms"))).toEqual([0.5, 0.5]);
    const shares = [1, 2, 3, 4, 5].map((draw) => drawOf(0, draw)("boot_ms"));
    expect(new Set(shares).size).toBe(5);
  });

  test("of one input do not hang on what else is uncertain", () => {
    const runs = shared();
    const more = runsOf(
      `${folio("2 MiB")}uncertain: {host.kernel.initrd: [20 MiB, 30 MiB], boot_ms: [900, 1400]}\nrepeats: 5\n`,
    );
    expect(more.sharesOf(more.at(3))("boot_ms")).toBe(runs.sharesOf(runs.at(3))("boot_ms"));
  });
});

/** Blackouts of a plan's one configuration: with medians, and of all draws. */
function blackoutsOf(body: string): { medianNs: number; drawnNs: number[]; runs: RunList; evaluator: Evaluator } {
  const runs = runsOf(body);
  const evaluator = new Evaluator(runs);
  const [medianNs, ...drawnNs] = Array.from(
    { length: 1 + runs.plan.repeats },
    (_, index) => evaluator.evaluate(index).blackout_ns!,
  );
  return { medianNs: medianNs!, drawnNs, runs, evaluator };
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** How far a mean of so many draws may be off: four standard errors. */
function tolerance(values: readonly number[]): number {
  const centre = average(values);
  const variance = average(values.map((value) => (value - centre) ** 2));
  return 4 * Math.sqrt(variance / values.length);
}

/** Steps of the kexec phase that the old kernel does, or that take as long as a serial line takes. */
const notBoot = [
  "notify-reboot",
  "shutdown-device",
  "syscore-shutdown",
  "stop-cpus",
  "copy-image",
  "purgatory",
  "serial-console",
];

test("a boot that was measured takes as long as measured in the plan's scenario, and follows in proportion elsewhere", () => {
  const runs = runsOf("axes: {host.ram: [64 GiB, 512 GiB]}\nuncertain: {boot_ms: [1200, 1200]}\n");
  const evaluator = new Evaluator(runs);
  const bootOf = (index: number): number => {
    const { step, step_ns: stepNs, step_phase: phase } = evaluator.evaluate(index);
    return step!.reduce((sum, name, at) => {
      return sum + (phase![at] === "kexec" && !notBoot.includes(name) ? stepNs![at]! : 0);
    }, 0);
  };
  expect(Math.abs(bootOf(runs.segment("tornado").from) - 1.2e9)).toBeLessThan(40);
  expect(Math.abs(bootOf(0) - 1.2e9)).toBeLessThan(40);
  const plain = runsOf("axes: {host.ram: [64 GiB, 512 GiB]}\nuncertain: {profile: off}\n");
  const plainBoots = [0, 1].map((index) => {
    const { kexec_ns: kexecNs } = new Evaluator(plain).evaluate(index);
    return kexecNs!;
  });
  expect(plainBoots[1]).toBeGreaterThan(plainBoots[0]!);
  expect(bootOf(1)).toBeGreaterThan(1.2e9);
});

describe("sampled means go to the analytic ones", () => {
  const own = "uncertain: {profile: off, boot_ms: [900, 1400]}\n";

  test("of a boot that was measured as a whole: the blackout moves with it, nanosecond by nanosecond", () => {
    const { medianNs, drawnNs, runs } = blackoutsOf(`${own}repeats: 4000\n`);
    const [boot] = listInputs(runs.plan.inputs, false, new Evaluator(runs).baseCosts());
    const meanBootNs = mean(boot!.distribution);
    const expectedNs = medianNs - boot!.distribution.base + meanBootNs;
    expect(Math.abs(average(drawnNs) - expectedNs)).toBeLessThan(tolerance(drawnNs));
    // Draw by draw: the boot's time is all that moves, but for the rounding of its steps.
    for (let draw = 1; draw <= 50; draw++) {
      const bootNs = valueAt(boot!, runs.sharesOf(runs.at(draw))("boot_ms"));
      expect(Math.abs(drawnNs[draw - 1]! - medianNs - (bootNs - valueAt(boot!, 0.5)))).toBeLessThan(40);
    }
  });

  test.each([
    ["restoreVmNs", "[2 ms, 5 ms, 20 ms]"],
    ["startUserspaceNs", "{range: [300 ms, 900 ms], as: uniform}"],
    ["probeNicNs", "{range: [200 ms, 900 ms], base: 300 ms, as: triangular}"],
    ["saveVmNs", "{range: [5 ms, 25 ms], as: normal}"],
  ])("of a constant that is paid a fixed number of times: %s %s", (name, interval) => {
    const { medianNs, drawnNs, runs, evaluator } = blackoutsOf(
      `uncertain:\n  profile: off\n  ${name}: ${interval}\nrepeats: 3000\n`,
    );
    const [input] = listInputs(runs.plan.inputs, false, evaluator.baseCosts());
    // How many pieces are paid on the critical path, from two other draws: the blackout is linear in the constant.
    const tornado = runs.segment("tornado");
    const [, low, high] = [0, 1, 2].map((row) => evaluator.evaluate(tornado.from + row).blackout_ns!);
    const values = [0.05, 0.5, 0.95].map((share) => valueAt(input!, share));
    const perNs = (high! - low!) / (values[2]! - values[0]!);
    const expectedNs = medianNs + perNs * (mean(input!.distribution) - values[1]!);
    expect(Math.abs(average(drawnNs) - expectedNs)).toBeLessThan(tolerance(drawnNs) + 2);
  });
});
