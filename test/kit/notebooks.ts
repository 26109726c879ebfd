// Notebooks for tests, whose folders are there already: nothing is run for them but what a test says.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { readNotebook, type NotebookEffects } from "../../src/notebook/index.ts";
import type { Notebook } from "../../src/notebook/notebook.ts";

/** Reads a notebook from its text. */
export function notebookOf(text: string, path = "some/notebook.md"): Notebook {
  return readNotebook(path, () => text);
}

/** A notebook over one run, with the given text below the front matter. */
export function runText(body: string): string {
  return `---\ndata:\n  run: run\n---\n\n# A question\n\n${body}`;
}

/** Writes a notebook beside its run, and reads it. */
export function writeNotebook(folder: string, text: string): Notebook {
  const path = join(folder, "notebook.md");
  writeFileSync(path, text);
  return notebookOf(text, path);
}

/** Effects whose commands all print one text; each call is noted. */
export function printing(stdout: string, exitCode = 0): NotebookEffects & { readonly calls: string[][] } {
  const calls: string[][] = [];
  return {
    calls,
    runCommand: async (words) => {
      calls.push([...words]);
      return { exitCode, stdout, stderr: "error: it went wrong\nhint: mend it\n" };
    },
    resultsOf: (path) => path,
    version: "0",
  };
}
