import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { openPlan } from "../../src/cli/commands/sweep.ts";
import type { RunList } from "../../src/plan/index.ts";
import { prepareSweep, writeSweep } from "../../src/sweep/index.ts";
import { sweepSha256 } from "../../src/sweep/folder.ts";

/** A plan of 8 configurations, each with its medians and so many draws less one. */
export function writePlan(folder: string, runsEach: number): string {
  const path = join(folder, `plan-${runsEach}.yaml`);
  const text = `version: 1
name: ${8 * runsEach} runs
scenario: ${resolve("scenarios/demo.yaml")}
trace: ${resolve("traces/vm-tcg-redis-nvme-net")}
axes:
  host.cpus: [16, 32]
  vms[*].folio: [4 KiB, 2 MiB]
  host.kernel.from: ["7.2", "7.3"]
uncertain: { profile: intervals }
seed: 1
repeats: ${runsEach - 1}
slo: { name: pause-3s, pause: 3 s, vm_ratio: 0.99 }
sensitivity: { tornado: false }
`;
  writeFileSync(path, text);
  return path;
}

/** Makes a folder a plan's sweep, in this process. */
export async function beginSweep(folder: string, planPath: string): Promise<{ runs: RunList; sha256: string }> {
  const { plan } = await openPlan(planPath, false);
  const { sweep, runs } = prepareSweep(plan, "0.0.0");
  writeSweep(folder, sweep);
  return { runs, sha256: sweepSha256(sweep) };
}

export function countParts(folder: string): number {
  try {
    return readdirSync(join(folder, "parts")).length;
  } catch {
    return 0;
  }
}

/** Every file of a folder by its name. */
export function bytesOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );
}
