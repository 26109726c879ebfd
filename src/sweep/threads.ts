import { Worker } from "node:worker_threads";

import { FormatError, InterruptedError, InvariantError, type ToolError, UsageError } from "../base/index.ts";
import type { ShardAnswer } from "./answer.ts";
import type { Shard } from "./shards.ts";
import type { ThreadMessage } from "./thread.ts";

const errorKinds: Readonly<Record<string, new (message: string, details?: { hint?: string }) => ToolError>> = {
  UsageError,
  FormatError,
};

function toError({ name, message, hint }: Extract<ThreadMessage, { kind: "error" }>["error"]): ToolError {
  const Kind = errorKinds[name] ?? InvariantError;
  return new Kind(message, hint === undefined ? {} : { hint });
}

/** A thread that answers shards, one at a time. */
export class ShardThread {
  readonly #worker: Worker;
  #settle: { resolve: (answer: ShardAnswer) => void; reject: (error: Error) => void } | undefined;
  readonly #ready: Promise<void>;
  #failed: Error | undefined;

  constructor(folder: string) {
    const file = new URL(import.meta.url.endsWith(".ts") ? "thread.ts" : "thread.js", import.meta.url);
    this.#worker = new Worker(file, { workerData: { folder } });
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: ThreadMessage) => {
        if (message.kind === "ready") resolve();
        else if (message.kind === "answer") this.#settle?.resolve(message.answer);
        else this.#fail(toError(message.error), reject);
      });
      this.#worker.on("error", (error) => this.#fail(error as Error, reject));
      this.#worker.on("exit", (code) => this.#fail(new InvariantError(`a thread ended with ${code}`), reject));
    });
    // Whoever waits for an answer hears of it; nobody need wait.
    this.#ready.catch(() => undefined);
  }

  #fail(error: Error, reject: (error: Error) => void): void {
    this.#failed ??= error;
    reject(error);
    this.#settle?.reject(error);
  }

  async answer(shard: Shard): Promise<ShardAnswer> {
    await this.#ready;
    return new Promise((resolve, reject) => {
      if (this.#failed) {
        reject(this.#failed);
        return;
      }
      this.#settle = { resolve, reject };
      this.#worker.postMessage(shard);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

export interface AnswerOptions {
  readonly folder: string;
  readonly shards: readonly Shard[];
  readonly workers: number;
  readonly onAnswer: (answer: ShardAnswer) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Answers shards on threads of this process, as many at once as there are workers. */
export async function answerOnThreads({ folder, shards, workers, onAnswer, signal }: AnswerOptions): Promise<void> {
  const queue = [...shards].reverse();
  const threads = Array.from({ length: Math.min(workers, shards.length) }, () => new ShardThread(folder));
  const end = () => void Promise.all(threads.map((thread) => thread.end()));
  signal?.addEventListener("abort", end, { once: true });
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (let shard = queue.pop(); shard; shard = queue.pop()) {
          if (signal?.aborted === true) return;
          await onAnswer(await thread.answer(shard));
        }
      }),
    );
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    await Promise.all(threads.map((thread) => thread.end()));
  }
  if (signal?.aborted === true) throw new InterruptedError();
}
