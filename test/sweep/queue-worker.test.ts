// What a worker and whoever hands out do with a real server, in this process: locks, lost and forged messages.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";

import { parseRedisAddress, queueEngine, runSweep, serveSweep } from "../../src/sweep/index.ts";
import { jobIdOf, queueNameOf, queuePrefix, toPayload } from "../../src/sweep/queue-payload.ts";
import { cutShards } from "../../src/sweep/shards.ts";
import { noRedis, RedisServer, until } from "../kit/redis.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { beginSweep, countParts, writePlan } from "./queue-kit.ts";

const local = (url: string) => parseRedisAddress(url, { source: "--redis", mayHoldPassword: false, isInsecure: false });

describe.skipIf(noRedis !== "")(`a queue in Redis${noRedis}`, () => {
  test("forgets nothing that a server forgot, and counts what a kernel refuses", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder());
    const plan = writePlan(tempFolder(), 10);
    // Linux 6.17 has no live updates.
    writeFileSync(plan, readFileSync(plan, "utf8").replace('"7.2"', '"6.17"'));
    const { runs } = await beginSweep(folder, plan);
    const warnings: string[] = [];
    const options = { address: local(server.url), onWarning: (text: string) => warnings.push(text) };
    const swept = runSweep({ folder, runs, workers: 1, shardRuns: 10, engine: queueEngine(options) });
    const redis = new Redis(server.port);
    await until("shards are handed out", async () => (await redis.keys("*:run-*")).length === 8);
    await redis.flushall();
    redis.disconnect();
    const stop = new AbortController();
    const served = serveSweep({ ...options, folder, threads: 1, stop: stop.signal });
    expect(await swept).toMatchObject({ newCount: 80, refusedCount: 40, failedCount: 0 });
    stop.abort();
    expect(await served).toMatchObject({ shardCount: 8, runCount: 80, skippedCount: 0 });
    expect(warnings).toEqual([]);
  });

  test("keeps the lock of a shard that takes longer than the lock, also of a worker that is told to end", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder());
    const { runs, sha256 } = await beginSweep(folder, writePlan(tempFolder(), 250));
    const times = { lockDurationMs: 500, stalledIntervalMs: 100 };
    const options = { address: local(server.url), onWarning: () => undefined };
    const events = new QueueEvents(queueNameOf(sha256), { connection: { port: server.port }, prefix: queuePrefix });
    const seen: string[] = [];
    let activeMs = 0;
    events.on("stalled", () => seen.push("stalled"));
    events.on("active", () => {
      seen.push("active");
      activeMs = performance.now();
    });
    await events.waitUntilReady();
    const stop = new AbortController();
    const served = [1, 2].map(() => serveSweep({ ...options, folder, threads: 1, times, stop: stop.signal }));
    const swept = runSweep({ folder, runs, workers: 1, shardRuns: runs.count, engine: queueEngine(options) });
    await until("a worker is at it", () => activeMs > 0);
    stop.abort();
    expect(await swept).toMatchObject({ newCount: runs.count });
    expect(performance.now() - activeMs).toBeGreaterThan(2 * times.lockDurationMs);
    const outcomes = await Promise.all(served);
    expect(outcomes.reduce((sum, outcome) => sum + outcome.shardCount, 0)).toBe(1);
    await events.close();
    expect(seen).toEqual(["active"]);
  });

  test("takes nothing from a forged message", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder());
    const { runs, sha256 } = await beginSweep(folder, writePlan(tempFolder(), 10));
    const queue = new Queue(queueNameOf(sha256), { connection: { port: server.port }, prefix: queuePrefix });
    const [first, second] = cutShards(runs, [...Array(40).keys()], 20);
    const good = toPayload(sha256, first!);
    const forged = {
      "another plan": { ...good, sweep: "0".repeat(64) },
      "runs beyond": { ...good, ranges: [[0, 1e9]] },
      "a path": { ...good, name: "../../../../tmp/x" },
      "too much": { ...good, ranges: Array.from({ length: 50_000 }, (_, at) => [at, at + 1]), runCount: 50_000 },
      "more than that": { ...good, module: "/etc/passwd", command: "id" },
    };
    for (const [jobId, data] of Object.entries(forged)) await queue.add("shard", data, { jobId, attempts: 100 });
    // Somebody took the name of a shard that is still to come, and a path for a name of a message.
    await queue.add("shard", good, { jobId: jobIdOf(second!.name) });
    await queue.add("shard", good, { jobId: "../../x" });
    const warnings: string[] = [];
    const options = { address: local(server.url), onWarning: (text: string) => warnings.push(text) };
    const stop = new AbortController();
    const served = serveSweep({ ...options, folder, threads: 1, stop: stop.signal });
    await until("all are refused", async () => (await queue.getFailedCount()) === 7);
    const reasons = (await queue.getFailed()).map(({ failedReason }) => failedReason);
    expect(reasons.every((reason) => reason.startsWith("refused: "))).toBe(true);
    expect(readdirSync(folder)).not.toContain("x");
    expect(countParts(folder)).toBe(0);
    const swept = await runSweep({ folder, runs, workers: 1, shardRuns: 20, engine: queueEngine(options) });
    expect(swept.newCount).toBe(80);
    stop.abort();
    expect(await served).toMatchObject({ refusedMessageCount: 7, failedShardCount: 0, runCount: 80 });
    await queue.close();
  });

  test("says what a worker cannot do, and where", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder(), ["--port", "{port}", "--maxmemory-policy", "allkeys-lru"]);
    // A trace that is gone: the plan in the folder names it.
    const trace = join(tempFolder(), "trace");
    cpSync("traces/vm-tcg-redis-nvme-net", trace, { recursive: true });
    const own = writePlan(tempFolder(), 2);
    writeFileSync(own, readFileSync(own, "utf8").replace(/^trace: .*$/m, `trace: ${trace}`));
    const { runs } = await beginSweep(folder, own);
    rmSync(trace, { recursive: true });
    const warnings: string[] = [];
    const options = { address: local(server.url), onWarning: (text: string) => warnings.push(text) };
    const stop = new AbortController();
    const served = serveSweep({ ...options, folder, threads: 1, stop: stop.signal });
    const swept = runSweep({ folder, runs, workers: 1, engine: queueEngine(options) });
    await expect(swept).rejects.toThrow(trace);
    stop.abort();
    expect(await served).toMatchObject({ shardCount: 0, failedShardCount: 3 });
    expect(warnings.filter((text) => text.includes("maxmemory-policy allkeys-lru"))).toHaveLength(2);
  });
});
