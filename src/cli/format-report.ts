import { formatBytes } from "../analysis/format.ts";
import type { Report } from "../analysis/index.ts";

/** A report's headline and where its files are. */
export function formatReport(report: Report): string {
  const { headline, htmlPath, htmlBytes, svgPaths, pngPaths } = report;
  const charts = [...svgPaths, ...pngPaths];
  return [
    headline,
    "",
    `report  ${htmlPath} (${formatBytes(htmlBytes)}, opens offline)`,
    ...charts.map((path) => `chart   ${path}`),
  ].join("\n");
}
