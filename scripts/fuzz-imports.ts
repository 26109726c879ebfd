/**
 * Breaks the samples of every format in random ways and imports what is left: a sound trace or a refusal that leaves nothing
 * behind, within a second a MiB, and no memory without bounds.
 *
 * npm run fuzz -- [--seconds 60] [--seed 1]
 */
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";

import { createPrng } from "../src/base/index.ts";
import { importFormats } from "../src/trace/import/registry.ts";
import { importBroken } from "../test/kit/broken-import.ts";
import { mutate, type Random } from "../test/kit/mutations.ts";

const maxSampleBytes = 2 ** 20;
/** Far above what a sample of a MiB needs, and far below what a length in a damaged file may ask for. */
const maxRssBytes = 1.5 * 2 ** 30;

interface Sample {
  readonly path: string;
  readonly bytes: Buffer;
}

function unpacked(path: string): Buffer {
  const bytes = readFileSync(path);
  if (path.endsWith(".gz") && bytes[0] === 0x1f) return gunzipSync(bytes);
  if (path.endsWith(".zst") && bytes[0] === 0x28) return zstdDecompressSync(bytes);
  return bytes;
}

function readSamples(): Sample[] {
  const paths = globSync("traces/samples/**/*.*")
    .filter((path) => !path.includes("/archives/hostile/") && statSync(path).isFile())
    .sort();
  return paths
    .map((path) => ({ path, bytes: unpacked(path) }))
    .filter(({ bytes }) => bytes.length > 0 && bytes.length <= maxSampleBytes);
}

/** Packs now and then, as most sources come packed. */
function pack(bytes: Buffer, random: Random): Uint8Array {
  const draw = random(8);
  if (draw === 0) return gzipSync(bytes);
  return draw === 1 ? zstdCompressSync(bytes) : bytes;
}

/** The files of one round: a broken sample, and now and then others of its folder beside it. */
function writeRound(folder: string, samples: readonly Sample[], random: Random): string[] {
  const chosen = samples[random(samples.length)]!;
  const beside = random(3) === 0 ? samples.filter(({ path }) => dirname(path) === dirname(chosen.path)) : [chosen];
  const others = samples.map(({ bytes }) => bytes);
  return beside.slice(0, 8).map((sample) => {
    let { bytes } = sample;
    for (let count = sample === chosen ? 1 + random(3) : 0; count > 0; count--) {
      bytes = mutate(Buffer.from(bytes), random, others).subarray(0, 2 * maxSampleBytes);
    }
    const path = join(folder, basename(sample.path).replace(/\.(gz|zst)$/, ""));
    writeFileSync(path, pack(bytes, random));
    return path;
  });
}

async function runRound(samples: readonly Sample[], random: Random): Promise<"kept" | "refused"> {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-fuzz-"));
  try {
    const inputs = writeRound(folder, samples, random);
    const format = importFormats[random(importFormats.length)]!.name;
    const columns = { columns: "t_us=1,gfn=2", pageBytes: 4096 };
    // Most rounds find the format by content; some are read as what they are not.
    return await importBroken(inputs, random(5) === 0 ? { format, ...columns } : random(10) === 0 ? columns : {});
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } });
const samples = readSamples();
const endMs = performance.now() + Number(values.seconds ?? 60) * 1000;
const tally = { rounds: 0, kept: 0, refused: 0, slowestMs: 0, highestRss: 0 };
for (let seed = Number(values.seed ?? 1); performance.now() < endMs; seed++) {
  const prng = createPrng(seed);
  const begin = performance.now();
  try {
    tally[await runRound(samples, (below) => prng() % Math.max(below, 1))]++;
    const { rss } = process.memoryUsage();
    tally.highestRss = Math.max(tally.highestRss, rss);
    if (rss > maxRssBytes) throw new Error(`${Math.round(rss / 2 ** 20)} MiB of memory`);
  } catch (error) {
    process.stdout.write(`seed ${seed}: ${(error as Error).stack}\n`);
    process.exit(1);
  }
  tally.slowestMs = Math.max(tally.slowestMs, performance.now() - begin);
  tally.rounds++;
}
process.stdout.write(
  `${samples.length} samples, ${tally.rounds} rounds: ${tally.kept} sound traces, ${tally.refused} refused, ` +
    `slowest ${Math.round(tally.slowestMs)} ms, at most ${Math.round(tally.highestRss / 2 ** 20)} MiB; no crash\n`,
);
