import type { ClockSample, Moment, Side, Source } from "../formats/evidence.ts";
import type { KernelLog, Stable } from "../formats/kernel-log.ts";
import { type Bounds, both, exactly } from "./bounds.ts";
import type { ClockId } from "./timeline.ts";

/** Whose time a point counts in: a kernel's own since its clock began, or the timeline's. */
export type AxisId = Side | "timeline";

/** A moment on one axis. */
export interface Point extends Bounds {
  readonly axis: AxisId;
  /** As the clock said it: only this tells how two moments of one clock lie to each other. */
  readonly readNs: number;
  readonly clock: ClockId;
  readonly source: Source;
}

export function timelinePoint(bounds: Bounds, { clock, source }: { clock: ClockId; source: Source }): Point {
  return { ...bounds, axis: "timeline", readNs: bounds.lowNs, clock, source };
}

/** How printk's clock lies to the others, from a moment on. */
interface Join {
  readonly ns: number;
  readonly offsetNs: number;
  readonly excessNs: number;
}

function joinByLog({ at, offsetNs, excessNs }: Stable): Join {
  return { ns: at.ns, offsetNs, excessNs };
}

/** From a sample of the recorder: its message behind it, or, where that is lost, as if printk's clock were `local`. */
function joinBySample(log: KernelLog | undefined, samples: readonly ClockSample[]): Join | undefined {
  const sample = samples.find(({ localNs }) => localNs !== undefined) ?? samples[0];
  if (!sample) return undefined;
  const monoNs = (sample.monoLowNs + sample.monoHighNs) / 2;
  const message = log?.samples[0];
  const printkNs = message?.ns ?? sample.localNs;
  if (printkNs === undefined) return undefined;
  const excessNs = sample.localNs === undefined ? 0 : printkNs - sample.localNs;
  return { ns: printkNs, offsetNs: Math.round(printkNs - monoNs), excessNs: Math.round(excessNs) };
}

/**
 * The time of one kernel, from the start of its printk's clock, by the TSC.
 *
 * printk's clock reads the TSC at first. From sched_clock_init() on it follows the timekeeper, which counts jiffies while
 * it boots and runs ahead or behind, until it is marked stable: that message says how far off it has come, and what it
 * is against CLOCK_MONOTONIC from then on. Between the two, a moment is known within that error, if it grew one way.
 *
 * Source   linux-7.3 kernel/sched/clock.c sched_clock_init(), __set_sched_clock_stable(); init/main.c start_kernel()
 */
export class KernelAxis {
  readonly side: Side;
  /** From where to where printk's clock is not steady, by itself. */
  readonly unsteadyFromNs: number;
  readonly unsteadyToNs: number;
  readonly excessNs: number;
  /** printk's clock less CLOCK_MONOTONIC; undefined: not known. */
  readonly offsetNs: number | undefined;

  constructor(side: Side, log: KernelLog | undefined, samples: readonly ClockSample[] = []) {
    this.side = side;
    const join = (log?.stable && joinByLog(log.stable)) ?? joinBySample(log, samples);
    const fromNs = log?.unsteady?.ns ?? 0;
    // An excess that would turn time back is no clock's.
    const isPossible = join !== undefined && fromNs <= join.ns && join.ns - join.excessNs >= fromNs;
    this.excessNs = isPossible ? join.excessNs : 0;
    this.unsteadyFromNs = isPossible ? fromNs : 0;
    this.unsteadyToNs = isPossible ? join.ns : 0;
    // Without any message, CLOCK_MONOTONIC is all that counts.
    this.offsetNs = join?.offsetNs ?? (log ? undefined : 0);
  }

  #onAxis(readNs: number): Bounds {
    if (readNs <= this.unsteadyFromNs) return exactly(readNs);
    if (readNs >= this.unsteadyToNs) return exactly(readNs - this.excessNs);
    const lowNs = Math.max(this.unsteadyFromNs, readNs - Math.max(this.excessNs, 0));
    const highNs = Math.min(this.unsteadyToNs - this.excessNs, readNs - Math.min(this.excessNs, 0));
    return { lowNs: Math.min(lowNs, highNs), highNs: Math.max(lowNs, highNs) };
  }

  printk({ ns, source }: Moment): Point {
    return { ...this.#onAxis(ns), axis: this.side, readNs: ns, clock: `${this.side}-printk`, source };
  }

  /** Undefined where the log does not say how CLOCK_MONOTONIC lies to printk's. */
  monotonic({ ns, source }: Moment): Point | undefined {
    if (this.offsetNs === undefined) return undefined;
    const readNs = ns + this.offsetNs;
    return { ...this.#onAxis(readNs), axis: this.side, readNs, clock: `${this.side}-monotonic`, source };
  }

  /** The tracer's clock `local`: it reads the TSC from the same moment on, and never follows the timekeeper. */
  local({ ns, source }: Moment): Point {
    const readNs = ns <= this.unsteadyFromNs ? ns : Math.max(this.unsteadyFromNs, ns + this.excessNs);
    return { ...exactly(ns), axis: this.side, readNs, clock: "trace", source };
  }

  /** Length between two points of this axis. */
  length(start: Point, end: Point): Bounds {
    const byAxis = {
      lowNs: Math.max(0, end.lowNs - start.highNs),
      highNs: Math.max(0, end.highNs - start.lowNs),
    };
    // An end that is open says only when it was not yet there.
    if (!Number.isFinite(end.highNs)) return byAxis;
    const readNs = end.readNs - start.readNs;
    const steady = {
      lowNs: Math.max(0, readNs - Math.max(this.excessNs, 0)),
      highNs: Math.max(0, readNs - Math.min(this.excessNs, 0)),
    };
    return both(byAxis, steady);
  }
}
