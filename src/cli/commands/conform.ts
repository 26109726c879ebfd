import type { Command } from "commander";

import { mibBytes } from "../../base/index.ts";
import type { Mismatch } from "../../conform/index.ts";
import { readText } from "../context.ts";
import { printResult } from "../output.ts";

/** Longest recorded sequence that is read: recorded ones have up to 400 KiB, and a call may take 24 KiB of the model's memory. */
const maxSequenceBytes = 8 * mibBytes;

/** Mismatches that are printed; JSON has them all. */
const mismatchLines = 30;

interface ConformFlags {
  kernel?: string;
  json?: boolean;
}

async function formatMismatches(mismatches: readonly Mismatch[]): Promise<string[]> {
  if (mismatches.length === 0) return [];
  const { displayText } = await import("../../analysis/format.ts");
  const { formatTable } = await import("../table.ts");
  const { formatAnswer } = await import("../format-conform.ts");
  const rows = mismatches
    .slice(0, mismatchLines)
    .map(({ file, line, op, expected, found }) => [
      `${displayText(file, 60)}:${line}`,
      op,
      formatAnswer(expected),
      formatAnswer(found),
    ]);
  const rest = mismatches.length - rows.length;
  const more = rest > 0 ? [`… and ${rest} more (--json has them all)`] : [];
  return [formatTable(["where", "call", "the kernel answered", "the model answers"], rows), ...more, ""];
}

async function conform(paths: readonly string[], flags: ConformFlags): Promise<void> {
  const { checkCalls, kernelPairOf, parseKernelPair } = await import("../../conform/index.ts");
  const { plural } = await import("../../analysis/format.ts");
  const given = flags.kernel === undefined ? undefined : parseKernelPair(flags.kernel);
  const mismatches: Mismatch[] = [];
  let calls = 0;
  for (const path of paths) {
    const result = checkCalls(readText(path, maxSequenceBytes), path, given ?? kernelPairOf(path));
    calls += result.calls;
    mismatches.push(...result.mismatches);
  }
  const sum = [
    plural(paths.length, "file"),
    plural(calls, "call"),
    plural(mismatches.length, "mismatch", "mismatches"),
  ].join(", ");
  const text = [...(await formatMismatches(mismatches)), sum].join("\n");
  printResult({ json: { files: paths.length, calls, mismatches }, text }, flags.json === true);
  if (mismatches.length > 0) process.exitCode = 1;
}

export function registerConform(program: Command): void {
  program
    .command("conform")
    .description("compare the model with what a real /dev/liveupdate answered")
    .argument("<files...>", "recorded calls, one JSON object a line (docs/conformance.md)")
    .option(
      "-k, --kernel <version>",
      "7.3 or 7.2; 7.2:7.3 is an update from one into the other (default: the file name's)",
    )
    .addHelpText("after", "\nExample:\n  luoscope conform recordings/conformance/*.jsonl.gz")
    .action(conform);
}
