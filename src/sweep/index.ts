export { Evaluator } from "./evaluate.ts";
export { isSweepFolder, listRuns, readSweep, type Sweep, writeSweep } from "./folder.ts";
export { isMerged, mergeSweep } from "./merge.ts";
export { prepareSweep } from "./prepare.ts";
export { openRun, type ReplayableRun } from "./replay-run.ts";
export { blockOf, runSweep, type SweepOutcome } from "./sweep.ts";
