import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** One JSON line a figure. */
export function print(figure: string, values: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values })}\n`);
}

export function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]!;
}

/** What else the machine does can only slow a round down. */
export function fastest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

/** Nanoseconds that `work` takes, and what it gives. */
export function timed<T>(work: () => T): { readonly ns: number; readonly value: T } {
  const startNs = process.hrtime.bigint();
  const value = work();
  return { ns: Number(process.hrtime.bigint() - startNs), value };
}

/** Compiles a C file of this folder; undefined where there is no gcc. */
export function compileC(name: string, folder: string): string | undefined {
  const program = join(folder, name);
  const source = new URL(`${name}.c`, import.meta.url).pathname;
  const result = spawnSync("gcc", ["-O2", "-w", "-o", program, source], { encoding: "utf8" });
  return result.status === 0 ? program : undefined;
}
