import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import type { Command } from "commander";

import { displayText } from "../../analysis/format.ts";
import { numberWithin, splitLabel } from "../compare-sides.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { resultsOf } from "../sweep-results.ts";

interface ServeFlags {
  port?: string;
  json?: boolean;
}

async function openAll(folders: readonly string[], folder: string) {
  const { openDatasets } = await import("../../explore/index.ts");
  const bar = createProgress("loading");
  const sources = folders.map((folder) => {
    const { label, path } = splitLabel(folder);
    return { name: label ?? basename(path), path: resultsOf(path) };
  });
  try {
    return await openDatasets(sources, { folder, progress: (done, total) => bar.update(done, total) });
  } finally {
    bar.end();
  }
}

/** Serves until Ctrl-C, or until the process is told to end. */
async function runServe(folders: readonly string[], flags: ServeFlags, signal: AbortSignal): Promise<void> {
  const port = flags.port === undefined ? 0 : numberWithin(flags.port, "--port", [0, 65_535]);
  const folder = mkdtempSync(join(tmpdir(), "luoscope-explore-"));
  // Loading does not look at the signal: a process that is ended in it takes its databases away all the same.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const datasets = await openAll(folders, folder);
  try {
    const { serveExplorer } = await import("../../explore/index.ts");
    const explorer = await serveExplorer(datasets, port);
    const names = datasets.all.map(({ name, kind }) => `${kind} ${displayText(name, 60)}`).join(", ");
    const { url, token } = explorer;
    const text = `${url}\n\nserves ${names} to this machine only; Ctrl-C ends it`;
    printResult({ json: { url, port: explorer.port, token }, text }, flags.json === true);
    if (!signal.aborted) await new Promise((done) => signal.addEventListener("abort", done, { once: true }));
    await explorer.close();
  } finally {
    datasets.close();
  }
}

export function registerServe(program: Command, signal: AbortSignal): void {
  program
    .command("serve")
    .description("explore traces, runs and sweeps in a browser on this machine")
    .argument("<folders...>", "folders of traces, runs or sweeps, each NAME=FOLDER if you like")
    .option("--port <number>", "port on 127.0.0.1 (default: any free one)")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope serve out/run\n  luoscope serve old=out/small-folios new=out/run out/sweep",
    )
    .action((folders: string[], flags: ServeFlags) => runServe(folders, flags, signal));
}
