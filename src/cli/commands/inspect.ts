import { existsSync } from "node:fs";
import { join } from "node:path";

import type { Command } from "commander";

import { FormatError } from "../../base/index.ts";
import { printResult } from "../output.ts";
import { registerInspectKho } from "./inspect-kho.ts";

interface InspectFlags {
  dump?: boolean;
  rows: string;
  check?: boolean;
  json?: boolean;
}

async function inspectFolder(path: string, flags: InspectFlags): Promise<void> {
  const { describeFolder, dumpFolder, validateTrace } = await import("../../trace/index.ts");
  const { formatDescription, formatIssues } = await import("../format-inspect.ts");
  if (flags.check === true && existsSync(join(path, "trace.json"))) {
    const issues = validateTrace(path);
    printResult({ json: { path, issues }, text: formatIssues(path, issues) }, flags.json === true);
    if (issues.length > 0) {
      throw new FormatError(`${path}: ${issues.length} kinds of fault`, {
        hint: "mend the source and import it again",
      });
    }
    return;
  }
  if (flags.dump === true) {
    const text = dumpFolder(path, { maxRows: Number(flags.rows) }).trimEnd();
    printResult({ json: { path, dump: text }, text }, flags.json === true);
    return;
  }
  const description = describeFolder(path);
  printResult({ json: description, text: formatDescription(description) }, flags.json === true);
}

export function registerInspect(program: Command, signal: AbortSignal): void {
  const inspect = program
    .command("inspect")
    .description("show what a trace or a run holds")
    .argument("<folder>", "a trace or a run")
    .option("--check", "check every row of a trace, and fail if one is wrong")
    .option("--dump", "print the tables as text")
    .option("--rows <count>", "rows a table that --dump prints", "20")
    .addHelpText("after", "\nExample:\n  luoscope inspect traces/vm-tcg-redis-nvme-net")
    // A folder named help is a folder.
    .helpCommand(false)
    .action(inspectFolder);
  registerInspectKho(inspect, signal);
}
