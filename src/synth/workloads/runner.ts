import type { Random } from "../random.ts";
import type { TickRuns } from "../tick-runs.ts";

/** A request that a workload gives to a device of its VM; times are the trace's. */
export interface WorkloadRequest {
  readonly submitNs: number;
  readonly bytes: number;
  readonly direction: "write" | "flush";
  readonly offsetBytes: number | null;
  /** Frames that the device reads the data from. */
  readonly startGfn: number;
  readonly frames: number;
}

/** What a workload has at hand. */
export interface WorkloadContext {
  readonly random: Random;
  /** For what must not change with the order of draws, such as where ranks lie. */
  readonly seed: number;
  readonly startGfn: number;
  readonly frames: number;
  /** Where the activity begins on the trace's clock. */
  readonly fromNs: number;
  readonly lengthNs: number;
  /** Gives frames back to the host: what is written there again is populated again. */
  release(startGfn: number, frames: number): void;
  /** Hands a request to the workload's device, if it has one. */
  submit(request: WorkloadRequest): void;
}

/** One activity at work; times count from its begin. */
export interface WorkloadRunner {
  /** Adds what is written in (fromNs, toNs], which lies in one tick. */
  write(fromNs: number, toNs: number, runs: TickRuns): void;
}

/** Whole events at a steady rate: what is left of one tick goes into the next. */
export class Pace {
  readonly #perNs: number;
  #given = 0;

  constructor(perSecond: number) {
    this.#perNs = perSecond / 1e9;
  }

  /** Events since the last call, up to this moment. */
  take(untilNs: number): number {
    // A rate such as 0.1 is a little less in binary; the event belongs to the tick all the same.
    const due = Math.floor(untilNs * this.#perNs + 1e-6);
    const events = Math.max(0, due - this.#given);
    this.#given += events;
    return events;
  }
}
