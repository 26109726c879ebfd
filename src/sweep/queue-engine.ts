import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

import type { Job, JobsOptions, Queue } from "bullmq";
import type { Redis } from "ioredis";

import { displayText, ParquetParts } from "../analysis/index.ts";
import { canonicalJson, FormatError, InterruptedError, type Json, UsageError } from "../base/index.ts";
import { partsFolder, readSweep, sweepSha256 } from "./folder.ts";
import { jobIdOf, maxQueuedRuns, queueNameOf, queuePrefix, type ShardPayload, toPayload } from "./queue-payload.ts";
import { keptFailures, maxAttempts, retryDelayMs } from "./queue-settings.ts";
import { nameRedis, type RedisAddress } from "./redis-address.ts";
import { openRedis } from "./redis-client.ts";
import type { Shard } from "./shards.ts";
import { partPath, type ShardJob } from "./sweep.ts";

const collectEveryMs = 100;
const tendEveryMs = 1000;

/** Shards that are handed over in one go. */
const bulkSize = 500;

/** A message that is gone without its part is sent again after these waits: a shared folder may show files late. */
const lostWaitsMs = [0, 5000, 15_000, 45_000] as const;

/** The server may be away for so long. */
const giveUpMs = 300_000;

/** Workers that are asked for after so long without one. */
const noWorkerMs = 10_000;

/** Workers that are at it when the last part comes have so long to say so. */
const farewellMs = 2000;

export interface QueueEngineOptions {
  readonly address: RedisAddress;
  readonly onWarning: (text: string) => void;
}

interface PendingShard {
  readonly shard: Shard;
  readonly payload: ShardPayload;
  lostCount: number;
  /** Earliest moment at which it counts as lost again. */
  againMs: number;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const jobOptions: JobsOptions = {
  attempts: maxAttempts,
  backoff: { type: "exponential", delay: retryDelayMs },
  // A shard is done when its part is there, and no message need tell.
  removeOnComplete: true,
  removeOnFail: { count: keptFailures },
  stackTraceLimit: 1,
};

/**
 * Hands shards to a queue and waits for their parts. The folder says what is done; the queue is only how workers hear of
 * it, so that a server that lost everything costs nothing but the time to tell them again.
 */
class Coordinator {
  readonly #job: ShardJob;
  readonly #queue: Queue;
  readonly #redis: Redis;
  readonly #parts: ParquetParts;
  readonly #options: QueueEngineOptions;
  readonly #pending = new Map<string, PendingShard>();
  #hasEnded = false;
  #seenFailures = 0;
  #asksForWorkersMs = performance.now() + noWorkerMs;

