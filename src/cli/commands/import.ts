import type { Command } from "commander";

import { pageBytes, UsageError } from "../../base/index.ts";
import type { parseBytes, parseDuration } from "../../config/index.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";

interface ImportFlags {
  output?: string;
  name?: string;
  format?: string;
  columns?: string;
  pageSize?: string;
  offset: string[];
  limit: string[];
  list?: boolean;
  json?: boolean;
}

/** The exit code of a source that ends too early: what was whole is in the trace all the same. */
const truncatedExitCode = 3;

function collect(value: string, values: string[]): string[] {
  return [...values, value];
}

/** Readers of quantities; loaded with the command, as every start of the tool would pay for them. */
interface Quantities {
  readonly parseBytes: typeof parseBytes;
  readonly parseDuration: typeof parseDuration;
}

function parseOffset(text: string, { parseDuration }: Quantities): readonly [string, number] {
  const [, file, sign, time] = /^(.+)=(-?)([^=-]+)$/.exec(text) ?? [];
  const ns = time === undefined ? undefined : parseDuration(time);
  if (file === undefined || ns === undefined) {
    throw new UsageError(`--offset ${JSON.stringify(text)}: expected FILE=DURATION`, {
      hint: "as dmesg.txt=2.5s: the file begins 2.5 s after the trace's start; units: ns, us, ms, s, min",
    });
  }
  return [file, sign === "-" ? -ns : ns];
}

function parsePageBytes(text: string, { parseBytes }: Quantities): number {
  const bytes = /^\d+$/.test(text) ? Number(text) : parseBytes(text);
  if (bytes !== undefined && bytes >= pageBytes && bytes % pageBytes === 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(`--page-size ${text}: expected a multiple of ${pageBytes} bytes, as 4096, 64KiB or 2MiB`);
}

async function listFormats(asJson: boolean): Promise<void> {
  const { listImportFormats } = await import("../../trace/index.ts");
  const { formatTable } = await import("../table.ts");
  const formats = await listImportFormats();
  const text = formatTable(
    ["format", "reads"],
    formats.map(({ name, doc }) => [name, doc]),
  );
  printResult({ json: formats, text }, asJson);
}

async function runImport(
  inputs: readonly string[],
  { output, ...flags }: ImportFlags & { readonly output: string },
  signal: AbortSignal,
): Promise<void> {
  const { importTrace, parseLimits } = await import("../../trace/index.ts");
  const quantities = await import("../../config/index.ts");
  const { formatImport } = await import("../format-import.ts");
  const options = {
    inputs,
    target: output,
    limits: parseLimits(flags.limit),
    offsetsNs: new Map(flags.offset.map((text) => parseOffset(text, quantities))),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.format === undefined ? {} : { format: flags.format }),
    ...(flags.columns === undefined ? {} : { columns: flags.columns }),
    ...(flags.pageSize === undefined ? {} : { pageBytes: parsePageBytes(flags.pageSize, quantities) }),
  };
  const progress = createProgress("importing");
  try {
    const report = await importTrace(options, { progress: (done, total) => progress.update(done, total), signal });
    progress.end();
    printResult({ json: { trace: output, ...report }, text: formatImport(output, report) }, flags.json === true);
    if (report.truncated.length > 0) process.exitCode = truncatedExitCode;
  } finally {
    progress.end();
  }
}

export function registerImport(program: Command, signal: AbortSignal): void {
  program
    .command("import")
    .description("turn recordings of any known format into a trace")
    .argument("[source...]", "files, archives (tar, zip) or folders that together are one recording")
    .option("-o, --output <folder>", "folder to write the trace to")
    .option("--name <name>", "name of the trace (default: the recording's)")
    .option("--format <name>", "read as this format, whatever the content looks like")
    .option("--columns <map>", "what the columns of a table of numbers are, as t_us=2,gfn=3")
    .option("--page-size <size>", "bytes of the pages that such a table counts", "4096")
    .option("--offset <file=time>", "how long after the trace's start a file begins; may be repeated", collect, [])
    .option("--limit <name=number>", "raise or lower a limit on what sources may ask for; may be repeated", collect, [])
    .option("-l, --list", "list the known formats")
    .addHelpText(
      "after",
      [
        "",
        "Sources may be packed by gzip, xz, zstd or zlib. The format is found by content. A source that ends too early",
        "gives what was whole, and exit code 3.",
        "",
        "Examples:",
        "  luoscope import traces/recorded/vm-tcg-boot-redis -o out/boot-redis",
        "  luoscope import host.pcap ping.log -o out/outside",
        "  luoscope import trace.txt.xz dmesg.txt --offset dmesg.txt=2.5s -o out/host",
        "  luoscope import pages.parquet --columns t_us=2,gfn=3,n_pages=4 --page-size 4096 -o out/pages",
      ].join("\n"),
    )
    .action(async (inputs: string[], flags: ImportFlags) => {
      if (flags.list === true) return listFormats(flags.json === true);
      const { output } = flags;
      if (output === undefined) throw new UsageError("no output folder was named", { hint: "name it with -o" });
      await runImport(inputs, { ...flags, output }, signal);
    });
}
