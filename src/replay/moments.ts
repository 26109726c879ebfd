import { bytesToPagesCeil, FormatError, InterruptedError, UsageError } from "../base/index.ts";
import { firstAbove, FirstTouchIndex, type FirstTouchWalk, RequestGap, sumBrownout } from "../impact/index.ts";
import { type Band, type Costs, GuestMemory, planUpdate, type UpdatePlan } from "../model/index.ts";
import { codeOf, type OpenFolder, traceSchema } from "../trace/index.ts";
import { type DeviceActivity, readActivity, wholeTrace } from "./activity.ts";
import { type DeviceFate } from "./device-events.ts";
import { refuseWrite } from "./dirty-ticks.ts";
import { blackoutOf, drainPlan, onPopulation, populationsOf, traceFates } from "./engine.ts";
import { frameRunsOf, Merge, type Slice } from "./merge.ts";
import type { ResolvedScenario } from "./scenario/resolve.ts";
import { listGaps, measureDevices, serveRequests } from "./service.ts";
import type { TraceFacts } from "./trace-facts.ts";
import { listVmClasses, type VmClass } from "./vm-classes.ts";

/** An update that is asked for at one moment of the trace. */
export interface Moment {
  readonly startNs: number;
  readonly blackoutStartNs: number;
  readonly blackout: Band;
  /** False where the trace ends before the blackout's length has passed: what it does is then not all seen. */
  readonly isComplete: boolean;
  /** Over all devices of the trace. */
  readonly inFlightCount: number;
  readonly waitedCount: number;
  /** What the update adds to the latencies of all requests. */
  readonly stalledNs: number;
  readonly worstLatencyNs: number;
  /** From the moment at which the last device is ready to where no request waits any more. */
  readonly catchUpNs: number;
  readonly droppedCount: number;
  /** Of the class of VMs that loses most. */
  readonly faultCount: number;
  readonly lostNs: number;
  readonly fullSpeedNs: number;
}

export interface MomentsInput {
  readonly trace: OpenFolder<"trace">;
  readonly facts: TraceFacts;
  readonly scenario: ResolvedScenario;
  readonly costs: Costs;
  /** From one start to the next. */
  readonly everyNs: number;
}

/** More starts than anybody looks at. */
const maxMoments = 1_000_000;

interface Start {
  readonly startNs: number;
  readonly preserveStartNs: number;
  plan?: UpdatePlan;
}

/** Goes over the trace's memory once: plans each start's update on the way, and notes which tick touches what. */
class MemorySweep {
  readonly tickEndNs: number[] = [];
  readonly indexes: readonly FirstTouchIndex[];
  readonly #input: MomentsInput;
  readonly #classes: readonly VmClass[];
  readonly #memory: GuestMemory;
  readonly #merge: Merge;
  readonly #plans = new Map<string, UpdatePlan>();
  #openNs = -1;

