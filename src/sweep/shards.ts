import { ParquetParts } from "../analysis/index.ts";
import { type RunList, sha256Of } from "../plan/index.ts";
import { join } from "node:path";

import { partsFolder } from "./folder.ts";

/** Runs `from` to `to` - 1. */
export type RunRange = readonly [from: number, to: number];

/** Runs that are answered together and make one part. */
export interface Shard {
  /** Follows from the runs' names: the same runs are the same part, whoever makes it. */
  readonly name: string;
  readonly ranges: readonly RunRange[];
  readonly runCount: number;
}

/** Most runs of a shard: what is lost when a worker dies, and at most what a queue's lock must outlast. */
export const maxShardRuns = 1000;

/** Shards a worker: enough that none waits long for the last. */
const shardsPerWorker = 8;
const leastShardRuns = 25;

export function chooseShardRuns(runCount: number, workers: number): number {
  const even = Math.ceil(runCount / (workers * shardsPerWorker));
  return Math.min(maxShardRuns, Math.max(leastShardRuns, even));
}

/** Which runs of a sweep there are. */
export interface FoundRuns {
  /** Numbers of those that no part has; of runs with one name the first. */
  readonly missing: readonly number[];
  readonly keptCount: number;
}

/** Where and how runs are looked for. */
export interface RunSearch {
  readonly from: number;
  readonly to: number;
  /**
   * What a run counts for that failed: it was the machine's fault or a defect, so another go at the sweep tries it again.
   * What was refused is refused for ever.
   */
  readonly failed: "count" | "try-again";
}

/** Looks for runs in the parts that are there. */
export async function findRuns(folder: string, runs: RunList, { from, to, failed }: RunSearch): Promise<FoundRuns> {
  const parts = await ParquetParts.open();
  try {
    const except = failed === "count" ? undefined : { column: "status", is: "failed" };
    const known = new Set(await parts.readTexts(join(folder, partsFolder), "run_id", except));
    const fresh = new Set<string>();
    const missing: number[] = [];
    let keptCount = 0;
    for (let index = from; index < to; index++) {
      const id = runs.idOf(index);
      if (known.has(id)) keptCount++;
      else if (!fresh.has(id)) missing.push(index);
      fresh.add(id);
    }
    return { missing, keptCount };
  } finally {
    parts.close();
  }
}

function toRanges(indexes: readonly number[]): RunRange[] {
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last && last[1] === index) last[1] = index + 1;
    else ranges.push([index, index + 1]);
  }
  return ranges;
}

export function nameShard(runs: RunList, ranges: readonly RunRange[]): string {
  return sha256Of(
    indexesOf(ranges)
      .map((index) => runs.idOf(index))
      .join(" "),
  ).slice(0, 24);
}

export function indexesOf(ranges: readonly RunRange[]): number[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, offset) => from + offset));
}

/** Missing runs, in their order, as shards. */
export function cutShards(runs: RunList, missing: readonly number[], shardRuns: number): Shard[] {
  const shards: Shard[] = [];
  for (let at = 0; at < missing.length; at += shardRuns) {
    const ranges = toRanges(missing.slice(at, at + shardRuns));
    shards.push({ name: nameShard(runs, ranges), ranges, runCount: Math.min(shardRuns, missing.length - at) });
  }
  return shards;
}
