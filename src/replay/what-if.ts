import type { FirstTouchIndex, FirstTouchWalk } from "../impact/index.ts";
import { firstAbove } from "../impact/index.ts";
import {
  blackoutPhases,
  type Costs,
  countUpdate,
  type GuestMemory,
  measureOverhead,
  type Overhead,
  type Phase,
  phaseSteps,
  splitFolios,
  timeUpdate,
  type UpdateCounts,
  type UpdateTimes,
  type VmPopulation,
} from "../model/index.ts";
import { openFolder, type OpenFolder, traceSchema } from "../trace/index.ts";
import type { DeviceFate } from "./device-events.ts";
import { populationsOf, traceFates } from "./engine.ts";
import {
  type BrownoutTotals,
  drainsAt,
  type GuestActivity,
  readGuestActivity,
  serveAll,
  type ServedTotals,
  worstBrownout,
} from "./guest-impact.ts";
import { type MappedVm, MemoryWalk } from "./memory-walk.ts";
import { type ResolvedScenario, resolveScenario, type ResolvedVm } from "./scenario/resolve.ts";
import type { Scenario } from "./scenario/schema.ts";
import { readTraceFacts, type TraceFacts } from "./trace-facts.ts";
import { listVmClasses, type VmClass } from "./vm-classes.ts";

/** A scenario that a trace drives: what of it does not depend on what things cost. */
export interface WhatIfCase {
  readonly scenario: ResolvedScenario;
  readonly preserveStartNs: number;
  readonly counts: UpdateCounts;
  readonly overhead: readonly Overhead[];
  readonly classes: readonly VmClass[];
  readonly fates: readonly DeviceFate[];
}

/** What an update of a case comes to. */
export interface WhatIfAnswer {
  readonly phases: readonly { readonly phase: Phase; readonly totalNs: number }[];
  readonly blackoutStartNs: number;
  readonly blackoutNs: number;
  /** How long each VM stands still. */
  readonly vmPauseNs: Float64Array;
  readonly served: ServedTotals;
  readonly brownout: BrownoutTotals;
}

/** What a phase of an update is made of; together exactly the phase. */
export interface PhaseStep {
  readonly phase: Phase;
  readonly step: string;
  readonly stepNs: number;
}

/** VMs that are mapped alike and driven alike share what is known of their memory. */
function memoryKey({ config, traceVmIndex }: ResolvedVm): string {
  const groups = splitFolios(config).map(({ order, fromFrame, toFrame }) => `${order}:${fromFrame}-${toFrame}`);
  return `${traceVmIndex} ${groups.join(" ")}`;
}

/** First touches after any start: a walk cannot go back, so an earlier start begins a new one. */
class TouchWalk {
  readonly #index: FirstTouchIndex;
  #walk: FirstTouchWalk | undefined;
  #from = 0;

  constructor(index: FirstTouchIndex) {
    this.#index = index;
  }

  at(from: number): FirstTouchWalk {
    if (!this.#walk || from < this.#from) this.#walk = this.#index.walk();
    this.#from = from;
    return this.#walk;
  }
}

/**
 * Answers for any number of scenarios and costs what an update of one trace would take, reading the trace once.
 *
 * What a replay needs of a trace is where its guests had populated memory when preserving starts, what its devices did,
 * and which tick touches memory first after a resume. All of it is taken down in one walk over the trace; a case then
 * costs what planning its update costs. The answers are those of `replay` (test/replay/what-if.test.ts).
 */
export class WhatIf {
  readonly facts: TraceFacts;
  readonly #trace: OpenFolder<"trace">;
  readonly #populations = new Map<string, VmPopulation>();
  readonly #touches = new Map<string, TouchWalk>();
  readonly #guests = new Map<number | undefined, GuestActivity>();
  #tickEndNs = new Float64Array(0);

