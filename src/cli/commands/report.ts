import type { Command } from "commander";

import type { Report, ReportFormat, ReportOptions } from "../../analysis/index.ts";

import { readText } from "../context.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { UsageError } from "../../base/index.ts";
import { splitNames } from "../compare-sides.ts";
import { resultsOf } from "../sweep-results.ts";

const formats = ["html", "md", "pdf"] as const satisfies readonly ReportFormat[];

interface ReportFlags {
  output: string;
  svg?: string;
  png?: string;
  measured?: string;
  pair?: string;
  to?: string;
  sections?: string;
  title?: string;
  paper?: string;
  brand?: string;
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

function parseFormats(to: string | undefined): readonly ReportFormat[] {
  return (splitNames(to) ?? ["html"]).map((name) => {
    const found = formats.find((format) => format === name);
    if (found) return found;
    throw new UsageError(`--to ${name.slice(0, 40)}: unknown`, { hint: `one or more of ${formats.join(",")}` });
  });
}

async function pageOptions({ sections, title, paper, brand }: ReportFlags) {
  if (paper !== undefined && paper !== "a4" && paper !== "16:9") {
    throw new UsageError(`--paper ${paper.slice(0, 40)}: unknown`, { hint: "a4 or 16:9" });
  }
  const { readBrand } = await import("../../analysis/index.ts");
  const house = brand === undefined ? undefined : await readBrand(readText(brand), brand);
  return { sections: splitNames(sections), title, paper, brand: house } as const;
}

export function registerReport(program: Command): void {
  program
    .command("report")
    .description(
      "write the report of a run, a comparison, a sweep, a difference or a fleet: one file that works offline",
    )
    .argument("<folder>", "folder of a run, of a comparison, of a sweep, of a difference, or of a fleet")
    .requiredOption("-o, --output <file>", "file to write; of several formats the endings differ")
    .option("--to <formats>", "html, md, pdf (by Chromium), or several with commas", "html")
    .option("--sections <ids>", "only these sections, in this order; a wrong one shows those there are")
    .option("--title <text>", "in the place of what the report is about")
    .option("--brand <file>", "JSON with a house's font, colours and foot")
    .option("--paper <size>", "what it is printed on: a4 or 16:9", "a4")
    .option("--svg <folder>", "also write each chart as SVG")
    .option("--png <folder>", "also write each chart as PNG")
    .option("--measured <folder>", "also show a comparison's predictions beside recordings")
    .option("--pair <recording>", "of a comparison, show this update under two kernels")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope report out/run -o out/report.html --png out/charts\n  luoscope report out/comparison -o out/comparison.html --pair size-64\n  luoscope report out/run -o out/report.pdf --to pdf --paper 16:9 --sections update,when",
    )
    .action(async (path: string, flags: ReportFlags) => {
      const { formatReport } = await import("../format-report.ts");
      const options = {
        ...(flags.measured === undefined ? {} : { measuredPath: flags.measured }),
        ...(flags.pair === undefined ? {} : { pair: flags.pair }),
        ...(flags.svg === undefined ? {} : { svgFolder: flags.svg }),
        ...(flags.png === undefined ? {} : { pngFolder: flags.png }),
      };
      const report = await runReport({
        path: resultsOf(path),
        target: flags.output,
        formats: parseFormats(flags.to),
        page: await pageOptions(flags),
        ...options,
      });
      printResult({ json: report, text: formatReport(report) }, flags.json === true);
    });
}
