export { Evaluator } from "./evaluate.ts";
export { isSweepFolder, listRuns, readSweep, type Sweep, writeSweep } from "./folder.ts";
export { mergeSweep } from "./results.ts";
export { findRuns } from "./shards.ts";
export { prepareSweep } from "./prepare.ts";
export { compareReplay, openRun, type ReplayableRun, type ReplayDifference } from "./replay-run.ts";
export { blockOf, runSweep, type SweepOutcome } from "./sweep.ts";
