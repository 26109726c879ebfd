import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";

import { onTestFinished } from "vitest";

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = resolve("bin/luoscope.js");
const environment = { ...process.env, NO_COLOR: "1", TZ: "UTC", LC_ALL: "C" };

/** Runs the command as a user does, in a process of its own. */
export function luoscope(args: readonly string[], options: { readonly cwd?: string } = {}): CliResult {
  const result = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    env: environment,
    cwd: options.cwd ?? process.cwd(),
    timeout: 110_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

/** The command while it runs, with what it wrote so far. */
export interface RunningCli {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<number | null>;
}

/** Starts the command; it is killed at the latest when the test ends. */
export function startLuoscope(args: readonly string[], more: NodeJS.ProcessEnv = {}): RunningCli {
  const child = spawn(process.execPath, [program, ...args], { env: { ...environment, ...more } });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.on("close", done));
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return { child, output, ended };
}

/** Starts the command and sends it a signal after a while. */
export async function interrupt(args: readonly string[], afterMs: number): Promise<CliResult> {
  const child = spawn(process.execPath, [program, ...args], { env: environment });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  setTimeout(() => child.kill("SIGINT"), afterMs);
  // Nothing that is tested here takes a minute: a child that does is stuck.
  setTimeout(() => child.kill("SIGKILL"), 60_000).unref();
  const status = await new Promise<number | null>((done) => child.on("close", done));
  return { status, ...output };
}
