import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import { printResult } from "../output.ts";

interface ExportFlags {
  to: string;
  output: string;
  table?: string;
  rawText?: boolean;
  overwrite?: boolean;
  json?: boolean;
}

async function runExport(path: string, { signal, ...flags }: ExportFlags & { signal: AbortSignal }): Promise<void> {
  const { exportTables, tableFormats } = await import("../../export/index.ts");
  const format = tableFormats.find((name) => name === flags.to);
  if (format === undefined) throw new UsageError("no");
  const files = await exportTables({ path, format, target: flags.output, ...flags }, signal);
  printResult({ json: files, text: "" }, flags.json === true);
}

export function registerExport(program: Command, signal: AbortSignal): void {
  program
    .command("export")
    .description("write a trace, a run or a comparison in a format of other tools")
    .argument("<folder>", "folder of a trace, a run or a comparison")
    .requiredOption("--to <format>", "format")
    .requiredOption("-o, --output <path>", "folder or file to write")
    .option("--table <name>")
    .option("--raw-text")
    .option("--overwrite")
    .action((path: string, flags: ExportFlags) => runExport(path, { ...flags, signal }));
}
