// The critical chain of runs of any make, beside the model's own account and beside a sum of each worker's steps.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { type CatalogueRow, openDatabase, runCatalogueQuery } from "../../src/analysis/index.ts";
import type { Costs } from "../../src/model/index.ts";
import { criticalSteps, type Phase, schedule, type Span, type Stage } from "../../src/model/lifecycle/work.ts";
import { loadScenario } from "../../src/replay/index.ts";
import { codeOf, FolderWriter, runSchema } from "../../src/trace/index.ts";
import { runRows, runScenario } from "../kit/run-scenario.ts";
import { scratchFolder } from "./kit.ts";

const folder = scratchFolder();
const phases = ["freeze", "serialize", "kexec", "restore"] as const;
const startNs = 1_000_000;
/** One constant, paid under the lock in some stages: a nanosecond each. */
const costs = { addKeyNs: { unitNs: 1, lowNs: 1, highNs: 1 } } as unknown as Costs;
const underLock: ReadonlySet<"addKeyNs"> = new Set(["addKeyNs"]);

/** A step's length, of which so much is paid under the lock. Lengths are long, so that hardly any two end at once. */
const anyStep = fc.record({
  lengthNs: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1000, max: 1_000_000_000 }) }, fc.constant(0)),
  hasLock: fc.boolean(),
});
const anyStage = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  jobs: fc.array(fc.array(anyStep, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
  isLocked: fc.boolean(),
});
const anyPhases = fc.tuple<AnyStage[][]>(...phases.map(() => fc.array(anyStage, { maxLength: 2 })));

type AnyStage = typeof anyStage extends fc.Arbitrary<infer Value> ? Value : never;

/** Stages of the model; each step has a name of its own, and each job is a VM's. */
function stagesOf(stages: readonly AnyStage[], phase: Phase): Stage[] {
  return stages.map(({ workers, jobs, isLocked }, stage) => ({
    workers,
    ...(isLocked && stage === 0 ? { exclusive: underLock } : {}),
    jobs: jobs.map((job, vmIndex) =>
      job.map(({ lengthNs, hasLock }, step) => ({
        name: `${phase}-${stage}-${vmIndex}-${step}`,
        lifecycleRow: phase === "restore" ? 33 : 6,
        phase,
        vmIndex,
        detail: "",
        terms: hasLock ? [{ cost: "addKeyNs" as const, count: lengthNs }] : [],
        ...(hasLock ? {} : { fixedNs: lengthNs }),
      })),
    ),
  }));
}

interface Planned {
  readonly phase: Phase;
  readonly stages: readonly Stage[];
  readonly spans: readonly Span[];
  readonly totalNs: number;
}

function planOf(made: readonly (readonly AnyStage[])[]): Planned[] {
  return phases.map((phase, index) => {
    const stages = stagesOf(made[index]!, phase);
    return { phase, stages, ...schedule(stages, costs, "base") };
  });
}

