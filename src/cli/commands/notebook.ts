import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import type { BuiltFormat, NotebookEffects, NotebookResult } from "../../notebook/index.ts";
import { packageVersion, readText } from "../context.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { runLuoscope } from "../run-luoscope.ts";
import { resultsOf } from "../sweep-results.ts";
import { writeWhole } from "../write-file.ts";

interface RunFlags {
  check?: boolean;
  work?: string;
  json?: boolean;
}

interface BuildFlags {
  output: string;
  to: string;
  work?: string;
  json?: boolean;
}

/** Works in the user's folder, which stays, or in one that is taken away. */
async function inWorkFolder<Answer>(
  workFolder: string | undefined,
  work: (folder: string) => Promise<Answer>,
): Promise<Answer> {
  if (workFolder !== undefined) return work(workFolder);
  const folder = mkdtempSync(join(tmpdir(), "luoscope-notebook-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function effectsOf(signal: AbortSignal): NotebookEffects {
  return {
    runCommand: (words, folder) => runLuoscope(words, folder, signal),
    resultsOf,
    version: packageVersion(),
    signal,
  };
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Writes what has become another; an edit that was made meanwhile is not lost. */
function writeFresh({ path: notebook, stale, files }: NotebookResult, textBefore: string): void {
  if (stale.length === 0) return;
  if (readIfThere(notebook) !== textBefore) {
    throw new UsageError(`${notebook}: has changed while it was run`, { hint: "run it again" });
  }
  for (const { path, text } of files) writeWhole(path, text);
}

async function runFiles(paths: readonly string[], flags: RunFlags, signal: AbortSignal): Promise<void> {
  const { readNotebook, runNotebooks } = await import("../../notebook/index.ts");
  const { formatNotebooks } = await import("../format-notebook.ts");
  const texts = new Map(paths.map((path) => [path, readText(path)]));
  const notebooks = paths.map((path) => readNotebook(path, () => texts.get(path)!));
  const check = flags.check === true;
  const bar = createProgress("running notebooks");
  const results = await inWorkFolder(flags.work, (workFolder) => {
    const work = { workFolder, effects: effectsOf(signal), progress: bar.update.bind(bar) };
    return runNotebooks(notebooks, work, readIfThere);
  }).finally(() => bar.end());
  if (!check) for (const result of results) writeFresh(result, texts.get(result.path)!);
  const json = { check, notebooks: results.map(({ files: _files, ...facts }) => facts) };
  printResult({ json, text: formatNotebooks(results, check) }, flags.json === true);
  const isWrong = results.some(({ stale, broken }) => broken.length > 0 || (check && stale.length > 0));
  if (isWrong) process.exitCode = 1;
}

async function buildFiles(paths: readonly string[], flags: BuildFlags, signal: AbortSignal): Promise<void> {
  const { builtFormats, buildNotebooks, readNotebook } = await import("../../notebook/index.ts");
  const formats = flags.to.split(",").map((name): BuiltFormat => {
    const found = builtFormats.find((format) => format === name);
    if (found) return found;
    throw new UsageError(`--to ${name}: unknown`, { hint: `one or more of ${builtFormats.join(",")}` });
  });
  const notebooks = paths.map((path) => readNotebook(path, readText));
  const bar = createProgress("building notebooks");
  const files = await inWorkFolder(flags.work, (workFolder) => {
    const work = { workFolder, effects: effectsOf(signal), progress: bar.update.bind(bar) };
    return buildNotebooks(notebooks, work, { target: flags.output, formats });
  }).finally(() => bar.end());
  for (const { path, text } of files) writeWhole(path, text);
  const written = files.map(({ path }) => path);
  printResult({ json: { files: written }, text: written.join("\n") }, flags.json === true);
}

async function newFile(path: string, flags: { run: string[]; json?: boolean }): Promise<void> {
  if (existsSync(path)) throw new UsageError(`${path}: is there already`, { hint: "name another file" });
  if (!path.endsWith(".md")) throw new UsageError(`${path}: a notebook is Markdown`, { hint: "end its name in .md" });
  const { skeletonOf } = await import("../../notebook/index.ts");
  writeWhole(path, await skeletonOf(path, flags.run.map(resultsOf)));
  printResult({ json: { file: path }, text: `${path}: luoscope notebook run ${path}` }, flags.json === true);
}

export function registerNotebook(program: Command, signal: AbortSignal): void {
  const notebook = program
    .command("notebook")
    .description("notebooks in Markdown: questions with their answers below them, run again at any time")
    .enablePositionalOptions();
  const workOption = ["--work <folder>", "keep the folders that are made here, and use those that are there"] as const;
  notebook
    .command("new")
    .description("write a notebook to begin with")
    .argument("<file>", "Markdown file to write")
    .requiredOption("--run <folders...>", "folders that it asks: runs, sweeps, traces, ...")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  luoscope notebook new out/notebook.md --run out/run")
    .action((path: string, flags: { run: string[]; json?: boolean }) => newFile(path, flags));
  notebook
    .command("run")
    .description("run every cell, and write what it comes to below it; end with 1 if a claim does not hold")
    .argument("<files...>", "notebooks")
    .option("--check", "write nothing, and end with 1 if an output is stale")
    .option(...workOption)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope notebook run notebooks/0*.md --check\n  luoscope notebook run out/notebook.md --work out/work",
    )
    .action((paths: string[], flags: RunFlags) => runFiles(paths, flags, signal));
  notebook
    .command("build")
    .description("run notebooks and make pages of them, and notebooks for Jupyter")
    .argument("<files...>", "notebooks")
    .requiredOption("-o, --output <folder>", "folder to write to")
    .option("--to <formats>", "html (one file, works offline), ipynb (Python asks the same), or both", "html,ipynb")
    .option(...workOption)
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  luoscope notebook build notebooks/0*.md -o out/notebooks --to html")
    .action((paths: string[], flags: BuildFlags) => buildFiles(paths, flags, signal));
}
