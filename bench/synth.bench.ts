// Speed of making traces from recipes: `npm run bench`, or `npm run bench -- --smoke`.
// Prints one JSON line a workload. Ratios compare within this one run; rates depend on the machine.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fitRecipe, loadRecipe, prepareRecipe, synthesize } from "../src/synth/index.ts";
import { fastest, print, timed } from "./harness.ts";
import { workloadOf, writeWorkloadTrace } from "./workload.ts";

const smoke = process.argv.includes("--smoke");
const rounds = smoke ? 2 : 5;
const ticks = smoke ? 20 : 200;

const kinds: Readonly<Record<string, string>> = {
  uniform: "{kind: uniform, writes_per_second: 200000}",
  zipf: "{kind: zipf, writes_per_second: 600000, skew: 0.99}",
  "zipf, ranked": "{kind: zipf, writes_per_second: 600000, skew: 0.99, placement: ranked}",
  "hot-cold": "{kind: hot-cold, writes_per_second: 200000, hot_ratio: 0.2, hot_write_ratio: 0.5}",
};

function recipeOf(workload: string, populated: string) {
  const text = `version: 1
name: bench
seed: 7
duration: ${ticks * 100} ms
tick: 100 ms
vms:
  - {name: vm, guest_bytes: 64 GiB, populated: ${populated}, workloads: [${workload}]}
`;
  return prepareRecipe(loadRecipe("bench.yaml", () => text));
}

const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
const target = join(folder, "trace");
try {
  for (const [kind, text] of Object.entries(kinds)) {
    for (const populated of ["at-start", "on-write"]) {
      const prepared = recipeOf(text, populated);
      const [made, plain]: [number[], number[]] = [[], []];
      let rows = 0;
      for (let round = 0; round <= rounds; round++) {
        const startNs = performance.now();
        const report = await synthesize(prepared, target);
        const madeNs = (performance.now() - startNs) * 1e6;
        rows = report.header.tables["page_write"]!.rows;
        // As many rows, drawn and written without a recipe, without order and without a look at what is written twice.
        const loop = timed(() => writeWorkloadTrace(workloadOf(rows), target));
        if (round === 0) continue; // It compiles.
        made.push(madeNs / rows);
        plain.push(loop.ns / rows);
      }
      print("traces from recipes", {
        workload: kind,
        populated,
        rows,
        rows_per_sec: Math.round(1e9 / fastest(made)),
        wanted_rows_per_sec: 2_000_000,
        plain_loop_rows_per_sec: Math.round(1e9 / fastest(plain)),
        ratio_to_plain_loop: fastest(plain) / fastest(made),
      });
    }
  }
  const path = new URL("../traces/vm-tcg-redis-nvme-net", import.meta.url).pathname;
  const [fits, twins]: [number[], number[]] = [[], []];
  let rows = 0;
  for (let round = 0; round <= rounds; round++) {
    const fit = timed(() => fitRecipe({ path }));
    const prepared = prepareRecipe(loadRecipe("twin.yaml", () => fit.value));
    const startNs = performance.now();
    rows = (await synthesize(prepared, target)).header.tables["page_write"]!.rows;
    if (round === 0) continue;
    fits.push(fit.ns);
    twins.push((performance.now() - startNs) * 1e6);
  }
  print("twins of a trace", {
    rows,
    rows_per_sec: Math.round((rows / fastest(twins)) * 1e9),
    fit_ms: Math.round(fastest(fits) / 1e6),
    ratio_to_fit: fastest(fits) / fastest(twins),
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
