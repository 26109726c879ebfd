/**
 * Breaks recordings in random ways, imports them, and predicts and fits what is left: nothing may crash, hang or break an
 * invariant.
 *
 * node scripts/fuzz-importer.ts [--seconds 60] [--seed 1]
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

import { createPrng, FormatError } from "../src/base/index.ts";
import { predictTimes, sortCases } from "../src/calibrate/index.ts";
import { formatTimelines } from "../src/cli/format-recording.ts";
import { parseProfile } from "../src/profile/index.ts";
import { parseRecording, type Recording } from "../src/recording/index.ts";
import { parseEvidence } from "../src/recording/formats/read-evidence.ts";
import { groupEvidence } from "../src/recording/timeline/parts.ts";
import { buildTimeline } from "../src/recording/timeline/read-timelines.ts";
import { bundleMembers, makeBundle } from "../test/recording/make-bundle.ts";
import { samples } from "../test/recording/samples.ts";
import { logFolder, suspendFolder } from "../test/recording/beside.ts";
import { violationsOf } from "../test/recording/invariants.ts";

/** A slower one is a defect: each input has at most some MiB. */
const maxRoundMs = 20_000;

/** Of a log only as much as mutations can still be many of. */
const maxSampleBytes = 400_000;

type Random = (below: number) => number;

function readSamples(): Buffer[] {
  const folders = ["recordings", suspendFolder, logFolder];
  const logs = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((path) => /(traced-64|size-64|smp-4|v72-smp-4|_ftrace|_dmesg|\.log$).*/.test(path))
    .map((path) => {
      const bytes = readFileSync(path);
      return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
    });
  return [...logs, ...Object.values(samples).map((text) => Buffer.from(text, "latin1"))];
}

/** A piece of a large sample, so that a round stays short. */
function pick(all: readonly Buffer[], random: Random): Buffer {
  const bytes = all[random(all.length)]!;
  if (bytes.length <= maxSampleBytes || random(4) === 0) return Buffer.from(bytes);
  const start = random(bytes.length - maxSampleBytes);
  return Buffer.from(bytes.subarray(start, start + maxSampleBytes));
}

function splitLines(bytes: Buffer): string[] {
  return bytes.toString("latin1").split("\n");
}

const numbers = [
  "0",
  "-1",
  "NaN",
  "1e308",
  "9007199254740993",
  "99999999999999999999.9",
  "4294967296",
  "0.0000001",
  "",
];

type Mutation = (bytes: Buffer, random: Random, all: readonly Buffer[]) => Buffer;

const mutations: Readonly<Record<string, Mutation>> = {
  flip: (bytes, random) => {
    for (let count = 1 + random(40); count > 0 && bytes.length > 0; count--) bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  cut: (bytes, random) => {
    const start = random(bytes.length + 1);
    return bytes.subarray(start, start + random(bytes.length - start + 1));
  },
  hole: (bytes, random) => {
    const start = random(bytes.length + 1);
    const end = start + random(Math.min(50_000, bytes.length - start) + 1);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  splice: (bytes, random, all) => {
    const other = pick(all, random);
    const at = random(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length + 1)), bytes.subarray(at)]);
  },
  duplicate: (bytes, random) => {
    const lines = splitLines(bytes);
    const start = random(lines.length);
    lines.splice(random(lines.length), 0, ...lines.slice(start, start + 1 + random(200)));
    return Buffer.from(lines.join("\n"), "latin1");
  },
  reorder: (bytes, random) => {
    const lines = splitLines(bytes);
    for (let count = 1 + random(100); count > 0; count--) {
      const [left, right] = [random(lines.length), random(lines.length)];
      [lines[left], lines[right]] = [lines[right]!, lines[left]!];
    }
    return Buffer.from(lines.join("\n"), "latin1");
  },
  interleave: (bytes, random, all) => {
    const [left, right] = [splitLines(bytes), splitLines(pick(all, random))];
    const mixed: string[] = [];
    while (left.length > 0 || right.length > 0) {
      const from = random(2) === 0 || right.length === 0 ? left : right;
      mixed.push(...from.splice(0, 1 + random(50)));
    }
    return Buffer.from(mixed.join("\n"), "latin1");
  },
  numbers: (bytes, random) => {
    const lines = splitLines(bytes);
    for (let count = 1 + random(30); count > 0; count--) {
      const at = random(lines.length);
      lines[at] = lines[at]!.replace(/\d[\d.]*/, numbers[random(numbers.length)]!);
    }
    return Buffer.from(lines.join("\n"), "latin1");
  },
};