function writePlan(path: string, plan: readonly Planned[]): number {
  rmSync(path, { recursive: true, force: true });
  const writer = new FolderWriter("run", path);
  for (const table of runSchema.runTables) writer.table(table);
  const [vms, phaseRows, stepRows, phaseSteps] = [
    runSchema.runVmTable,
    runSchema.phaseTable,
    runSchema.stepTable,
    runSchema.phaseStepTable,
  ].map((table) => writer.table(table));
  const code = (phase: Phase): number => codeOf(runSchema.phaseTable.columns[0], phase);
  const counts = { guest_bytes: 4096, vcpu_count: 1, folio_count: 1, hole_pages: 0, migrated_pages: 0 };
  const times = { pause_ns: 0, resume_ns: 0, blackout_ns: 0, low_ns: 0, high_ns: 0 };
  const vmCount = plan.reduce((most, { spans }) => Math.max(most, ...spans.map(({ work }) => work.vmIndex! + 1)), 0);
  for (let vm = 0; vm < vmCount; vm++) vms!.push({ name: `vm${vm}`, trace_vm_index: 0, ...counts, ...times });
  let now = startNs;
  for (const { phase, stages, spans, totalNs } of plan) {
    const range = { low_ns: totalNs, high_ns: totalNs };
    phaseRows!.push({ phase: code(phase), start_ns: now, end_ns: now + totalNs, ...range, in_blackout: 1 });
    for (const [step, stepNs] of criticalSteps(stages, costs, "base")) {
      phaseSteps!.push({ phase: code(phase), step, step_ns: stepNs });
    }
    for (const { work, startNs: from, endNs } of spans) {
      stepRows!.push({
        name: work.name,
        phase: code(phase),
        lifecycle_row: work.lifecycleRow,
        vm_index: work.vmIndex!,
        start_ns: now + from,
        end_ns: now + endNs,
        low_ns: 0,
        high_ns: 0,
        detail: "",
      });
    }
    now += totalNs;
  }
  const input = { name: "any", sha256: "0".repeat(64) };
  writer.finish({
    luoscope_version: "test",
    trace: input,
    scenario: input,
    profile: { ...input, constants: 0, assumed_constants: 0 },
    seed: 1,
    kernel_from: "7.3",
    kernel_to: "7.3",
    span_ns: now,
    blackout_start_ns: startNs,
    blackout_end_ns: now,
    scenario_json: "{}",
  });
  return now - startNs;
}

async function chainOf(path: string): Promise<CatalogueRow<"critical-chain">[]> {
  const database = await openDatabase({ kind: "run", path });
  try {
    return await runCatalogueQuery(database, "critical-chain");
  } finally {
    database.close();
  }
}

/** Length of the blackout where each worker keeps its steps: the slow way, one worker after the other. */
function lengthOf(plan: readonly Planned[], shorter?: { readonly step: string; readonly byNs: number }): number {
  let sum = 0;
  for (const { stages, spans } of plan) {
    for (const stage of stages) {
      const works = new Set(stage.jobs.flat());
      const workers = new Map<number, number>();
      let lockedNs = 0;
      for (const { work, worker, startNs: from, endNs } of spans) {
        if (!works.has(work)) continue;
        const ns = endNs - from - (work.name === shorter?.step ? shorter.byNs : 0);
        workers.set(worker, (workers.get(worker) ?? 0) + ns);
        if (stage.exclusive && work.terms.length > 0) lockedNs += endNs - from;
      }
      sum += Math.max(lockedNs, ...workers.values());
    }
  }
  return sum;
}

const sumOf = (rows: readonly { took_ns: number; gap_before_ns: number; gap_after_ns: number }[]): number =>
  rows.reduce((sum, row) => sum + row.took_ns + row.gap_before_ns + row.gap_after_ns, 0);

test("steps and gaps are the blackout, exactly, and the model's own account of it", async () => {
  await fc.assert(
    fc.asyncProperty(anyPhases, async (made) => {
      const plan = planOf(made);
      const path = join(folder, "any");
      const blackoutNs = writePlan(path, plan);
      const chain = await chainOf(path);
      if (chain.length > 0) expect(sumOf(chain)).toBe(blackoutNs);
      const told = plan.flatMap(({ stages }) => [...criticalSteps(stages, costs, "base")]);
      const lockNs = told.filter(([name]) => name === "wait-for-lock").reduce((sum, [, ns]) => sum + ns, 0);
      expect(chain.map((row) => [row.step_name, row.took_ns])).toEqual(
        told.filter(([name]) => name !== "wait-for-lock"),
      );
      expect(chain.reduce((sum, row) => sum + row.gap_before_ns + row.gap_after_ns, 0)).toBe(lockNs);
      // A gap at the end of a phase with one lock is named; only the blackout's own end has no step behind it.
      for (const row of chain) if (row.gap_before_ns > 0) expect(row.gap_name).toBe("wait-for-lock");
    }),
    { numRuns: 25 },
  );
});

