// Programs of others that read what src/publish writes, where they are installed.
import { spawnSync } from "node:child_process";

/** A Python that has a module: one may be in the way of the system's own. */
export function pythonWith(module: string): string | undefined {
  return ["python3", "/usr/bin/python3"].find((program) => spawnSync(program, ["-c", `import ${module}`]).status === 0);
}

export const hasXmllint = spawnSync("xmllint", ["--version"]).status === 0;

export const hasCmark = spawnSync("cmark-gfm", ["--version"]).status === 0;

/** Runs a program over a text, and gives what it prints; throws with what it says where it refuses the text. */
export function runOver(program: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program}: ${stderr.slice(-2000)}`);
  return stdout;
}
