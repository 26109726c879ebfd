import { join } from "node:path";

import type { Command } from "commander";

import { packagedFile } from "../context.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { runReplay } from "./replay.ts";
import { runReport } from "./report.ts";

interface DemoFlags {
  output: string;
  json?: boolean;
}

/** The whole path on a recording that ships: import, replay, report. */
async function runDemo(flags: DemoFlags, signal: AbortSignal): Promise<void> {
  const { importTrace } = await import("../../trace/index.ts");
  const trace = join(flags.output, "trace");
  const run = join(flags.output, "run");
  const recording = packagedFile("traces", "recorded", "vm-tcg-redis-nvme-net");
  const progress = createProgress("importing");
  try {
    const effects = { progress: (done: number, total: number) => progress.update(done, total), signal };
    await importTrace({ inputs: [recording], target: trace }, effects);
  } finally {
    progress.end();
  }
  const finished = await runReplay(trace, { scenario: packagedFile("scenarios", "demo.yaml"), output: run }, signal, {
    momentsEveryNs: 100_000_000,
    withAlternatives: true,
  });
  const { summarizeRun } = await import("../summarize-run.ts");
  const charts = join(flags.output, "charts");
  const report = await runReport({
    path: run,
    target: join(flags.output, "report.html"),
    svgFolder: charts,
    pngFolder: charts,
  });
  const { formatReport } = await import("../format-report.ts");
  const text = `${formatReport(report)}\n\ntrace   ${trace}\nrun     ${run}`;
  printResult({ json: { ...summarizeRun(run, finished), trace, ...report }, text }, flags.json === true);
}

export function registerDemo(program: Command, signal: AbortSignal): void {
  program
    .command("demo")
    .description("import a recording that ships, replay it and write the report")
    .option("-o, --output <folder>", "folder to write to", "out/demo")
    .addHelpText("after", "\nExample:\n  luoscope demo -o out/demo")
    .action((flags: DemoFlags) => runDemo(flags, signal));
}
