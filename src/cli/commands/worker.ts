import type { Command } from "commander";

import type { WorkerOutcome } from "../../sweep/index.ts";
import { type CommandResult, printResult } from "../output.ts";
import { addRedisOptions, readRedisAddress, type RedisFlags, warn } from "../redis-options.ts";
import { wholeNumber } from "./sweep.ts";

interface WorkerFlags extends RedisFlags {
  jobs: number;
  untilIdle?: number;
  json?: boolean;
}

/** A worker that is told to end finishes what it is at, however long that takes; told twice, it ends at once. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    // Of other commands nothing is kept, so they end within seconds.
    process.removeAllListeners(name);
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}

function describe(
  folder: string,
  outcome: WorkerOutcome,
  plural: (count: number, noun: string, many?: string) => string,
): CommandResult {
  const { shardCount, skippedCount, runCount, refusedMessageCount, failedShardCount } = outcome;
  const text = [
    `${plural(runCount, "run")} in ${plural(shardCount - skippedCount, "shard")} written to ${folder}`,
    ...(skippedCount > 0 ? [`${plural(skippedCount, "shard")} there before`] : []),
    ...(failedShardCount > 0 ? [`${plural(failedShardCount, "try", "tries")} failed`] : []),
    ...(refusedMessageCount > 0 ? [`${plural(refusedMessageCount, "message")} refused`] : []),
  ].join("; ");
  return { json: { folder, ...outcome }, text };
}

async function runWorker(folder: string, flags: WorkerFlags): Promise<void> {
  const { serveSweep } = await import("../../sweep/index.ts");
  const { plural } = await import("../../analysis/format.ts");
  const address = await readRedisAddress(flags);
  const outcome = await serveSweep({
    folder,
    address,
    threads: flags.jobs,
    idleMs: flags.untilIdle === undefined ? undefined : flags.untilIdle * 1000,
    stop: stopOnSignals(),
    onWarning: warn,
  });
  printResult(describe(folder, outcome, plural), flags.json === true);
  // With the server away, the queue's own tries to reach it would keep the process for ever.
  process.stdout.write("", () => process.exit());
}

export function registerWorker(program: Command): void {
  addRedisOptions(
    program
      .command("worker")
      .description("serve a sweep that `sweep --engine bullmq` hands out through Redis")
      .argument("<folder>", "folder of the sweep, shared with whoever began it")
      .option("-j, --jobs <n>", "shards at the same time, on a thread each", wholeNumber(1, 1024), 1)
      .option("--until-idle <seconds>", "end after so long without work (default: never)", wholeNumber(1, 86_400)),
  )
    .addHelpText("after", "\nExample:\n  luoscope worker out/sweep --redis redis://127.0.0.1:6399 -j 4")
    .action(runWorker);
}
