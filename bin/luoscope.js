#!/usr/bin/env node
// Starts luoscope on a Node that can run it: this one, or the one that the lock pins.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const leastMajor = 24;
const root = new URL("..", import.meta.url);
const built = new URL("dist/cli/main.js", root);
const source = new URL("src/cli/main.ts", root);
const pinned = fileURLToPath(new URL("node_modules/.bin/node", root));

if (Number(process.versions.node.split(".")[0]) >= leastMajor) {
  // What was compiled once is kept in the folder for temporary files: commands start in half the time.
  module.enableCompileCache?.();
  // A checkout runs its sources, so that nobody tests yesterday's build.
  await import((existsSync(source) ? source : built).href);
} else if (existsSync(pinned)) {
  const self = fileURLToPath(import.meta.url);
  const child = spawnSync(pinned, [self, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = child.status ?? 130;
} else {
  process.stderr.write(`luoscope needs Node ${leastMajor} or newer; this is ${process.version}\n`);
  process.exitCode = 2;
}
