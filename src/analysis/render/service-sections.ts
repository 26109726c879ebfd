import { displayText, formatBytes, formatCount, formatNs, plural } from "../format.ts";
import type { ReportRows } from "../spec/charts.ts";
import { html, type Markup, numberColumn, textColumn, wholeTable } from "./markup.ts";
import { sourceNote } from "./sources.ts";

type Row<Name extends keyof ReportRows> = ReportRows[Name][number];

const fates: Readonly<Record<string, string>> = {
  emulated: "emulated",
  stops: "shut down or reset",
  "goes-on": "goes on",
};

function orDash(ns: number | null): string {
  return ns === null ? "–" : formatNs(ns);
}

function downtimeTable(rows: ReportRows["downtimes"]): Markup {
  const table = wholeTable<Row<"downtimes">>(
    [
      textColumn("VM", (row) =>
        row.vm_count > 1 ? `${row.vm_name} (${formatCount(row.vm_count)} copies)` : row.vm_name,
      ),
      numberColumn("vCPUs stopped", (row) => formatNs(row.stopped_ns)),
      numberColumn("Guest-visible: until all devices answer", (row) => formatNs(row.guest_visible_ns)),
      numberColumn("Service-visible: until clients are answered", (row) =>
        row.service_visible_ns === null ? "no packets in the trace" : formatNs(row.service_visible_ns),
      ),
    ],
    rows,
  );
  return html`<p class="note">
      Three downtimes that are not the same: of each VM of the trace, the copy that stands still longest.
    </p>
    ${table} ${sourceNote("downtimes")}`;
}

function requestTables({ "request-latency": latency, "request-outcomes": outcomes }: ReportRows): Markup {
  if (latency.length === 0) return html`<p class="note">The trace has no requests to devices around the update.</p>`;
  const latencies = wholeTable<Row<"request-latency">>(
    [
      textColumn("Device", (row) => row.device_name),
      numberColumn("Requests", (row) => formatCount(row.request_count)),
      numberColumn("Median, without", (row) => orDash(row.alone_p50_ns)),
      numberColumn("with the update", (row) => orDash(row.p50_ns)),
      numberColumn("p99, without", (row) => orDash(row.alone_p99_ns)),
      numberColumn("with", (row) => orDash(row.p99_ns)),
      numberColumn("Longest, without", (row) => orDash(row.alone_worst_ns)),
      numberColumn("with", (row) => orDash(row.worst_ns)),
      numberColumn("Added to all", (row) => formatNs(row.stalled_ns)),
    ],
    latency,
  );
  const ends = wholeTable<Row<"request-outcomes">>(
    [
      textColumn("Device", (row) => row.device_name),
      textColumn("In the update", (row) => fates[row.fate] ?? row.fate),
      numberColumn("Submitted", (row) => formatCount(row.submitted_count)),
      numberColumn("= completed", (row) => formatCount(row.completed_count)),
      numberColumn("+ failed", (row) => formatCount(row.failed_count)),
      numberColumn("+ open", (row) => formatCount(row.open_count)),
      numberColumn("Drained / kept / requeued", (row) =>
        [row.drained_count, row.kept_count, row.requeued_count].map(formatCount).join(" / "),
      ),
      numberColumn("Waited", (row) => formatCount(row.waited_count)),
      numberColumn("Delayed", (row) => formatCount(row.delayed_count)),
      numberColumn("Queue", (row) => formatCount(row.most_waiting_count)),
      numberColumn("Caught up", (row) => formatNs(row.catch_up_ns)),
    ],
    outcomes,
  );
  return html`${latencies} ${sourceNote("request-latency")} ${ends} ${sourceNote("request-outcomes")}`;
}

function networkTable(rows: ReportRows["network-gaps"]): Markup {
  if (rows.length === 0) return html`<p class="note">The trace has no packets around the update.</p>`;
  const table = wholeTable<Row<"network-gaps">>(
    [
      textColumn("Network card", (row) => row.device_name),
      textColumn("In the update", (row) => fates[row.fate] ?? row.fate),
      numberColumn("Packets that came", (row) => formatCount(row.arrived_count)),
      numberColumn("Kept in the ring", (row) => formatCount(row.kept_count)),
      numberColumn("Lost", (row) => formatCount(row.dropped_count)),
      numberColumn("TCP / UDP / other", (row) =>
        [row.tcp_dropped_count, row.udp_dropped_count, row.other_dropped_count].map(formatCount).join(" / "),
      ),
      numberColumn("Silent for", (row) => formatNs(row.silence_ns)),
      numberColumn("Retransmissions", (row) => formatCount(row.retransmission_count)),
      numberColumn("TCP goes on after", (row) => orDash(row.tcp_silence_ns)),
    ],
    rows,
  );
  return html`${table} ${sourceNote("network-gaps")}`;
}

