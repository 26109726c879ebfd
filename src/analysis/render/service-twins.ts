import { formatBytes, formatCount, formatNs, formatRatio } from "../format.ts";
import type { ReportRows } from "../spec/charts.ts";
import { html, type Markup, numberColumn, type TableColumn, tableMarkup, textColumn } from "./markup.ts";
import { type Sourced, sourced } from "./sources.ts";

type RowOf<Name extends keyof ReportRows> = ReportRows[Name][number];

/** A time that there may be none of. */
export function timeOrNone(ns: number | null): string {
  return ns === null ? "–" : formatNs(ns);
}

const latencies: readonly TableColumn<RowOf<"request-latency">>[] = [
  textColumn("Device", (row) => row.device_name),
  numberColumn("Requests", (row) => formatCount(row.request_count)),
  numberColumn("Median", (row) => timeOrNone(row.p50_ns)),
  numberColumn("without", (row) => timeOrNone(row.alone_p50_ns)),
  numberColumn("90 %", (row) => timeOrNone(row.p90_ns)),
  numberColumn("without", (row) => timeOrNone(row.alone_p90_ns)),
  numberColumn("99 %", (row) => timeOrNone(row.p99_ns)),
  numberColumn("without", (row) => timeOrNone(row.alone_p99_ns)),
  numberColumn("Longest", (row) => timeOrNone(row.worst_ns)),
  numberColumn("without", (row) => timeOrNone(row.alone_worst_ns)),
  numberColumn("Added to all", (row) => formatNs(row.stalled_ns)),
];

