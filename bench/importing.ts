import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { importTrace } from "../src/trace/index.ts";
import { fastest, print, timed } from "./harness.ts";

const mib = 1024 * 1024;

/** What an importer is measured with. */
export interface ImportBench {
  readonly figure: string;
  /** What is counted, as packets or lines. */
  readonly unit: string;
  readonly name: string;
  readonly units: number;
  /** The input's pieces one behind the other; it need not fit into memory. */
  readonly pieces: () => Iterable<Uint8Array>;
  readonly wantedPerSec: number;
  readonly rounds: number;
}

/** Imports a made input some times and prints the fastest rate, and the most memory that the process ever had. */
export async function benchImport({
  figure,
  unit,
  name,
  units,
  pieces,
  wantedPerSec,
  rounds,
}: ImportBench): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
  try {
    const input = join(folder, name);
    const file = openSync(input, "w");
    for (const piece of pieces()) writeSync(file, piece);
    closeSync(file);
    const taken: number[] = [];
    execFileSync("gzip", ["-1", "-k", input]);
    const counted = [0, 1, 2].map(
      () => timed(() => execFileSync("sh", ["-c", 'zcat "$1" | wc -l', "sh", `${input}.gz`])).ns,
    );
    let rows = 0;
    for (let round = 0; round < rounds; round++) {
      const startNs = performance.now();
      const { sources } = await importTrace({ inputs: [input], target: join(folder, "trace") });
      taken.push((performance.now() - startNs) / 1000);
      rows = sources.reduce((sum, source) => sum + source.rows, 0);
    }
    print(figure, {
      [unit]: units,
      rows,
      mib: Math.round(statSync(input).size / mib),
      [`${unit}_per_sec`]: Math.round(units / fastest(taken)),
      [`wanted_${unit}_per_sec`]: wantedPerSec,
      ratio_to_zcat_wc: (fastest(taken) * 1e9) / fastest(counted),
      resident_mib: Math.round(process.resourceUsage().maxRSS / 1024),
      wanted_resident_mib: 500,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
