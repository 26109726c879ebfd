import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { ToolError, UsageError } from "../base/index.ts";
import { folderKind, folderKinds } from "../trace/index.ts";
import type { DataSource, Notebook } from "./notebook.ts";
import { checkMaker, expandWords } from "./words.ts";

/** What a command printed, and how it ended. */
export interface CommandAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What notebooks need of the command line, which runs them. */
export interface NotebookEffects {
  /** Runs luoscope with these words in a folder, without a shell. */
  readonly runCommand: (words: readonly string[], folder: string) => Promise<CommandAnswer>;
  /** The folder inside what a command made that can be asked. */
  readonly resultsOf: (path: string) => string;
  readonly version: string;
  readonly signal?: AbortSignal;
}

/** Exit code of a command that gave an answer, and the answer is no. */
const answeredNo = 1;

/** Runs a command of a notebook's. Errors: ToolError with its place, as the command failed. */
export async function runWords(
  words: readonly string[],
  { rootFolder, place }: { readonly rootFolder: string; readonly place: string },
  { runCommand }: NotebookEffects,
): Promise<CommandAnswer> {
  const answer = await runCommand(words, rootFolder);
  if (answer.exitCode <= answeredNo) return answer;
  const [message = "", ...rest] = answer.stderr.trim().split("\nhint: ");
  const what = `${place}: luoscope ${words[0]}: ${message.replace(/^error: /, "")}`;
  throw new ToolError(what, answer.exitCode, rest.length === 0 ? {} : { hint: rest.join(" ") });
}

/** Whether a folder is whole: commands write its header last. */
function isWhole(path: string): boolean {
  return folderKinds.some((kind) => existsSync(join(path, `${kind}.json`)));
}

/**
 * The folders that notebooks ask, each made once, whichever notebooks name it. What a work folder has from before is used
 * again as it is: nobody knows all files that a command read.
 */
export class DataFolders {
  readonly #workFolder: string;
  readonly #effects: NotebookEffects;
  readonly #made = new Map<string, Promise<string>>();

  constructor(workFolder: string, effects: NotebookEffects) {
    this.#workFolder = resolve(workFolder);
    this.#effects = effects;
  }

  /**
   * Absolute paths of a notebook's folders, by name.
   *
   * Errors   UsageError for a command that is refused, or a path with no folder; ToolError as the command fails
   */
  async of(notebook: Notebook): Promise<ReadonlyMap<string, string>> {
    const folders = new Map<string, string>();
    for (const source of notebook.data) folders.set(source.name, await this.#folderOf(source, notebook, folders));
    return folders;
  }

  async #folderOf(source: DataSource, { rootFolder }: Notebook, earlier: ReadonlyMap<string, string>): Promise<string> {
    const { name, words, isPath, place } = source;
    if (isPath) return this.#given(resolve(rootFolder, words[0]!.replaceAll('"', "")), place);
    const folderOf = (other: string): string => {
      const found = earlier.get(other);
      if (found !== undefined) return found;
      throw new UsageError(`${place}: data.${name}: there is no folder {${other}} above it`, {
        hint: "a command may name folders of the lines before its own",
      });
    };
    const expanded = expandWords(words, { folderOf, rootFolder, place: `${place}: data.${name}` });
    checkMaker(expanded, `${place}: data.${name}`);
    const key = JSON.stringify([this.#effects.version, resolve(rootFolder), expanded]);
    const known = this.#made.get(key);
    if (known) return known;
    const hash = createHash("sha256").update(key).digest("hex").slice(0, 8);
    const making = this.#make(expanded, join(this.#workFolder, `${name}-${hash}`), { rootFolder, place });
    this.#made.set(key, making);
    return making;
  }

  #given(path: string, place: string): string {
    const results = this.#effects.resultsOf(path);
    try {
      folderKind(results);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      throw new UsageError(`${place}: ${error.message}`, {
        hint: "one word is the path of a folder, seen from the notebook's root; more are a command that makes one",
      });
    }
    return results;
  }

  async #make(words: readonly string[], target: string, at: { rootFolder: string; place: string }): Promise<string> {
    const { resultsOf } = this.#effects;
    if (!isWhole(resultsOf(target))) await runWords([...words, "--output", target], at, this.#effects);
    return this.#given(target, at.place);
  }
}
