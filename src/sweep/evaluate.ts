import { FormatError, type Json, ToolError, UsageError } from "../base/index.ts";
import {
  type CostId,
  type Costs,
  costSide,
  kexecStages,
  sumOverhead,
  type UpdateCounts,
  type UpdateConfig,
} from "../model/index.ts";
import {
  baseConfiguration,
  bootInput,
  type Configuration,
  type DrawnInput,
  listInputs,
  type RunList,
  type RunSpec,
  scenarioOf,
  scenarioValue,
  type Shares,
  valueAt,
  withCosts,
} from "../plan/index.ts";
import { profileFor, profileOf } from "../profile/index.ts";
import { type Scenario, WhatIf, type WhatIfAnswer, type WhatIfCase } from "../replay/index.ts";
import type { RunRow } from "./row.ts";

/** A configuration with what its runs share. */
interface OpenConfiguration {
  readonly configuration: Configuration;
  readonly trace: WhatIf;
  readonly scenario: Scenario;
  readonly costs: Costs;
  readonly inputs: readonly DrawnInput[];
  /** Undefined where an input changes the scenario: then each run has a case of its own. */
  readonly update: WhatIfCase | undefined;
}

/** A run with its inputs drawn. */
export interface DrawnRun {
  readonly trace: WhatIf;
  readonly scenario: Scenario;
  readonly costs: Costs;
  readonly configuration: Configuration;
}

/** Beyond this many configurations a trace is walked once a shard, and not once for all. */
const maxPrepared = 2000;

/** Longest reason that a run keeps. */
const maxReasonChars = 1000;

/** Time of the new kernel from its first instruction to userspace, but for characters on a serial line. */
function bootTerms(config: UpdateConfig, counts: UpdateCounts): { readonly cost: CostId; readonly count: number }[] {
  const works = kexecStages(config, counts).flatMap(({ jobs }) => jobs.flat());
  return works.flatMap(({ terms }) => terms).filter(({ cost }) => costSide(cost) === "to");
}

/** Equal lengths together, shortest first. */
function groupPauses(vmPauseNs: Float64Array): { pause_ns: number[]; pause_vm_count: number[] } {
  const lengths: number[] = [];
  const counts: number[] = [];
  for (const ns of Float64Array.from(vmPauseNs).sort()) {
    if (lengths.at(-1) === ns) counts[counts.length - 1]!++;
    else {
      lengths.push(ns);
      counts.push(1);
    }
  }
  return { pause_ns: lengths, pause_vm_count: counts };
}

function toRow(runId: string, update: WhatIfCase, answer: WhatIfAnswer): RunRow {
  const phaseNs = (phase: string) => answer.phases.find((each) => each.phase === phase)?.totalNs ?? 0;
  const { served, brownout } = answer;
  const sums = sumOverhead(update.overhead);
  return {
    run_id: runId,
    status: "done",
    reason: null,
    preserve_ns: phaseNs("preserve"),
    freeze_ns: phaseNs("freeze"),
    serialize_ns: phaseNs("serialize"),
    kexec_ns: phaseNs("kexec"),
    restore_ns: phaseNs("restore"),
    finish_ns: phaseNs("finish"),
    blackout_ns: answer.blackoutNs,
    ...groupPauses(answer.vmPauseNs),
    metadata_bytes: sums.metadataBytes,
    scratch_bytes: sums.scratchBytes,
    kexec_image_bytes: sums.kexecImageBytes,
    transient_peak_bytes: sums.transientPeakBytes,
    in_flight_count: served.inFlightCount,
    waited_count: served.waitedCount,
    stalled_ns: Math.round(served.stalledNs),
    worst_latency_ns: Math.round(served.worstLatencyNs),
    catch_up_ns: Math.round(served.catchUpNs),
    dropped_count: served.droppedCount,
    fault_count: brownout.faultCount,
    lost_ns: Math.round(brownout.lostNs),
    full_speed_ns: Math.round(brownout.fullSpeedNs),
  };
}

function toFailure(runId: string, error: unknown): RunRow {
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, maxReasonChars);
  const isRefusal = error instanceof UsageError;
  return { run_id: runId, status: isRefusal ? "refused" : "failed", reason };
}

/**
 * Answers the runs of a plan one by one. Reads each trace once; runs of one configuration that stand side by side share its
 * counts.
 *
 * Errors   none for a run that cannot be: its row says why. FormatError for a trace that is damaged
 */
export class Evaluator {
  readonly #runs: RunList;
  readonly #traces: (WhatIf | undefined)[] = [];
  #open: OpenConfiguration | undefined;
  #refused: { readonly index: number; readonly error: ToolError } | undefined;
  #bootNs: number | undefined;

  constructor(runs: RunList) {
    this.#runs = runs;
  }

