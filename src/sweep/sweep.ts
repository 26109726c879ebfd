import { join } from "node:path";

import { ParquetParts } from "../analysis/index.ts";
import type { RunList } from "../plan/index.ts";
import type { ShardAnswer } from "./answer.ts";
import { partsFolder } from "./folder.ts";
import { runColumns } from "./row.ts";
import { chooseShardRuns, cutShards, findRuns, type Shard } from "./shards.ts";
import { answerOnThreads } from "./threads.ts";

/** How far a sweep is. */
export interface SweepProgress {
  readonly doneCount: number;
  readonly missingCount: number;
}

/** What one go at a sweep did. */
export interface SweepOutcome {
  /** Runs that were there before. */
  readonly keptCount: number;
  readonly newCount: number;
  /** Of the new ones. */
  readonly refusedCount: number;
  readonly failedCount: number;
}

/** Runs shards somewhere: on threads of this process, or through a queue. */
export interface ShardJob {
  readonly folder: string;
  readonly runs: RunList;
  readonly shards: readonly Shard[];
  readonly workers: number;
  readonly onAnswer: (answer: Omit<ShardAnswer, "lines">) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Answers shards on threads of this process and writes each as a part. */
export async function runOnThreads({ folder, shards, workers, onAnswer, signal }: ShardJob): Promise<void> {
  const parts = await ParquetParts.open();
  try {
    const write = async ({ lines, ...counts }: ShardAnswer): Promise<void> => {
      await parts.write(partPath(folder, counts.name), runColumns, lines);
      onAnswer(counts);
    };
    await answerOnThreads({ folder, shards, workers, onAnswer: write, signal });
  } finally {
    parts.close();
  }
}

export function partPath(folder: string, shardName: string): string {
  return join(folder, partsFolder, `run-${shardName}.parquet`);
}

export interface SweepOptions {
  readonly folder: string;
  readonly runs: RunList;
  readonly workers: number;
  /** Runs of a shard; without it as many as suit the workers. */
  readonly shardRuns?: number | undefined;
  /** Numbers of the runs that are this process' part of the sweep; without it all. */
  readonly block?: { readonly from: number; readonly to: number };
  readonly engine?: (job: ShardJob) => Promise<void>;
  readonly progress?: (progress: SweepProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Makes the runs of a sweep that no part has yet. The folder must be the sweep's. */
export async function runSweep(options: SweepOptions): Promise<SweepOutcome> {
  const { folder, runs, workers, signal, engine = runOnThreads } = options;
  const block = options.block ?? { from: 0, to: runs.count };
  const { missing, keptCount } = await findRuns(folder, runs, { ...block, failed: "try-again" });
  const shards = cutShards(runs, missing, options.shardRuns ?? chooseShardRuns(missing.length, workers));
  const counts = { done: 0, refused: 0, failed: 0 };
  const onAnswer = ({ runCount, refusedCount, failedCount }: Omit<ShardAnswer, "lines">): void => {
    counts.done += runCount;
    counts.refused += refusedCount;
    counts.failed += failedCount;
    options.progress?.({ doneCount: counts.done, missingCount: missing.length });
  };
  if (shards.length > 0) await engine({ folder, runs, shards, workers, onAnswer, signal });
  return {
    keptCount,
    newCount: counts.done,
    refusedCount: counts.refused,
    failedCount: counts.failed,
  };
}

/** The runs of block `index` of `of`: as many as of every other, but for one. */
export function blockOf(runs: RunList, index: number, of: number): { from: number; to: number } {
  return { from: Math.floor((runs.count * index) / of), to: Math.floor((runs.count * (index + 1)) / of) };
}
