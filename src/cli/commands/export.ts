import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import type { ExportedFile, TableFormat, TimelineFormat } from "../../export/index.ts";
import { copyToStdout, printResult } from "../output.ts";

interface ExportFlags {
  to: string;
  output: string;
  table?: string;
  rawText?: boolean;
  overwrite?: boolean;
  json?: boolean;
}

/** What an export wrote, for people and for JSON. */
interface Exported {
  readonly path: string;
  readonly format: string;
  readonly bytes: number;
  readonly files?: readonly ExportedFile[];
}

const formats: Readonly<Record<TableFormat | TimelineFormat | "duckdb", string>> = {
  parquet: "a folder of Parquet files, one a table (zstd)",
  csv: "a folder of CSV files",
  ndjson: "a folder of files with a JSON object a line",
  arrow: "a folder of Arrow IPC files",
  duckdb: "one DuckDB database with all tables and views",
  perfetto: "a timeline for ui.perfetto.dev",
  "chrome-json": "a timeline in Chrome's trace event format",
  folded: "stacks with their ns, for a flame graph",
};

type Format = keyof typeof formats;
const tableNames: ReadonlySet<string> = new Set(["parquet", "csv", "ndjson", "arrow"]);
/** What may stand on a terminal. */
const textFormats: ReadonlySet<string> = new Set(["csv", "ndjson", "chrome-json", "folded"]);

function formatOf(name: string): Format {
  if (Object.hasOwn(formats, name)) return name as Format;
  throw new UsageError(`--to ${name}: unknown`, { hint: `one of these: ${Object.keys(formats).join(", ")}` });
}

function checkFlags(format: Format, { table, rawText, output }: ExportFlags): void {
  if (table !== undefined && !tableNames.has(format)) {
    throw new UsageError(`--table goes with ${[...tableNames].join(", ")}, and not with ${format}`);
  }
  if (rawText === true && format !== "csv") throw new UsageError("--raw-text goes with csv");
  if (output !== "-") return;
  if (tableNames.has(format) && table === undefined) {
    throw new UsageError(`${format} is a file a table, and standard output is one file`, {
      hint: "add --table NAME, or name a folder",
    });
  }
  if (format === "duckdb" || (!textFormats.has(format) && process.stdout.isTTY)) {
    throw new UsageError(`${format} is not for a terminal`, { hint: "name an output file" });
  }
}

async function exportDatabase(path: string, target: string, overwrite: boolean | undefined): Promise<Exported> {
  const { writeFileAside } = await import("../../export/index.ts");
  const { folderKind } = await import("../../trace/index.ts");
  const { openDatabase } = await import("../../analysis/index.ts");
  const { statSync } = await import("node:fs");
  await writeFileAside(target, { overwrite }, async (databasePath) => {
    const database = await openDatabase({ kind: folderKind(path), path, databasePath });
    database.close();
  });
  return { path: target, format: "duckdb", bytes: statSync(target).size };
}

async function exportTo(
  path: string,
  format: Format,
  target: string,
  { signal, ...flags }: ExportFlags & { signal: AbortSignal },
): Promise<Exported> {
  const { overwrite } = flags;
  if (format === "duckdb") return exportDatabase(path, target, overwrite);
  const { exportTables, exportTimeline, timelineFormats } = await import("../../export/index.ts");
  const timeline = timelineFormats.find((name) => name === format);
  if (timeline) {
    return { path: target, format, bytes: await exportTimeline({ path, format: timeline, target, overwrite }, signal) };
  }
  const { table, rawText } = flags;
  const options = { path, format: format as TableFormat, target, table, rawText, overwrite };
  const files = await exportTables(options, signal);
  return { path: target, format, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), files };
}

/** Writes to a file of its own first: standard output gets all of it or nothing. */
async function exportToStdout(
  path: string,
  format: Format,
  flags: ExportFlags & { signal: AbortSignal },
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-export-"));
  try {
    const target = join(folder, "export");
    await exportTo(path, format, target, flags);
    await copyToStdout(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runExport(path: string, flags: ExportFlags & { signal: AbortSignal }): Promise<void> {
  const format = formatOf(flags.to);
  checkFlags(format, flags);
  if (flags.output === "-") {
    await exportToStdout(path, format, flags);
    return;
  }
  const exported = await exportTo(path, format, flags.output, flags);
  const { formatExport } = await import("../format-export.ts");
  printResult({ json: exported, text: formatExport(exported) }, flags.json === true);
}

export function registerExport(program: Command, signal: AbortSignal): void {
  const list = Object.entries(formats).map(([name, doc]) => `  ${name.padEnd(12)} ${doc}`);
  program
    .command("export")
    .description("write a trace, a run or a comparison for other tools")
    .argument("<folder>", "folder of a trace, a run or a comparison")
    .requiredOption("--to <format>", Object.keys(formats).join(", "))
    .requiredOption("-o, --output <path>", "folder or file to write; - is standard output")
    .option("--table <name>", "one table only, to a file instead of a folder")
    .option("--raw-text", "leave texts in CSV as they are, also those that a spreadsheet would run")
    .option("--overwrite", "replace the output file if it is there")
    .addHelpText(
      "after",
      `
Formats (docs/export.md):
${list.join("\n")}

Examples:
  luoscope export out/run --to perfetto -o run.pftrace
  luoscope export out/trace --to parquet -o out/parquet
  luoscope export out/run --to csv --table step -o - | head
  luoscope export out/run --to folded -o run.folded`,
    )
    .action((path: string, flags: ExportFlags) => runExport(path, { ...flags, signal }));
}
