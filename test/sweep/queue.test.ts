// Sweeps through a real server and real worker processes, some of which are killed.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { parseRedisAddress, queueEngine, runSweep, serveSweep } from "../../src/sweep/index.ts";
import { jobIdOf, queueNameOf, queuePrefix, toPayload } from "../../src/sweep/queue-payload.ts";
import { cutShards } from "../../src/sweep/shards.ts";
import { luoscope, startLuoscope } from "../kit/cli.ts";
import { noRedis, pause, RedisServer, until } from "../kit/redis.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { beginSweep, bytesOf, countParts, writePlan } from "./queue-kit.ts";

const runsEach = 250;
const shardRuns = 25;
const runCount = 8 * runsEach;

let base = "";
let plan = "";
/** What one machine makes of the plan. */
let alone: Record<string, string> = {};

beforeAll(() => {
  if (noRedis !== "") return;
  base = mkdtempSync(join(tmpdir(), "luoscope-queue-"));
  plan = writePlan(base, runsEach);
  const { status, stderr } = luoscope(["sweep", plan, "-o", join(base, "alone")]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  alone = bytesOf(join(base, "alone", "results"));
});
afterAll(() => {
  if (base !== "") rmSync(base, { recursive: true });
});

const local = (url: string) => parseRedisAddress(url, { source: "--redis", mayHoldPassword: false, isInsecure: false });

/** Starts whoever hands out the plan's shards. */
function startCoordinator(folder: string, url: string, more: readonly string[] = []) {
  const args = ["sweep", plan, "-o", folder, "--engine", "bullmq", "--redis", url, "--shard-runs", String(shardRuns)];
  return startLuoscope([...args, "--json", ...more]);
}

interface SweepJson {
  readonly outcome: { readonly newCount: number; readonly keptCount: number };
  readonly headline: { readonly run_count: number };
}

describe.skipIf(noRedis !== "")(`a queue in Redis${noRedis}`, () => {
  test("loses and doubles no run when a worker and the server are killed", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder());
    const coordinator = startCoordinator(folder, server.url);
    await until("the plan is written", () => existsSync(join(folder, "plan.json")));
    const workers = [1, 2, 3].map(() => startLuoscope(["worker", folder, "--redis", server.url]));

    await until("some parts are there", () => countParts(folder) >= 8);
    workers[0]!.child.kill("SIGKILL");
    await until("more parts are there", () => countParts(folder) >= 20);
    await server.kill();
    expect(countParts(folder)).toBeLessThan(runCount / shardRuns);
    await pause(500);
    await server.restart();

    expect(await coordinator.ended, coordinator.output.stderr).toBe(0);
    expect(coordinator.output.stderr).toContain("is back");
    const { outcome, headline } = JSON.parse(coordinator.output.stdout) as SweepJson;
    expect(outcome).toMatchObject({ newCount: runCount, keptCount: 0 });
    expect(headline.run_count).toBe(runCount);
    expect(bytesOf(join(folder, "results"))).toEqual(alone);
    for (const { child } of workers.slice(1)) child.kill("SIGTERM");
    for (const { ended } of workers.slice(1)) expect(await ended).toBe(0);
  });

  test("goes on when whoever handed it out was killed", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder());
    const first = startCoordinator(folder, server.url);
    await until("the plan is written", () => existsSync(join(folder, "plan.json")));
    const startWorker = () => startLuoscope(["worker", folder, "--redis", server.url, "-j", "2"]);
    const before = startWorker();
    await until("some parts are there", () => countParts(folder) >= 5);
    first.child.kill("SIGKILL");
    before.child.kill("SIGTERM");
    expect(await before.ended, before.output.stderr).toBe(0);
    const partCount = countParts(folder);
    expect(partCount).toBeLessThan(runCount / shardRuns);
    const second = startCoordinator(folder, server.url, ["--resume"]);
    const worker = startWorker();
    expect(await second.ended, second.output.stderr).toBe(0);
    const { outcome } = JSON.parse(second.output.stdout) as SweepJson;
    expect(outcome.keptCount).toBeGreaterThanOrEqual(partCount * shardRuns);
    expect(outcome.keptCount + outcome.newCount).toBe(runCount);
    expect(bytesOf(join(folder, "results"))).toEqual(alone);
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
    // Nothing stays behind in the server but what workers keep alive.
    const redis = new Redis(server.port);
    const keys = await redis.keys("*");
    redis.disconnect();
    expect(keys.filter((key) => !/:(meta|stalled-check)$/.test(key))).toEqual([]);
  });

  test("forgets nothing that a server forgot", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder());
    const { runs } = await beginSweep(folder, writePlan(tempFolder(), 10));
    const warnings: string[] = [];
    const options = { address: local(server.url), onWarning: (text: string) => warnings.push(text) };
    const swept = runSweep({ folder, runs, workers: 1, shardRuns: 10, engine: queueEngine(options) });
    const redis = new Redis(server.port);
    await until("shards are handed out", async () => (await redis.keys("*:run-*")).length === 8);
    await redis.flushall();
    redis.disconnect();
    const stop = new AbortController();
    const served = serveSweep({ ...options, folder, threads: 1, stop: stop.signal });
    expect(await swept).toMatchObject({ newCount: 80, refusedCount: 0, failedCount: 0 });
    stop.abort();
    expect(await served).toMatchObject({ shardCount: 8, runCount: 80, skippedCount: 0 });
    expect(warnings).toEqual([]);
  });

  test("keeps the lock of a shard that takes longer than the lock, also of a worker that is told to end", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder());
    const { runs, sha256 } = await beginSweep(folder, plan);
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
    const swept = runSweep({ folder, runs, workers: 1, shardRuns: runCount, engine: queueEngine(options) });
    await until("a worker is at it", () => activeMs > 0);
    stop.abort();
    expect(await swept).toMatchObject({ newCount: runCount });
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
    const { readFileSync, writeFileSync } = await import("node:fs");
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

  test("speaks TLS, wants the right certificate and the right password, and shows none", async (context) => {
    const keys = tempFolder();
    const [key, certificate] = [join(keys, "key.pem"), join(keys, "certificate.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"];
    const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", ...subject];
    const made = spawnSync("openssl", [...words, "-keyout", key, "-out", certificate]);
    context.skip(made.status !== 0, "no openssl");
    mkdirSync(join(keys, "data"));
    const tls = ["--port", "0", "--tls-port", "{port}", "--tls-cert-file", certificate, "--tls-key-file", key];
    const options = [...tls, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no", "--requirepass", "tiger"];
    const server = await RedisServer.start(join(keys, "data"), options).catch(() => undefined);
    context.skip(!server, "this redis-server has no TLS");
    const url = `rediss://127.0.0.1:${server!.port}`;

    const folder = join(tempFolder(), "sweep");
    await beginSweep(folder, writePlan(tempFolder(), 2));
    const worker = async (args: readonly string[], password: string) => {
      const { ended, output } = startLuoscope(["worker", folder, "--redis", url, "--until-idle", "1", ...args], {
        LUOSCOPE_REDIS_PASSWORD: password,
      });
      return { status: await ended, ...output };
    };
    const trusting = ["--redis-ca", certificate];
    const results = await Promise.all([
      worker(trusting, "tiger"),
      worker(trusting, "lion"),
      worker(trusting, ""),
      worker([], "tiger"),
    ]);
    expect(results.map(({ status }) => status)).toEqual([0, 2, 2, 2]);
    const said = results.map(({ stderr }) => stderr);
    expect(said[0]).toBe("");
    expect(said[1]).toContain("refuses the password");
    expect(said[2]).toContain("wants a password");
    expect(said[3]).toContain("its certificate is not trusted");
    expect(said.join("")).not.toMatch(/tiger|lion/);
  });
});
