import { existsSync } from "node:fs";

import type { Command } from "commander";

import type { AnalysedKind, CatalogueRow, QueryName } from "../../analysis/index.ts";
import { UsageError } from "../../base/index.ts";
import type { Slo } from "../../slo/index.ts";
import { readText } from "../context.ts";
import { printResult } from "../output.ts";

/** Rows of pauses, whatever folder they come from. */
type PauseRow = CatalogueRow<"vm-pauses">;

/** The question that gives the pauses of each kind of folder that has some. */
const pauseQuestions = { run: "vm-pauses" } as const satisfies Partial<Record<AnalysedKind, QueryName>>;

async function readPauses(path: string): Promise<{ readonly kind: AnalysedKind; readonly rows: PauseRow[] }> {
  const { analysedKind, openDatabase, runCatalogueQuery } = await import("../../analysis/index.ts");
  const kind = analysedKind(path);
  const question = (pauseQuestions as Partial<Record<AnalysedKind, (typeof pauseQuestions)["run"]>>)[kind];
  if (question === undefined) {
    throw new UsageError(`${path} is a ${kind}: it has no pauses of VMs`, {
      hint: "name a run: `luoscope replay TRACE --scenario FILE -o RUN` makes one",
    });
  }
  const database = await openDatabase({ kind, path });
  try {
    return { kind, rows: await runCatalogueQuery(database, question) };
  } finally {
    database.close();
  }
}

/** Promises of every `--slo`, in their order. */
async function readSlos(named: readonly string[]): Promise<Slo[]> {
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
  readonly json?: boolean;
}

async function checkSlos(folder: string, flags: CheckFlags): Promise<void> {
  const slos = await readSlos(flags.slo);
  const { kind, rows } = await readPauses(folder);
  const { judgeSlos } = await import("../judge-slos.ts");
  const { formatSloCheck } = await import("../format-slo.ts");
  const check = { folder, kind, ...judgeSlos(slos, rows) };
  printResult({ json: check, text: formatSloCheck(check) }, flags.json === true);
  if (!check.met) process.exitCode = 1;
}

interface BudgetFlags {
  readonly objective: string;
  readonly window: string;
  readonly updates: string;
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
  const { kind, rows } = await readPauses(folder);
  const { judgeBudget } = await import("../judge-slos.ts");
  const { formatBudget } = await import("../format-slo.ts");
  const answer = { folder, kind, ...judgeBudget({ objective, windowSec, plannedCount }, rows) };
  printResult({ json: answer, text: formatBudget(answer) }, flags.json === true);
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

export function registerSlo(program: Command): void {
  const slo = program.command("slo").description("hold the pauses of an update against what is promised of them");
  // Options that `slo` has too are taken by it, wherever they stand: --json.
  slo
    .command("check")
    .description("say whether promises hold, and end with 1 if one does not")
    .argument("<folder>", "a run")
    .requiredOption(
      "--slo <name>",
      "a preset (`luoscope slo list`) or a YAML file of promises; may be given several times",
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
    )
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  luoscope slo check out/run --slo pause-10s --slo slos/example.yaml")
    .action((folder: string, _: unknown, command: Command) => checkSlos(folder, command.optsWithGlobals<CheckFlags>()));
  slo
    .command("budget")
    .description("say how many updates an availability leaves room for, and end with 1 if more are planned")
    .argument("<folder>", "a run")
    .requiredOption("--objective <percent>", "share of the time that a VM is promised to be up: 99.9%")
    .option("--window <time>", "over which it is promised, in h, d or w", "90d")
    .option("--updates <count>", "updates that are planned in the window", "1")
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
