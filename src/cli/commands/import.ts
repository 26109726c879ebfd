import type { Command } from "commander";

import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";

interface ImportFlags {
  output: string;
  name?: string;
  json?: boolean;
}

export function registerImport(program: Command, signal: AbortSignal): void {
  program
    .command("import")
    .description("turn a recording into a trace")
    .argument("<source...>", "a recording's folder, or its files")
    .requiredOption("-o, --output <folder>", "folder to write the trace to")
    .option("--name <name>", "name of the trace (default: the recording's)")
    .addHelpText("after", "\nExample:\n  luoscope import traces/recorded/vm-tcg-boot-redis -o out/boot-redis")
    .action(async (inputs: string[], flags: ImportFlags) => {
      const { importTrace } = await import("../../trace/index.ts");
      const { formatImport } = await import("../format-import.ts");
      const progress = createProgress("importing");
      try {
        const options = { inputs, target: flags.output, ...(flags.name === undefined ? {} : { name: flags.name }) };
        const report = await importTrace(options, { progress: (done, total) => progress.update(done, total), signal });
        progress.end();
        printResult(
          { json: { trace: flags.output, ...report }, text: formatImport(flags.output, report) },
          flags.json === true,
        );
      } finally {
        progress.end();
      }
    });
}
