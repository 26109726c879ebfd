import { formatBytes, formatCount, formatNs, formatRatio } from "../format.ts";
import type { ReportRows } from "../spec/charts.ts";
import { html, type Markup, numberColumn, type TableColumn, tableMarkup, textColumn } from "./markup.ts";

type Row<Name extends keyof ReportRows> = ReportRows[Name][number];

const bins: readonly TableColumn<Row<"latency-over-time">>[] = [
  numberColumn("From", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  numberColumn("Requests", (row) => formatCount(row.request_count)),
  numberColumn("Median without the update", (row) => formatNs(row.alone_p50_ns)),
  numberColumn("Median with it", (row) => formatNs(row.p50_ns)),
  numberColumn("Longest without the update", (row) => formatNs(row.alone_worst_ns)),
  numberColumn("Longest with it", (row) => formatNs(row.worst_ns)),
];

const ecdf: readonly TableColumn<Row<"latency-ecdf">>[] = [
  textColumn("Update", (row) => (row.with_update ? "with" : "without")),
  numberColumn("Share of requests", (row) => formatRatio(row.latency_ratio)),
  numberColumn("take no longer than", (row) => formatNs(row.latency_ns)),
];

const curve: readonly TableColumn<Row<"brownout-curve">>[] = [
  textColumn("VM", (row) => row.vm_name),
  textColumn("Mapping", (row) => row.mapping),
  numberColumn("From", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  numberColumn("Time lost in faults", (row) => formatRatio(row.lost_ratio)),
  numberColumn("First touches", (row) => formatCount(row.fault_count)),
];

const summary: readonly TableColumn<Row<"brownout-summary">>[] = [
  textColumn("VM", (row) => row.vm_name),
  textColumn("Mapping", (row) => row.mapping),
  numberColumn("First touches", (row) => formatCount(row.fault_count)),
  numberColumn("Lost", (row) => formatNs(row.lost_ns)),
  numberColumn("Slowest speed", (row) => formatRatio(row.slowest_ratio)),
  numberColumn("Back at 99 % after", (row) => formatNs(row.full_speed_ns)),
];

const moments: readonly TableColumn<Row<"moments">>[] = [
  numberColumn("Start", (row) => formatNs(row.start_ns)),
  textColumn("Workload", (row) => row.mark_name),
  numberColumn("Added to latencies", (row) => formatNs(row.stalled_ns)),
  numberColumn("Longest latency", (row) => formatNs(row.worst_latency_ns)),
  numberColumn("Packets lost", (row) => formatCount(row.dropped_count)),
  numberColumn("Blackout", (row) => formatNs(row.blackout_ns)),
  numberColumn("Lost in brownout", (row) => formatNs(row.lost_ns)),
  textColumn("Seen", (row) => (row.complete ? "all" : "cut by the trace's end")),
];

const windows: readonly TableColumn<Row<"moment-windows">>[] = [
  textColumn("Window", (row) => (row.is_best ? "best" : "worst")),
  numberColumn("From", (row) => formatNs(row.start_ns)),
  numberColumn("To", (row) => formatNs(row.end_ns)),
  textColumn("Workload", (row) => row.mark_name),
  numberColumn("Added to latencies", (row) => formatNs(row.stalled_ns)),
  numberColumn("Packets lost", (row) => formatCount(row.dropped_count)),
  numberColumn("Blackout", (row) => formatNs(row.blackout_ns)),
];

const marks: readonly TableColumn<Row<"moments-by-mark">>[] = [
  textColumn("Workload", (row) => row.mark_name),
  numberColumn("From", (row) => formatNs(row.start_ns)),
  numberColumn("Starts", (row) => formatCount(row.moment_count)),
  numberColumn("Median added to latencies", (row) => formatNs(row.stalled_ns)),
  numberColumn("Most", (row) => formatNs(row.most_stalled_ns)),
  numberColumn("Median of packets lost", (row) => formatCount(row.dropped_count)),
];

const alternatives: readonly TableColumn<Row<"alternatives">>[] = [
  textColumn("VM", (row) => row.vm_name),
  textColumn("Alternative", (row) => row.alternative_name),
  textColumn("Possible", (row) => (row.feasible ? "yes" : `no: ${row.reason}`)),
  textColumn("Host's kernel afterwards", (row) => (row.replaces_kernel ? "new" : "old")),
  numberColumn("vCPUs stop", (row) => formatNs(row.stopped_ns)),
  numberColumn("Degraded", (row) => formatNs(row.degraded_ns)),
  numberColumn("Whole", (row) => formatNs(row.total_ns)),
  numberColumn("All copies", (row) => formatNs(row.host_ns)),
  numberColumn("Moved", (row) => formatBytes(row.moved_bytes)),
  numberColumn("Extra memory", (row) => formatBytes(row.extra_bytes)),
  numberColumn("Rounds", (row) => (row.round_count === null ? "" : formatCount(row.round_count))),
];

const rounds: readonly TableColumn<Row<"migration-rounds">>[] = [
  textColumn("VM", (row) => row.vm_name),
  textColumn("Migration", (row) => row.alternative_name),
  numberColumn("Round", (row) => formatCount(row.round_index)),
  numberColumn("From", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  numberColumn("Pages to send", (row) => formatCount(row.dirty_pages)),
  numberColumn("Sent", (row) => formatBytes(row.sent_bytes)),
  numberColumn("vCPUs held back", (row) => formatRatio(row.throttle_ratio)),
];

/** The data of the charts about services and outlooks as tables, by the chart's id. */
export function serviceTwins(rows: ReportRows): Readonly<Record<string, Markup>> {
  return {
    "request-latency": html`${tableMarkup(bins, rows["latency-over-time"])}${tableMarkup(ecdf, rows["latency-ecdf"])}`,
    "brownout-curve": html`${tableMarkup(summary, rows["brownout-summary"])}${tableMarkup(curve, rows["brownout-curve"])}`,
    "when-to-update": html`${tableMarkup(windows, rows["moment-windows"])}${tableMarkup(
      marks,
      rows["moments-by-mark"],
    )}${tableMarkup(moments, rows.moments)}`,
    alternatives: html`${tableMarkup(alternatives, rows.alternatives)}${tableMarkup(rounds, rows["migration-rounds"])}`,
  };
}
