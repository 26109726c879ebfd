import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import type { LoadedRecipe, PreparedRecipe } from "../../synth/index.ts";
import { packagedFile, readText } from "../context.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { writeWhole } from "../write-file.ts";

interface SynthFlags {
  output?: string;
  like?: string;
  vm?: string;
  seed?: string;
  dryRun?: boolean;
  list?: boolean;
  json?: boolean;
}

const recipesFolder = packagedFile("traces", "recipes");

/** A recipe by its name (of those that ship) or by its path. */
function recipePath(nameOrPath: string): string {
  const isPath = /\.ya?ml$/.test(nameOrPath) || nameOrPath.includes("/");
  return isPath ? nameOrPath : join(recipesFolder, `${nameOrPath.replaceAll(/[^\w.-]/g, "_")}.yaml`);
}

function parseSeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (seed >= 0 && seed < 2 ** 32) return seed;
  throw new UsageError(`--seed ${text}: no seed`, { hint: "write a whole number from 0 to 4294967295" });
}

async function listRecipes(asJson: boolean): Promise<void> {
  const { loadRecipe } = await import("../../synth/index.ts");
  const { formatRecipes } = await import("../format-synth.ts");
  const recipes = readdirSync(recipesFolder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => {
      const { value } = loadRecipe(join(recipesFolder, file), readText);
      const { description, duration, vms } = value;
      return { name: basename(file, ".yaml"), duration_ns: duration, vm_count: vms.length, description };
    });
  printResult({ json: { recipes }, text: formatRecipes(recipes) }, asJson);
}

function withSeed(recipe: LoadedRecipe, seed: number | undefined): LoadedRecipe {
  return seed === undefined ? recipe : { ...recipe, value: { ...recipe.value, seed } };
}

async function writeTrace(prepared: PreparedRecipe, flags: SynthFlags, signal: AbortSignal): Promise<void> {
  const { formatExpected, formatSynth } = await import("../format-synth.ts");
  if (flags.dryRun === true) {
    const { name, seed } = prepared.recipe.value;
    const json = { recipe: name, seed, expected_rows: prepared.rows };
    printResult({ json, text: formatExpected(prepared) }, flags.json === true);
    return;
  }
  if (flags.output === undefined) {
    throw new UsageError("required option '-o, --output <folder>' not specified", {
      hint: "name the folder to write the trace to, or look first with --dry-run",
    });
  }
  const { synthesize } = await import("../../synth/index.ts");
  const progress = createProgress("making");
  try {
    const effects = { progress: (done: number, total: number) => progress.update(done, total), signal };
    const report = await synthesize(prepared, flags.output, effects);
    progress.end();
    printResult({ json: { trace: flags.output, ...report }, text: formatSynth(report) }, flags.json === true);
  } finally {
    progress.end();
  }
}

/** Fits a recipe, and prints it, writes it, or makes its trace at once. */
async function runLike(path: string, flags: SynthFlags, signal: AbortSignal): Promise<void> {
  const { fitRecipe, loadRecipe, prepareRecipe } = await import("../../synth/index.ts");
  const seed = parseSeed(flags.seed);
  const text = fitRecipe({
    path,
    ...(flags.vm === undefined ? {} : { vm: flags.vm }),
    ...(seed === undefined ? {} : { seed }),
  });
  const isRecipeWanted = flags.output === undefined || /\.ya?ml$/.test(flags.output);
  if (flags.dryRun === true || !isRecipeWanted) {
    const recipe = loadRecipe(`${path}, fitted`, () => text);
    await writeTrace(prepareRecipe(recipe), flags, signal);
    return;
  }
  if (flags.output !== undefined) writeWhole(flags.output, text);
  const shown = flags.output === undefined ? text.trimEnd() : `${flags.output}: recipe fitted to ${path}`;
  const json = flags.output === undefined ? { recipe_yaml: text } : { recipe: flags.output };
  printResult({ json, text: shown }, flags.json === true);
}

async function runSynth(recipe: string | undefined, flags: SynthFlags, signal: AbortSignal): Promise<void> {
  const asked = [recipe, flags.like, flags.list].filter((choice) => choice !== undefined).length;
  if (asked !== 1) {
    throw new UsageError("name a recipe, or a trace with --like, or --list, and one of them only", {
      hint: "luoscope synth --list shows the recipes that ship",
    });
  }
  if (flags.list === true) return listRecipes(flags.json === true);
  if (flags.like !== undefined) return runLike(flags.like, flags, signal);
  const { loadRecipe, prepareRecipe } = await import("../../synth/index.ts");
  const loaded = loadRecipe(recipePath(recipe!), readText);
  return writeTrace(prepareRecipe(withSeed(loaded, parseSeed(flags.seed))), flags, signal);
}

export function registerSynth(program: Command, signal: AbortSignal): void {
  program
    .command("synth")
    .description("make a trace from a recipe, or a recipe from a trace")
    .argument("[recipe]", "recipe in YAML, or the name of one that ships")
    .option("-o, --output <path>", "folder to write the trace to; with --like also a recipe, by its end .yaml")
    .option("--like <trace>", "fit a recipe to this trace: its twin has the same distributions")
    .option("--vm <name>", "with --like: only this VM of the trace")
    .option("--seed <number>", "another seed than the recipe's")
    .option("--dry-run", "only say how many rows are expected")
    .option("--list", "list the recipes that ship")
    .addHelpText(
      "after",
      [
        "",
        "Examples:",
        "  luoscope synth zipf -o out/zipf",
        "  luoscope synth my-recipe.yaml --dry-run",
        "  luoscope synth --like traces/vm-tcg-redis-nvme-net -o out/twin.yaml",
      ].join("\n"),
    )
    .action((recipe: string | undefined, flags: SynthFlags) => runSynth(recipe, flags, signal));
}
