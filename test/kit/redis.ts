import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

import { onTestFinished } from "vitest";

/** Why tests with a server skip, or nothing. */
export const noRedis: string =
  spawnSync("redis-server", ["--version"]).status === 0 ? "" : " (skipped: redis-server is not installed)";

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    return await new Promise((done) => {
      socket.once("connect", () => done(true));
      socket.once("error", () => done(false));
    });
  } finally {
    socket.destroy();
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await pause(5);
  }
}

/** A server of a test's own, on a free port of this machine. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #more: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, more: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#more = more;
  }

  /** With `more` options; `{port}` in them is the server's. */
  static async start(folder: string, more: readonly string[] = ["--port", "{port}"]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), folder, more);
    await server.restart();
    onTestFinished(() => server.kill());
    return server;
  }

  async restart(): Promise<void> {
    const own = ["--bind", "127.0.0.1", "--dir", this.#folder, "--appendonly", "yes", "--save", ""];
    const more = this.#more.map((word) => word.replace("{port}", String(this.port)));
    this.#child = spawn("redis-server", [...own, "--maxmemory-policy", "noeviction", ...more], { stdio: "ignore" });
    await until("redis-server accepts", () => accepts(this.port), 20_000);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }
}
