import type { Command } from "commander";

import type { Report, ReportOptions } from "../../analysis/index.ts";

import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";

interface ReportFlags {
  output: string;
  svg?: string;
  png?: string;
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
    .description("write a run's report as one HTML file that works offline")
    .argument("<run>", "folder of a run")
    .requiredOption("-o, --output <file>", "HTML file to write")
    .option("--svg <folder>", "also write each chart as SVG")
    .option("--png <folder>", "also write each chart as PNG")
    .addHelpText("after", "\nExample:\n  luoscope report out/run -o out/report.html --png out/charts")
    .action(async (runPath: string, flags: ReportFlags) => {
      const { formatReport } = await import("../format-report.ts");
      const folders = {
        ...(flags.svg === undefined ? {} : { svgFolder: flags.svg }),
        ...(flags.png === undefined ? {} : { pngFolder: flags.png }),
      };
      const report = await runReport({ runPath, target: flags.output, ...folders });
      printResult({ json: report, text: formatReport(report) }, flags.json === true);
    });
}