function timeoutTable(rows: ReportRows["timeouts"]): Markup {
  const table = wholeTable<Row<"timeouts">>(
    [
      textColumn("Timeout", (row) => row.timeout_name),
      numberColumn("Limit", (row) => formatNs(row.limit_ns)),
      numberColumn("Longest there is", (row) => orDash(row.longest_ns)),
      textColumn("Crossed", (row) => {
        if (row.crossed_count === null) return "the trace has nothing that could cross it";
        const what = row.kind === "request" ? "request" : "network card";
        return row.crossed_count === 0 ? "no" : `by ${plural(row.crossed_count, what)}`;
      }),
      textColumn("Source", (row) => row.source),
    ],
    rows,
  );
  return html`${table} ${sourceNote("timeouts")}`;
}

function dmaTable(rows: ReportRows["dma-changes"]): Markup {
  if (rows.length === 0) return html``;
  const table = wholeTable<Row<"dma-changes">>(
    [
      textColumn("Device", (row) => row.device_name),
      textColumn("In the update", (row) => fates[row.fate] ?? row.fate),
      numberColumn("Pages changed while no CPU ran", (row) => formatCount(row.changed_pages)),
      numberColumn("Interrupts lost", (row) => formatCount(row.lost_interrupt_count)),
      numberColumn("Spurious interrupts", (row) => formatCount(row.spurious_interrupt_count)),
      numberColumn("Restart by the guest", (row) => formatNs(row.restart_ns)),
    ],
    rows,
  );
  return html`${table} ${sourceNote("dma-changes")}`;
}

/** What guests and their clients feel of the gap. */
export function serviceSection(rows: ReportRows, figure: readonly Markup[]): Markup {
  return html`<h2 id="service">What guests and their clients feel</h2>
    ${downtimeTable(rows.downtimes)} ${figure} ${requestTables(rows)} ${networkTable(rows["network-gaps"])}
    ${timeoutTable(rows.timeouts)} ${dmaTable(rows["dma-changes"])}`;
}

export function brownoutSection(figure: readonly Markup[]): Markup {
  return html`<h2 id="brownout">Afterwards: back to full speed</h2>
    ${figure}`;
}

function distributionTable(rows: ReportRows["moment-distribution"]): Markup {
  const table = wholeTable<Row<"moment-distribution">>(
    [
      textColumn("Over all starts", (row) => row.measure_name),
      numberColumn("Starts", (row) => formatCount(row.moment_count)),
      numberColumn("Least", (row) => formatNs(row.least_ns)),
      numberColumn("Median", (row) => formatNs(row.p50_ns)),
      numberColumn("p90", (row) => formatNs(row.p90_ns)),
      numberColumn("p99", (row) => formatNs(row.p99_ns)),
      numberColumn("Most", (row) => formatNs(row.most_ns)),
      numberColumn("Best start", (row) => formatNs(row.best_ns)),
      numberColumn("Worst start", (row) => formatNs(row.worst_ns)),
    ],
    rows,
  );
  return html`${table} ${sourceNote("moment-distribution")}`;
}

/** Nothing where the run has one start only. */
export function whenSection(rows: ReportRows, figure: readonly Markup[]): Markup {
  if (rows.moments.length === 0) return html``;
  return html`<h2 id="when">When to update</h2>
    ${figure} ${rows["moment-distribution"].length === 0 ? html`` : distributionTable(rows["moment-distribution"])}`;
}

/** Nothing where nobody asked. */
export function alternativesSection(rows: ReportRows, figure: readonly Markup[]): Markup {
  if (rows.alternatives.length === 0) return html``;
  const table = wholeTable<Row<"alternatives">>(
    [
      textColumn("Instead", (row) => row.alternative_name),
      numberColumn("vCPUs stop", (row) => formatNs(row.stopped_ns)),
      numberColumn("Degraded", (row) => formatNs(row.degraded_ns)),
      numberColumn("All copies done after", (row) => formatNs(row.host_ns)),
      numberColumn("Moved", (row) => formatBytes(row.moved_bytes)),
      textColumn("Possible", (row) => (row.feasible ? "yes" : `no: ${row.reason}`)),
      {
        head: "Not taken along, and what it rests on",
        cell: (row) =>
          html`${row.lost_state === "" ? "–" : displayText(row.lost_state, 240)}<br /><small
              >${displayText(row.detail, 240)}</small
            >`,
      },
    ],
    rows.alternatives,
  );
  return html`<h2 id="alternatives-section">What else one could do</h2>
    ${figure} ${table} ${sourceNote("alternatives")}`;
}