const bins: readonly TableColumn<RowOf<"latency-over-time">>[] = [
  numberColumn("From the stop", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  numberColumn("Requests", (row) => formatCount(row.request_count)),
  numberColumn("Median", (row) => formatNs(row.p50_ns)),
  numberColumn("without", (row) => formatNs(row.alone_p50_ns)),
  numberColumn("Longest", (row) => formatNs(row.worst_ns)),
  numberColumn("without", (row) => formatNs(row.alone_worst_ns)),
];

const shares: readonly TableColumn<RowOf<"latency-ecdf">>[] = [
  textColumn("Update", (row) => (row.with_update ? "with" : "without")),
  numberColumn("Latency", (row) => formatNs(row.latency_ns)),
  numberColumn("Take as long or less", (row) => formatRatio(row.latency_ratio)),
  numberColumn("As long or longer", (row) => formatRatio(row.longer_ratio)),
];

const cards: readonly TableColumn<RowOf<"network-gaps">>[] = [
  textColumn("Card", (row) => row.device_name),
  numberColumn("Last packet", (row) => timeOrNone(row.last_packet_offset_ns)),
  numberColumn("vCPUs run", (row) => formatNs(row.resume_offset_ns)),
  numberColumn("Ready", (row) => formatNs(row.ready_offset_ns)),
  numberColumn("Found again", (row) => formatNs(row.reachable_offset_ns)),
  numberColumn("TCP back", (row) => timeOrNone(row.tcp_silence_ns)),
  numberColumn("Silent for", (row) => formatNs(row.silence_ns)),
  numberColumn("Clients wait", (row) => formatNs(row.service_gap_ns)),
];

const speeds: readonly TableColumn<RowOf<"brownout-curve">>[] = [
  textColumn("VM", (row) => row.vm_name),
  textColumn("Mapping", (row) => row.mapping),
  numberColumn("From resume", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  numberColumn("Time lost", (row) => formatRatio(row.lost_ratio)),
  numberColumn("First touches", (row) => formatCount(row.fault_count)),
];

const losses: readonly TableColumn<RowOf<"brownout-summary">>[] = [
  textColumn("VM", (row) => row.vm_name),
  textColumn("Mapping", (row) => row.mapping),
  numberColumn("Time lost", (row) => formatNs(row.lost_ns)),
  numberColumn("First touches", (row) => formatCount(row.fault_count)),
  numberColumn("Slowest", (row) => formatRatio(row.slowest_ratio)),
  numberColumn("99 % of speed after", (row) => formatNs(row.full_speed_ns)),
];

const ways: readonly TableColumn<RowOf<"alternatives">>[] = [
  textColumn("VM", (row) => (row.vm_count > 1 ? `${row.vm_name} (${formatCount(row.vm_count)} alike)` : row.vm_name)),
  textColumn("Alternative", (row) => row.alternative_name),
  textColumn("Possible", (row) => (row.feasible ? "yes" : `no: ${row.reason}`)),
  textColumn("New kernel", (row) => (row.replaces_kernel ? "yes" : "no")),
  numberColumn("Stands still", (row) => formatNs(row.stopped_ns)),
  numberColumn("QEMU's downtime", (row) => (row.qemu_downtime_ns === null ? "" : formatNs(row.qemu_downtime_ns))),
  numberColumn("Runs slower", (row) => formatNs(row.degraded_ns)),
  numberColumn("Takes", (row) => formatNs(row.total_ns)),
  numberColumn("All copies", (row) => formatNs(row.host_ns)),
  numberColumn("Bytes moved", (row) => formatBytes(row.moved_bytes)),
  numberColumn("Extra memory", (row) => formatBytes(row.extra_bytes)),
  numberColumn("Rounds", (row) => (row.round_count === null ? "–" : formatCount(row.round_count))),
  textColumn("State lost", (row) => (row.lost_state === "" ? "none" : row.lost_state)),
  textColumn("Rests on", (row) => row.detail),
];

const rounds: readonly TableColumn<RowOf<"migration-rounds">>[] = [
  textColumn("VM", (row) => row.vm_name),
  textColumn("Alternative", (row) => row.alternative_name),
  numberColumn("Round", (row) => formatCount(row.round_index)),
  numberColumn("From", (row) => formatNs(row.start_offset_ns)),
  numberColumn("To", (row) => formatNs(row.end_offset_ns)),
  numberColumn("Pages to send", (row) => formatCount(row.dirty_pages)),
  numberColumn("Bytes sent", (row) => formatBytes(row.sent_bytes)),
  numberColumn("vCPUs held back", (row) => formatRatio(row.throttle_ratio)),
];

const starts: readonly TableColumn<RowOf<"moments">>[] = [
  numberColumn("Start", (row) => formatNs(row.start_ns)),
  textColumn("Phase of the workload", (row) => row.mark_name),
  numberColumn("Blackout", (row) => formatNs(row.blackout_ns)),
  numberColumn("Added to latencies", (row) => formatNs(row.stalled_ns)),
  numberColumn("Longest latency", (row) => formatNs(row.worst_latency_ns)),
  numberColumn("Packets lost", (row) => formatCount(row.dropped_count)),
  numberColumn("Lost in brownout", (row) => formatNs(row.lost_ns)),
  textColumn("All seen", (row) => (row.complete ? "yes" : "no")),
];

/** Nothing where a chart's second table has no row. */
function unlessEmpty<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): Markup {
  return rows.length === 0 ? html`` : tableMarkup(columns, rows);
}

/** The data of the charts about services and alternatives as tables, by the chart's id. */
export const serviceTwins: Readonly<Record<string, (rows: ReportRows) => Sourced>> = {
  "request-latency": sourced(
    ["request-latency", "latency-over-time", "latency-ecdf"],
    (rows) =>
      html`${tableMarkup(latencies, rows["request-latency"])}${tableMarkup(bins, rows["latency-over-time"])}${tableMarkup(shares, rows["latency-ecdf"])}`,
  ),
  "network-gap": sourced(["network-gaps"], (rows) => tableMarkup(cards, rows["network-gaps"])),
  "brownout-curve": sourced(
    ["brownout-summary", "brownout-curve"],
    (rows) => html`${tableMarkup(losses, rows["brownout-summary"])}${tableMarkup(speeds, rows["brownout-curve"])}`,
  ),
  alternatives: sourced(
    ["alternatives", "migration-rounds"],
    (rows) => html`${tableMarkup(ways, rows.alternatives)}${unlessEmpty(rounds, rows["migration-rounds"])}`,
  ),
  "when-to-update": sourced(["moments"], (rows) => tableMarkup(starts, rows.moments)),
};