  constructor(input: MomentsInput, classes: readonly VmClass[]) {
    this.#input = input;
    this.#classes = classes;
    this.indexes = classes.map(({ layout }) => new FirstTouchIndex(layout));
    this.#memory = new GuestMemory(input.facts.vms.map(({ guestBytes }) => bytesToPagesCeil(guestBytes)));
    this.#merge = new Merge(input.trace, [
      [traceSchema.pagePopulationTable, onPopulation(this.#memory)],
      [traceSchema.dmaTable, (slice) => this.#onDma(slice)],
      [traceSchema.pageWriteTable, (slice) => this.#onWrites(slice)],
      [traceSchema.tickTable, (slice) => this.#onTicks(slice)],
    ]);
  }

  run(starts: readonly Start[], signal: AbortSignal | undefined): void {
    for (const start of starts) {
      this.#runUntil(start.preserveStartNs, signal);
      start.plan = this.#plan();
    }
    this.#runUntil(Number.POSITIVE_INFINITY, signal);
    this.#endTick();
  }

  #runUntil(untilNs: number, signal: AbortSignal | undefined): void {
    while (this.#merge.step(untilNs)) if (signal?.aborted === true) throw new InterruptedError();
  }

  /** Starts at which the same folios are populated share one plan. */
  #plan(): UpdatePlan {
    const { scenario, costs } = this.#input;
    const populations = populationsOf(scenario.vms, this.#memory);
    const key = populations.map(({ populatedFolios }) => populatedFolios.join(",")).join(";");
    const plan = this.#plans.get(key) ?? planUpdate(scenario.update, populations, costs);
    this.#plans.set(key, plan);
    return plan;
  }

  #onDma({ batch, from, to }: Slice): void {
    const device = batch.columns["device_index"] as Uint16Array;
    const startGfn = batch.columns["start_gfn"] as Uint32Array;
    const pageCount = batch.columns["page_count"] as Uint32Array;
    const direction = batch.columns["direction"] as Uint8Array;
    const toMemory = codeOf(traceSchema.dmaTable.columns[4], "to-memory");
    for (let row = from; row < to; row++) {
      const vmIndex = this.#input.facts.devices[device[row]!]?.vmIndex;
      if (direction[row] !== toMemory) continue;
      if (vmIndex !== undefined && this.#memory.back(vmIndex, startGfn[row]!, pageCount[row]!)) continue;
      throw new FormatError(
        `table dma, row ${batch.firstRow + row + 1}: no such device, or frames beyond the VM's memory`,
      );
    }
  }

  #onWrites({ batch, from, to }: Slice): void {
    const runs = frameRunsOf(batch);
    for (let row = from; row < to;) {
      const ns = runs.timeNs[row]!;
      let end = row + 1;
      while (end < to && runs.timeNs[end] === ns) end++;
      if (ns !== this.#openNs) this.#endTick();
      this.#openNs = ns;
      this.#memory.mark(runs, row, end);
      if (this.#memory.badRow >= 0) refuseWrite(this.#memory.badRow, batch.firstRow, runs);
      for (const [index, { traceVmIndex }] of this.#classes.entries()) {
        const touches = this.indexes[index]!;
        for (let each = row; each < end; each++) {
          if (runs.vmIndex[each] === traceVmIndex) touches.mark(runs.startGfn[each]!, runs.pageCount[each]!);
        }
      }
      row = end;
    }
  }

  #onTicks({ batch, from, to }: Slice): void {
    const timeNs = batch.columns["time_ns"] as Float64Array;
    for (let row = from; row < to; row++) {
      if (timeNs[row] !== this.#openNs) this.#endTick();
      this.#openNs = timeNs[row]!;
    }
  }

  #endTick(): void {
    if (this.#openNs < 0) return;
    this.#memory.endTick();
    for (const index of this.indexes) index.endTick();
    this.tickEndNs.push(this.#openNs);
    this.#openNs = -1;
  }
}

/** What all starts share. */
interface Study {
  readonly input: MomentsInput;
  readonly classes: readonly VmClass[];
  readonly walks: readonly FirstTouchWalk[];
  readonly tickEndNs: Float64Array;
  readonly activity: readonly DeviceActivity[];
  readonly replays: readonly RequestGap[];
  readonly fates: readonly DeviceFate[];
}

type Served = Pick<
  Moment,
  "inFlightCount" | "waitedCount" | "stalledNs" | "worstLatencyNs" | "catchUpNs" | "droppedCount"
>;

function serveAll(study: Study, timing: { plan: UpdatePlan; blackoutStartNs: number }): Served {
  const { facts, scenario, costs } = study.input;
  const { service } = scenario;
  const served = { inFlightCount: 0, waitedCount: 0, stalledNs: 0, worstLatencyNs: 0, catchUpNs: 0, droppedCount: 0 };
  const gaps = listGaps(timing, scenario);
  for (const impact of measureDevices(gaps, { ...study, facts, service, costs })) {
    served.droppedCount += impact.packets?.droppedCount ?? 0;
    const replay = study.replays[impact.traceDeviceIndex]!;
    const { submitNs, completeNs } = replay.requests;
    serveRequests(impact, replay, service);
    served.inFlightCount += replay.inFlightCount;
    served.waitedCount += replay.waitedCount;
    served.catchUpNs = Math.max(served.catchUpNs, replay.caughtUpNs - impact.readyNs);
    for (let row = replay.from; row < replay.to; row++) {
      const withGapNs = replay.completeNs[row]!;
      if (withGapNs === Number.POSITIVE_INFINITY) continue;
      served.stalledNs += withGapNs - completeNs[row]!;
      served.worstLatencyNs = Math.max(served.worstLatencyNs, withGapNs - submitNs[row]!);
    }
  }
  return served;
}

function worstBrownout(study: Study, stopNs: number): Pick<Moment, "faultCount" | "lostNs" | "fullSpeedNs"> {
  const { scenario, costs } = study.input;
  const worst = { faultCount: 0, lostNs: 0, fullSpeedNs: 0 };
  if (scenario.update.agent.prepopulate) return worst;
  const { tickEndNs } = study;
  const from = firstAbove(tickEndNs, tickEndNs.length, stopNs);
  for (const [index, { vcpuCount }] of study.classes.entries()) {
    const walk = study.walks[index]!;
    walk.advance(from);
    const sum = sumBrownout(
      tickEndNs,
      walk.faultCount,
      { from, stopNs },
      {
        faultNs: costs.refaultPageNs.unitNs,
        vcpuCount,
        scaling: scenario.service.fault_scaling,
      },
    );
    worst.faultCount = Math.max(worst.faultCount, sum.faultCount);
    worst.lostNs = Math.max(worst.lostNs, sum.lostNs);
    worst.fullSpeedNs = Math.max(worst.fullSpeedNs, sum.fullSpeedNs);
  }
  return worst;
}

/** How long the requests of each VM of the trace take yet that are in flight at emulated devices. */
function drainsAt({ input, activity, fates }: Study, stopNs: number): Float64Array {
  const drains = new Float64Array(input.facts.vms.length);
  for (const [index, { vmIndex }] of input.facts.devices.entries()) {
    if (fates[index] !== "emulated") continue;
    const { requests } = activity[index]!;
    const before = firstAbove(requests.submitNs, requests.count, stopNs);
    if (before > 0) drains[vmIndex] = Math.max(drains[vmIndex]!, requests.latestNs[before - 1]! - stopNs);
  }
  return drains;
}

function measureMoment(study: Study, { startNs, preserveStartNs, plan: preserved }: Required<Start>): Moment {
  const blackoutStartNs = Math.max(startNs, preserveStartNs + preserved.phases[0]!.band.baseNs);
  const { scenario, costs } = study.input;
  const plan = drainPlan(preserved, scenario, costs, drainsAt(study, blackoutStartNs));
  const blackout = blackoutOf(plan);
  return {
    startNs,
    blackoutStartNs,
    blackout,
    isComplete: blackoutStartNs + blackout.baseNs <= study.input.facts.spanNs,
    ...serveAll(study, { plan, blackoutStartNs }),
    ...worstBrownout(study, blackoutStartNs),
  };
}

function listStarts({ facts, scenario, everyNs }: MomentsInput): Start[] {
  const count = Math.floor(facts.spanNs / everyNs) + 1;
  if (count > maxMoments) {
    throw new UsageError(`${count} starts; at most ${maxMoments} are tried`, { hint: "choose a longer --every" });
  }
  return Array.from({ length: count }, (_, index) => {
    const startNs = index * everyNs;
    return { startNs, preserveStartNs: Math.max(0, startNs - (scenario.preserveLeadNs ?? 0)) };
  });
}

/**
 * Starts the update at each moment of the trace, every so often, and says what each would cost.
 *
 * The trace's memory is gone over once for all starts, not once a start: see `FirstTouchIndex`; a start's requests are
 * replayed from the stop to where none waits any more.
 *
 * Errors   UsageError for too many starts, FormatError for rows that are wrong, InterruptedError after an abort
 */
export function studyMoments(input: MomentsInput, signal?: AbortSignal): Moment[] {
  const starts = listStarts(input);
  const classes = listVmClasses(input.scenario);
  const sweep = new MemorySweep(input, classes);
  sweep.run(starts, signal);
  const activity = readActivity(input.trace, input.facts, {
    ...wholeTrace,
    serviceTimeNs: input.scenario.service.service_time ?? Number.POSITIVE_INFINITY,
  });
  const study: Study = {
    input,
    classes,
    walks: sweep.indexes.map((index) => index.walk()),
    tickEndNs: Float64Array.from(sweep.tickEndNs),
    activity,
    replays: activity.map(({ requests }) => new RequestGap(requests)),
    fates: traceFates(input.scenario, input.facts.devices.length),
  };
  return starts.map((start) => {
    if (signal?.aborted === true) throw new InterruptedError();
    return measureMoment(study, start as Required<Start>);
  });
}
