import { formatBytes } from "../analysis/format.ts";
import type { Report } from "../analysis/index.ts";

/** A report's headline and where its files are. */
export function formatReport(report: Report): string {
  const { headline, paths, htmlBytes, svgPaths, pngPaths } = report;
  const charts = [...svgPaths, ...pngPaths];
  return [
    headline,
    "",
    ...paths.map(
      (path) => `report  ${path}${path.endsWith(".html") ? ` (${formatBytes(htmlBytes)}, opens offline)` : ""}`,
    ),
    ...charts.map((path) => `chart   ${path}`),
  ].join("\n");
}
