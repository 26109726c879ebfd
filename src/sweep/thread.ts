import { parentPort, workerData } from "node:worker_threads";

import { answerShard } from "./answer.ts";
import { Evaluator } from "./evaluate.ts";
import { listRuns, readSweep } from "./folder.ts";
import type { Shard } from "./shards.ts";

// One thread of a sweep: reads the plan and its traces once, then answers the shards that it is handed.

/** What a thread says: it is ready, a shard's answer, or why it ends. */
export type ThreadMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly answer: import("./answer.ts").ShardAnswer }
  | {
      readonly kind: "error";
      readonly error: { readonly name: string; readonly message: string; readonly hint?: string | undefined };
    };

function say(message: ThreadMessage): void {
  parentPort!.postMessage(message);
}

function fail(error: unknown): void {
  const { name, message, hint } = error as Error & { hint?: string };
  say({ kind: "error", error: { name, message, hint } });
}

try {
  const { folder } = workerData as { folder: string };
  const evaluator = new Evaluator(listRuns(readSweep(folder)));
  evaluator.prepare();
  parentPort!.on("message", (shard: Shard) => {
    try {
      say({ kind: "answer", answer: answerShard(evaluator, shard) });
    } catch (error) {
      fail(error);
    }
  });
  say({ kind: "ready" });
} catch (error) {
  fail(error);
}
