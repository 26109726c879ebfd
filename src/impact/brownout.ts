import { type FaultScaling, faultSpeed } from "./fault-scaling.ts";

/** First touches of a guest after its resume, tick by tick of its own clock: a struct of arrays. */
export interface TickFaults {
  /** Ends of the ticks, counted from where the guest stopped. */
  readonly endNs: readonly number[];
  readonly faultCount: readonly number[];
}

export interface BrownoutConfig {
  /** One fault of one vCPU. */
  readonly faultNs: number;
  readonly vcpuCount: number;
  readonly scaling: FaultScaling;
}

/** How a guest gets up to speed again: one entry a tick. Times count from its resume, on the host's clock. */
export interface BrownoutTick {
  readonly startNs: number;
  readonly endNs: number;
  readonly faultCount: number;
  /** Of these, spent in faults: the guest gets this much less done. */
  readonly lostNs: number;
}

/**
 * Lays out a guest's ticks after its resume: each takes as long as it did, and what its first touches cost on top.
 *
 * The order of the touches is the trace's, and a tick's faults are taken by all vCPUs together.
 */
export function layBrownout({ endNs, faultCount }: TickFaults, config: BrownoutConfig): BrownoutTick[] {
  const perFaultNs = config.faultNs / faultSpeed(config.scaling, config.vcpuCount, config.faultNs);
  let guestNs = 0;
  let hostNs = 0;
  return endNs.map((tickEndNs, index) => {
    const startNs = hostNs;
    const lostNs = Math.round(faultCount[index]! * perFaultNs);
    hostNs += tickEndNs - guestNs + lostNs;
    guestNs = tickEndNs;
    return { startNs, endNs: hostNs, faultCount: faultCount[index]!, lostNs };
  });
}

/** A guest that gets this share of its work done counts as fast again. */
export const fullSpeedRatio = 0.99;

/** What a brownout comes to. */
export interface BrownoutSum {
  readonly faultCount: number;
  /** Time that the guest spends in faults. */
  readonly lostNs: number;
  /** From resume to the end of the last tick in which the guest was slower than `fullSpeedRatio`. */
  readonly fullSpeedNs: number;
}

/**
 * The sum of a curve that is not laid out: ticks `from` … of a trace, with a guest that stopped at `stopNs`.
 *
 * Cost   a few additions a tick, nothing allocated but the answer
 */
export function sumBrownout(
  tickEndNs: Float64Array,
  faultCount: Uint32Array,
  { from, stopNs }: { readonly from: number; readonly stopNs: number },
  config: BrownoutConfig,
): BrownoutSum {
  const perFaultNs = config.faultNs / faultSpeed(config.scaling, config.vcpuCount, config.faultNs);
  let faults = 0;
  let lost = 0;
  let fullSpeedNs = 0;
  let previousNs = stopNs;
  for (let tick = from; tick < tickEndNs.length; tick++) {
    const endNs = tickEndNs[tick]!;
    const tickLostNs = Math.round(faultCount[tick]! * perFaultNs);
    faults += faultCount[tick]!;
    lost += tickLostNs;
    if (isSlow(tickLostNs, endNs - previousNs + tickLostNs)) fullSpeedNs = endNs - stopNs + lost;
    previousNs = endNs;
  }
  return { faultCount: faults, lostNs: lost, fullSpeedNs };
}

function isSlow(lostNs: number, tickNs: number): boolean {
  return lostNs > (1 - fullSpeedRatio) * tickNs;
}

/** From resume to the end of the last tick in which the guest was slower than that; 0 if it never was. */
export function timeToFullSpeed(ticks: readonly BrownoutTick[]): number {
  const slow = ticks.findLast(({ startNs, endNs, lostNs }) => isSlow(lostNs, endNs - startNs));
  return slow?.endNs ?? 0;
}