test("a step off the chain may be shorter without effect, and one on it may not", async () => {
  await fc.assert(
    fc.asyncProperty(anyPhases, async (made) => {
      const plan = planOf(made);
      const path = join(folder, "shorter");
      const blackoutNs = writePlan(path, plan);
      expect(lengthOf(plan)).toBe(blackoutNs);
      const chain = new Set((await chainOf(path)).map((row) => row.step_name));
      for (const { stages, spans } of plan) {
        for (const { work, startNs: from, endNs } of spans) {
          const byNs = chain.has(work.name) ? 1 : endNs - from;
          const isLocked = stages.some((stage) => stage.exclusive !== undefined);
          const expected = chain.has(work.name) ? blackoutNs - 1 : blackoutNs;
          const shorter = lengthOf(plan, { step: work.name, byNs });
          // Who waits for the lock gains nothing from a shorter step.
          if (isLocked && chain.has(work.name)) expect([expected, blackoutNs]).toContain(shorter);
          else expect(shorter).toBe(expected);
        }
      }
    }),
    { numRuns: 25 },
  );
});

test("holds for thousands of steps, of which many begin and end at once", async () => {
  // Each job is as long as its neighbour, so that a second worker changes nothing but who works.
  const job = [1000, 70_000, 300].map((lengthNs) => ({ lengthNs, hasLock: false }));
  // The last one is longer by a nanosecond, which makes the second of each pair decide.
  const last = [...job.slice(0, 2), { lengthNs: 301, hasLock: false }];
  const stage = { workers: 2, jobs: [...Array.from({ length: 799 }, () => job), last], isLocked: false };
  const plan = planOf([[], [], [], [stage]]);
  const path = join(folder, "many");
  const blackoutNs = writePlan(path, plan);
  const chain = await chainOf(path);
  expect([chain.length, sumOf(chain)]).toEqual([1200, blackoutNs]);
  // Between two steps of one VM nothing of another VM's is taken, although it ended at the same moment.
  for (const [index, row] of chain.entries()) {
    if (index % 3 > 0) expect(row.vm_index).toBe(chain[index - 1]!.vm_index);
  }
  const database = await openDatabase({ kind: "run", path });
  const blame = await runCatalogueQuery(database, "blame");
  database.close();
  const phase = blame.find((row) => row.grouped_by === "phase");
  expect(phase).toMatchObject({ critical_ns: blackoutNs, busy_ns: 2 * blackoutNs - 1, blackout_ratio: 1 });
  // The n-th pair of jobs waits for the pairs before it.
  const pairs = Array.from({ length: 400 }, (_, pair) => 2 * pair * 71_300);
  expect(phase!.waited_ns).toBe(pairs.reduce((sum, ns) => sum + ns, 0));
});

test.each(["demo", "passthrough-posted", "small-folios", "out-of-7.2"])(
  "of scenario %s it has what the run says that its phases wait for",
  async (name) => {
    const scenario = loadScenario(`scenarios/${name}.yaml`, (path) => readFileSync(path, "utf8"));
    const { path } = await runScenario("traces/vm-tcg-redis-nvme-net", scenario, join(folder, name));
    const chain = await chainOf(path);
    const sums = new Map<string, number>();
    for (const row of chain) {
      const key = `${row.phase} ${row.step_name}`;
      sums.set(key, (sums.get(key) ?? 0) + row.took_ns);
    }
    const told = runRows(path, runSchema.phaseStepTable)
      .map((row) => [runSchema.phaseLabels[row["phase"] as number]!, row["step"], row["step_ns"]] as const)
      .filter(([phase]) => phases.includes(phase as never));
    expect(Object.fromEntries(sums)).toEqual(
      Object.fromEntries(told.map(([phase, step, ns]) => [`${phase} ${step}`, ns])),
    );
    // The new kernel begins with its decompressor, and the old one has nothing behind that.
    const first = chain.findIndex((row) => row.kernel === "new");
    expect(chain[first]!.step_name).toBe("decompress");
    expect(chain.slice(first).every((row) => row.kernel === "new")).toBe(true);
  },
);
