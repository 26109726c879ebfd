import { displayText, formatCount, formatNs, plural } from "../format.ts";
import type { ReportRows } from "../spec/charts.ts";
import { html, type Markup, numberColumn, type TableColumn, textColumn, wholeTable } from "./markup.ts";
import { timeOrNone } from "./service-twins.ts";
import { sourced, withSource } from "./sources.ts";
import type { PageSection } from "./page-content.ts";

type RowOf<Name extends keyof ReportRows> = ReportRows[Name][number];

interface TablePart<Row> {
  readonly head: string;
  readonly note: string;
  readonly columns: readonly TableColumn<Row>[];
}

/** A table with its heading and how to read it; nothing at all without rows. */
function part<Row>({ head, note, columns }: TablePart<Row>, rows: readonly Row[]): Markup {
  if (rows.length === 0) return html``;
  return html`<h3 class="table">${head}</h3>
    <p class="note">${note}</p>
    ${wholeTable(columns, rows)}`;
}

const downtimes: TablePart<RowOf<"downtimes">> = {
  head: "Three downtimes",
  note: "Each answers another question and none replaces another: how long the vCPUs stand still; until the last device answers the guest again; from the last packet before the stop to where the network finds the VM again and a lost segment has got through.",
  columns: [
    textColumn("VM", (row) =>
      row.vm_count > 1 ? `${row.vm_name}, the worst of ${formatCount(row.vm_count)}` : row.vm_name,
    ),
    numberColumn("vCPUs stopped", (row) => formatNs(row.stopped_ns)),
    numberColumn("Guest-visible", (row) => formatNs(row.guest_visible_ns)),
    numberColumn("Service-visible", (row) =>
      row.service_visible_ns === null ? "unknown: the trace has no packets of it" : formatNs(row.service_visible_ns),
    ),
  ],
};

const outcomes: TablePart<RowOf<"request-outcomes">> = {
  head: "What becomes of requests",
  note: "Requests from 30 s before the stop to 30 s after the resume. Failed: takes the guest's request timeout or longer. In flight at the stop: completed first (drained), kept by the device, or sent again. Later ones wait for the device, or stand behind those that did.",
  columns: [
    textColumn("Device", (row) => row.device_name),
    textColumn("In the gap", (row) => fateText(row.fate)),
    numberColumn("Requests", (row) => formatCount(row.submitted_count)),
    numberColumn("Failed", (row) => formatCount(row.failed_count)),
    numberColumn("Never completed", (row) => formatCount(row.open_count)),
    numberColumn("Drained", (row) => formatCount(row.drained_count)),
    numberColumn("Kept", (row) => formatCount(row.kept_count)),
    numberColumn("Sent again", (row) => formatCount(row.requeued_count)),
    numberColumn("Waited", (row) => formatCount(row.waited_count)),
    numberColumn("Delayed", (row) => formatCount(row.delayed_count)),
    numberColumn("Longest queue", (row) => formatCount(row.most_waiting_count)),
    numberColumn("Caught up after", (row) => formatNs(row.catch_up_ns)),
  ],
};

const packets: TablePart<RowOf<"network-gaps">> = {
  head: "What becomes of packets",
  note: "Packets from outside between the stop and where the network finds the card again. TCP sends what it lost again, each time after twice as long: that outlasts the gap.",
  columns: [
    textColumn("Card", (row) => row.device_name),
    textColumn("In the gap", (row) => fateText(row.fate)),
    numberColumn("Come", (row) => formatCount(row.arrived_count)),
    numberColumn("Kept", (row) => formatCount(row.kept_count)),
    numberColumn("Lost", (row) => formatCount(row.dropped_count)),
    numberColumn("TCP", (row) => formatCount(row.tcp_dropped_count)),
    numberColumn("UDP", (row) => formatCount(row.udp_dropped_count)),
    numberColumn("Other", (row) => formatCount(row.other_dropped_count)),
    numberColumn("Sent again", (row) => formatCount(row.retransmission_count)),
    numberColumn("Silent for", (row) => formatNs(row.silence_ns)),
    numberColumn("TCP back after", (row) => timeOrNone(row.tcp_silence_ns)),
  ],
};

const waitsFor: Readonly<Record<string, string>> = {
  request: "a request's completion",
  silence: "a sign of life from the network",
};

function crossedText(row: RowOf<"timeouts">): string {
  if (row.crossed_count === null) return `unknown: the trace has no ${row.kind === "request" ? "requests" : "packets"}`;
  return row.crossed_count === 0 ? "no" : `yes, ${plural(row.crossed_count, "time")}`;
}

const timeouts: TablePart<RowOf<"timeouts">> = {
  head: "Timeouts",
  note: "What gives up, or notices, after how long; longest: the longest latency or silence that there is.",
  columns: [
    textColumn("Timeout", (row) => row.timeout_name),
    textColumn("Waits for", (row) => waitsFor[row.kind] ?? row.kind),
    numberColumn("Limit", (row) => formatNs(row.limit_ns)),
    numberColumn("Longest", (row) => timeOrNone(row.longest_ns)),
    textColumn("Crossed", crossedText),
    {
      head: "Source",
      cell: (row) => {
        const source = displayText(row.source.replace(/^assumed[:,]? */, ""), 160);
        return row.assumed ? html`<span class="badge">assumed</span> ${source}` : source;
      },
    },
  ],
};

/** What a device does in the gap. */
function fateText(fate: string): string {
  const words: Readonly<Record<string, string>> = { "goes-on": "goes on", emulated: "stands still (emulated)" };
  return words[fate] ?? fate;
}

