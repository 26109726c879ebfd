import { InterruptedError } from "../base/index.ts";
import type { Evaluator } from "./evaluate.ts";
import { indexesOf, type Shard } from "./shards.ts";

/** Answers of a shard, as they go from whoever computes to whoever writes. */
export interface ShardAnswer {
  readonly name: string;
  /** One line of JSON a run. */
  readonly lines: string;
  readonly runCount: number;
  readonly refusedCount: number;
  readonly failedCount: number;
}

/** Answers the runs of a shard; the same shard gives the same lines. */
export function answerShard(evaluator: Evaluator, { name, ranges }: Shard, signal?: AbortSignal): ShardAnswer {
  const lines: string[] = [];
  const counts = { done: 0, refused: 0, failed: 0 };
  for (const index of indexesOf(ranges)) {
    if (signal?.aborted === true) throw new InterruptedError();
    const row = evaluator.evaluate(index);
    counts[row.status]++;
    lines.push(`${JSON.stringify(row)}\n`);
  }
  return {
    name,
    lines: lines.join(""),
    runCount: lines.length,
    refusedCount: counts.refused,
    failedCount: counts.failed,
  };
}
