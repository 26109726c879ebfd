import type { Redis, RedisOptions } from "ioredis";

import { UsageError } from "../base/index.ts";
import { nameRedis, type RedisAddress } from "./redis-address.ts";

const connectTimeoutMs = 5000;

/** Longest wait between two tries to reach a server again. */
const maxRetryMs = 1000;

/** A connection that says nothing for so long is asked whether its other end still lives. */
const keepAliveMs = 10_000;

/** A connection that is ended is waited for so long. */
const disconnectTimeoutMs = 200;

/** How a server that suits is started; documents say the same. */
export const redisCommand =
  'redis-server --port 6399 --bind 127.0.0.1 --dir DIR --appendonly yes --save "" --maxmemory-policy noeviction';

function optionsOf(
  { host, port, database, isTls, username, password, ca }: RedisAddress,
  more: Pick<RedisOptions, "retryStrategy" | "maxRetriesPerRequest">,
): RedisOptions & { replyMapping: "legacy" } {
  return {
    ...more,
    replyMapping: "legacy",
    host,
    port,
    db: database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isTls ? { tls: ca === undefined ? {} : { ca } } : {}),
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    keepAlive: keepAliveMs,
    disconnectTimeout: disconnectTimeoutMs,
    connectionName: "luoscope",
  };
}

/** What to tell the user about a server that cannot be used; never with the password. */
function describe(error: NodeJS.ErrnoException, address: RedisAddress): UsageError {
  const where = `Redis at ${nameRedis(address)}`;
  const { code = "", message } = error;
  const cause = error;
  if (/^(NOAUTH|WRONGPASS|ERR AUTH|ERR invalid password)/.test(message)) {
    const what = address.password === undefined ? "wants a password" : "refuses the password";
    return new UsageError(`${where} ${what}`, {
      cause,
      hint: "set LUOSCOPE_REDIS_PASSWORD or LUOSCOPE_REDIS_PASSWORD_FILE",
    });
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code)) {
    return new UsageError(`${where}: its certificate is not trusted: ${message}`, {
      cause,
      hint: "name the certificate that it goes back to: --redis-ca FILE",
    });
  }
  if (/^ERR_SSL|EPROTO/.test(code)) {
    return new UsageError(`${where} does not speak TLS: ${message}`, {
      cause,
      hint: "redis:// is for servers without TLS",
    });
  }
  if (/^(E[A-Z]+|ENOTFOUND)$/.test(code)) {
    const hint = address.isTls ? "check host and port, and that the server is running" : `start one: ${redisCommand}`;
    return new UsageError(`${where} cannot be reached: ${message}`, { cause, hint });
  }
  return new UsageError(`${where} cannot be used: ${message}`, { cause, hint: `a server that suits: ${redisCommand}` });
}

/** Says whether the server would throw shards away when its memory is full. */
async function checkPolicy(redis: Redis, address: RedisAddress, onWarning: (text: string) => void): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info("memory"))?.[1];
  if (policy !== undefined && policy !== "noeviction") {
    onWarning(
      `Redis at ${nameRedis(address)} may throw shards away when its memory is full (maxmemory-policy ${policy}); noeviction is right`,
    );
  }
}

/** Tries a server once, so that what is wrong with it is said before anybody waits. */
async function probe(address: RedisAddress, onWarning: (text: string) => void): Promise<void> {
  const { Redis } = await import("ioredis");
  const redis = new Redis(optionsOf(address, { retryStrategy: () => null, maxRetriesPerRequest: 0 }));
  let first: Error | undefined;
  // The command only says that the connection is closed; the event says why.
  redis.on("error", (error) => (first ??= error));
  try {
    await redis.connect();
    await checkPolicy(redis, address, onWarning);
  } catch (error) {
    throw describe((first ?? error) as NodeJS.ErrnoException, address);
  } finally {
    redis.disconnect();
  }
}

/**
 * Opens a connection that outlives the server: commands wait until it is back.
 *
 * Errors   UsageError if the server cannot be used now
 */
export async function openRedis(address: RedisAddress, onWarning: (text: string) => void): Promise<Redis> {
  await probe(address, onWarning);
  const { Redis } = await import("ioredis");
  const retryStrategy = (times: number): number => Math.min(100 * times, maxRetryMs);
  const redis = new Redis(optionsOf(address, { maxRetriesPerRequest: null, retryStrategy }));
  let isAway = false;
  redis.on("error", () => undefined);
  redis.on("close", () => {
    if (isAway || redis.status === "end") return;
    isAway = true;
    onWarning(`Redis at ${nameRedis(address)} is away; trying until it is back`);
  });
  redis.on("ready", () => {
    if (isAway) onWarning(`Redis at ${nameRedis(address)} is back`);
    isAway = false;
  });
  await redis.connect();
  return redis;
}
