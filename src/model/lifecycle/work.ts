import type { UpdateConfig } from "../config.ts";
import { type CostId, type Costs, costAt, type Level } from "../costs.ts";

export type Phase = "preserve" | "freeze" | "serialize" | "kexec" | "restore" | "finish" | "brownout";

/** Phases in which VMs stand still. */
export const blackoutPhases: ReadonlySet<Phase> = new Set<Phase>(["freeze", "serialize", "kexec", "restore"]);

/** `count` times one constant. */
export interface CostTerm {
  readonly cost: CostId;
  readonly count: number;
}

/** One step of the lifecycle: what is paid, by whom; its time follows from a profile. */
export interface Work {
  readonly name: string;
  /** Row of the lifecycle table in docs/model.md. */
  readonly lifecycleRow: number;
  readonly phase: Phase;
  /** Undefined: a step of the whole host. */
  readonly vmIndex?: number;
  /** Kernel functions, or the device concerned. */
  readonly detail: string;
  readonly terms: readonly CostTerm[];
  /** Time that follows from physics and not from a profile: characters on a serial line. */
  readonly fixedNs?: number;
}

/** Steps that one worker does one after the other. */
export type Job = readonly Work[];

/** Jobs that up to `workers` workers do at once; the next stage starts when all are done. */
export interface Stage {
  readonly workers: number;
  readonly jobs: readonly Job[];
  /** Constants that are paid under one global lock: together they cannot take less than their sum. */
  readonly exclusive?: ReadonlySet<CostId>;
}

export function term(cost: CostId, count: number): CostTerm {
  return { cost, count };
}

/** Indexes of the VMs in the order in which the agent takes them; VMs of equal size stay as they are listed. */
export function orderVms({ vms, agent }: UpdateConfig): readonly number[] {
  const indexes = vms.map((_, index) => index);
  if (agent.order === "as-listed") return indexes;
  const sign = agent.order === "largest-first" ? -1 : 1;
  return indexes.sort((left, right) => sign * (vms[left]!.guestBytes - vms[right]!.guestBytes) || left - right);
}

/** A stage of one step that the whole host waits for. */
export function alone(work: Work): Stage {
  return { workers: 1, jobs: [[work]] };
}

export function priceWork({ terms, fixedNs = 0 }: Work, costs: Costs, level: Level): number {
  let totalNs = fixedNs;
  for (const { cost, count } of terms) totalNs += costAt(costs[cost], level) * count;
  return Math.round(totalNs);
}

/** When a step runs, counted from the start of its schedule. */
export interface Span {
  readonly work: Work;
  /** Who of the stage's workers does it. */
  readonly worker: number;
  readonly startNs: number;
  readonly endNs: number;
}

function earliest(freeNs: readonly number[]): number {
  let worker = 0;
  for (let other = 1; other < freeNs.length; other++) if (freeNs[other]! < freeNs[worker]!) worker = other;
  return worker;
}

function lockedNs(stage: Stage, costs: Costs, level: Level): number {
  const { exclusive } = stage;
  if (!exclusive) return 0;
  let sum = 0;
  for (const job of stage.jobs) {
    for (const { terms } of job) {
      for (const { cost, count } of terms) if (exclusive.has(cost)) sum += costAt(costs[cost], level) * count;
    }
  }
  return Math.round(sum);
}

function runStage(stage: Stage, startNs: number, price: { costs: Costs; level: Level }, spans: Span[]): number {
  const freeNs = Array.from({ length: Math.max(1, Math.min(stage.workers, stage.jobs.length)) }, () => startNs);
  for (const job of stage.jobs) {
    const worker = earliest(freeNs);
    for (const work of job) {
      const from = freeNs[worker]!;
      freeNs[worker] = from + priceWork(work, price.costs, price.level);
      spans.push({ work, worker, startNs: from, endNs: freeNs[worker] });
    }
  }
  const endNs = freeNs.reduce((latest, free) => Math.max(latest, free), startNs);
  return Math.max(endNs, startNs + lockedNs(stage, price.costs, price.level));
}

/** Runs stages one after the other; jobs go to the worker that is free first, in the given order. */
export function schedule(
  stages: readonly Stage[],
  costs: Costs,
  level: Level,
): { readonly spans: readonly Span[]; readonly totalNs: number } {
  const spans: Span[] = [];
  let endNs = 0;
  for (const stage of stages) endNs = runStage(stage, endNs, { costs, level }, spans);
  return { spans, totalNs: endNs };
}

/** Step of whoever waits for others at a global lock once all workers are done. */
export const lockWaitStep = "wait-for-lock";

/**
 * What the length of a schedule is made of: by step, the time of the worker that each stage waits for.
 *
 * Shape    steps in the order in which they are first met; together exactly the schedule's total
 */
export function criticalSteps(stages: readonly Stage[], costs: Costs, level: Level): Map<string, number> {
  const steps = new Map<string, number>();
  const add = (name: string, ns: number): void => {
    if (ns > 0) steps.set(name, (steps.get(name) ?? 0) + ns);
  };
  for (const stage of stages) {
    const spans: Span[] = [];
    const totalNs = runStage(stage, 0, { costs, level }, spans);
    const last = spans.reduce<Span | undefined>(
      (late, span) => (late && late.endNs >= span.endNs ? late : span),
      undefined,
    );
    if (!last) continue;
    for (const { work, worker, startNs, endNs } of spans) if (worker === last.worker) add(work.name, endNs - startNs);
    add(lockWaitStep, totalNs - last.endNs);
  }
  return steps;
}