const changes: TablePart<RowOf<"dma-changes">> = {
  head: "What devices do to memory meanwhile",
  note: "Pages that a device writes by DMA while no CPU runs are in no dirty log. Its interrupts are lost; a device that went on gets one that nothing caused.",
  columns: [
    textColumn("Device", (row) => row.device_name),
    textColumn("In the gap", (row) => fateText(row.fate)),
    numberColumn("Pages changed", (row) => formatCount(row.changed_pages)),
    numberColumn("Interrupts lost", (row) => formatCount(row.lost_interrupt_count)),
    numberColumn("Spurious", (row) => formatCount(row.spurious_interrupt_count)),
    numberColumn("Ready after resume", (row) => formatNs(row.restart_ns)),
  ],
};

const windows: TablePart<RowOf<"moment-windows">> = {
  head: "Best and worst times to start",
  note: "Windows of one second of starts, the best first: by what the update adds to latencies, then by lost packets, then by blackout and brownout. Means over the window's starts.",
  columns: [
    textColumn("Window", (row) => (row.is_best ? "best" : "worst")),
    numberColumn("From", (row) => formatNs(row.start_ns)),
    numberColumn("To", (row) => formatNs(row.end_ns)),
    textColumn("Phase of the workload", (row) => row.mark_name),
    numberColumn("Starts", (row) => formatCount(row.moment_count)),
    numberColumn("Added to latencies", (row) => formatNs(row.stalled_ns)),
    numberColumn("Packets lost", (row) => formatCount(row.dropped_count)),
    numberColumn("Blackout", (row) => formatNs(row.blackout_ns)),
    numberColumn("Lost in brownout", (row) => formatNs(row.lost_ns)),
  ],
};

const spread: TablePart<RowOf<"moment-distribution">> = {
  head: "How costs spread over the starts",
  note: "Quantiles over the starts whose whole blackout the trace shows, and the earliest starts with the least and the most.",
  columns: [
    textColumn("Measure", (row) => row.measure_name),
    numberColumn("Starts", (row) => formatCount(row.moment_count)),
    numberColumn("Least", (row) => formatNs(row.least_ns)),
    numberColumn("Median", (row) => formatNs(row.p50_ns)),
    numberColumn("90 %", (row) => formatNs(row.p90_ns)),
    numberColumn("99 %", (row) => formatNs(row.p99_ns)),
    numberColumn("Most", (row) => formatNs(row.most_ns)),
    numberColumn("Least at", (row) => formatNs(row.best_ns)),
    numberColumn("Most at", (row) => formatNs(row.worst_ns)),
  ],
};

const byMark: TablePart<RowOf<"moments-by-mark">> = {
  head: "By phase of the workload",
  note: "Medians over the starts of each phase; most: the dearest start of the phase.",
  columns: [
    textColumn("Phase of the workload", (row) => (row.mark_name === "" ? "before the first" : row.mark_name)),
    numberColumn("From", (row) => formatNs(row.start_ns)),
    numberColumn("Starts", (row) => formatCount(row.moment_count)),
    numberColumn("Blackout", (row) => formatNs(row.blackout_ns)),
    numberColumn("Added to latencies", (row) => formatNs(row.stalled_ns)),
    numberColumn("Most", (row) => formatNs(row.most_stalled_ns)),
    numberColumn("Longest latency", (row) => formatNs(row.worst_latency_ns)),
    numberColumn("Packets lost", (row) => formatCount(row.dropped_count)),
    numberColumn("Lost in brownout", (row) => formatNs(row.lost_ns)),
  ],
};

const parts = {
  downtimes: sourced(["downtimes"], (rows) => part(downtimes, rows.downtimes)),
  outcomes: sourced(["request-outcomes"], (rows) => part(outcomes, rows["request-outcomes"])),
  packets: sourced(["network-gaps"], (rows) => part(packets, rows["network-gaps"])),
  timeouts: sourced(["timeouts"], (rows) => part(timeouts, rows.timeouts)),
  changes: sourced(["dma-changes"], (rows) => part(changes, rows["dma-changes"])),
  windows: sourced(["moment-windows"], (rows) => part(windows, rows["moment-windows"])),
  spread: sourced(["moment-distribution"], (rows) => part(spread, rows["moment-distribution"])),
  byMark: sourced(["moments-by-mark"], (rows) => part(byMark, rows["moments-by-mark"])),
};

/** What guests and their clients feel, what follows, what else one could do, and when: charts with their tables. */
export function serviceSections(rows: ReportRows): readonly PageSection[] {
  return [
    {
      id: "services",
      heading: "What the guests feel",
      markup: (pick) =>
        html`${withSource(parts.downtimes(rows))} ${pick("request-latency")} ${withSource(parts.outcomes(rows))}
        ${pick("network-gap")} ${withSource(parts.packets(rows))} ${withSource(parts.timeouts(rows))}
        ${withSource(parts.changes(rows))}`,
    },
    { id: "afterwards", heading: "Afterwards", markup: (pick) => html`${pick("brownout-curve")}` },
    { id: "alternatives-to-it", heading: "What else one could do", markup: (pick) => html`${pick("alternatives")}` },
    {
      id: "when",
      heading: "When",
      markup: (pick) =>
        html`${pick("when-to-update")} ${withSource(parts.windows(rows))} ${withSource(parts.byMark(rows))}
        ${withSource(parts.spread(rows))}`,
    },
  ];
}
