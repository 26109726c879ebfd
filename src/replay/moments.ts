import { InterruptedError, UsageError } from "../base/index.ts";
import { type Band, type Costs, type GuestMemory, planUpdate, type UpdatePlan } from "../model/index.ts";
import type { OpenFolder } from "../trace/index.ts";
import { blackoutOf, drainPlan, populationsOf, traceFates } from "./engine.ts";
import {
  type BrownoutTotals,
  drainsAt,
  type GuestActivity,
  readGuestActivity,
  serveAll,
  type ServedTotals,
  type TouchedMemory,
  type UpdateCase,
  worstBrownout,
} from "./guest-impact.ts";
import { MemoryWalk } from "./memory-walk.ts";
import type { ResolvedScenario } from "./scenario/resolve.ts";
import type { TraceFacts } from "./trace-facts.ts";
import { listVmClasses } from "./vm-classes.ts";

/** An update that is asked for at one moment of the trace. */
export interface Moment extends ServedTotals, BrownoutTotals {
  readonly startNs: number;
  readonly blackoutStartNs: number;
  readonly blackout: Band;
  /** False where the trace ends before the blackout's length has passed: what it does is then not all seen. */
  readonly isComplete: boolean;
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

/** Plans updates at moments of the trace; those at which the same folios are populated share one plan. */
class MomentPlanner {
  readonly #input: MomentsInput;
  readonly #plans = new Map<string, UpdatePlan>();

  constructor(input: MomentsInput) {
    this.#input = input;
  }

  plan(memory: GuestMemory): UpdatePlan {
    const { scenario, costs } = this.#input;
    const populations = populationsOf(scenario.vms, memory);
    const key = populations.map(({ populatedFolios }) => populatedFolios.join(",")).join(";");
    const plan = this.#plans.get(key) ?? planUpdate(scenario.update, populations, costs);
    this.#plans.set(key, plan);
    return plan;
  }
}

/** What all starts share. */
interface Study {
  readonly update: UpdateCase;
  readonly guests: GuestActivity;
  readonly touched: TouchedMemory;
}

function measureMoment(study: Study, { startNs, preserveStartNs, plan: preserved }: Required<Start>): Moment {
  const { update, guests } = study;
  const blackoutStartNs = Math.max(startNs, preserveStartNs + preserved.phases[0]!.band.baseNs);
  const plan = drainPlan(preserved, update.scenario, update.costs, drainsAt(guests, update, blackoutStartNs));
  const blackout = blackoutOf(plan);
  return {
    startNs,
    blackoutStartNs,
    blackout,
    isComplete: blackoutStartNs + blackout.baseNs <= guests.facts.spanNs,
    ...serveAll(guests, update, { plan, blackoutStartNs }),
    ...worstBrownout(study.touched, update, blackoutStartNs),
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
  const { trace, facts, scenario, costs } = input;
  const starts = listStarts(input);
  const classes = listVmClasses(scenario);
  const planner = new MomentPlanner(input);
  const walk = new MemoryWalk(input, classes);
  const stops = starts.map((start) => ({
    atNs: start.preserveStartNs,
    look: (memory: GuestMemory) => void (start.plan = planner.plan(memory)),
  }));
  walk.run(stops, signal);
  const walks = walk.indexes.map((index) => index.walk());
  const study: Study = {
    update: { scenario, costs, fates: traceFates(scenario, facts.devices.length) },
    guests: readGuestActivity(trace, facts, scenario.service),
    touched: { classes, walks, tickEndNs: Float64Array.from(walk.tickEndNs) },
  };
  return starts.map((start) => {
    if (signal?.aborted === true) throw new InterruptedError();
    return measureMoment(study, start as Required<Start>);
  });
}
