import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

import type { Command } from "commander";

import { FormatError, UsageError } from "../../base/index.ts";
import type { Measurement } from "../../compare/index.ts";
import type { GateResult, Policy } from "../../gate/index.ts";
import { addCompareOptions, type CompareFlags, compareOptionsOf, shownRowsOf } from "../compare-options.ts";
import { measureSides, numberWithin, splitLabel } from "../compare-sides.ts";
import { packageVersion, readText } from "../context.ts";
import { emit, parseOutputs } from "../publish-outputs.ts";
import type { ShownRows } from "../shown-rows.ts";
import { writeWhole } from "../write-file.ts";
import { titleOf } from "./compare.ts";

interface GateFlags extends CompareFlags {
  readonly policy?: string;
  readonly baseline?: string;
  readonly saveBaseline?: string;
  readonly baselines: string;
  readonly inconclusive?: string;
  readonly collect?: string;
  readonly maxIterations: string;
}

/** Exit codes of a gate, as documented. */
const exitCodes = { pass: 0, warn: 0, fail: 1, inconclusive: 4 } as const;

/** The paths of both sides, the base first; the base may be a named baseline. */
async function sidesOf(paths: readonly string[], flags: GateFlags): Promise<string[]> {
  if (flags.baseline === undefined) {
    if (paths.length >= 2) return [...paths];
    throw new UsageError("there is nothing to hold the result against", {
      hint: "name two (`luoscope gate --policy FILE BASE NEW`), or a baseline with --baseline NAME",
    });
  }
  const { baselinePath } = await import("../../gate/index.ts");
  const path = baselinePath(flags.baselines, flags.baseline);
  if (existsSync(path)) return [`${flags.baseline}=${path}`, ...paths];
  throw new UsageError(`${path}: no such baseline`, {
    hint: `save one first: \`luoscope gate --save-baseline ${flags.baseline} RESULT\``,
  });
}

async function saveBaseline(measurement: Measurement, name: string, flags: GateFlags): Promise<string> {
  const { baselinePath } = await import("../../gate/index.ts");
  const { writeStored } = await import("../../compare/index.ts");
  const path = baselinePath(flags.baselines, name);
  writeWhole(path, await writeStored(measurement, packageVersion()));
  return path;
}

/** Asks the user's command for more samples; what it prints is for people. */
function collectMore(command: string, sides: readonly string[], iteration: number): void {
  const [base, next] = sides.map((side) => splitLabel(side).path);
  const env = {
    ...process.env,
    LUOSCOPE_BASE: base,
    LUOSCOPE_NEW: next,
    LUOSCOPE_ITERATION: String(iteration),
  };
  process.stderr.write(`not decided yet: collecting more samples (${iteration}): ${command}\n`);
  const { status, signal, error } = spawnSync(command, { shell: true, stdio: ["ignore", 2, 2], env });
  if (error) throw new UsageError(`--collect: ${error.message}`, { cause: error });
  if (status !== 0) {
    throw new FormatError(`--collect: the command ended with ${signal ?? status}`, {
      hint: "it should add samples to the folders in $LUOSCOPE_BASE and $LUOSCOPE_NEW, and end with 0",
    });
  }
}

interface Judged {
  readonly gate: GateResult;
  readonly measurements: readonly Measurement[];
}

async function judgeOnce(
  sides: readonly string[],
  { policy, flags, alphaShare, iteration }: { policy: Policy; flags: GateFlags; alphaShare: number; iteration: number },
): Promise<Judged> {
  const { compare, defaultSettings } = await import("../../compare/index.ts");
  const { checkBaseline, judgeGate } = await import("../../gate/index.ts");
  const measurements = await measureSides(sides, flags.profile);
  if (flags.baseline !== undefined) {
    for (const next of measurements.slice(1)) checkBaseline(measurements[0]!, next);
  }
  const own = compareOptionsOf(flags);
  const settings = { ...defaultSettings, ...policy.settings, ...own.settings };
  const filter = own.filter ?? policy.filter;
  const difference = await compare(measurements, {
    ...own,
    settings: { ...settings, alpha: settings.alpha * alphaShare },
    metrics: policy.metrics,
    ...(filter === undefined ? {} : { filter }),
  });
  return { gate: judgeGate(difference, policy, iteration), measurements };
}

/**
 * Judges, and while rules cannot be decided collects more samples. Whoever looks several times has as many chances of a false
 * alarm, so each look has its part of alpha only (Bonferroni).
 */
