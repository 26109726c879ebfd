/**
 * How soon the queue notices that a worker is dead. A worker renews its lock at half of its length; runs are answered on
 * other threads, so that only a machine that stands still for seconds misses it, and what then happens is that a shard is
 * answered twice.
 */
export interface QueueTimes {
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
}

export const queueTimes: QueueTimes = { lockDurationMs: 5000, stalledIntervalMs: 2000 };

/** A shard that took its worker down so often is at fault itself. */
export const maxStalledCount = 3;

/** Errors of a worker (a full disk, a trace that it cannot see) may be gone elsewhere or later. */
export const maxAttempts = 3;
export const retryDelayMs = 1000;

/** Failed messages that are kept to be read. */
export const keptFailures = 1000;
