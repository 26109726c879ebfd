import type { ChartInfo, Plot } from "../analysis/index.ts";

/** Journals ask for type of five to seven points. */
const leastTextPt = 5;

/** What a chart says, and how large it is printed. */
export function formatPlot({ title, path, widthMm, heightMm, textPt }: Plot): string {
  const size = `${widthMm.toFixed(0)} × ${heightMm.toFixed(0)} mm, labels of ${textPt.toFixed(1)} pt`;
  const lines = [title, "", `chart   ${path} (${size})`];
  if (textPt < leastTextPt)
    lines.push(`        small to read: ${Math.ceil((widthMm * leastTextPt) / textPt)} mm give ${leastTextPt} pt`);
  return lines.join("\n");
}

function parametersText({ parameters }: ChartInfo): string {
  const names = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return names.length === 0 ? "" : `  (${names.join(", ")})`;
}

/** The charts, by what they are drawn from, with the question that each answers. */
export function formatChartList(charts: readonly ChartInfo[]): string {
  const width = Math.max(...charts.map(({ id }) => id.length));
  const kinds = [...new Set(charts.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const own = charts.filter((chart) => chart.kind === kind);
      const lines = own.map((chart) => `  ${chart.id.padEnd(width)}  ${chart.answers}${parametersText(chart)}`);
      return [`of a ${kind}${kind === "run" ? " (blackout-by-run: of several)" : ""}`, ...lines].join("\n");
    })
    .join("\n\n");
}
