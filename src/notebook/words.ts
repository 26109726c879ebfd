import { globSync } from "node:fs";

import { UsageError } from "../base/index.ts";

/** Commands that make a folder with `--output`; a notebook's data is made by one of them. */
const makers = new Set(["import", "synth", "replay", "when", "alternatives", "sweep", "predict", "fleet", "compare"]);

/** Commands whose answer a notebook may show. */
const tellers = new Set([
  "inspect",
  "kernels",
  "query",
  "compare",
  "predict",
  "fleet",
  "when",
  "alternatives",
  "conform",
  "recording",
  "migrations",
  "slo check",
  "slo budget",
  "slo list",
  "plan show",
  "plan validate",
]);

/**
 * Options that a notebook may use. None of them writes a file or opens a connection, and short ones are refused, since they
 * can be put together: what a notebook from elsewhere does to this machine is then known before it runs.
 */
const options = new Set(
  (
    "--scenario --profile --when --alternatives --every --like --from --only --filter --row --col --exact --alpha " +
    "--min-samples --seed --title --limit --list --slo --objective --window --updates --configuration --strict --depth " +
    "--check --vm --name --format --columns --page-size --offset"
  ).split(" "),
);

/** Splits a command at its spaces; double quotes hold words together, and nothing else means anything. */
export function splitWords(text: string, place: string): string[] {
  const words = [...text.matchAll(/"[^"]*"|[^\s"]+(?:"[^"]*")?/g)].map(([word]) => word);
  if (words.join("").replaceAll(/\s/g, "") === text.replaceAll(/\s/g, "")) {
    if ((text.match(/"/g) ?? []).length % 2 === 0) return words;
  }
  throw new UsageError(`${place}: a double quote that does not end`, {
    hint: "there is no way to write one in a word",
  });
}

/** What `{name}` stands for, and where stars look. */
export interface Expansion {
  readonly folderOf: (name: string) => string;
  readonly rootFolder: string;
  readonly place: string;
}

function expandStars(pattern: string, { rootFolder, place }: Expansion): string[] {
  const found = globSync(pattern, { cwd: rootFolder }).sort();
  if (found.length > 0) return found;
  throw new UsageError(`${place}: ${pattern}: no such files`, { hint: "paths start from the notebook's root" });
}

/** Words as the command gets them: `{name}` is a folder of the notebook, stars are files; not inside double quotes. */
export function expandWords(words: readonly string[], expansion: Expansion): string[] {
  return words.flatMap((word) => {
    if (word.includes('"')) return [word.replaceAll('"', "")];
    const named = word.replaceAll(/\{([\w-]+)\}/g, (_, name: string) => expansion.folderOf(name));
    return named === word && word.includes("*") ? expandStars(word, expansion) : [named];
  });
}

function checkOptions(words: readonly string[], place: string): void {
  for (const word of words) {
    const name = word.split("=")[0]!;
    if (!name.startsWith("-") || options.has(name)) continue;
    throw new UsageError(`${place}: ${name}: not an option for a notebook`, {
      hint: `these are: ${[...options].join(", ")}; docs/notebooks.md says why`,
    });
  }
}

function checkCommand(words: readonly string[], place: string, allowed: ReadonlySet<string>, what: string): void {
  if (!allowed.has(words[0]!) && !allowed.has(words.slice(0, 2).join(" "))) {
    throw new UsageError(`${place}: ${words[0]}: not a command that ${what}`, {
      hint: `these do: ${[...allowed].join(", ")}`,
    });
  }
  checkOptions(words, place);
}

/** Errors   UsageError for a command that makes no folder, or an option that writes elsewhere */
export function checkMaker(words: readonly string[], place: string): void {
  checkCommand(words, place, makers, "makes a folder");
}

/** Errors   UsageError for a command that changes something, or an option that does */
export function checkTeller(words: readonly string[], place: string): void {
  checkCommand(words, place, tellers, "a cell may run");
}
