// Runs every benchmark of this folder with the given arguments.
import { spawnSync } from "node:child_process";

for (const name of [
  "replay.bench.ts",
  "model.bench.ts",
  "function-graph.bench.ts",
  "moments.bench.ts",
  "import-csv.bench.ts",
  "import-ftrace.bench.ts",
  "import-pcap.bench.ts",
  "import-blkparse.bench.ts",
  "export.bench.ts",
  "synth.bench.ts",
  "sweep.bench.ts",
  "fleet.bench.ts",
  "sweep-engine.bench.ts",
  "compare.bench.ts",
  "explore.bench.ts",
]) {
  const file = new URL(name, import.meta.url).pathname;
  const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
