import { type CatalogueRow, displayText, formatCount, formatNs } from "../analysis/index.ts";
import { formatTable } from "./table.ts";

export interface WhenAnswer {
  readonly distribution: readonly CatalogueRow<"moment-distribution">[];
  readonly windows: readonly CatalogueRow<"moment-windows">[];
  readonly marks: readonly CatalogueRow<"moments-by-mark">[];
}

function formatDistribution(rows: WhenAnswer["distribution"]): string {
  return formatTable(
    ["over all starts", "least", "median", "p90", "p99", "most", "best start", "worst start"],
    rows.map((row) => [
      row.measure_name,
      ...[row.least_ns, row.p50_ns, row.p90_ns, row.p99_ns, row.most_ns, row.best_ns, row.worst_ns].map(formatNs),
    ]),
    [false, true, true, true, true, true, true, true],
  );
}

function formatWindows(rows: WhenAnswer["windows"]): string {
  return formatTable(
    ["window of starts", "", "in", "added to latencies", "packets lost", "blackout", "lost in brownout"],
    rows.map((row) => [
      `${formatNs(row.start_ns)} – ${formatNs(row.end_ns)}`,
      row.is_best ? "best" : "worst",
      displayText(row.mark_name, 24),
      formatNs(row.stalled_ns),
      formatCount(row.dropped_count),
      formatNs(row.blackout_ns),
      formatNs(row.lost_ns),
    ]),
    [false, false, false, true, true, true, true],
  );
}

function formatMarks(rows: WhenAnswer["marks"]): string {
  return formatTable(
    ["phase of the workload", "starts", "added to latencies", "longest latency", "packets lost", "lost in brownout"],
    rows.map((row) => [
      displayText(row.mark_name, 32) || "(before the first mark)",
      formatCount(row.moment_count),
      formatNs(row.stalled_ns),
      formatNs(row.worst_latency_ns),
      formatCount(row.dropped_count),
      formatNs(row.lost_ns),
    ]),
    [false, true, true, true, true, true],
  );
}

/** When an update costs least: the spread over all starts, the best and worst windows, and the phases of the workload. */
export function formatWhen({ distribution, windows, marks }: WhenAnswer): string {
  const [first] = distribution;
  if (!first) return "The trace is shorter than the blackout: no start shows all of it. Record for longer.";
  return [
    `${formatCount(first.moment_count)} starts of which the trace shows the whole blackout; times on the trace's clock`,
    "",
    formatDistribution(distribution),
    "",
    formatWindows(windows),
    "",
    "medians by phase:",
    formatMarks(marks),
  ].join("\n");
}
