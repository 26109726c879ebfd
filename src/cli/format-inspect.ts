import { displayText, formatBytes, formatCount, formatNs, plural } from "../analysis/format.ts";
import type { FolderDescription, RunDescription, TraceDescription, TraceIssue } from "../trace/index.ts";
import { formatTable } from "./table.ts";

function formatVms({ vms }: TraceDescription): string {
  const rows = vms.map((vm) => [
    displayText(vm.name),
    formatBytes(vm.guest_bytes),
    formatCount(vm.vcpu_count),
    formatCount(vm.tick_count),
    formatCount(vm.written_pages),
    formatCount(vm.distinct_pages),
  ]);
  const heads = ["VM", "memory", "vCPUs", "ticks", "pages written", "distinct"];
  return formatTable(heads, rows, [false, true, true, true, true, true]);
}

function formatRunPhases({ phases }: RunDescription): string {
  const rows = phases.map((phase) => {
    const startNs = Number(phase["start_ns"]);
    return [String(phase["phase"]), formatNs(startNs), formatNs(Number(phase["end_ns"]) - startNs)];
  });
  return formatTable(["phase", "from", "length"], rows, [false, true, true]);
}

function formatMarks({ marks }: TraceDescription): string[] {
  if (marks.length === 0) return [];
  const names = marks.map(({ time_ns: ns, name }) => `${displayText(String(name), 40)} ${formatNs(Number(ns))}`);
  return ["", `marks: ${names.join(", ")}`];
}

/** A trace or run in one screen. */
export function formatDescription(description: FolderDescription): string {
  const { header } = description;
  const tables = description.tables.map(({ table, rows, bytes }) => [table, formatCount(rows), formatBytes(bytes)]);
  const name = description.kind === "trace" ? header["name"] : (header["scenario"] as { name?: unknown })?.name;
  return [
    `${description.path}: ${description.kind} ${displayText(String(name))}, ${formatNs(description.span_ns)}`,
    "",
    description.kind === "trace" ? formatVms(description) : formatRunPhases(description),
    ...(description.kind === "trace" ? formatMarks(description) : []),
    "",
    formatTable(["table", "rows", "size"], tables, [false, true, true]),
    ...description.warnings.map(
      ({ code, rows, detail }) =>
        `warning: ${displayText(String(code))}: ${displayText(String(detail), 400)} (${plural(Number(rows), "row")})`,
    ),
  ].join("\n");
}

export function formatIssues(path: string, issues: readonly TraceIssue[]): string {
  if (issues.length === 0) return `${path}: every row is as trace format v1 says`;
  const rows = issues.map(({ table, code, row, rows: count, detail }) => [
    table,
    row === null ? "–" : formatCount(row),
    formatCount(count),
    code,
    displayText(detail, 200),
  ]);
  return formatTable(["table", "first row", "rows", "fault", "detail"], rows, [false, true, true]);
}
