import type { UniformStream } from "./draws.ts";

/** How an estimate's interval is found. */
export interface BootstrapOptions {
  readonly seed: number;
  /** Times that the samples are drawn anew. */
  readonly replicateCount?: number;
}

/** Assumed: the ends of a 95 % interval then rest on 12 replicates each. */
export const defaultReplicateCount = 500;

/** A 95 % interval: shares of the replicates below its ends. */
const intervalShares = [0.025, 0.975] as const;

/** How often each of `counts.length` samples comes when as many are drawn with return; by replicate, so that more keep the earlier. */
export function drawCounts(stream: UniformStream, replicate: number, counts: Uint32Array): void {
  const sampleCount = counts.length;
  counts.fill(0);
  for (let draw = 0; draw < sampleCount; draw++) {
    const chosen = stream.integerAt(replicate * sampleCount + draw, sampleCount);
    counts[chosen] = counts[chosen]! + 1;
  }
}

/** Straight between the two values that are nearest (type 7 of Hyndman and Fan, The American Statistician 50, 1996). */
export function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  const part = place - below;
  const span = sorted[above]! - sorted[below]!;
  // Values at both ends of the range of numbers are further apart than a number holds.
  return span < Infinity ? sorted[below]! + part * span : sorted[below]! * (1 - part) + sorted[above]! * part;
}

/** The percentile interval of an estimate's replicates; NaN without any. */
export function percentileInterval(replicates: Float64Array): { readonly low: number; readonly high: number } {
  if (replicates.length === 0) return { low: NaN, high: NaN };
  const sorted = replicates.toSorted();
  return { low: percentile(sorted, intervalShares[0]), high: percentile(sorted, intervalShares[1]) };
}
