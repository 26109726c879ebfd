/** How long a host's turn takes, at one end of the constants' ranges. */
export type TurnNs = (host: number) => number;

/** When what happens, in ns from the start of the rollout. */
export interface Timeline {
  /** By host; NaN where it has no turn. */
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** By batch. */
  readonly batchStartNs: Float64Array;
  readonly batchEndNs: Float64Array;
}

/** The moments at which running turns end, the earliest on top. */
class EndQueue {
  readonly #ends: number[] = [];

  get length(): number {
    return this.#ends.length;
  }

  push(endNs: number): void {
    const ends = this.#ends;
    let at = ends.push(endNs) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (ends[parent]! <= endNs) break;
      ends[at] = ends[parent]!;
      at = parent;
    }
    ends[at] = endNs;
  }

  pop(): number {
    const ends = this.#ends;
    const first = ends[0]!;
    const last = ends.pop()!;
    if (ends.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= ends.length) break;
      if (child + 1 < ends.length && ends[child + 1]! < ends[child]!) child++;
      if (ends[child]! >= last) break;
      ends[at] = ends[child]!;
      at = child;
    }
    ends[at] = last;
    return first;
  }
}

export interface RolloutShape {
  readonly hostCount: number;
  /** Hosts with a turn, by batch, in their order. */
  readonly batches: readonly (readonly number[])[];
  readonly concurrency: number;
  readonly batchWaitNs: number;
}

/**
 * The rollout as events: within a batch the next host begins when one of those that run ends; a batch begins when the one
 * before has ended and waited.
 */
export function runTimeline({ hostCount, batches, concurrency, batchWaitNs }: RolloutShape, turnNs: TurnNs): Timeline {
  const startNs = new Float64Array(hostCount).fill(Number.NaN);
  const endNs = new Float64Array(hostCount).fill(Number.NaN);
  const batchStartNs = new Float64Array(batches.length);
  const batchEndNs = new Float64Array(batches.length);
  let nowNs = 0;
  for (const [index, hosts] of batches.entries()) {
    batchStartNs[index] = nowNs;
    const running = new EndQueue();
    for (const host of hosts) {
      if (running.length === concurrency) nowNs = running.pop();
      startNs[host] = nowNs;
      endNs[host] = nowNs + turnNs(host);
      running.push(endNs[host]);
    }
    while (running.length > 0) nowNs = running.pop();
    nowNs += batchWaitNs;
    batchEndNs[index] = nowNs;
  }
  return { startNs, endNs, batchStartNs, batchEndNs };
}
