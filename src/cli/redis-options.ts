import type { Command } from "commander";

import { UsageError } from "../base/index.ts";
import type { RedisAddress } from "../sweep/index.ts";
import { readText } from "./context.ts";

export interface RedisFlags {
  redis?: string;
  redisCa?: string;
  insecure?: boolean;
}

const maxSecretBytes = 64 * 1024;
const maxCertificateBytes = 1024 * 1024;

export function addRedisOptions(command: Command): Command {
  return command
    .option("--redis <url>", "Redis server: redis://HOST:PORT, or rediss:// with TLS (or LUOSCOPE_REDIS_URL)")
    .option("--redis-ca <file>", "certificates in PEM that the server's goes back to")
    .option("--insecure", "take a server on another machine without TLS");
}

function readPassword(environment: NodeJS.ProcessEnv): string | undefined {
  const { LUOSCOPE_REDIS_PASSWORD: password, LUOSCOPE_REDIS_PASSWORD_FILE: path } = environment;
  if (password !== undefined && password !== "") return password;
  return path === undefined || path === "" ? undefined : readText(path, maxSecretBytes).replace(/\r?\n$/, "");
}

/** The server that flags and environment name; its password comes from the environment alone. */
export async function readRedisAddress(flags: RedisFlags, environment = process.env): Promise<RedisAddress> {
  const { parseRedisAddress, redisCommand } = await import("../sweep/index.ts");
  const url = flags.redis ?? environment["LUOSCOPE_REDIS_URL"];
  if (url === undefined || url === "") {
    throw new UsageError("--redis: missing", {
      hint: `name a server, such as redis://127.0.0.1:6399, which this starts: ${redisCommand}`,
    });
  }
  return parseRedisAddress(url, {
    source: flags.redis === undefined ? "LUOSCOPE_REDIS_URL" : "--redis",
    mayHoldPassword: flags.redis === undefined,
    password: readPassword(environment),
    ca: flags.redisCa === undefined ? undefined : readText(flags.redisCa, maxCertificateBytes),
    isInsecure: flags.insecure === true,
  });
}

export function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}