  constructor(
    job: ShardJob,
    { queue, redis, parts, options }: { queue: Queue; redis: Redis; parts: ParquetParts; options: QueueEngineOptions },
  ) {
    this.#job = job;
    this.#queue = queue;
    this.#redis = redis;
    this.#parts = parts;
    this.#options = options;
    const sha256 = sweepSha256(readSweep(job.folder));
    for (const shard of job.shards) {
      if (shard.runCount > maxQueuedRuns) {
        throw new UsageError(`--shard-runs: ${shard.runCount} runs of a shard are too many for a queue`, {
          hint: `at most ${maxQueuedRuns}`,
        });
      }
      const payload = toPayload(sha256, shard);
      this.#pending.set(jobIdOf(shard.name), { shard, payload, lostCount: 0, againMs: 0 });
    }
    redis.on("ready", () => this.#forgive());
  }

  /** What a server lost is nobody's fault. */
  #forgive(): void {
    for (const pending of this.#pending.values()) Object.assign(pending, { lostCount: 0, againMs: 0 });
  }

  async run(): Promise<void> {
    const { signal } = this.#job;
    let interrupt: (() => void) | undefined;
    const interrupted = new Promise<never>((_, reject) => {
      interrupt = () => reject(new InterruptedError());
      signal?.addEventListener("abort", interrupt, { once: true });
      if (signal?.aborted === true) interrupt();
    });
    const tended = this.#tendQueue();
    const collected = this.#collectParts();
    try {
      await Promise.race([interrupted, collected, tended.then(() => collected)]);
    } catch (error) {
      if (error instanceof InterruptedError) await this.#withdraw();
      throw error;
    } finally {
      this.#hasEnded = true;
      // What still hangs on the server is of no interest any more.
      tended.catch(() => undefined);
      collected.catch(() => undefined);
      signal?.removeEventListener("abort", interrupt!);
    }
  }

  async #collectParts(): Promise<void> {
    const folder = join(this.#job.folder, partsFolder);
    let awaySinceMs: number | undefined;
    while (!this.#hasEnded) {
      const names = new Set(readdirSync(folder));
      const there = [...this.#pending.values()].filter(({ shard }) =>
        names.has(basename(partPath(this.#job.folder, shard.name))),
      );
      if (there.length > 0) await this.#take(there.map(({ shard }) => shard));
      if (this.#pending.size === 0) return;
      awaySinceMs = this.#redis.status === "ready" ? undefined : (awaySinceMs ?? performance.now());
      if (awaySinceMs !== undefined && performance.now() - awaySinceMs > giveUpMs) {
        throw new UsageError(`Redis at ${nameRedis(this.#options.address)} did not come back in ${giveUpMs / 1000} s`, {
          hint: "parts that were made are kept: the same command goes on when it is back",
        });
      }
      await sleep(collectEveryMs);
    }
  }

  /** Parts say themselves how their runs ended: a worker's own word may have been lost. */
  async #take(shards: readonly Shard[]): Promise<void> {
    const pathOf = ({ name }: Shard) => partPath(this.#job.folder, name);
    const counts = await this.#parts.countTexts(shards.map(pathOf), "status");
    for (const shard of shards) {
      const ofStatus = counts.get(pathOf(shard)) ?? new Map<string, number>();
      const runCount = [...ofStatus.values()].reduce((sum, count) => sum + count, 0);
      if (runCount !== shard.runCount) {
        throw new FormatError(`${pathOf(shard)}: ${runCount} runs, and its shard has ${shard.runCount}`, {
          hint: "delete it: the same command makes its runs again",
        });
      }
      this.#pending.delete(jobIdOf(shard.name));
      this.#asksForWorkersMs = performance.now() + noWorkerMs;
      const [refusedCount, failedCount] = [ofStatus.get("refused") ?? 0, ofStatus.get("failed") ?? 0];
      this.#job.onAnswer({ name: shard.name, runCount, refusedCount, failedCount });
    }
  }

  async #tendQueue(): Promise<void> {
    await this.#begin();
    while (!this.#hasEnded && this.#pending.size > 0) {
      await sleep(tendEveryMs);
      const counts = await this.#queue.getJobCounts("waiting", "active", "delayed", "prioritized", "failed");
      if (counts["failed"] !== this.#seenFailures) {
        this.#seenFailures = counts["failed"]!;
        await this.#checkFailures();
      }
      const known = counts["waiting"]! + counts["active"]! + counts["delayed"]! + counts["prioritized"]!;
      if (known < this.#pending.size) await this.#sendLost();
      await this.#askForWorkers();
    }
  }

  /** What an earlier go left is cut anew, but for shards that a worker is at. */
  async #begin(): Promise<void> {
    if (await this.#queue.isPaused()) await this.#queue.resume();
    await this.#queue.drain(true);
    await this.#queue.clean(0, 0, "failed");
    await this.#send([...this.#pending.values()]);
  }

  async #send(shards: readonly PendingShard[]): Promise<void> {
    for (let at = 0; at < shards.length; at += bulkSize) {
      const jobs = shards.slice(at, at + bulkSize).map(({ payload }) => ({
        name: "shard",
        data: payload,
        opts: { ...jobOptions, jobId: jobIdOf(payload.name) },
      }));
      await this.#queue.addBulk(jobs);
    }
  }

  /** Shards without a part of which the queue knows nothing: it lost them, or a worker wrote them elsewhere. */
  async #sendLost(): Promise<void> {
    const names = new Set(readdirSync(join(this.#job.folder, partsFolder)));
    const candidates = [...this.#pending.entries()].filter(
      ([, { shard, againMs }]) =>
        performance.now() >= againMs && !names.has(basename(partPath(this.#job.folder, shard.name))),
    );
    if (candidates.length === 0) return;
    const pipeline = this.#redis.pipeline();
    for (const [jobId] of candidates) pipeline.exists(this.#queue.toKey(jobId));
    const answers = (await pipeline.exec()) ?? [];
    const unknown = candidates.filter((_, index) => answers[index]?.[1] === 0).map(([, pending]) => pending);
    // A message goes after its part came: only now is it sure that there is none.
    const lost = unknown.filter(({ shard }) => !existsSync(partPath(this.#job.folder, shard.name)));
    for (const pending of lost) {
      const waitMs = lostWaitsMs[pending.lostCount];
      if (waitMs === undefined) {
        throw new UsageError(`part ${pending.shard.name}: workers answer it, and it does not come to this folder`, {
          hint: "workers must see this very folder, and none may serve another folder of the same plan through this server",
        });
      }
      pending.lostCount++;
      pending.againMs = performance.now() + (lostWaitsMs[pending.lostCount] ?? 0);
    }
    await this.#send(lost);
  }

  async #checkFailures(): Promise<void> {
    let foreignCount = 0;
    for (const job of await this.#queue.getFailed(0, keptFailures)) {
      const pending = this.#pending.get(job.id ?? "");
      if (!pending) foreignCount++;
      else await this.#checkFailure(job, pending);
    }
    if (foreignCount > 0) {
      this.#options.onWarning(`${foreignCount} messages in the queue are not of this sweep, and workers refused them`);
    }
  }

  async #checkFailure(job: Job, pending: PendingShard): Promise<void> {
    // Somebody took the name for another message: it makes room for the right one.
    if (canonicalJson(job.data as Json) !== canonicalJson(pending.payload as unknown as Json)) {
      await job.remove();
      await this.#send([pending]);
      return;
    }
    throw new FormatError(`part ${pending.shard.name}: ${displayText(job.failedReason, 1000)}`, {
      hint: "parts that were made are kept: the same command goes on",
    });
  }

  async #askForWorkers(): Promise<void> {
    if (performance.now() < this.#asksForWorkersMs) return;
    this.#asksForWorkersMs = Number.POSITIVE_INFINITY;
    if ((await this.#queue.getWorkersCount()) > 0) return;
    this.#options.onWarning(`no worker serves this sweep; start some: luoscope worker ${this.#job.folder} --redis URL`);
  }

  /** Workers need not go on with what nobody waits for. */
  async #withdraw(): Promise<void> {
    if (this.#redis.status !== "ready") return;
    await Promise.race([this.#queue.drain(true).catch(() => undefined), sleep(tendEveryMs)]);
  }

  /** Leaves nothing in the server when all is done. */
  async clear(): Promise<void> {
    if (this.#redis.status !== "ready") return;
    const remove = async (): Promise<void> => {
      const untilMs = performance.now() + farewellMs;
      while ((await this.#queue.getActiveCount()) > 0 && performance.now() < untilMs) await sleep(collectEveryMs);
      await this.#queue.obliterate({ force: true });
    };
    await Promise.race([remove().catch(() => undefined), sleep(2 * farewellMs)]);
  }
}

/**
 * Answers shards through a queue in Redis, by whatever workers serve it.
 *
 * Errors   UsageError for a server that cannot be used, FormatError for a shard that no worker can answer,
 *          InterruptedError
 */
export function queueEngine(options: QueueEngineOptions): (job: ShardJob) => Promise<void> {
  return async (job) => {
    const { Queue } = await import("bullmq");
    const redis = await openRedis(options.address, options.onWarning);
    const queue = new Queue(queueNameOf(sweepSha256(readSweep(job.folder))), {
      connection: redis,
      prefix: queuePrefix,
      // The server's version and policy were looked at.
      skipVersionCheck: true,
      streams: { events: { maxLen: keptFailures } },
    });
    queue.on("error", () => undefined);
    const parts = await ParquetParts.open();
    try {
      const coordinator = new Coordinator(job, { queue, redis, parts, options });
      await coordinator.run();
      await coordinator.clear();
    } finally {
      redis.disconnect();
      await queue.close().catch(() => undefined);
      parts.close();
    }
  };
}
