import { existsSync } from "node:fs";

import type { Job, Worker } from "bullmq";
import type { Redis } from "ioredis";

import { displayText, ParquetParts } from "../analysis/index.ts";
import type { RunList } from "../plan/index.ts";
import type { ShardAnswer } from "./answer.ts";
import { listRuns, readSweep, sweepSha256 } from "./folder.ts";
import { parsePayload, queueNameOf, queuePrefix, RefusedPayload } from "./queue-payload.ts";
import { keptFailures, maxStalledCount, type QueueTimes, queueTimes } from "./queue-settings.ts";
import type { RedisAddress } from "./redis-address.ts";
import { openRedis } from "./redis-client.ts";
import { runColumns } from "./row.ts";
import type { Shard } from "./shards.ts";
import { partPath } from "./sweep.ts";
import { ShardThread } from "./threads.ts";

const lookEveryMs = 200;

/** With all shards written, a server that is away is waited for so long. */
const farewellMs = 3000;

/** How soon a worker asks again after a server that failed. */
const askAgainMs = 1000;

export interface WorkerOptions {
  readonly folder: string;
  readonly address: RedisAddress;
  /** Shards that are answered at the same time, on a thread each. */
  readonly threads: number;
  /** Ends after so long without a shard; without it never. */
  readonly idleMs?: number | undefined;
  readonly times?: QueueTimes;
  /** Aborted: the shards at hand are answered, and no others. */
  readonly stop: AbortSignal;
  readonly onWarning: (text: string) => void;
}

/** What one worker did. */
export interface WorkerOutcome {
  readonly shardCount: number;
  /** Shards whose part was there already. */
  readonly skippedCount: number;
  readonly runCount: number;
  /** Messages that were no shard of this sweep. */
  readonly refusedMessageCount: number;
  /** Shards that could not be answered or written. */
  readonly failedShardCount: number;
}

/** What a worker says of a shard: numbers only. */
type ShardCounts = Omit<ShardAnswer, "lines"> & { readonly isSkipped: boolean };

/** Answers shards on threads of their own, so that the event loop is free to renew locks. */
class ShardServer {
  readonly #folder: string;
  readonly #runs: RunList;
  readonly #sweepSha256: string;
  readonly #parts: ParquetParts;
  readonly #idle: ShardThread[] = [];
  readonly #onWarning: (text: string) => void;
  readonly counts = { shardCount: 0, skippedCount: 0, runCount: 0, refusedMessageCount: 0, failedShardCount: 0 };
  activeCount = 0;
  lastBusyMs: number = performance.now();

  constructor(options: WorkerOptions, runs: RunList, { sha256, parts }: { sha256: string; parts: ParquetParts }) {
    this.#folder = options.folder;
    this.#onWarning = options.onWarning;
    this.#runs = runs;
    this.#sweepSha256 = sha256;
    this.#parts = parts;
  }

  async serve(job: Job): Promise<ShardCounts> {
    this.activeCount++;
    try {
      const shard = this.#parse(job);
      const counts = await this.#answer(shard);
      this.counts.shardCount++;
      if (counts.isSkipped) this.counts.skippedCount++;
      else this.counts.runCount += counts.runCount;
      return counts;
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof RefusedPayload) this.counts.refusedMessageCount++;
      else this.counts.failedShardCount++;
      this.#onWarning(`message ${displayText(job.id ?? "", 60)}: ${displayText(message, 300)}`);
      if (!(error instanceof RefusedPayload)) throw error;
      const { UnrecoverableError } = await import("bullmq");
      throw new UnrecoverableError(message);
    } finally {
      this.activeCount--;
      this.lastBusyMs = performance.now();
    }
  }

  #parse(job: Job): Shard {
    return parsePayload(job.data, { sweepSha256: this.#sweepSha256, runs: this.#runs, jobId: job.id ?? "" });
  }

  async #answer(shard: Shard): Promise<ShardCounts> {
    // The name is hexadecimal digits that were computed here.
    const target = partPath(this.#folder, shard.name);
    const { name, runCount } = shard;
    if (existsSync(target)) return { name, runCount, refusedCount: 0, failedCount: 0, isSkipped: true };
    const thread = this.#idle.pop() ?? new ShardThread(this.#folder);
    let answer: ShardAnswer;
    try {
      answer = await thread.answer(shard);
    } catch (error) {
      await thread.end();
      throw error;
    }
    this.#idle.push(thread);
    const { lines, ...counts } = answer;
    await this.#parts.write(target, runColumns, lines);
    return { ...counts, isSkipped: false };
  }

  async end(): Promise<void> {
    await Promise.all(this.#idle.map((thread) => thread.end()));
  }
}

function createWorker(Kind: typeof Worker, server: ShardServer, { name, options, redis }: WorkerParts): Worker {
  const { lockDurationMs, stalledIntervalMs } = options.times ?? queueTimes;
  const worker = new Kind(name, (job: Job) => server.serve(job), {
    connection: redis,
    prefix: queuePrefix,
    concurrency: options.threads,
    lockDuration: lockDurationMs,
    stalledInterval: stalledIntervalMs,
    maxStalledCount,
    runRetryDelay: askAgainMs,
    drainDelay: 1,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: keptFailures },
    skipVersionCheck: true,
  });
  worker.on("error", (error) => {
    // The connection says itself when the server is away.
    if (/lock|Missing/.test(error.message)) options.onWarning(`queue: ${displayText(error.message, 200)}`);
  });
  return worker;
}

interface WorkerParts {
  readonly name: string;
  readonly options: WorkerOptions;
  readonly redis: Redis;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Until it is told to stop, or nothing came for long enough. */
async function waitUntilStop(server: ShardServer, { stop, idleMs }: WorkerOptions): Promise<void> {
  while (!stop.aborted) {
    const idleForMs = server.activeCount > 0 ? 0 : performance.now() - server.lastBusyMs;
    if (idleMs !== undefined && idleForMs >= idleMs) return;
    await sleep(lookEveryMs);
  }
}

/** Lets the shards at hand end and their parts be written; the server is told if it can be. */
async function closeGently(worker: Worker, server: ShardServer): Promise<void> {
  const closed = worker.close().catch(() => undefined);
  while (server.activeCount > 0) await sleep(lookEveryMs);
  await Promise.race([closed, sleep(farewellMs)]);
}

/**
 * Serves the sweep in a folder: takes shards from its queue and writes their parts into the folder, until it is told to stop.
 * What a message says is held against the folder's own plan.
 *
 * Errors   UsageError for a folder without a plan or a server that cannot be used
 */
export async function serveSweep(options: WorkerOptions): Promise<WorkerOutcome> {
  const sweep = readSweep(options.folder);
  const runs = listRuns(sweep);
  const sha256 = sweepSha256(sweep);
  const { Worker } = await import("bullmq");
  const redis = await openRedis(options.address, options.onWarning);
  const parts = await ParquetParts.open();
  const server = new ShardServer(options, runs, { sha256, parts });
  try {
    const worker = createWorker(Worker, server, { name: queueNameOf(sha256), options, redis });
    await waitUntilStop(server, options);
    await closeGently(worker, server);
    return server.counts;
  } finally {
    redis.disconnect();
    await server.end();
    parts.close();
  }
}
