import { FormatError, InterruptedError } from "../base/index.ts";
import {
  type Band,
  blackoutPhases,
  type Costs,
  GuestMemory,
  planUpdate,
  priceUpdate,
  splitFolios,
  resetsDevices,
  type UpdatePlan,
  type VmPopulation,
} from "../model/index.ts";
import { type FolderWriter, type OpenFolder, runSchema, traceSchema } from "../trace/index.ts";
import { type DeviceFate, DeviceEvents } from "./device-events.ts";
import { DirtyTicks, type FirstTouches } from "./dirty-ticks.ts";
import { Merge, type Slice } from "./merge.ts";
import type { ResolvedScenario, ResolvedVm } from "./scenario/resolve.ts";
import { type TraceFacts, trackedFrames } from "./trace-facts.ts";
import { listVmClasses, type VmClass } from "./vm-classes.ts";

/** What the engine may do beside computing. */
export interface ReplayEffects {
  /** Rows replayed so far, and how many there are. */
  readonly progress?: (rowsDone: number, rowsTotal: number) => void;
  readonly signal?: AbortSignal;
}

/** The update on the trace's clock, and what the trace showed around it. */
export interface ReplayResult {
  readonly plan: UpdatePlan;
  readonly preserveStartNs: number;
  readonly blackoutStartNs: number;
  readonly blackoutNs: number;
  readonly classes: readonly VmClass[];
  /** One entry a class. */
  readonly firstTouches: readonly FirstTouches[];
  readonly fates: readonly DeviceFate[];
  /** Frames that each device of the trace changed in the blackout while no CPU ran. */
  readonly changedPages: Float64Array;
  readonly rowsDone: number;
  readonly missingTicks: number;
  readonly neverCompleted: number;
}

/** Rows between two looks at the abort signal and the progress bar. */
const rowsPerTurn = 1_000_000;

/** Phases in which the host's VMs stand still. */
export function blackoutOf({ phases }: UpdatePlan): Band {
  const inBlackout = phases.filter(({ phase }) => blackoutPhases.has(phase)).map(({ band }) => band);
  const sum = (end: keyof Band) => inBlackout.reduce((total, band) => total + band[end], 0);
  return { baseNs: sum("baseNs"), lowNs: sum("lowNs"), highNs: sum("highNs") };
}

/** The plan with the requests that are in flight when the guests stop: by VM of the trace, how long they take yet. */
export function drainPlan(
  plan: UpdatePlan,
  { update, vms, service }: ResolvedScenario,
  costs: Costs,
  drainNs: Float64Array,
): UpdatePlan {
  if (service.in_flight !== "drained" || drainNs.every((ns) => ns === 0)) return plan;
  return priceUpdate(
    update,
    plan.counts,
    costs,
    vms.map(({ traceVmIndex }) => drainNs[traceVmIndex]!),
  );
}

/** Folios of each group of a VM that the trace has backed so far. */
function populationOf(vm: ResolvedVm, memory: GuestMemory): VmPopulation {
  const groups = splitFolios(vm.config);
  if (vm.preallocated) return { populatedFolios: groups.map(({ folioCount }) => folioCount) };
  return {
    populatedFolios: groups.map(({ order, fromFrame, toFrame }) =>
      memory.countBackedFolios(vm.traceVmIndex, { order, from: fromFrame, to: toFrame }),
    ),
  };
}

/** Copies of a VM share one population: it is counted once. */
export function populationsOf(vms: readonly ResolvedVm[], memory: GuestMemory): VmPopulation[] {
  const known = new Map<unknown, VmPopulation>();
  return vms.map((vm) => {
    const found = known.get(vm.config.folios) ?? populationOf(vm, memory);
    known.set(vm.config.folios, found);
    return found;
  });
}

/** How the update treats each device of the trace; one that the scenario does not name is emulated. */
export function traceFates({ devices, update }: ResolvedScenario, deviceCount: number): DeviceFate[] {
  const fates: DeviceFate[] = Array.from({ length: deviceCount }, () => "emulated");
  const goesOn = !resetsDevices(update.host.postedSeries);
  for (const { config, traceDeviceIndex } of devices) {
    if (traceDeviceIndex === undefined || config.treatment === "emulated") continue;
    fates[traceDeviceIndex] = config.treatment === "preserved" && goesOn ? "goes-on" : "stops";
  }
  return fates;
}

export function onPopulation(memory: GuestMemory): (slice: Slice) => void {
  return ({ batch, from, to }) => {
    const vmIndex = batch.columns["vm_index"] as Uint16Array;
    const startGfn = batch.columns["start_gfn"] as Uint32Array;
    const pageCount = batch.columns["page_count"] as Uint32Array;
    for (let row = from; row < to; row++) {
      if (memory.back(vmIndex[row]!, startGfn[row]!, pageCount[row]!)) continue;
      throw new FormatError(
        `table page_population, row ${batch.firstRow + row + 1}: VM ${vmIndex[row]}, frames ${startGfn[row]} + ${pageCount[row]}: no such VM, no pages, or frames beyond its memory`,
      );
    }
  };
}

