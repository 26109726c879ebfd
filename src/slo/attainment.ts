import type { Slo } from "./slo.ts";

/** Lengths of pauses and how many VMs have each: a struct of arrays, in any order. */
export interface Pauses {
  readonly pauseNs: ArrayLike<number>;
  /** At least 0, not always whole: what a sample stands for may be a fraction. */
  readonly vmCount: ArrayLike<number>;
}

/** The same, ready to be asked: shortest first, with the VMs counted up. */
export interface SortedPauses {
  readonly pauseNs: Float64Array;
  /** VMs of this pause and of all shorter ones. */
  readonly cumulativeCount: Float64Array;
  /** All VMs: the last of these sums, so that shares of the whole are exactly 1. */
  readonly vmCount: number;
}

export function sortPauses({ pauseNs, vmCount }: Pauses): SortedPauses {
  const order = Uint32Array.from({ length: pauseNs.length }, (_, index) => index)
    .filter((index) => vmCount[index]! > 0)
    .sort((left, right) => pauseNs[left]! - pauseNs[right]!);
  const sorted = Float64Array.from(order, (index) => pauseNs[index]!);
  const cumulativeCount = new Float64Array(order.length);
  let sum = 0;
  for (const [place, index] of order.entries()) cumulativeCount[place] = sum += vmCount[index]!;
  return { pauseNs: sorted, cumulativeCount, vmCount: sum };
}

/** The first place at which something holds that goes on to hold; `count` if there is none. */
function firstPlace(count: number, holds: (place: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Share of the VMs whose pause is no longer than that: 1 where there is no VM. */
export function ratioWithin({ pauseNs, cumulativeCount, vmCount }: SortedPauses, limitNs: number): number {
  if (vmCount === 0) return 1;
  const within = firstPlace(pauseNs.length, (place) => pauseNs[place]! > limitNs);
  return within === 0 ? 0 : cumulativeCount[within - 1]! / vmCount;
}

/** The shortest pause such that at least this share of the VMs (0 to 1) has it or a shorter one: 0 where there is no VM. */
export function pauseQuantile({ pauseNs, cumulativeCount, vmCount }: SortedPauses, vmRatio: number): number {
  const place = firstPlace(pauseNs.length, (each) => cumulativeCount[each]! / vmCount >= vmRatio);
  return pauseNs[Math.min(place, pauseNs.length - 1)] ?? 0;
}

/** How a promise stands. */
export interface Attainment {
  /** Share of the VMs that stand still for no longer than promised. */
  readonly attainedRatio: number;
  readonly holds: boolean;
  /** The shortest limit that would hold. */
  readonly neededNs: number;
  readonly longestNs: number;
}

/** Judges a promise; without VMs it holds. */
export function attain(pauses: SortedPauses, { pauseNs, vmRatio }: Pick<Slo, "pauseNs" | "vmRatio">): Attainment {
  const attainedRatio = ratioWithin(pauses, pauseNs);
  return {
    attainedRatio,
    holds: attainedRatio >= vmRatio,
    neededNs: pauseQuantile(pauses, vmRatio),
    longestNs: pauses.pauseNs.at(-1) ?? 0,
  };
}
