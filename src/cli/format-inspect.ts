import { displayText, formatBytes, formatCount, formatNs, plural } from "../analysis/format.ts";
import type {
  ComparisonDescription,
  DifferenceDescription,
  SweepDescription,
  FleetDescription,
  FolderDescription,
  RunDescription,
  TraceDescription,
  TraceIssue,
} from "../trace/index.ts";
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

function formatUpdates({ updates }: ComparisonDescription): string {
  const rows = updates.map((update) => [
    displayText(String(update["name"]), 40),
    displayText(`${update["kernel_from"]} to ${update["kernel_to"]}`, 40),
    formatBytes(Number(update["ram_bytes"])),
    formatCount(Number(update["folio_count"])),
  ]);
  return formatTable(["recording", "kernels", "host memory", "folios"], rows, [false, false, true, true]);
}

function formatTables({ tables }: FolderDescription): string {
  const rows = tables.map(({ table, rows, bytes }) => [table, formatCount(rows), formatBytes(bytes)]);
  return formatTable(["table", "rows", "size"], rows, [false, true, true]);
}

function formatComparison(description: ComparisonDescription): string {
  const { name } = description.header["profile"] as { name?: unknown };
  return [
    `${description.path}: comparison of profile ${displayText(String(name))} with ${plural(description.updates.length, "update")}`,
    "",
    formatUpdates(description),
    "",
    formatTables(description),
    ...description.notes.map((note) => `note: ${displayText(`${note["name"]}: ${note["detail"]}`, 400)}`),
  ].join("\n");
}

function formatSweep(description: SweepDescription): string {
  const { name } = description.header["plan"] as { name?: unknown };
  const axes = description.axes.map((axis) => [
    displayText(String(axis["key"]), 60),
    formatCount(Number(axis["value_count"])),
  ]);
  return [
    `${description.path}: sweep of plan ${displayText(String(name))}`,
    "",
    formatTable(["axis", "values"], axes, [false, true]),
    "",
    formatTables(description),
  ].join("\n");
}

function formatFleet(description: FleetDescription): string {
  const { name } = description.header["fleet"] as { name?: unknown };
  const rows = description.batches.map((batch, index) => [
    formatCount(index + 1),
    formatCount(Number(batch["host_count"])),
    batch["is_reached"] === 1 ? formatNs(Number(batch["start_ns"])) : "not reached",
    batch["is_reached"] === 1 ? formatNs(Number(batch["end_ns"])) : "",
  ]);
  return [
    `${description.path}: fleet ${displayText(String(name))}`,
    "",
    formatTable(["batch", "hosts", "from", "to"], rows.slice(0, 40), [true, true, true, true]),
    ...(rows.length > 40 ? [`… ${plural(rows.length - 40, "more batch", "more batches")}`] : []),
    "",
    formatTables(description),
    ...description.notes.map((note) => `note: ${displayText(`${note["code"]}: ${note["detail"]}`, 400)}`),
  ].join("\n");
}

function formatDifference(description: DifferenceDescription): string {
  const sides = description.sides.map((side, index) => [
    index === 0 ? "base" : "new",
    displayText(String(side["label"]), 60),
    String(side["kind"]),
    String(side["sha256"]).slice(0, 12),
  ]);
  const rules = description.rules.map((rule) => [displayText(String(rule["rule"]), 80), String(rule["outcome"])]);
  return [
    `${description.path}: difference ${displayText(description.header["title"] as string)}`,
    "",
    formatTable(["side", "label", "taken from", "sha256"], sides, [false, false, false, false]),
    ...(rules.length > 0 ? ["", formatTable(["rule of the gate", "outcome"], rules.slice(0, 40))] : []),
    ...(rules.length > 40 ? [`… ${plural(rules.length - 40, "more rule")}`] : []),
    "",
    formatTables(description),
    ...description.warnings.map((warning) => `warning: ${displayText(String(warning["detail"]), 400)}`),
  ].join("\n");
}

/** A folder in one screen. */
export function formatDescription(description: FolderDescription): string {
  if (description.kind === "comparison") return formatComparison(description);
  if (description.kind === "sweep") return formatSweep(description);
  if (description.kind === "fleet") return formatFleet(description);
  if (description.kind === "difference") return formatDifference(description);
  const { header } = description;
  const name = description.kind === "trace" ? header["name"] : (header["scenario"] as { name?: unknown })?.name;
  return [
    `${description.path}: ${description.kind} ${displayText(String(name))}, ${formatNs(description.span_ns)}`,
    "",
    description.kind === "trace" ? formatVms(description) : formatRunPhases(description),
    ...(description.kind === "trace" ? formatMarks(description) : []),
    "",
    formatTables(description),
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
