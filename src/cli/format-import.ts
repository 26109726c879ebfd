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
  const sources = report.sources.map(({ file, rows, kept_rows: kept, dropped }) => [
    displayText(file, 60),
    formatCount(rows),
    formatCount(kept),
    dropped.map(({ code, rows: count }) => `${formatCount(count)} ${code}`).join(", "),
  ]);
  const truncated = report.truncated.map(({ file, detail }) => `error: ${displayText(file)} ends too early: ${detail}`);
  return [
    `${target}: trace ${displayText(report.header.name)}, ${formatNs(report.span_ns)}, read as ${report.importer}`,
    `clock: ${displayText(report.clock, 200)}`,
    "",
    formatTable(["source", "rows", "kept", "dropped"], sources, [false, true, true]),
    "",
    formatTable(["table", "rows", "size", "columns with values"], tables, [false, true, true]),
    ...(warnings.length > 0 ? ["", ...warnings] : []),
    ...(truncated.length > 0 ? ["", ...truncated] : []),
  ].join("\n");
}
