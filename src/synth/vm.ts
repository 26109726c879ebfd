import { divFloor, pageBytes } from "../base/index.ts";
import { PageSet } from "../trace/index.ts";
import type { DeviceRunner } from "./devices.ts";
import type { SynthOutput } from "./output.ts";
import { Random, seedOf } from "./random.ts";
import type { Activity } from "./recipe/plan.ts";
import type { RecipeVm } from "./recipe/schema.ts";
import type { Workload } from "./recipe/workload-schema.ts";
import { TickRuns } from "./tick-runs.ts";
import { TracePart } from "./trace-part.ts";
import { createWorkload } from "./workloads/create.ts";
import type { WorkloadRunner } from "./workloads/runner.ts";

const folioOrders = { "4 KiB": 0, "2 MiB": 9, "1 GiB": 18 } as const;

/** A VM that gives one tick after another. */
export interface VmSource {
  /** End of the next tick; infinite when there is none. */
  readonly nextNs: number;
  /** Writes the next tick and all that happened in it. */
  step(out: SynthOutput): void;
}

/** Backs a run with folios of an order, and what of it does not fill a whole one with small pages. */
function populateRun(
  out: SynthOutput,
  vmIndex: number,
  run: { readonly timeNs: number; readonly startGfn: number; readonly frames: number; readonly order: number },
): void {
  const rest = run.frames % 2 ** run.order;
  const whole = run.frames - rest;
  if (whole > 0) out.populate(vmIndex, { ...run, frames: whole });
  if (rest > 0) out.populate(vmIndex, { ...run, startGfn: run.startGfn + whole, frames: rest, order: 0 });
}

/** Which folios a VM's host has backed; what is written for the first time is populated. */
export class Population {
  /** 4 KiB pages that a balloon gave back. */
  releasedPages = 0;
  readonly #order: number;
  readonly #folios = new PageSet();
  readonly #folioFrames: number;
  readonly #frames: number;
  #timeNs = 0;
  readonly #vmIndex: number;
  readonly #onNew: (folio: number, count: number) => void;

