import { z } from "zod";

import type { RunList } from "../plan/index.ts";
import { nameShard, type RunRange, type Shard } from "./shards.ts";

// What goes through a queue. Whoever can write to it can say anything, so a worker holds every message against the plan in
// its own folder, and takes nothing from it but numbers of runs.

/** Most runs of a shard in a queue: its name is recomputed in one go, between two renewals of a lock. */
export const maxQueuedRuns = 10_000;

export interface ShardPayload {
  readonly sweep: string;
  readonly name: string;
  readonly ranges: readonly RunRange[];
  readonly runCount: number;
}

const runNumber = z.int().min(0);
const payloadShape: z.ZodType<ShardPayload> = z.strictObject({
  sweep: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().regex(/^[0-9a-f]{24}$/),
  ranges: z.array(z.tuple([runNumber, runNumber])).min(1),
  runCount: z.int().min(1).max(maxQueuedRuns),
});

/** A message that is no shard of the sweep, and why. */
export class RefusedPayload extends Error {
  override readonly name = "RefusedPayload";

  constructor(reason: string) {
    super(`refused: ${reason}`);
  }
}

/** A queue for each sweep: its name follows from the plan alone. */
export function queueNameOf(sweepSha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sweepSha256)) throw new RefusedPayload("no hash of a sweep");
  return `sweep-${sweepSha256}`;
}

/** All keys of a sweep's queue begin with this. */
export const queuePrefix = "luoscope";

/** Adding a shard again does nothing while the queue has it: its name is the message's. */
export function jobIdOf(shardName: string): string {
  return `run-${shardName}`;
}

export function toPayload(sweepSha256: string, { name, ranges, runCount }: Shard): ShardPayload {
  return { sweep: sweepSha256, name, ranges, runCount };
}

function checkRanges({ ranges, runCount }: ShardPayload, planRunCount: number): void {
  let end = 0;
  let sum = 0;
  for (const [from, to] of ranges) {
    if (from < end || to <= from) throw new RefusedPayload("ranges: not ascending");
    if (to > planRunCount) throw new RefusedPayload(`ranges: the plan has ${planRunCount} runs`);
    sum += to - from;
    end = to;
  }
  if (sum !== runCount) throw new RefusedPayload(`runCount: ${runCount}, and the ranges hold ${sum}`);
}

/**
 * Takes a message as a shard of the sweep in a worker's own folder.
 *
 * Errors   RefusedPayload, with what is wrong
 */
export function parsePayload(
  data: unknown,
  { sweepSha256, runs, jobId }: { readonly sweepSha256: string; readonly runs: RunList; readonly jobId: string },
): Shard {
  // Before its items are looked at one by one.
  const ranges = (data as { ranges?: unknown } | null)?.ranges;
  if (Array.isArray(ranges) && ranges.length > maxQueuedRuns) {
    throw new RefusedPayload(`ranges: ${ranges.length}, and at most ${maxQueuedRuns} are taken`);
  }
  const result = payloadShape.safeParse(data);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new RefusedPayload(`${issue!.path.join(".") || "message"}: ${issue!.message}`);
  }
  const payload = result.data;
  if (payload.sweep !== sweepSha256) throw new RefusedPayload("sweep: another plan than that of this worker's folder");
  if (jobId !== jobIdOf(payload.name)) throw new RefusedPayload("name: not that of the message");
  checkRanges(payload, runs.count);
  if (payload.name !== nameShard(runs, payload.ranges)) throw new RefusedPayload("name: not that of its runs");
  return { name: payload.name, ranges: payload.ranges, runCount: payload.runCount };
}
