import { existsSync } from "node:fs";

import type { Command } from "commander";

import type { AnalysedKind, CatalogueRow, QueryName } from "../../analysis/index.ts";
import { UsageError } from "../../base/index.ts";
import type { Slo } from "../../slo/index.ts";
import { readText } from "../context.ts";
import type { SweepPauses } from "../judge-sweep-slos.ts";
import { printResult } from "../output.ts";
import { resultsOf } from "../sweep-results.ts";

/** Rows of pauses, whatever folder they come from. */
type PauseRow = CatalogueRow<"vm-pauses">;

/** The question that gives the pauses of each kind of folder that has some. */
const pauseQuestions = {
  run: "vm-pauses",
  fleet: "fleet-vm-pauses",
  sweep: "sweep-draw-pauses",
} as const satisfies Partial<Record<AnalysedKind, QueryName>>;

/** The pauses of a run, of a fleet's rollout, or of one configuration of a sweep. */
type Pauses =
  | { readonly kind: "run" | "fleet"; readonly rows: readonly PauseRow[] }
  | ({ readonly kind: "sweep"; readonly configuration: { index: number; label: string } } & SweepPauses);

function withoutPauses(path: string, kind: AnalysedKind): UsageError {
  return new UsageError(`${path} is a ${kind}: it has no pauses of VMs`, {
    hint: "name a run (`luoscope replay TRACE --scenario FILE -o RUN`), a sweep (`luoscope sweep PLAN -o FOLDER`) or a fleet (`luoscope fleet FILE -o FOLDER`)",
  });
}

async function readSweepPauses(path: string, named: string | undefined): Promise<Pauses> {
  const { findConfiguration, openDatabase, runCatalogueQuery } = await import("../../analysis/index.ts");
  const database = await openDatabase({ kind: "sweep", path });
  try {
    const index = named === undefined ? undefined : await findConfiguration(database, named, "--configuration");
    const parameters = index === undefined ? {} : { configuration_index: index };
    const [found] = await runCatalogueQuery(database, "sweep-configuration", parameters);
    const rows = await runCatalogueQuery(database, pauseQuestions.sweep, parameters);
    if (!found) throw new UsageError(`${path}: no such configuration has runs of its own`);
    const unansweredCount = found.refused_count + found.failed_count;
    if (rows.length === 0 && unansweredCount > 0) {
      throw new UsageError(`${path}: no run of configuration ${found.configuration_index} has an answer`, {
        hint: found.reason ?? "",
      });
    }
    const configuration = { index: found.configuration_index, label: found.label };
    return { kind: "sweep", configuration, rows, unansweredCount };
  } finally {
    database.close();
  }
}

async function readPauses(folder: string, configuration: string | undefined): Promise<Pauses> {
  const { analysedKind, openDatabase, runCatalogueQuery } = await import("../../analysis/index.ts");
  const path = resultsOf(folder);
  const kind = analysedKind(path);
  if (kind === "sweep") return readSweepPauses(path, configuration);
  if (configuration !== undefined) {
    throw new UsageError(`${folder} is a ${kind}`, { hint: "--configuration names one of a sweep" });
  }
  if (kind !== "run" && kind !== "fleet") throw withoutPauses(path, kind);
  const database = await openDatabase({ kind, path });
  try {
    return { kind, rows: await runCatalogueQuery(database, pauseQuestions[kind]) };
  } finally {
    database.close();
  }
}

/** What is judged, before the judgement. */
async function nameOf(pauses: Pauses): Promise<string> {
  if (pauses.kind !== "sweep") return "";
  const { displayText } = await import("../../analysis/index.ts");
  return `configuration ${pauses.configuration.index}: ${displayText(pauses.configuration.label, 200)}\n\n`;
}

/** Facts about the folder for JSON. */
function factsOf(folder: string, pauses: Pauses) {
  const { kind } = pauses;
  return kind === "sweep" ? { folder, kind, configuration: pauses.configuration } : { folder, kind };
}

/** Of an option that may be given several times. */
export function collectNames(name: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), name];
}

/** Promises of every `--slo`, in their order. */
export async function readSlos(named: readonly string[]): Promise<Slo[]> {
  const { loadSlos, presetNames } = await import("../../slo/index.ts");
  return named.flatMap((nameOrPath) => {
    if (presetNames.includes(nameOrPath) || existsSync(nameOrPath)) return loadSlos(nameOrPath, readText);
    throw new UsageError(`--slo ${nameOrPath}: neither a preset nor a file`, {
      hint: `presets are ${presetNames.join(", ")}; docs/slo.md says what a file holds`,
    });
  });
}

interface CheckFlags {
  readonly slo: readonly string[];
  readonly configuration?: string;
  readonly json?: boolean;
}

