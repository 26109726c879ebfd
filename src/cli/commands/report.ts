import type { Command } from "commander";

import type { Report, ReportOptions } from "../../analysis/index.ts";

import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { resultsOf } from "../sweep-results.ts";

interface ReportFlags {
  output: string;
  svg?: string;
  png?: string;
  measured?: string;
  pair?: string;
  json?: boolean;
}

/** Writes a report with a progress bar; shared with `demo`. */
export async function runReport(options: ReportOptions): Promise<Report> {
  const { buildReport } = await import("../../analysis/index.ts");
  const progress = createProgress("drawing");
  try {
    return await buildReport(options, { progress: (done, total) => progress.update(done, total) });
  } finally {
    progress.end();
  }
}

export function registerReport(program: Command): void {
  program
    .command("report")
    .description("write the report of a run, a comparison, a sweep or a difference as one HTML file that works offline")
    .argument("<folder>", "folder of a run, of a comparison, of a sweep, or of a difference")
    .requiredOption("-o, --output <file>", "HTML file to write")
    .option("--svg <folder>", "also write each chart as SVG")
    .option("--png <folder>", "also write each chart as PNG")
    .option("--measured <folder>", "also show a comparison's predictions beside recordings")
    .option("--pair <recording>", "of a comparison, show this update under two kernels")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope report out/run -o out/report.html --png out/charts\n  luoscope report out/comparison -o out/comparison.html --pair size-64",
    )
    .action(async (path: string, flags: ReportFlags) => {
      const { formatReport } = await import("../format-report.ts");
      const options = {
        ...(flags.measured === undefined ? {} : { measuredPath: flags.measured }),
        ...(flags.pair === undefined ? {} : { pair: flags.pair }),
        ...(flags.svg === undefined ? {} : { svgFolder: flags.svg }),
        ...(flags.png === undefined ? {} : { pngFolder: flags.png }),
      };
      const report = await runReport({ path: resultsOf(path), target: flags.output, ...options });
      printResult({ json: report, text: formatReport(report) }, flags.json === true);
    });
}
