// Speed of a comparison: `npm run bench`, or `npm run bench -- --smoke`. Prints one JSON line a figure.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { compare } from "../src/compare/index.ts";
import { foreignMetric } from "../src/compare/metrics.ts";
import { SeriesBuilder } from "../src/compare/series.ts";
import { fastest, print } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const rounds = smoke ? 1 : 3;
const root = resolve(import.meta.dirname, "..");

function luoscope(...args: readonly string[]): number {
  const startMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [join(root, "bin/luoscope.js"), ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - startMs;
}

/** Three folio sizes by 334 sizes of scratch by ten counts of CPUs: 10,020 configurations of one run each. */
function planOf(scenario: string): string {
  const cpus = smoke ? "[16]" : "[8, 12, 16, 20, 24, 32, 40, 48, 56, 64]";
  const most = smoke ? "200%" : "433%";
  return `version: 1
name: scratch by folio
scenario: ${join(root, "scenarios", scenario)}
trace: ${join(root, "traces/vm-tcg-redis-nvme-net")}
axes:
  vms[*].folio: [4 KiB, 64 KiB, 2 MiB]
  host.scratch: { from: 100%, to: ${most}, step: 1% }
  host.cpus: ${cpus}
slo: { name: pause-3s, pause: 3 s }
sensitivity: { tornado: false }
`;
}

function sweepOf(folder: string, name: string, scenario: string): string {
  const plan = join(folder, `${name}.yaml`);
  writeFileSync(plan, planOf(scenario));
  luoscope("sweep", plan, "-o", join(folder, name));
  return join(folder, name);
}

/** Many measured rows: the price of their tests. */
async function timeNoisy(rowCount: number, sampleCount: number): Promise<number> {
  const side = (label: string) => {
    const series = new SeriesBuilder(foreignMetric("boot_ns"), ["step"]);
    for (let row = 0; row < rowCount; row++) {
      for (let sample = 0; sample < sampleCount; sample++) {
        series.add([`s${row}`], 1e9 + ((row * 7919 + sample * 104_729 + label.length * 31) % 1_000_003));
      }
    }
    const readBreakdowns = () => Promise.resolve([]);
    const facts = {
      label,
      path: label,
      kind: "samples",
      sha256: "",
      composed: new Map(),
      inputs: [],
      warnings: [],
    } as const;
    return { ...facts, series: [series.build()], readBreakdowns };
  };
  const [base, next] = [side("base"), side("newer")];
  const startMs = performance.now();
  await compare([base, next]);
  return performance.now() - startMs;
}

const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
try {
  const base = sweepOf(folder, "base", "out-of-7.2.yaml");
  const next = sweepOf(folder, "next", "demo.yaml");
  const difference = join(folder, "difference");
  const compareMs: number[] = [];
  const reportMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    compareMs.push(luoscope("compare", base, next));
    luoscope("compare", base, next, "-o", difference);
    reportMs.push(luoscope("report", difference, "-o", join(folder, "difference.html")));
  }
  print("compare sweeps", {
    configurations: smoke ? 303 : 10_020,
    compare_sec: fastest(compareMs) / 1000,
    report_sec: fastest(reportMs) / 1000,
    wanted: "compare under 5 s, report under 3 s",
  });
  const rows = smoke ? 20 : 500;
  print("compare measured rows", { rows, samples: 20, ms_per_row: (await timeNoisy(rows, 20)) / rows });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
