// Sweeps through a real server and real worker processes, some of which are killed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

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

  test("lets go of a server that is away", async () => {
    const folder = join(tempFolder(), "sweep");
    const server = await RedisServer.start(tempFolder());
    const own = writePlan(tempFolder(), 2);
    const worker = ["worker", folder, "--redis", server.url];
    await beginSweep(folder, own);
    const before = startLuoscope([...worker, "--until-idle", "1"]);
    expect(await before.ended, before.output.stderr).toBe(0);
    const coordinator = startLuoscope(["sweep", own, "-o", folder, "--engine", "bullmq", "--redis", server.url]);
    const redis = new Redis(server.port);
    await until("shards are handed out", async () => (await redis.keys("*:run-*")).length > 0);
    redis.disconnect();
    await server.kill();
    await until("it is missed", () => coordinator.output.stderr.includes("is away"));
    coordinator.child.kill("SIGINT");
    expect(await coordinator.ended).toBe(130);
    expect(coordinator.output.stderr.match(/interrupted/g)).toHaveLength(1);

    await server.restart();
    const idle = startLuoscope(worker);
    const again = new Redis(server.port);
    await until("the worker is there", async () => String(await again.client("LIST")).includes("name=luoscope"));
    await until("it has taken what was left", () => countParts(folder) === 1);
    again.disconnect();
    await server.kill();
    await until("it is missed", () => idle.output.stderr.includes("is away"));
    idle.child.kill("SIGTERM");
    expect(await idle.ended, idle.output.stderr).toBe(0);
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