async function judge(sides: readonly string[], policy: Policy, flags: GateFlags): Promise<Judged> {
  const most = Math.round(numberWithin(flags.maxIterations, "--max-iterations", [0, 100]));
  if (most > 0 && flags.collect === undefined) {
    throw new UsageError("--max-iterations without --collect: nothing would be collected", {
      hint: "add --collect COMMAND",
    });
  }
  const looks = flags.collect === undefined ? 0 : most;
  const alphaShare = 1 / (looks + 1);
  let judged = await judgeOnce(sides, { policy, flags, alphaShare, iteration: 0 });
  for (let iteration = 1; iteration <= looks && isUndecided(judged.gate); iteration++) {
    collectMore(flags.collect!, sides, iteration);
    judged = await judgeOnce(sides, { policy, flags, alphaShare, iteration });
  }
  return judged;
}

function isUndecided({ rules, outcome }: GateResult): boolean {
  return outcome !== "fail" && rules.some(({ level, undecided }) => level === "fail" && undecided.length > 0);
}

function inconclusiveFails(policy: Policy, { inconclusive }: GateFlags): boolean {
  if (inconclusive === undefined) return policy.inconclusiveFails;
  if (inconclusive === "fail" || inconclusive === "pass") return inconclusive === "fail";
  throw new UsageError(`--inconclusive ${inconclusive}: unknown`, { hint: "pass or fail" });
}

async function formatBoth(gate: GateResult, only: ShownRows): Promise<string> {
  const { formatComparison } = await import("../format-compare.ts");
  const { formatGate } = await import("../format-gate.ts");
  return `${formatComparison(gate.difference, only)}\n\n${formatGate(gate)}`;
}

/** A baseline is saved without a judgement where there is nothing to judge by. */
async function saveOnly(paths: readonly string[], name: string, flags: GateFlags): Promise<void> {
  if (paths.length !== 1) throw new UsageError("--save-baseline without --policy takes one result");
  const [measurement] = await measureSides(paths, flags.profile);
  const path = await saveBaseline(measurement!, name, flags);
  process.stdout.write(flags.json === true ? `${JSON.stringify({ baseline: path })}\n` : `baseline  ${path}\n`);
}

async function runGate(paths: readonly string[], flags: GateFlags): Promise<void> {
  const { policy: policyPath, saveBaseline: name } = flags;
  const only = shownRowsOf(flags);
  const outputs = await parseOutputs(flags.to);
  if (policyPath === undefined) {
    if (name !== undefined && flags.baseline === undefined) return saveOnly(paths, name, flags);
    throw new UsageError("a gate has a policy", { hint: "--policy FILE; docs/gate.md says what it holds" });
  }
  const { loadPolicy } = await import("../../gate/index.ts");
  const policy = loadPolicy(policyPath, readText);
  const strict = inconclusiveFails(policy, flags);
  const { gate, measurements } = await judge(await sidesOf(paths, flags), policy, flags);
  const { difference } = gate;
  await emit(
    { difference, gate, title: titleOf(difference, flags.title), toolVersion: packageVersion() },
    { outputs, folder: flags.output, asJson: flags.json === true, text: () => formatBoth(gate, only) },
  );
  const code = gate.outcome === "inconclusive" && !strict ? 0 : exitCodes[gate.outcome];
  // What has failed is no measure for others.
  if (name !== undefined && code === 0) await saveBaseline(measurements.at(-1)!, name, flags);
  process.exitCode = code;
}

export function registerGate(program: Command): void {
  const command = program
    .command("gate")
    .description("hold a comparison against a policy's rules, and end with 1 if one is broken")
    .argument("<sides...>", "BASE NEW, or NEW with --baseline: LABEL=PATH or PATH")
    .option("--policy <file>", "YAML file with the rules (docs/gate.md)")
    .option("--baseline <name>", "hold it against a saved baseline")
    .option("--save-baseline <name>", "save the new result as a baseline, if no rule is broken")
    .option("--baselines <folder>", "where baselines are", ".luoscope/baselines")
    .option("--inconclusive <outcome>", "what undecided rules come to: pass, or fail (exit code 4)")
    .option("--collect <command>", "shell command that adds samples to $LUOSCOPE_BASE and $LUOSCOPE_NEW")
    .option("--max-iterations <count>", "times that it is run while rules are undecided", "0");
  addCompareOptions(command)
    .addHelpText(
      "after",
      "\nExit codes: 0 pass, 1 a rule is broken, 2 usage, 3 bad input, 4 inconclusive (with --inconclusive fail), 5 a defect\n\nExamples:\n  luoscope gate --policy gates/example.yaml out/run out/small-folios\n  luoscope gate --save-baseline main out/run\n  luoscope gate --policy gates/example.yaml --baseline main out/run --to junit=results.xml",
    )
    .action(runGate);
}
