import type { UpdateConfig, VmPopulation } from "./config.ts";
import type { Costs, Level } from "./costs.ts";
import { countUpdate, type UpdateCounts } from "./counts.ts";
import { kexecStages } from "./lifecycle/kexec.ts";
import { freezeStages, preserveStages, serializeStages } from "./lifecycle/preserve.ts";
import { finishStages, restoreStages } from "./lifecycle/restore.ts";
import { criticalSteps, type Phase, priceWork, schedule, type Span, type Stage, type Work } from "./lifecycle/work.ts";
import { measureOverhead, type Overhead } from "./overhead.ts";

/** A length of time with every constant at its base value and at both ends of its range. */
export interface Band {
  readonly baseNs: number;
  readonly lowNs: number;
  readonly highNs: number;
}

export interface PlannedStep {
  readonly work: Work;
  /** Counted from the start of its phase. */
  readonly startNs: number;
  readonly endNs: number;
  readonly band: Band;
}

export interface PlannedPhase {
  readonly phase: Phase;
  readonly band: Band;
  readonly steps: readonly PlannedStep[];
  /** What its length is made of, by step: see `criticalSteps`. */
  readonly stepNs: ReadonlyMap<string, number>;
}

export interface PlannedVm {
  /** Its vCPUs stop, counted from the start of the freeze phase. */
  readonly pauseNs: number;
  /** Its vCPUs run again, counted from the start of the freeze phase. */
  readonly resumeNs: number;
  readonly blackout: Band;
}

/** Everything that the model says of one update. */
export interface UpdatePlan {
  readonly phases: readonly PlannedPhase[];
  readonly vms: readonly PlannedVm[];
  readonly counts: UpdateCounts;
  readonly overhead: readonly Overhead[];
}

const levels = ["base", "low", "high"] as const satisfies readonly Level[];

/** What a step costs, whoever waits for it. */
export function priceTerms(work: Work, costs: Costs): Band {
  const [baseNs, lowNs, highNs] = levels.map((level) => priceWork(work, costs, level));
  return { baseNs: baseNs!, lowNs: lowNs!, highNs: highNs! };
}

function extremes(spans: readonly Span[], vmCount: number): { firstNs: Float64Array; lastNs: Float64Array } {
  const firstNs = new Float64Array(vmCount).fill(Number.POSITIVE_INFINITY);
  const lastNs = new Float64Array(vmCount);
  for (const { work, startNs, endNs } of spans) {
    const vm = work.vmIndex;
    if (vm === undefined) continue;
    firstNs[vm] = Math.min(firstNs[vm]!, startNs);
    lastNs[vm] = Math.max(lastNs[vm]!, endNs);
  }
  return { firstNs, lastNs };
}

/** One phase of an update at one end of the constants' ranges. */
export interface TimedPhase {
  readonly phase: Phase;
  readonly totalNs: number;
  readonly stages: readonly Stage[];
  readonly spans: readonly Span[];
}

/** An update at one end of the constants' ranges: what is asked of thousands of configurations. */
export interface UpdateTimes {
  readonly phases: readonly TimedPhase[];
  /** Of each VM, counted from the start of the freeze phase. */
  readonly pauseNs: Float64Array;
  readonly resumeNs: Float64Array;
}

export interface TimeOptions {
  readonly level?: Level;
  /** Of each VM, how long its requests in flight take when it stops: known only then, after preserving. */
  readonly drainNs?: readonly number[];
}

/**
 * The times of an update whose counts are known, with the constants at one end of their ranges.
 *
 * Shape    phases in the order preserve, freeze, serialize, kexec, restore, finish
 * Source   linux-7.3; the lifecycle table of docs/model.md, rows 1 to 36
 */
export function timeUpdate(
  config: UpdateConfig,
  counts: UpdateCounts,
  costs: Costs,
  { level = "base", drainNs = [] }: TimeOptions = {},
): UpdateTimes {
  const stagesOf: readonly (readonly [Phase, readonly Stage[]])[] = [
    ["preserve", preserveStages(config, counts)],
    ["freeze", freezeStages(config, counts, drainNs)],
    ["serialize", serializeStages(config, counts)],
    ["kexec", kexecStages(config, counts)],
    ["restore", restoreStages(config, counts)],
    ["finish", finishStages(counts)],
  ];
  const phases = stagesOf.map(([phase, stages]): TimedPhase => ({ phase, stages, ...schedule(stages, costs, level) }));
  const vmCount = config.vms.length;
  const [, freeze, serialize, kexec, restore] = phases;
  const restoreStartNs = freeze!.totalNs + serialize!.totalNs + kexec!.totalNs;
  return {
    phases,
    pauseNs: extremes(freeze!.spans, vmCount).firstNs,
    resumeNs: extremes(restore!.spans, vmCount).lastNs.map((ns) => ns + restoreStartNs),
  };
}

/** What a phase's length is made of, by step: see `criticalSteps`. */
export function phaseSteps({ stages }: TimedPhase, costs: Costs, level: Level = "base"): Map<string, number> {
  return criticalSteps(stages, costs, level);
}

function planPhase(times: readonly UpdateTimes[], index: number, costs: Costs): PlannedPhase {
  const [base, low, high] = times.map(({ phases }) => phases[index]!);
  const steps = base!.spans.map(({ work, startNs, endNs }) => ({
    work,
    startNs,
    endNs,
    band: priceTerms(work, costs),
  }));
  return {
    phase: base!.phase,
    steps,
    stepNs: phaseSteps(base!, costs),
    band: { baseNs: base!.totalNs, lowNs: low!.totalNs, highNs: high!.totalNs },
  };
}

/**
 * Plans one live update: counts from the configuration and the trace's population, times from the profile.
 *
 * Shape    phases in the order preserve, freeze, serialize, kexec, restore, finish; steps' times count from their
 *          phase's start
 * Units    low and high are bounds with all constants at one end at once, so wider than any confidence interval
 * Source   linux-7.3; the lifecycle table of docs/model.md, rows 1 to 36
 */
export function planUpdate(config: UpdateConfig, populations: readonly VmPopulation[], costs: Costs): UpdatePlan {
  return priceUpdate(config, countUpdate(config, populations), costs);
}

/**
 * The times of an update whose counts are known.
 *
 * `drainNs` says of each VM how long its requests in flight take when it stops: known only then, after preserving.
 */
export function priceUpdate(
  config: UpdateConfig,
  counts: UpdateCounts,
  costs: Costs,
  drainNs: readonly number[] = [],
): UpdatePlan {
  const times = levels.map((level) => timeUpdate(config, counts, costs, { level, drainNs }));
  const phases = times[0]!.phases.map((_, index) => planPhase(times, index, costs));
  const vms = config.vms.map((_, vm): PlannedVm => {
    const [base, low, high] = times.map(({ pauseNs, resumeNs }) => resumeNs[vm]! - pauseNs[vm]!);
    return {
      pauseNs: times[0]!.pauseNs[vm]!,
      resumeNs: times[0]!.resumeNs[vm]!,
      blackout: { baseNs: base!, lowNs: low!, highNs: high! },
    };
  });
  return { phases, vms, counts, overhead: measureOverhead(config, counts) };
}
