/**
 * Breaks recordings in random ways, imports them, and predicts and fits what is left: nothing may crash, hang or break an
 * invariant.
 *
 * node scripts/fuzz-recordings.ts [--seconds 60] [--seed 1]
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
import { mutate, mutations, pickPiece, type Random } from "../test/kit/mutations.ts";
import { logFolder, suspendFolder } from "../test/recording/beside.ts";
import { violationsOf } from "../test/recording/invariants.ts";

/** A slower one is a defect: each input has at most some MiB. */
const maxRoundMs = 20_000;

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

/** A bundle whose members are broken and whose hashes are right, so that its members are read. */
function breakBundle(random: Random, all: readonly Buffer[]): Buffer {
  const members = bundleMembers();
  for (const [name, bytes] of Object.entries(members)) {
    const draw = random(8);
    if (draw === 0) delete members[name];
    else if (draw === 1) members[name] = pickPiece(all, random);
    else if (draw < 4) members[name] = mutate(Buffer.from(bytes), random, all);
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
    let bytes = isBundle ? breakBundle(random, all) : pickPiece(all, random);
    for (let count = isBundle ? 0 : 1 + random(4); count > 0; count--) {
      bytes = mutate(bytes, random, all);
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
