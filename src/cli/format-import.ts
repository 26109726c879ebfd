import { displayText, formatBytes, formatCount, formatNs, plural } from "../analysis/format.ts";
import type { ImportReport } from "../trace/index.ts";
import { formatTable } from "./table.ts";

/** What an import kept and left out, for people. */
export function formatImport(target: string, report: ImportReport): string {
  const tables = report.tables.map(({ table, rows, bytes, filled_columns: filled }) => [
    table,
    formatCount(rows),
    formatBytes(bytes),
    filled.join(", "),
  ]);
  const warnings = report.warnings.map(
    ({ code, rows, detail }) => `warning: ${code}: ${displayText(detail, 400)} (${plural(rows, "row")})`,
  );
  return [
    `${target}: trace ${displayText(report.header.name)}, ${formatNs(report.span_ns)}, read as ${report.importer}`,
    "",
    formatTable(["table", "rows", "size", "columns with values"], tables, [false, true, true]),
    ...(warnings.length > 0 ? ["", ...warnings] : []),
  ].join("\n");
}
