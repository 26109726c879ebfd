import { availableParallelism } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { existsSync } from "node:fs";

import { type Command, InvalidArgumentError, Option } from "commander";

import { UsageError } from "../../base/index.ts";
import type { Plan } from "../../plan/index.ts";
import type { SweepOptions, SweepOutcome } from "../../sweep/index.ts";
import { packageVersion, profilePath, readText } from "../context.ts";
import type { SweepSummary } from "../format-sweep.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { addRedisOptions, readRedisAddress, type RedisFlags, warn } from "../redis-options.ts";

interface SweepFlags extends RedisFlags {
  engine?: "threads" | "bullmq";
  output?: string;
  jobs?: number;
  shardRuns?: number;
  resume?: boolean;
  dryRun?: boolean;
  strict?: boolean;
  json?: boolean;
}

/** A whole number from a command line. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  };
}

/** A plan with all that it names; shared with `plan`. */
export async function openPlan(path: string, strict: boolean): Promise<{ plan: Plan; doubts: readonly string[] }> {
  const { listDoubts, loadPlan } = await import("../../plan/index.ts");
  const { parseProfile } = await import("../../profile/index.ts");
  const plan = loadPlan(path, {
    readText,
    readProfile(nameOrPath, folder) {
      const shipped = profilePath(nameOrPath);
      const file = shipped === nameOrPath && !isAbsolute(nameOrPath) ? resolve(folder, nameOrPath) : shipped;
      return parseProfile(readText(file), file);
    },
  });
  const doubts = listDoubts(plan);
  if (strict && doubts.length > 0) {
    throw new UsageError(doubts.map((doubt) => `${path}: ${doubt}`).join("\n"), {
      hint: "without --strict these are warnings",
    });
  }
  return { plan, doubts };
}

/** Runs that did not give an answer are no success. */
const incompleteExitCode = 1;

function exitCodeOf(badCount: number): number {
  return badCount > 0 ? incompleteExitCode : 0;
}

/** What the results say that the answer to a sweep begins with. */
export async function readSummary(folder: string): Promise<SweepSummary> {
  const { openDatabase, runCatalogueQuery } = await import("../../analysis/index.ts");
  const database = await openDatabase({ kind: "sweep", path: join(folder, "results") });
  try {
    const [headline] = await runCatalogueQuery(database, "sweep-headline");
    const [best] = await runCatalogueQuery(database, "sweep-recommendation");
    const configurations = await runCatalogueQuery(database, "sweep-configurations");
    return { headline: headline!, best, configurations };
  } finally {
    database.close();
  }
}

function outputOf({ output }: Pick<SweepFlags, "output">): string {
  if (output !== undefined) return output;
  throw new UsageError("-o: missing", { hint: "name the folder of the sweep: -o out/sweep" });
}

function checkResume(folder: string, resume: boolean | undefined, isSweep: boolean): void {
  if (resume !== true || isSweep) return;
  const what = existsSync(folder) ? "no sweep's folder" : "no such folder";
  throw new UsageError(`--resume: ${folder}: ${what}`, { hint: "leave --resume out to begin a sweep" });
}

/** Where runs are answered; undefined for threads of this process. */
async function chooseEngine(flags: SweepFlags): Promise<SweepOptions["engine"]> {
  if (flags.engine === "bullmq") {
    const { queueEngine } = await import("../../sweep/index.ts");
    return queueEngine({ address: await readRedisAddress(flags), onWarning: warn });
  }
  const [stray] = Object.entries({ "--redis": flags.redis, "--redis-ca": flags.redisCa, "--insecure": flags.insecure })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (stray === undefined) return undefined;
  throw new UsageError(`${stray}: threads of this process need no server`, { hint: "add --engine bullmq" });
}

async function runPlan(path: string, flags: SweepFlags, signal: AbortSignal): Promise<void> {
  const { isSweepFolder, mergeSweep, prepareSweep, runSweep, writeSweep } = await import("../../sweep/index.ts");
  const { describeOutcome } = await import("../format-sweep.ts");
  const engine = await chooseEngine(flags);
  const { plan, doubts } = await openPlan(path, flags.strict === true);
  const folder = outputOf(flags);
  checkResume(folder, flags.resume, isSweepFolder(folder));
  const { sweep, runs } = prepareSweep(plan, packageVersion());
  if (flags.dryRun === true) {
    const { describePlan } = await import("../describe-plan.ts");
    printResult(await describePlan(runs, { doubts, folder }), flags.json === true);
    return;
  }
  writeSweep(folder, sweep);
  const outcome = await withProgress("sweeping", (progress) =>
    runSweep({
      folder,
      runs,
      workers: flags.jobs ?? availableParallelism(),
      shardRuns: flags.shardRuns,
      ...(engine ? { engine } : {}),
      progress,
      signal,
    }),
  );
  await mergeSweep(folder);
  const summary = await readSummary(folder);
  printResult(describeOutcome(folder, { outcome, summary, doubts }), flags.json === true);
  process.exitCode = exitCodeOf(summary.headline.refused_count + summary.headline.failed_count);
}

async function withProgress(
  label: string,
  work: (progress: (state: { doneCount: number; missingCount: number }) => void) => Promise<SweepOutcome>,
): Promise<SweepOutcome> {
  const progress = createProgress(label, { counted: "runs" });
  try {
    return await work(({ doneCount, missingCount }) => progress.update(doneCount, missingCount));
  } finally {
    progress.end();
  }
}

