import { basename, dirname, join, resolve } from "node:path";

import { analysedKind, openDatabase } from "../analysis/index.ts";
import { UsageError } from "../base/index.ts";
import { DataFolders, type NotebookEffects } from "./folders.ts";
import { ipynbOf } from "./ipynb.ts";
import { markdownOf, staleCells } from "./markdown.ts";
import type { Cell, Claim, FinishedNotebook, Notebook } from "./notebook.ts";
import { pageOf } from "./page.ts";
import { runNotebook } from "./run.ts";

/** A file that is to be written, whole. */
export interface OutputFile {
  readonly path: string;
  readonly text: string;
}

/** A cell that is not as it should be. */
export interface CellProblem {
  readonly line: number;
  readonly what: string;
}

/** What running a notebook came to. */
export interface NotebookResult {
  readonly path: string;
  readonly title: string;
  readonly cellCount: number;
  /** Outputs that are not what they were written to be. */
  readonly stale: readonly CellProblem[];
  /** Claims that the folders do not bear out. */
  readonly broken: readonly CellProblem[];
  /** The notebook and its pictures with fresh outputs. */
  readonly files: readonly OutputFile[];
}

/** What notebooks are run in. */
export interface NotebookWork {
  readonly workFolder: string;
  readonly effects: NotebookEffects;
  /** Told before each notebook, and at the end. */
  readonly progress?: (done: number, total: number) => void;
}

function picturesOf({ notebook, outputs }: FinishedNotebook): (OutputFile & { readonly cell: Cell })[] {
  const folder = join(dirname(notebook.path), "images");
  return [...outputs].flatMap(([cell, output]) =>
    output.kind === "chart" ? [{ cell, path: join(folder, output.picture.file), text: output.picture.svg }] : [],
  );
}

function brokenClaims({ outputs }: FinishedNotebook): CellProblem[] {
  const isBroken = ({ holds }: Claim): boolean => !holds;
  return [...outputs].flatMap(([{ line }, output]) =>
    output.kind === "claims" ? output.claims.filter(isBroken).map(({ text }) => ({ line, what: text })) : [],
  );
}

function resultOf(finished: FinishedNotebook, readIfThere: (path: string) => string | undefined): NotebookResult {
  const { path, title } = finished.notebook;
  const pictures = picturesOf(finished);
  const rewritten = staleCells(finished);
  const redrawn = pictures.filter(({ cell, ...picture }) => {
    return !rewritten.includes(cell) && readIfThere(picture.path) !== picture.text;
  });
  const stale = [
    ...rewritten.map(({ line, kind }) => ({ line, what: `the output of this ${kind} cell` })),
    ...redrawn.map(({ cell, path: picture }) => ({ line: cell.line, what: picture })),
  ];
  const text = markdownOf(finished);
  // Spaces at the ends of lines and the like are no cell's, and would still change.
  if (stale.length === 0 && readIfThere(path) !== text) stale.push({ line: 1, what: "the lines between the cells" });
  return {
    path,
    title,
    cellCount: finished.outputs.size,
    stale: stale.sort((one, other) => one.line - other.line),
    broken: brokenClaims(finished),
    files: [{ path, text }, ...pictures.map((picture) => ({ path: picture.path, text: picture.text }))],
  };
}

/**
 * Runs notebooks and says what their files should be.
 *
 * Shape    nothing is written: the caller does, or only looks
 * Errors   as runNotebook's
 */
export async function runNotebooks(
  notebooks: readonly Notebook[],
  work: NotebookWork,
  readIfThere: (path: string) => string | undefined,
): Promise<NotebookResult[]> {
  const folders = new DataFolders(work.workFolder, work.effects);
  const results: NotebookResult[] = [];
  for (const [index, notebook] of notebooks.entries()) {
    work.progress?.(index, notebooks.length);
    const finished = await runNotebook(notebook, { folders, effects: work.effects, forPage: false });
    results.push(resultOf(finished, readIfThere));
  }
  return results;
}

export const builtFormats = ["html", "ipynb"] as const;
export type BuiltFormat = (typeof builtFormats)[number];

/** Keeps what a notebook asks as databases beside it, and gives their paths from there. */
async function keepDatabases(
  { notebook }: FinishedNotebook,
  folders: DataFolders,
  target: string,
): Promise<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>();
  for (const [name, path] of await folders.of(notebook)) {
    const kind = analysedKind(path);
    const seen = await openDatabase({ kind, path });
    const file = join("data", `${name}-${seen.header.sha256.slice(0, 8)}.duckdb`);
    seen.close();
    const database = await openDatabase({ kind, path, databasePath: join(target, file) });
    database.close();
    kept.set(name, file);
  }
  return kept;
}

/** What is built of notebooks, and where. */
export interface BuildOptions {
  readonly target: string;
  readonly formats: readonly BuiltFormat[];
}

/**
 * Runs notebooks afresh and makes pages of them, and notebooks for Jupyter with the databases that they ask.
 *
 * Shape    the databases are written at once, all other files are the caller's to write
 * Errors   UsageError where two notebooks have one name, else as runNotebook's
 */
export async function buildNotebooks(
  notebooks: readonly Notebook[],
  work: NotebookWork,
  { target, formats }: BuildOptions,
): Promise<OutputFile[]> {
  const names = notebooks.map(({ path }) => basename(path));
  const siblings = new Set(names);
  if (siblings.size < names.length) {
    throw new UsageError("two notebooks of one name would be one page", { hint: "build them into two folders" });
  }
  const folders = new DataFolders(work.workFolder, work.effects);
  const files: OutputFile[] = [];
  for (const [index, notebook] of notebooks.entries()) {
    work.progress?.(index, notebooks.length);
    const finished = await runNotebook(notebook, { folders, effects: work.effects, forPage: formats.includes("html") });
    const stem = join(target, basename(notebook.path, ".md"));
    if (formats.includes("html")) files.push({ path: `${stem}.html`, text: pageOf(finished, siblings) });
    if (formats.includes("ipynb")) {
      const databases = await keepDatabases(finished, folders, resolve(target));
      files.push({ path: `${stem}.ipynb`, text: await ipynbOf(finished, { siblings, databases }) });
    }
  }
  return files;
}