function rowsTotal(trace: OpenFolder<"trace">): number {
  return [...trace.sources.values()].reduce((sum, { rows }) => sum + rows, 0);
}

/**
 * Replays a trace through the model: up to where preserving starts, on to where the guests stop, and to its end.
 *
 * The guests' own clock stands still during the blackout, so the trace goes on after it where it stopped.
 *
 * Errors   FormatError for rows that are wrong; what was written of the run must then be discarded
 * Cost     page_write at 5 million rows a second and more, memory independent of the trace's length
 */
export class ReplayEngine {
  readonly #trace: OpenFolder<"trace">;
  readonly #scenario: ResolvedScenario;
  readonly #costs: Costs;
  readonly #effects: ReplayEffects;
  readonly #memory: GuestMemory;
  readonly #ticks: DirtyTicks;
  readonly #events: DeviceEvents;
  readonly #merge: Merge;
  readonly #classes: readonly VmClass[];
  readonly #fates: readonly DeviceFate[];

  constructor(
    input: { trace: OpenFolder<"trace">; facts: TraceFacts; scenario: ResolvedScenario; costs: Costs },
    out: FolderWriter<"run">,
    effects: ReplayEffects,
  ) {
    const { trace, facts, scenario } = input;
    this.#trace = trace;
    this.#scenario = scenario;
    this.#costs = input.costs;
    this.#effects = effects;
    this.#memory = new GuestMemory(trackedFrames(trace, facts));
    this.#classes = listVmClasses(scenario);
    this.#fates = traceFates(scenario, facts.devices.length);
    this.#ticks = new DirtyTicks(this.#memory, out.table(runSchema.dirtyTickTable), this.#classes);
    this.#events = new DeviceEvents(out.table(runSchema.deviceEventTable), this.#memory, facts, {
      fates: this.#fates,
      updateAtNs: scenario.updateAtNs,
      ringPackets: scenario.service.rx_ring,
      serviceTimeNs: scenario.service.service_time ?? Number.POSITIVE_INFINITY,
    });
    // At equal times memory comes before the tick that ends it, and devices last.
    this.#merge = new Merge(trace, [
      [traceSchema.pagePopulationTable, onPopulation(this.#memory)],
      [traceSchema.dmaTable, this.#events.onDma],
      [traceSchema.pageWriteTable, this.#ticks.onWrites],
      [traceSchema.tickTable, this.#ticks.onTicks],
      [traceSchema.deviceIoTable, this.#events.onRequests],
      [traceSchema.interruptTable, this.#events.onInterrupts],
      [traceSchema.netPacketTable, this.#events.onPackets],
    ]);
  }

  async run(): Promise<ReplayResult> {
    const { updateAtNs, preserveLeadNs, update, vms } = this.#scenario;
    const preserveStartNs = Math.max(0, updateAtNs - (preserveLeadNs ?? 0));
    await this.#runUntil(preserveStartNs);
    const preserved = planUpdate(update, populationsOf(vms, this.#memory), this.#costs);
    const preserveNs = preserved.phases[0]!.band.baseNs;
    const blackoutStartNs = Math.max(updateAtNs, preserveStartNs + preserveNs);
    await this.#runUntil(blackoutStartNs);
    const plan = drainPlan(preserved, this.#scenario, this.#costs, this.#events.drainNs(blackoutStartNs));
    const { baseNs: blackoutNs } = blackoutOf(plan);
    this.#ticks.resume();
    this.#events.start(blackoutStartNs, blackoutStartNs + blackoutNs);
    await this.#runUntil(Number.POSITIVE_INFINITY);
    this.#ticks.finish();
    this.#events.finish();
    return {
      plan,
      preserveStartNs,
      blackoutStartNs,
      blackoutNs,
      classes: this.#classes,
      firstTouches: this.#ticks.firstTouches,
      fates: this.#fates,
      changedPages: this.#events.changedPages,
      rowsDone: this.#merge.rowsDone,
      missingTicks: this.#ticks.missingTicks,
      neverCompleted: this.#events.neverCompleted,
    };
  }

  async #runUntil(untilNs: number): Promise<void> {
    const total = rowsTotal(this.#trace);
    let turnRows = this.#merge.rowsDone + rowsPerTurn;
    while (this.#merge.step(untilNs)) {
      if (this.#merge.rowsDone < turnRows) continue;
      turnRows = this.#merge.rowsDone + rowsPerTurn;
      this.#effects.progress?.(this.#merge.rowsDone, total);
      // Lets a signal handler run: the loop itself never waits for anything.
      await new Promise(setImmediate);
      if (this.#effects.signal?.aborted === true) throw new InterruptedError();
    }
  }
}