async function checkSlos(folder: string, flags: CheckFlags): Promise<void> {
  const slos = await readSlos(flags.slo);
  const pauses = await readPauses(folder, flags.configuration);
  const { judgeSlos } = await import("../judge-slos.ts");
  const { judgeSweepSlos } = await import("../judge-sweep-slos.ts");
  const { formatSloCheck } = await import("../format-slo.ts");
  const judgement = pauses.kind === "sweep" ? judgeSweepSlos(slos, pauses) : judgeSlos(slos, pauses.rows);
  const check = { ...factsOf(folder, pauses), ...judgement };
  printResult({ json: check, text: (await nameOf(pauses)) + formatSloCheck(check) }, flags.json === true);
  if (!check.met) process.exitCode = 1;
}

interface BudgetFlags {
  readonly objective: string;
  readonly window: string;
  readonly updates: string;
  readonly configuration?: string;
  readonly json?: boolean;
}

/** More updates than that in a window are a mistake; with the longest pause they stay below 2^53 ns. */
const maxUpdates = 10_000;

async function spendBudgets(folder: string, flags: BudgetFlags): Promise<void> {
  const { parseObjective, parseWindow } = await import("../../slo/index.ts");
  const objective = parseObjective(flags.objective);
  if (!objective) {
    throw new UsageError(`--objective ${flags.objective}: no share of the time`, {
      hint: "write a percentage from 90% to 100%: 99.9%",
    });
  }
  const windowSec = parseWindow(flags.window);
  if (windowSec === undefined) {
    throw new UsageError(`--window ${flags.window}: no such length of time`, {
      hint: "write a whole number and h, d or w, at most 366d: 90d is a quarter",
    });
  }
  const plannedCount = Number(flags.updates);
  if (!/^\d+$/.test(flags.updates) || plannedCount > maxUpdates) {
    throw new UsageError(`--updates ${flags.updates}: not a whole number from 0 to ${maxUpdates}`);
  }
  const pauses = await readPauses(folder, flags.configuration);
  const { judgeBudget } = await import("../judge-slos.ts");
  const { judgeSweepBudget } = await import("../judge-sweep-slos.ts");
  const { formatBudget } = await import("../format-slo.ts");
  const plan = { objective, windowSec, plannedCount };
  const judgement = pauses.kind === "sweep" ? judgeSweepBudget(plan, pauses) : judgeBudget(plan, pauses.rows);
  const answer = { ...factsOf(folder, pauses), ...judgement };
  printResult({ json: answer, text: (await nameOf(pauses)) + formatBudget(answer) }, flags.json === true);
  if (!answer.met) process.exitCode = 1;
}

async function listSlos(flags: { readonly json?: boolean }): Promise<void> {
  const { sloPresets } = await import("../../slo/index.ts");
  const { formatPresets } = await import("../format-slo.ts");
  const presets = sloPresets.map(({ name, pauseNs, vmRatio, source }) => ({
    name,
    limit_ns: pauseNs,
    vm_ratio: vmRatio,
    source,
  }));
  printResult({ json: { presets }, text: formatPresets(presets) }, flags.json === true);
}

const ofSweep = "of a sweep: label or number of the configuration (default: the one that ranks first)";

export function registerSlo(program: Command): void {
  const slo = program.command("slo").description("hold the pauses of an update against what is promised of them");
  // Options that `slo` has too are taken by it, wherever they stand: --json.
  slo
    .command("check")
    .description("say whether promises hold, and end with 1 if one does not")
    .argument("<folder>", "a run, a sweep or a fleet")
    .requiredOption(
      "--slo <name>",
      "a preset (`luoscope slo list`) or a YAML file of promises; may be given several times",
      collectNames,
    )
    .option("--configuration <name>", ofSweep)
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  luoscope slo check out/run --slo pause-10s --slo slos/example.yaml")
    .action((folder: string, _: unknown, command: Command) => checkSlos(folder, command.optsWithGlobals<CheckFlags>()));
  slo
    .command("budget")
    .description("say how many updates an availability leaves room for, and end with 1 if more are planned")
    .argument("<folder>", "a run, a sweep or a fleet")
    .requiredOption("--objective <percent>", "share of the time that a VM is promised to be up: 99.9%")
    .option("--window <time>", "over which it is promised, in h, d or w", "90d")
    .option("--updates <count>", "updates that are planned in the window", "1")
    .option("--configuration <name>", ofSweep)
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  luoscope slo budget out/run --objective 99.99% --window 90d --updates 3")
    .action((folder: string, _: unknown, command: Command) =>
      spendBudgets(folder, command.optsWithGlobals<BudgetFlags>()),
    );
  slo
    .command("list")
    .description("show the presets, and where they come from")
    .option("--json", "print the result as JSON")
    .action((_: unknown, command: Command) => listSlos(command.optsWithGlobals<{ json?: boolean }>()));
}
