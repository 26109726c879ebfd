import { UsageError } from "../base/index.ts";

/** Where a Redis server is, and what it takes to talk to it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  /** Certificates in PEM that the server's must go back to; without them those that Node trusts. */
  readonly ca?: string;
}

export interface RedisAddressOptions {
  /** Where the URL stands, as messages name it: `--redis`, or a variable. */
  readonly source: string;
  /** A command line is seen by everybody on the machine. */
  readonly mayHoldPassword: boolean;
  readonly password?: string | undefined;
  readonly ca?: string | undefined;
  /** Takes a server elsewhere without TLS. */
  readonly isInsecure: boolean;
}

const defaultPort = 6379;

/** The host, as a message may show it: without name and password. */
export function nameRedis({ host, port }: RedisAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

const example = "such as redis://127.0.0.1:6399 or rediss://queue.example.org:6380";

function parseUrl(text: string, source: string): URL {
  // Never the text itself: it may hold a password.
  const problem = new UsageError(`${source}: no URL of a Redis server`, { hint: example });
  if (!URL.canParse(text)) throw problem;
  const url = new URL(text);
  if (url.protocol !== "redis:" && url.protocol !== "rediss:") throw problem;
  if (url.hostname === "" || url.search !== "" || url.hash !== "" || !/^\/?\d{0,3}$/.test(url.pathname)) throw problem;
  return url;
}

/**
 * Reads where a Redis server is from its URL.
 *
 * Errors   UsageError for no URL, a password where others can read it, or one that would go over a network in the clear;
 *          its message never holds the password
 */
export function parseRedisAddress(text: string, options: RedisAddressOptions): RedisAddress {
  const { source, isInsecure, ca } = options;
  const url = parseUrl(text, source);
  if (url.password !== "" && !options.mayHoldPassword) {
    throw new UsageError(`${source}: holds a password, which everybody on this machine can read`, {
      hint: "put it into the environment: LUOSCOPE_REDIS_PASSWORD, or LUOSCOPE_REDIS_PASSWORD_FILE with the path of a file",
    });
  }
  const password = options.password ?? (url.password === "" ? undefined : decodeURIComponent(url.password));
  const username = decodeURIComponent(url.username);
  const address: RedisAddress = {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? defaultPort : Number(url.port),
    database: Number(url.pathname.slice(1)),
    isTls: url.protocol === "rediss:",
    ...(username === "" ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
  };
  if (!address.isTls && !isInsecure && !isLoopback(address.host)) {
    throw new UsageError(`${source}: ${nameRedis(address)} is another machine, and redis:// is not encrypted`, {
      hint: "use rediss:// (TLS), or --insecure where nobody else is on that network",
    });
  }
  if (ca !== undefined && !address.isTls) {
    throw new UsageError(`--redis-ca: redis:// has no certificates`, { hint: "use rediss://" });
  }
  return address;
}