  constructor(out: SynthOutput, vmIndex: number, facts: { readonly order: number; readonly frames: number }) {
    this.#order = facts.order;
    this.#frames = facts.frames;
    this.#folioFrames = 2 ** facts.order;
    this.#vmIndex = vmIndex;
    this.#onNew = (folio, count) => {
      const startGfn = folio * this.#folioFrames;
      const frames = Math.min(count * this.#folioFrames, this.#frames - startGfn);
      populateRun(out, this.#vmIndex, { timeNs: this.#timeNs, startGfn, frames, order: this.#order });
    };
  }

  begin(timeNs: number): void {
    this.#timeNs = timeNs;
  }

  readonly touch = (startGfn: number, frames: number): void => {
    const first = divFloor(startGfn, this.#folioFrames);
    const last = divFloor(startGfn + frames - 1, this.#folioFrames);
    this.#folios.add(first, last - first + 1, this.#onNew);
  };

  /** Only whole folios go back to the host. */
  release(startGfn: number, frames: number): void {
    const first = Math.ceil(startGfn / this.#folioFrames);
    const end = divFloor(startGfn + frames, this.#folioFrames);
    if (end <= first) return;
    const before = this.#folios.pages;
    this.#folios.remove(first, end - first);
    this.releasedPages += (before - this.#folios.pages) * this.#folioFrames;
  }
}

interface RunningActivity {
  readonly activity: Activity;
  readonly runner: WorkloadRunner;
}

/** What a VM that is made up needs to run. */
export interface SyntheticVmPlan {
  readonly vm: RecipeVm;
  readonly vmIndex: number;
  readonly activities: readonly Activity[];
  readonly devices: readonly DeviceRunner[];
  readonly seed: number;
  readonly tickNs: number;
  readonly durationNs: number;
  /** Path of a trace that the recipe names. */
  readonly resolvePath: (path: string) => string;
}

/** A part of a trace as one workload among others: its writes, in the recipe's ticks. */
class TraceOverlay implements WorkloadRunner {
  readonly #activity: Activity;
  readonly #part: TracePart;
  readonly #rows: ReturnType<TracePart["writes"]>;
  #pending: ReturnType<ReturnType<TracePart["writes"]>["next"]>;

  constructor(activity: Activity, workload: Workload<"trace">, path: string) {
    this.#activity = activity;
    this.#part = new TracePart(path, workload, 0);
    this.#rows = this.#part.writes();
    this.#pending = this.#rows.next();
  }

  write(_fromNs: number, toNs: number, runs: TickRuns): void {
    const { startGfn, frames } = this.#activity;
    while (!this.#pending.done) {
      const { tick, repetition, runs: source } = this.#pending.value;
      if (this.#part.timeOf(tick.timeNs, repetition) > toNs) return;
      // Pages that were there already when the recording began were not written then; and what lies beyond the region
      // has no place in it.
      if (tick.startNs !== null) {
        source.forEach((start, count) => {
          if (start < frames) runs.add(startGfn + start, Math.min(count, frames - start));
        });
      }
      this.#pending = this.#rows.next();
    }
  }
}

/** A VM that is made up. */
export class SyntheticVm implements VmSource {
  readonly population: Population | undefined;
  readonly #plan: SyntheticVmPlan;
  readonly #running: readonly RunningActivity[];
  readonly #runs = new TickRuns();
  #tick = 0;
  #hasPresent: boolean;

  constructor(plan: SyntheticVmPlan, out: SynthOutput) {
    this.#plan = plan;
    const frames = divFloor(plan.vm.guest_bytes!, pageBytes);
    const order = folioOrders[plan.vm.folio];
    const { populated } = plan.vm;
    this.population = populated === "on-write" ? new Population(out, plan.vmIndex, { order, frames }) : undefined;
    if (populated === "at-start") populateRun(out, plan.vmIndex, { timeNs: 0, startGfn: 0, frames, order });
    this.#running = plan.activities.map((activity) => ({ activity, runner: this.#createRunner(activity) }));
    this.#hasPresent = plan.vm.present !== undefined;
  }

  #createRunner(activity: Activity): WorkloadRunner {
    const { workload, part, startGfn, frames, fromNs, toNs } = activity;
    if (workload.kind === "trace") return new TraceOverlay(activity, workload, this.#plan.resolvePath(workload.path));
    const seed = seedOf(this.#plan.seed, part);
    const name = workload.kind === "database-checkpoint" ? workload.device : undefined;
    const device = this.#plan.devices.find((other) => other.name === name);
    return createWorkload(workload, {
      random: new Random(seed),
      seed,
      startGfn,
      frames,
      fromNs,
      lengthNs: toNs - fromNs,
      release: (start, count) => this.population?.release(start, count),
      submit: (request) => device?.submit(request),
    });
  }

  get nextNs(): number {
    if (this.#hasPresent) return 0;
    const { tickNs, durationNs } = this.#plan;
    if (this.#tick * tickNs >= durationNs) return Number.POSITIVE_INFINITY;
    return Math.min(durationNs, (this.#tick + 1) * tickNs);
  }

  step(out: SynthOutput): void {
    const timeNs = this.nextNs;
    this.#runs.clear();
    this.population?.begin(timeNs);
    const startNs = this.#hasPresent ? null : this.#tick * this.#plan.tickNs;
    if (startNs === null) {
      const frames = Math.min(this.#plan.vm.present!, this.#plan.vm.guest_bytes!) / pageBytes;
      this.#runs.add(0, Math.ceil(frames));
      this.#hasPresent = false;
    } else {
      this.#write(startNs, timeNs);
      this.#tick++;
    }
    out.tick(this.#plan.vmIndex, { timeNs, startNs, scanNs: null }, this.#runs, this.population?.touch);
  }

  #write(startNs: number, endNs: number): void {
    for (const device of this.#plan.devices) device.run(endNs, this.#runs);
    for (const { activity, runner } of this.#running) {
      const fromNs = Math.max(startNs, activity.fromNs);
      const toNs = Math.min(endNs, activity.toNs);
      if (fromNs < toNs) runner.write(fromNs - activity.fromNs, toNs - activity.fromNs, this.#runs);
    }
  }
}

/** A VM of a trace that exists, with its own ticks. */
export class ReplayedVm implements VmSource {
  readonly #part: TracePart;
  readonly #vmIndex: number;
  readonly #rows: ReturnType<TracePart["writes"]>;
  #pending: ReturnType<ReturnType<TracePart["writes"]>["next"]>;

  constructor(part: TracePart, vmIndex: number) {
    this.#part = part;
    this.#vmIndex = vmIndex;
    this.#rows = part.writes();
    this.#pending = this.#advance();
  }

  /** Pages that were there when the recording began are so once: in a repetition there was a reading before. */
  #advance(): ReturnType<ReturnType<TracePart["writes"]>["next"]> {
    let next = this.#rows.next();
    while (!next.done && next.value.repetition > 0 && next.value.tick.startNs === null) next = this.#rows.next();
    return next;
  }

  get nextNs(): number {
    if (this.#pending.done) return Number.POSITIVE_INFINITY;
    const { tick, repetition } = this.#pending.value;
    return this.#part.timeOf(tick.timeNs, repetition);
  }

  step(out: SynthOutput): void {
    if (this.#pending.done) return;
    const { tick, repetition, runs } = this.#pending.value;
    const startNs =
      tick.startNs === null ? null : this.#part.timeOf(Math.max(tick.startNs, this.#part.cutFromNs), repetition);
    out.tick(this.#vmIndex, { timeNs: this.nextNs, startNs, scanNs: tick.scanNs }, runs);
    this.#pending = this.#advance();
  }
}
