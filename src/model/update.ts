import type { UpdateConfig, VmPopulation } from "./config.ts";
import type { Costs, Level } from "./costs.ts";
import { countUpdate, type UpdateCounts } from "./counts.ts";
import { kexecStages } from "./lifecycle/kexec.ts";
import { freezeStages, preserveStages, serializeStages } from "./lifecycle/preserve.ts";
import { finishStages, restoreStages } from "./lifecycle/restore.ts";
import { type Phase, priceWork, schedule, type Span, type Stage, type Work } from "./lifecycle/work.ts";
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
const blackoutPhases = ["freeze", "serialize", "kexec", "restore"] as const;

/** What a step costs, whoever waits for it. */
export function priceTerms(work: Work, costs: Costs): Band {
  const [baseNs, lowNs, highNs] = levels.map((level) => priceWork(work, costs, level));
  return { baseNs: baseNs!, lowNs: lowNs!, highNs: highNs! };
}

function planPhase(phase: Phase, stages: readonly Stage[], costs: Costs): PlannedPhase {
  const totals = levels.map((level) => schedule(stages, costs, level).totalNs);
  const { spans } = schedule(stages, costs, "base");
  const steps = spans.map(({ work, startNs, endNs }) => ({
    work,
    startNs,
    endNs,
    band: priceTerms(work, costs),
  }));
  return { phase, steps, band: { baseNs: totals[0]!, lowNs: totals[1]!, highNs: totals[2]! } };
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

interface BlackoutStages {
  readonly freeze: readonly Stage[];
  readonly serialize: readonly Stage[];
  readonly kexec: readonly Stage[];
  readonly restore: readonly Stage[];
}

/** When each VM pauses and resumes, with the constants at one end of their ranges. */
function vmTimes(stages: BlackoutStages, costs: Costs, { level, vmCount }: { level: Level; vmCount: number }) {
  const freeze = schedule(stages.freeze, costs, level);
  const restore = schedule(stages.restore, costs, level);
  const restoreStartNs =
    freeze.totalNs + schedule(stages.serialize, costs, level).totalNs + schedule(stages.kexec, costs, level).totalNs;
  const pauses = extremes(freeze.spans, vmCount).firstNs;
  const resumes = extremes(restore.spans, vmCount).lastNs.map((ns) => ns + restoreStartNs);
  return { pauses, resumes };
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
  const stages: BlackoutStages = {
    freeze: freezeStages(config, counts, drainNs),
    serialize: serializeStages(config, counts),
    kexec: kexecStages(config, counts),
    restore: restoreStages(config, counts),
  };
  const phases = [
    planPhase("preserve", preserveStages(config, counts), costs),
    ...blackoutPhases.map((phase) => planPhase(phase, stages[phase], costs)),
    planPhase("finish", finishStages(counts), costs),
  ];
  const vmCount = config.vms.length;
  const times = levels.map((level) => vmTimes(stages, costs, { level, vmCount }));
  const vms = config.vms.map((_, vm): PlannedVm => {
    const [base, low, high] = times.map(({ pauses, resumes }) => resumes[vm]! - pauses[vm]!);
    return {
      pauseNs: times[0]!.pauses[vm]!,
      resumeNs: times[0]!.resumes[vm]!,
      blackout: { baseNs: base!, lowNs: low!, highNs: high! },
    };
  });
  return { phases, vms, counts, overhead: measureOverhead(config, counts) };
}