const names = Object.keys(mutations);

/** A bundle whose members are broken and whose hashes are right, so that its members are read. */
function breakBundle(random: Random, all: readonly Buffer[]): Buffer {
  const members = bundleMembers();
  for (const [name, bytes] of Object.entries(members)) {
    const draw = random(8);
    if (draw === 0) delete members[name];
    else if (draw === 1) members[name] = pick(all, random);
    else if (draw < 4) members[name] = mutations[names[random(names.length)]!]!(Buffer.from(bytes), random, all);
  }
  const bundle = makeBundle(members);
  return random(4) === 0 ? mutations["flip"]!(bundle, random, all) : bundle;
}

const profile = parseProfile(readFileSync("profiles/qemu-icount-7.3.yaml", "utf8"), "profile");

/** What calibrate and predict make of a log: ordered numbers, or a reason. */
function predictOne(bytes: Buffer): boolean {
  let recording: Recording;
  try {
    recording = parseRecording("fuzzed", bytes, "fuzzed");
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
  const { quantities, steps, notes } = predictTimes(recording, profile);
  for (const { lowNs, predictedNs, highNs } of [...quantities, ...steps]) {
    if (!(lowNs >= 0 && lowNs <= predictedNs && predictedNs <= highNs)) {
      throw new Error(`predicted ${predictedNs}, from ${lowNs} to ${highNs}`);
    }
  }
  if (quantities.length === 0 && notes.length === 0) throw new Error("neither a prediction nor a reason");
  const { cases } = sortCases([recording]);
  const observations = cases.flatMap(({ calibration }) => calibration.observations);
  if (observations.some(({ ns }) => !(ns > 0 && Number.isFinite(ns))))
    throw new Error("an observation without a length");
  return quantities.length > 0;
}

interface Tally {
  rounds: number;
  timelines: number;
  predicted: number;
  refused: number;
  slowestMs: number;
  bytes: number;
}

function runRound(all: readonly Buffer[], random: Random, tally: Tally): void {
  const files = 1 + (random(4) === 0 ? 1 : 0);
  const startMs = performance.now();
  const evidence = [];
  for (let file = 0; file < files; file++) {
    const isBundle = random(4) === 0;
    let bytes = isBundle ? breakBundle(random, all) : pick(all, random);
    for (let count = isBundle ? 0 : 1 + random(4); count > 0; count--) {
      bytes = mutations[names[random(names.length)]!]!(bytes, random, all);
    }
    tally.bytes += bytes.length;
    if (!isBundle && predictOne(bytes)) tally.predicted++;
    try {
      evidence.push(parseEvidence(`file-${file}`, bytes, ""));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      tally.refused++;
    }
  }
  const offsetNs = random(10) === 0 ? random(2 ** 31) * 1000 - 1e12 : undefined;
  const timelines = groupEvidence(evidence).map((parts) => buildTimeline(parts, { offsetNs }));
  for (const timeline of timelines) {
    const problems = violationsOf(timeline);
    if (problems.length > 0)
      throw new Error(
        `${problems.slice(0, 5).join("\n")}\n${JSON.stringify({ ...timeline, functions: [] }).slice(0, 6000)}`,
      );
  }
  formatTimelines(timelines, 4);
  tally.timelines += timelines.length;
  const ms = performance.now() - startMs;
  tally.slowestMs = Math.max(tally.slowestMs, ms);
  if (ms > maxRoundMs) throw new Error(`a round took ${Math.round(ms)} ms`);
}

const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } });
const all = readSamples();
const endMs = performance.now() + Number(values.seconds ?? 60) * 1000;
const tally: Tally = { rounds: 0, timelines: 0, predicted: 0, refused: 0, slowestMs: 0, bytes: 0 };
for (let seed = Number(values.seed ?? 1); performance.now() < endMs; seed++) {
  const prng = createPrng(seed);
  try {
    runRound(all, (below) => prng() % below, tally);
  } catch (error) {
    process.stdout.write(`seed ${seed}: ${(error as Error).stack}\n`);
    process.exit(1);
  }
  tally.rounds++;
}
const { rounds, timelines, predicted, refused, slowestMs, bytes } = tally;
process.stdout.write(
  `${rounds} rounds, ${timelines} timelines, ${predicted} predictions, ${refused} files refused, ${Math.round(bytes / 2 ** 20)} MiB, ` +
    `slowest ${Math.round(slowestMs)} ms; no crash, every invariant holds\n`,
);
