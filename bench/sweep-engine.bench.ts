// Speed of a sweep by threads of one process and by worker processes behind a queue: `npm run bench`, or
// `npm run bench -- --smoke`. Prints one JSON line; the ratio compares within this one run. Needs redis-server.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openPlan } from "../src/cli/commands/sweep.ts";
import { parseRedisAddress, prepareSweep, queueEngine, runSweep, writeSweep } from "../src/sweep/index.ts";
import { fastest, print } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const runsEach = smoke ? 50 : 2500;
const rounds = smoke ? 1 : 3;
const workers = 2;
const shardRuns = smoke ? 25 : 500;
const program = new URL("../bin/luoscope.js", import.meta.url).pathname;

const figure = "sweep through a queue";
const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function startServer(port: number): ChildProcess {
  const data = join(folder, "redis");
  mkdirSync(data);
  const settings = ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"];
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--dir", data, ...settings];
  return spawn("redis-server", words, { stdio: "ignore" });
}

function planText(): string {
  const root = new URL("..", import.meta.url).pathname;
  return `version: 1
name: four configurations of the demo
scenario: ${root}scenarios/demo.yaml
trace: ${root}traces/vm-tcg-redis-nvme-net
axes:
  host.cpus: [16, 32]
  vms[*].folio: [4 KiB, 2 MiB]
uncertain: { profile: intervals }
seed: 1
repeats: ${runsEach - 1}
slo: { name: pause-3s, pause: 3 s, vm_ratio: 0.99 }
sensitivity: { tornado: false }
`;
}

async function main(): Promise<void> {
  const path = join(folder, "plan.yaml");
  writeFileSync(path, planText());
  const { plan } = await openPlan(path, false);
  const { sweep, runs } = prepareSweep(plan, "bench");
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const server = startServer(port);
  const address = parseRedisAddress(url, { source: "--redis", mayHoldPassword: false, isInsecure: false });
  const engine = queueEngine({ address, onWarning: () => undefined });
  const ms: { threads: number[]; queue: number[] } = { threads: [], queue: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      const [onThreads, queued] = [join(folder, `threads-${round}`), join(folder, `queue-${round}`)];
      for (const each of [onThreads, queued]) writeSweep(each, sweep);
      const startMs = performance.now();
      await runSweep({ folder: onThreads, runs, workers, shardRuns });
      const betweenMs = performance.now();
      // Starting processes is part of it, as starting threads is.
      const children = Array.from({ length: workers }, () =>
        spawn(process.execPath, [program, "worker", queued, "--redis", url], { stdio: "ignore" }),
      );
      await runSweep({ folder: queued, runs, workers, shardRuns, engine });
      ms.threads.push(betweenMs - startMs);
      ms.queue.push(performance.now() - betweenMs);
      for (const child of children) child.kill();
      await Promise.all(children.map((child) => once(child, "exit")));
    }
  } finally {
    server.kill();
  }
  print(figure, {
    runs: runs.count,
    workers,
    shard_runs: shardRuns,
    threads_runs_per_sec: Math.round((runs.count / fastest(ms.threads)) * 1000),
    queue_runs_per_sec: Math.round((runs.count / fastest(ms.queue)) * 1000),
    ratio: fastest(ms.threads) / fastest(ms.queue),
    wanted_ratio: 0.8,
  });
}

try {
  if (spawnSync("redis-server", ["--version"]).status === 0) await main();
  else print(figure, { skipped: "redis-server is not installed" });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
