// Speed of importing page writes as CSV: `npm run bench`, or `npm run bench -- --smoke`.
// Prints one JSON line a way of reading. The ratio to `zcat | wc -l` compares within this one run; rates depend on the
// machine. The source is a recording of this project again and again, with its times moved on.
import { execFileSync } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip, gunzipSync } from "node:zlib";

import { importTrace } from "../src/trace/index.ts";
import { fastest, print, timed } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const rounds = smoke ? 1 : 5;
const wantedRows = smoke ? 200_000 : 3_000_000;
const wantedRowsPerSec = 3_000_000;
const stepUs = 100_000;

interface Source {
  readonly name: string;
  readonly pages: readonly string[];
  readonly ticks: readonly string[];
}

function readSource(name: string): Source {
  const folder = new URL(`../traces/recorded/${name}`, import.meta.url).pathname;
  const lines = (bytes: Buffer) => bytes.toString("latin1").trimEnd().split("\n");
  return {
    name,
    pages: lines(gunzipSync(readFileSync(join(folder, "pages.csv.gz")))),
    ticks: lines(readFileSync(join(folder, "ticks.csv"))),
  };
}

/** A recording's lines again and again, each time later. */
function repeat([header, ...lines]: readonly string[], times: number, [tickStep, timeStep]: readonly [number, number]) {
  const parts = [header!];
  for (let time = 0; time < times; time++) {
    for (const line of lines) {
      const [tick, us, ...rest] = line.split(",");
      parts.push(`${Number(tick) + time * tickStep},${Number(us) + time * timeStep},${rest.join(",")}`);
    }
  }
  return `${parts.join("\n")}\n`;
}

function writeRecording({ pages, ticks }: Source, folder: string): number {
  mkdirSync(folder);
  const times = Math.ceil(wantedRows / (pages.length - 1));
  const [lastTick, lastUs] = ticks.at(-1)!.split(",").map(Number) as [number, number];
  const steps = [lastTick + 1, lastUs + stepUs] as const;
  writeFileSync(join(folder, "pages.csv"), repeat(pages, times, steps));
  writeFileSync(join(folder, "ticks.csv"), repeat(ticks, times, steps));
  return times * (pages.length - 1);
}

const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
try {
  for (const name of ["vm-tcg-boot-redis", "native-redis"]) {
    const input = join(folder, name);
    const rows = writeRecording(readSource(name), input);
    const pages = join(input, "pages.csv");
    await pipeline(createReadStream(pages), createGzip({ level: 1 }), createWriteStream(join(folder, "pages.csv.gz")));
    const counts = Array.from({ length: rounds }, () => {
      return timed(() => execFileSync("sh", ["-c", 'zcat "$1" | wc -l', "sh", join(folder, "pages.csv.gz")])).ns;
    });
    const place = name.startsWith("native") ? "vpage" : "gfn";
    const ways = {
      "page-scan": { inputs: [input] },
      "table, plain": { inputs: [pages], format: "table", columns: `t_us=2,${place}=3,n_pages=4` },
      "table, gzip": {
        inputs: [join(folder, "pages.csv.gz")],
        format: "table",
        columns: `t_us=2,${place}=3,n_pages=4`,
      },
    };
    for (const [way, options] of Object.entries(ways)) {
      const [all, cpu]: [number[], number[]] = [[], []];
      for (let round = 0; round <= rounds; round++) {
        const [start, startCpu] = [performance.now(), process.cpuUsage()];
        await importTrace({ ...options, target: join(folder, "trace") });
        if (round === 0 && !smoke) continue; // It compiles.
        const used = process.cpuUsage(startCpu);
        all.push((performance.now() - start) * 1e6);
        cpu.push((used.user + used.system) * 1e3);
      }
      print("import of page writes as CSV", {
        way,
        recording: name,
        rows,
        rows_per_sec: Math.round((rows / fastest(all)) * 1e9),
        rows_per_cpu_sec: Math.round((rows / fastest(cpu)) * 1e9),
        wanted_rows_per_sec: wantedRowsPerSec,
        ratio_to_zcat_wc: fastest(all) / fastest(counts),
      });
    }
    rmSync(input, { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
