import type { Command } from "commander";

import { printResult } from "../output.ts";

interface ReportFlags {
  output: string;
  svg?: string;
  png?: string;
  json?: boolean;
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
      const { buildReport } = await import("../../analysis/index.ts");
      const { formatReport } = await import("../format-report.ts");
      const folders = {
        ...(flags.svg === undefined ? {} : { svgFolder: flags.svg }),
        ...(flags.png === undefined ? {} : { pngFolder: flags.png }),
      };
      const report = await buildReport({ runPath, target: flags.output, ...folders });
      printResult({ json: report, text: formatReport(report) }, flags.json === true);
    });
}