interface ShardFlags extends SweepFlags {
  index: number;
  of: number;
}

async function runShard(path: string, flags: ShardFlags, signal: AbortSignal): Promise<void> {
  const { blockOf, prepareSweep, runSweep, writeSweep } = await import("../../sweep/index.ts");
  const { plural } = await import("../../analysis/format.ts");
  if (flags.index >= flags.of)
    throw new UsageError(`--index ${flags.index}: with --of ${flags.of} the last is ${flags.of - 1}`);
  const { plan } = await openPlan(path, flags.strict === true);
  const { sweep, runs } = prepareSweep(plan, packageVersion());
  const folder = outputOf(flags);
  writeSweep(folder, sweep);
  const outcome = await withProgress(`shard ${flags.index}`, (progress) =>
    runSweep({
      folder,
      runs,
      workers: flags.jobs ?? 1,
      shardRuns: flags.shardRuns,
      block: blockOf(runs, flags.index, flags.of),
      progress,
      signal,
    }),
  );
  const text = `shard ${flags.index} of ${flags.of}: ${plural(outcome.newCount, "run")} made, ${outcome.keptCount} there before`;
  printResult({ json: { index: flags.index, of: flags.of, ...outcome }, text }, flags.json === true);
  process.exitCode = exitCodeOf(outcome.refusedCount + outcome.failedCount);
}

async function runMerge(folder: string, flags: { json?: boolean }): Promise<void> {
  const { mergeSweep } = await import("../../sweep/index.ts");
  const { describeOutcome } = await import("../format-sweep.ts");
  await mergeSweep(folder);
  const summary = await readSummary(folder);
  printResult(describeOutcome(folder, { summary, doubts: [] }), flags.json === true);
  process.exitCode = exitCodeOf(summary.headline.refused_count + summary.headline.failed_count);
}

interface ReplayFlags {
  run: string;
  output: string;
  json?: boolean;
}

async function replayRun(folder: string, flags: ReplayFlags, signal: AbortSignal): Promise<void> {
  const { compareReplay, listRuns, openRun, readSweep } = await import("../../sweep/index.ts");
  const { replay } = await import("../../replay/index.ts");
  const { describeReplay } = await import("../format-sweep.ts");
  const run = await openRun(folder, listRuns(readSweep(folder)), flags.run);
  const progress = createProgress("replaying");
  try {
    const { tracePath, scenario, profile } = run;
    const options = { tracePath, scenario, profile, target: flags.output, luoscopeVersion: packageVersion() };
    const { result } = await replay(options, { progress: (done, total) => progress.update(done, total), signal });
    const differences = compareReplay(run, result);
    printResult(describeReplay(run, flags.output, differences), flags.json === true);
    if (differences.length > 0) process.exitCode = 5;
  } finally {
    progress.end();
  }
}

function addRunOptions(command: Command): Command {
  return command
    .option("-o, --output <folder>", "folder of the sweep; runs that it has are not made again")
    .option("-j, --jobs <n>", "threads (default: one a CPU)", wholeNumber(1, 1024))
    .option("--shard-runs <n>", "runs that are answered and written together", wholeNumber(1, 100_000))
    .option("--strict", "warnings about the plan are errors");
}

export function registerSweep(program: Command, signal: AbortSignal): void {
  const sweep = program
    .command("sweep")
    .enablePositionalOptions()
    .description("answer a plan: every configuration, with what is uncertain drawn")
    .argument("<plan>", "plan in YAML")
    .option("--resume", "go on with a sweep that was begun: the folder must be there")
    .option("--dry-run", "say what would be run, and how long it would take");
  sweep.addOption(
    new Option("--engine <name>", "who answers: threads of this process, or workers through Redis (luoscope worker)")
      .choices(["threads", "bullmq"])
      .default("threads"),
  );
  addRedisOptions(addRunOptions(sweep))
    .addHelpText("after", "\nExample:\n  luoscope sweep plans/demo.yaml -o out/sweep\n  luoscope plan report out/sweep")
    .action((path: string, flags: SweepFlags) => runPlan(path, flags, signal));
  const shard = sweep
    .command("shard")
    .description("answer one block of a plan's runs, on one machine of many")
    .argument("<plan>", "plan in YAML")
    .requiredOption("--index <i>", "number of the block, from 0", wholeNumber(0, 1_000_000))
    .requiredOption("--of <n>", "number of blocks", wholeNumber(1, 1_000_000));
  addRunOptions(shard)
    .option("--json", "print the result as JSON")
    .action((path: string, flags: ShardFlags) => runShard(path, flags, signal));
  sweep
    .command("merge")
    .description("put the parts of a sweep together")
    .argument("<folder>", "folder of the sweep")
    .option("--json", "print the result as JSON")
    .action((folder: string, flags: { json?: boolean }) => runMerge(folder, flags));
  sweep
    .command("replay")
    .description("replay one run of a sweep in full, and hold it against what the sweep says of it")
    .argument("<folder>", "folder of the sweep")
    .requiredOption("--run <id>", "name of the run, or the first digits of it")
    .requiredOption("-o, --output <folder>", "folder to write the run to")
    .option("--json", "print the result as JSON")
    .action((folder: string, flags: ReplayFlags) => replayRun(folder, flags, signal));
}