  evaluate(index: number): RunRow {
    const runId = this.#runs.idOf(index);
    const spec = this.#runs.at(index);
    try {
      const { open, update, costs } = this.#drawn(spec);
      const row = toRow(runId, update, open.trace.run(update, costs));
      if (!this.#isMedian(spec)) return row;
      const steps = open.trace.steps(update, costs);
      return {
        ...row,
        step_phase: steps.map(({ phase }) => phase),
        step: steps.map(({ step }) => step),
        step_ns: steps.map(({ stepNs }) => stepNs),
      };
    } catch (error) {
      // A trace that is damaged, or another one than planned, is no run's fault: nothing is to be kept of it.
      if (error instanceof FormatError) throw error;
      return toFailure(runId, error);
    }
  }

  /** A run as a replay takes it. */
  draw(index: number): DrawnRun {
    const { open, scenario, costs } = this.#drawn(this.#runs.at(index));
    return { trace: open.trace, scenario, costs, configuration: open.configuration };
  }

  /** Names of what is uncertain in the scenario as it was written. */
  baseInputs(): readonly DrawnInput[] {
    return this.#openConfiguration(baseConfiguration).inputs;
  }

  /** Their profile's constants. */
  baseCosts(): Costs {
    return this.#openConfiguration(baseConfiguration).costs;
  }

  /** Walks over the traces for all configurations at once, if these are not too many. */
  prepare(signal?: AbortSignal): void {
    const { configurations } = this.#runs;
    if (configurations.count > maxPrepared) return;
    const byTrace = new Map<WhatIf, ReturnType<WhatIf["resolve"]>[]>();
    for (let index = baseConfiguration; index < configurations.count; index++) {
      const configuration = configurations.at(index);
      const trace = this.#traceOf(configuration.traceIndex);
      try {
        const resolved = trace.resolve(scenarioOf(configuration));
        byTrace.set(trace, [...(byTrace.get(trace) ?? []), resolved]);
      } catch (error) {
        // What is wrong with a configuration is said by each of its runs.
        if (!(error instanceof UsageError)) throw error;
      }
    }
    for (const [trace, scenarios] of byTrace) trace.prepare(scenarios, signal);
  }

  #isMedian({ kind, row }: RunSpec): boolean {
    return row === 0 && (kind === "grid" || kind === "tornado");
  }

  #traceOf(index: number): WhatIf {
    this.#traces[index] ??= new WhatIf(this.#runs.plan.traces[index]!.path);
    const trace = this.#traces[index];
    const { sha256, path } = this.#runs.plan.traces[index]!;
    if (trace.traceSha256 === sha256) return trace;
    throw new FormatError(`${path}: another trace than when the plan was read`, {
      hint: "run the sweep from its plan again",
    });
  }

  #openConfiguration(index: number): OpenConfiguration {
    if (this.#open?.configuration.index === index) return this.#open;
    if (this.#refused?.index === index) throw this.#refused.error;
    try {
      this.#open = this.#makeOpen(index);
      return this.#open;
    } catch (error) {
      if (error instanceof ToolError) this.#refused = { index, error };
      throw error;
    }
  }

  #makeOpen(index: number): OpenConfiguration {
    const { plan, configurations } = this.#runs;
    const configuration = configurations.at(index);
    const trace = this.#traceOf(configuration.traceIndex);
    const scenario = scenarioOf(configuration);
    const { costs } = profileFor(profileOf(plan.profiles[configuration.profileIndex]!), scenario.host.kernel);
    const inputs = listInputs(plan.inputs, plan.drawsProfile, costs);
    const isFixed = inputs.every(({ target }) => target !== "scenario");
    const update = isFixed ? trace.open(trace.resolve(scenario)) : undefined;
    return { configuration, trace, scenario, costs, inputs, update };
  }

  #drawn(spec: RunSpec): { open: OpenConfiguration; scenario: Scenario; update: WhatIfCase; costs: Costs } {
    if (spec.configurationIndex === undefined) throw new UsageError("constraints leave this configuration out");
    const bootNs = this.#runs.plan.inputs.some(({ target }) => target === "boot") ? this.#bootOfBase() : 0;
    const open = this.#openConfiguration(spec.configurationIndex);
    const shares = this.#runs.sharesOf(spec);
    const scenario = open.update ? open.scenario : scenarioOf(open.configuration, changesOf(open, shares));
    const update = open.update ?? open.trace.open(open.trace.resolve(scenario));
    return { open, scenario, update, costs: drawCosts(open, update, shares, bootNs) };
  }

  /** What the model says of the boot that the user measured: of the scenario as it was written, all else at medians. */
  #bootOfBase(): number {
    if (this.#bootNs !== undefined) return this.#bootNs;
    const { trace, scenario, costs } = this.#makeOpen(baseConfiguration);
    const { scenario: resolved, counts } = trace.open(trace.resolve(scenario));
    const terms = bootTerms(resolved.update, counts);
    this.#bootNs = terms.reduce((sum, { cost, count }) => sum + costs[cost].unitNs * count, 0);
    return this.#bootNs;
  }
}

function changesOf({ inputs, configuration }: OpenConfiguration, shares: Shares): Map<string, Json> {
  const drawn = inputs.filter(({ target }) => target === "scenario");
  return new Map(
    drawn.map((input) => [input.name, scenarioValue(input, valueAt(input, shares(input.name)), configuration.raw)]),
  );
}

/**
 * Costs of one run. A boot that was measured as a whole stretches all that it is made of, so its parts are not drawn.
 */
function drawCosts(open: OpenConfiguration, update: WhatIfCase, shares: Shares, bootNs: number): Costs {
  const values = new Map<CostId, number>();
  for (const input of open.inputs) {
    if (input.target === "cost") values.set(input.name as CostId, valueAt(input, shares(input.name)));
  }
  const boot = open.inputs.find(({ name }) => name === bootInput);
  if (!boot || bootNs === 0) return withCosts(open.costs, values);
  const factor = valueAt(boot, shares(bootInput)) / bootNs;
  for (const { cost } of bootTerms(update.scenario.update, update.counts)) {
    values.set(cost, open.costs[cost].unitNs * factor);
  }
  return withCosts(open.costs, values);
}
