import { readFileSync, statSync } from "node:fs";

import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import { printResult } from "../output.ts";

interface InspectKhoFlags {
  fdt?: string;
  mem: string;
  runs?: boolean;
  json?: boolean;
}

/** A root FDT is a page; a file that is far larger is something else. */
const maxFdtBytes = 65_536;

function readFdt(path: string): { fdt: Uint8Array; path: string } {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile())
    throw new UsageError(`${path}: ${stat ? "not a file" : "no such file"}`, { hint: "check the path" });
  if (stat.size > maxFdtBytes) {
    throw new UsageError(`${path}: ${stat.size} bytes; a root FDT has at most ${maxFdtBytes}`, {
      hint: "--fdt is the tree alone, --mem the memory",
    });
  }
  return { fdt: readFileSync(path), path };
}

async function inspectKho(flags: InspectKhoFlags, signal: AbortSignal): Promise<void> {
  const { openImage, readFromImage, readWithFdt } = await import("../../image/index.ts");
  const { describeHandover } = await import("../describe-handover.ts");
  const { formatHandover } = await import("../format-handover.ts");
  const fdt = flags.fdt === undefined ? undefined : readFdt(flags.fdt);
  const image = openImage(flags.mem);
  try {
    const found = fdt ? readWithFdt(image, fdt) : await readFromImage(image, signal);
    const options = { withRuns: flags.runs === true };
    const description = describeHandover(found, options);
    printResult({ json: description, text: formatHandover(flags.mem, description) }, flags.json === true);
  } finally {
    image.close();
  }
}

export function registerInspectKho(inspect: Command, signal: AbortSignal): void {
  inspect
    .command("kho")
    .description("show what a kernel left for the next in an image of its memory (a folder named kho: ./kho)")
    .requiredOption("--mem <image>", "physical memory: raw, ELF64 core, or either one as .gz")
    .option("--fdt <file>", "root FDT, as in debugfs kho/in/fdt (else searched for in the image)")
    .option("--runs", "list every run of preserved blocks")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  luoscope inspect kho --mem vmcore")
    // Options that `inspect` has too are taken by it, wherever they stand.
    .action((_, command: Command) => inspectKho(command.optsWithGlobals<InspectKhoFlags>(), signal));
}
