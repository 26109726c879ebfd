import type { Command } from "commander";

import type { Plot } from "../../analysis/index.ts";
import { UsageError } from "../../base/index.ts";
import { numberWithin, splitLabel } from "../compare-sides.ts";
import { readText } from "../context.ts";
import { printResult } from "../output.ts";
import { resultsOf } from "../sweep-results.ts";

interface PlotFlags {
  output?: string;
  list?: boolean;
  dark?: boolean;
  brand?: string;
  width?: string;
  dpi?: string;
  parameter?: string[];
  json?: boolean;
}

/** Sizes that a printed picture may have. */
const widthsMm = [20, 2000] as const;
const densities = [30, 2400] as const;
const usualWidthMm = 180;
const usualDpi = 300;

/** `180mm` or `18cm` as mm. */
function parseWidth(text: string): number {
  const [, number, unit] = /^([\d.]+) ?(mm|cm)$/.exec(text) ?? [];
  if (number === undefined) {
    throw new UsageError(`--width ${text.slice(0, 40)}: no width`, { hint: "write mm or cm: 180mm" });
  }
  return numberWithin(String(Number(number) * (unit === "cm" ? 10 : 1)), "--width", widthsMm);
}

function sizeOf({ width, dpi }: PlotFlags): { readonly widthMm: number; readonly dpi: number } | undefined {
  if (width === undefined && dpi === undefined) return undefined;
  return {
    widthMm: width === undefined ? usualWidthMm : parseWidth(width),
    dpi: dpi === undefined ? usualDpi : numberWithin(dpi, "--dpi", densities),
  };
}

/** `from_index=3` as a name and a number. */
function parseParameter(text: string): readonly [string, number] {
  const [, name, value] = /^([a-z_]+)=(-?\d{1,9})$/.exec(text) ?? [];
  if (name !== undefined) return [name, Number(value)];
  throw new UsageError(`--parameter ${text.slice(0, 60)}: expected a name and a whole number`, {
    hint: "write NAME=NUMBER; `luoscope plot --list` shows the names",
  });
}

async function listCharts(asJson: boolean): Promise<void> {
  const { listCharts: list } = await import("../../analysis/index.ts");
  const { formatChartList } = await import("../format-plot.ts");
  const charts = await list();
  printResult({ json: { charts }, text: formatChartList(charts) }, asJson);
}

async function plot(chart: string, folders: readonly string[], flags: PlotFlags): Promise<Plot> {
  const { output } = flags;
  if (output === undefined) throw new UsageError("no file to write", { hint: "add -o chart.svg (png, pdf, vl.json)" });
  if (folders.length === 0) throw new UsageError("no folder to draw", { hint: "name a run, a trace, a sweep …" });
  const { plotChart, readBrand } = await import("../../analysis/index.ts");
  const brand = flags.brand === undefined ? undefined : await readBrand(readText(flags.brand), flags.brand);
  const size = sizeOf(flags);
  return plotChart({
    sources: folders.map((folder) => {
      const { label, path } = splitLabel(folder);
      return { name: label ?? path, path: resultsOf(path) };
    }),
    id: chart,
    target: output,
    mode: flags.dark === true ? "dark" : "light",
    brand,
    ...(size === undefined ? {} : { size }),
    parameters: Object.fromEntries((flags.parameter ?? []).map(parseParameter)),
  });
}

export function registerPlot(program: Command): void {
  program
    .command("plot")
    .description("draw one chart of a run, a trace, a sweep, a comparison, a difference or a fleet")
    .argument("[chart]", "the chart's id (--list shows them)")
    .argument("[folders...]", "folder to draw; some charts take several, each NAME=FOLDER if you like")
    .option("-o, --output <file>", "file to write: .svg, .png, .pdf, or .vl.json for its specification")
    .option("--list", "list the charts, what each answers, and its parameters")
    .option("--width <mm>", `printed width, 180mm or 18cm (default: as on the page; with --dpi, ${usualWidthMm}mm)`)
    .option("--dpi <number>", `pixels an inch of a PNG, with --width (default: ${usualDpi})`)
    .option("--dark", "on a dark ground")
    .option("--brand <file>", "JSON with a house's font and colours")
    .option("--parameter <name=number...>", "set a parameter of the chart's questions")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope plot phase-gantt out/run -o out/gantt.pdf --width 180mm\n  luoscope plot blackout-by-run old=out/small-folios new=out/run -o out/blackouts.png --dpi 300",
    )
    .action(async (chart: string | undefined, folders: string[], flags: PlotFlags) => {
      if (flags.list === true) return listCharts(flags.json === true);
      if (chart === undefined) throw new UsageError("no chart", { hint: "`luoscope plot --list` shows them" });
      const { formatPlot } = await import("../format-plot.ts");
      const result = await plot(chart, folders, flags);
      printResult({ json: result, text: formatPlot(result) }, flags.json === true);
    });
}