  constructor(tracePath: string) {
    this.#trace = openFolder("trace", tracePath);
    this.facts = readTraceFacts(this.#trace);
  }

  /** Content of the trace, as runs name it. */
  get traceSha256(): string {
    return this.#trace.header.sha256;
  }

  get traceName(): string {
    return this.#trace.header.name;
  }

  resolve(scenario: Scenario): ResolvedScenario {
    return resolveScenario(scenario, this.facts);
  }

  /** Walks over the trace's memory for what the scenarios ask and is not known yet: cheaper for many than one by one. */
  prepare(scenarios: readonly ResolvedScenario[], signal?: AbortSignal): void {
    const layouts = new Map<string, MappedVm>();
    const asked = new Map<number, Map<string, ResolvedVm>>();
    for (const scenario of scenarios) {
      for (const { vmIndexes, layout, traceVmIndex } of this.#touchedBy(scenario)) {
        const key = memoryKey(scenario.vms[vmIndexes[0]!]!);
        if (!this.#touches.has(key)) layouts.set(key, { layout, traceVmIndex });
      }
      const atNs = preserveStartOf(scenario);
      for (const vm of new Map(scenario.vms.map((each) => [each.config.folios, each])).values()) {
        const key = memoryKey(vm);
        if (vm.preallocated || this.#populations.has(`${atNs} ${key}`)) continue;
        if (!asked.has(atNs)) asked.set(atNs, new Map());
        asked.get(atNs)!.set(key, vm);
      }
    }
    if (layouts.size === 0 && asked.size === 0) return;
    this.#walk(layouts, asked, signal);
  }

  #walk(
    layouts: ReadonlyMap<string, MappedVm>,
    asked: ReadonlyMap<number, ReadonlyMap<string, ResolvedVm>>,
    signal: AbortSignal | undefined,
  ): void {
    const walk = new MemoryWalk({ trace: this.#trace, facts: this.facts }, [...layouts.values()]);
    const look = (atNs: number) => (memory: GuestMemory) => {
      for (const [key, vm] of asked.get(atNs)!) {
        this.#populations.set(`${atNs} ${key}`, populationsOf([vm], memory)[0]!);
      }
    };
    const times = [...asked.keys()].sort((left, right) => left - right);
    walk.run(
      times.map((atNs) => ({ atNs, look: look(atNs) })),
      signal,
    );
    this.#tickEndNs = Float64Array.from(walk.tickEndNs);
    for (const [index, key] of [...layouts.keys()].entries()) {
      this.#touches.set(key, new TouchWalk(walk.indexes[index]!));
    }
  }

  /** Classes whose first touches after the resume cost something: none where page tables are filled before, or nothing writes. */
  #touchedBy(scenario: ResolvedScenario): readonly VmClass[] {
    const { rows = 0 } = this.#trace.sources.get(traceSchema.pageWriteTable.name) ?? {};
    return scenario.update.agent.prepopulate || rows === 0 ? [] : listVmClasses(scenario);
  }

  /**
   * Counts what an update of a scenario takes.
   *
   * Errors   UsageError with the kernel's own answer for what its kernels would refuse
   */
  open(scenario: ResolvedScenario): WhatIfCase {
    this.prepare([scenario]);
    const preserveStartNs = preserveStartOf(scenario);
    const known = new Map<unknown, VmPopulation>();
    const populations = scenario.vms.map((vm) => {
      const { folios } = vm.config;
      const found = known.get(folios) ?? this.#populationOf(vm, preserveStartNs);
      known.set(folios, found);
      return found;
    });
    const counts = countUpdate(scenario.update, populations);
    return {
      scenario,
      preserveStartNs,
      counts,
      overhead: measureOverhead(scenario.update, counts),
      classes: this.#touchedBy(scenario),
      fates: traceFates(scenario, this.facts.devices.length),
    };
  }

  #populationOf(vm: ResolvedVm, atNs: number): VmPopulation {
    if (vm.preallocated) return { populatedFolios: splitFolios(vm.config).map(({ folioCount }) => folioCount) };
    return this.#populations.get(`${atNs} ${memoryKey(vm)}`)!;
  }

  /** Times an update of a case at these costs. */
  run(update: WhatIfCase, costs: Costs): WhatIfAnswer {
    const { scenario, fates } = update;
    const { times, blackoutStartNs } = this.#time(update, costs);
    const vms = Array.from(times.pauseNs, (pauseNs, vm) => ({ pauseNs, resumeNs: times.resumeNs[vm]! }));
    const stopped = { scenario, costs, fates };
    return {
      phases: times.phases.map(({ phase, totalNs }) => ({ phase, totalNs })),
      blackoutStartNs,
      blackoutNs: blackoutNsOf(times),
      vmPauseNs: Float64Array.from(vms, ({ pauseNs, resumeNs }) => resumeNs - pauseNs),
      served: serveAll(this.#guestsOf(scenario), stopped, { plan: { vms }, blackoutStartNs }),
      brownout: this.#brownout(update, stopped, blackoutStartNs),
    };
  }

  /** What the phases of an update of a case are made of. */
  steps(update: WhatIfCase, costs: Costs): PhaseStep[] {
    return this.#time(update, costs).times.phases.flatMap((timed) =>
      [...phaseSteps(timed, costs)].map(([step, stepNs]) => ({ phase: timed.phase, step, stepNs })),
    );
  }

  #time(update: WhatIfCase, costs: Costs): { times: UpdateTimes; blackoutStartNs: number } {
    const { scenario, counts, preserveStartNs, fates } = update;
    const preserved = timeUpdate(scenario.update, counts, costs);
    const blackoutStartNs = Math.max(scenario.updateAtNs, preserveStartNs + preserved.phases[0]!.totalNs);
    if (scenario.service.in_flight !== "drained") return { times: preserved, blackoutStartNs };
    const drains = drainsAt(this.#guestsOf(scenario), { fates }, blackoutStartNs);
    if (drains.every((ns) => ns === 0)) return { times: preserved, blackoutStartNs };
    const drainNs = scenario.vms.map(({ traceVmIndex }) => drains[traceVmIndex]!);
    return { times: timeUpdate(scenario.update, counts, costs, { drainNs }), blackoutStartNs };
  }

  #brownout(
    { classes, scenario }: WhatIfCase,
    update: Parameters<typeof worstBrownout>[1],
    stopNs: number,
  ): BrownoutTotals {
    const from = firstAbove(this.#tickEndNs, this.#tickEndNs.length, stopNs);
    const walks = classes.map(({ vmIndexes }) => this.#touches.get(memoryKey(scenario.vms[vmIndexes[0]!]!))!.at(from));
    return worstBrownout({ classes, walks, tickEndNs: this.#tickEndNs }, update, stopNs);
  }

  #guestsOf({ service }: ResolvedScenario): GuestActivity {
    const known = this.#guests.get(service.service_time);
    if (known) return known;
    const guests = readGuestActivity(this.#trace, this.facts, service);
    this.#guests.set(service.service_time, guests);
    return guests;
  }
}

function preserveStartOf({ updateAtNs, preserveLeadNs }: ResolvedScenario): number {
  return Math.max(0, updateAtNs - (preserveLeadNs ?? 0));
}

function blackoutNsOf({ phases }: UpdateTimes): number {
  return phases.reduce((sum, { phase, totalNs }) => sum + (blackoutPhases.has(phase) ? totalNs : 0), 0);
}
