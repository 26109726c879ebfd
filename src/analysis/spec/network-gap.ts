import { displayLabel, formatCount, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  labelWidth,
  type Layer,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
  uniqueLabels,
} from "./theme.ts";
import { laneHeight, marksHeightPx, placeMarks, type TimeFrame } from "./time-marks.ts";

type Row = CatalogueRow<"network-gaps">;
type LimitRow = CatalogueRow<"timeouts">;

export interface NetworkRows {
  readonly cards: readonly Row[];
  readonly timeouts: readonly LimitRow[];
  readonly services: CatalogueRow<"service-headline">;
}

const mostCards = 24;
const stepPx = 44;
const barPx = 14;

interface Lane {
  readonly row: Row;
  readonly label: string;
}

/** What a card's clients wait for, one after the other; what takes no time is left out. */
function waitsOf({ row, label }: Lane, theme: Theme) {
  const [silent, stopped, starting, unfound, tcp] = Object.keys(theme.waits);
  const tcpBackNs = row.tcp_silence_ns ?? row.reachable_offset_ns;
  const borders = [
    [silent, row.last_packet_offset_ns ?? 0, 0],
    [stopped, 0, row.resume_offset_ns],
    [starting, row.resume_offset_ns, row.ready_offset_ns],
    [unfound, row.ready_offset_ns, row.reachable_offset_ns],
    [tcp, row.reachable_offset_ns, tcpBackNs],
  ] as const;
  return borders
    .filter(([, startNs, endNs]) => endNs > startNs)
    .map(([wait, startNs, endNs]) => ({
      label,
      wait,
      start_ns: startNs,
      end_ns: endNs,
      span: `${formatNs(startNs)} to ${formatNs(endNs)} after the stop`,
      length: formatNs(endNs - startNs),
    }));
}

/** What is lost on a card, in words. */
function lossOf(row: Row): string {
  const lost =
    row.arrived_count === 0
      ? "no packet comes meanwhile"
      : `${formatCount(row.dropped_count)} of ${plural(row.arrived_count, "packet")} lost`;
  const again =
    row.tcp_silence_ns === null
      ? "no TCP segment among them"
      : `TCP sends again ${plural(row.retransmission_count, "time")} until a segment gets through, ${formatNs(row.tcp_silence_ns)} after the stop`;
  const state = row.dropped_count === 0 ? lost : `${lost}; ${again}`;
  return `silent for ${formatNs(row.silence_ns)}; ${state}`;
}

function frameOf(lanes: readonly Lane[]): TimeFrame {
  const startNs = Math.min(0, ...lanes.map(({ row }) => row.last_packet_offset_ns ?? 0));
  const ends = lanes.map(({ row }) => Math.max(row.reachable_offset_ns, row.tcp_silence_ns ?? 0));
  return { startNs, endNs: Math.max(1, ...ends) * 1.03 };
}

/** A tick where a card has been silent for as long as a timeout; the label stands above the first lane. */
function timeoutLayers(lanes: readonly Lane[], timeouts: readonly LimitRow[], y: Layer, theme: Theme) {
  const frame = frameOf(lanes);
  const silences = timeouts.filter((row) => row.kind === "silence");
  const reachedNs = (row: Row, limitNs: number) => (row.last_packet_offset_ns ?? 0) + limitNs;
  const ticks = lanes.flatMap(({ row, label }) =>
    silences.map((timeout) => ({
      label,
      at_ns: reachedNs(row, timeout.limit_ns),
      name: displayLabel(timeout.timeout_name, 60),
      state: row.silence_ns >= timeout.limit_ns ? "crossed" : "not crossed",
    })),
  );
  const marks = silences.map((timeout) => ({
    at_ns: reachedNs(lanes[0]!.row, timeout.limit_ns),
    label: displayLabel(timeout.timeout_name, 32),
  }));
  const placed = placeMarks(
    marks.filter((mark) => mark.at_ns <= frame.endNs),
    frame,
  );
  const x = { field: "at_ns", type: "quantitative" };
  const above = { field: "lane_px", type: "quantitative", scale: null };
  const layers = [
    {
      data: { values: ticks.filter((tick) => tick.at_ns <= frame.endNs) },
      mark: { type: "tick", orient: "vertical", thickness: 2, size: 18, color: theme.ink, yOffset: -8 },
      encoding: { x, y, tooltip: tooltipFields({ name: "Timeout", state: "By silence" }) },
    },
    {
      data: { values: placed },
      mark: { type: "rule", strokeDash: [3, 3], color: theme.muted },
      encoding: { x, y: above, y2: { value: 2 } },
    },
    {
      data: { values: placed.filter(({ label }) => label !== "") },
      mark: { type: "text", align: "left", baseline: "middle", dx: 3, color: theme.muted },
      encoding: { x, y: above, text: { field: "label", type: "nominal" } },
    },
  ];
  return { layers, heightPx: marksHeightPx(placed) };
}

function barLayers(lanes: readonly Lane[], legendPx: number, y: Layer, theme: Theme): Layer[] {
  const values = lanes.flatMap((lane) => waitsOf(lane, theme));
  const waits = Object.keys(theme.waits).filter((wait) => values.some((value) => value.wait === wait));
  const frame = frameOf(lanes);
  const x = {
    field: "start_ns",
    type: "quantitative",
    scale: { domain: [frame.startNs, frame.endNs], nice: false },
    axis: { title: "time from the moment the vCPUs stop (s)", labelExpr: secondsLabel, tickCount: 12 },
  };
  return [
    {
      data: { values },
      // The outline shows what is shorter than a pixel.
      mark: { type: "bar", height: barPx, yOffset: -8, strokeWidth: 1, stroke: { expr: "scale('color', datum.wait)" } },
      encoding: {
        x,
        x2: { field: "end_ns" },
        y,
        color: {
          field: "wait",
          type: "nominal",
          scale: { domain: waits, range: waits.map((wait) => theme.waits[wait]!) },
          legend: { title: null, offset: legendPx },
        },
        tooltip: tooltipFields({ label: "Network card", wait: "Meanwhile", span: "When", length: "Length" }),
      },
    },
    {
      data: { values: lanes.map(({ row, label }) => ({ label, loss: lossOf(row) })) },
      mark: { type: "text", align: "left", baseline: "middle", dx: 2, dy: 10, color: theme.muted },
      encoding: { x: { value: 0 }, y, text: { field: "loss", type: "nominal" } },
    },
  ];
}

function title({ cards, services }: NetworkRows, worst: Row, hidden: number): string {
  const cause =
    worst.tcp_silence_ns !== null && worst.tcp_silence_ns > worst.reachable_offset_ns
      ? `the network finds it after ${formatNs(worst.silence_ns)}, the rest TCP waits to send again`
      : `from its last packet to where the network finds it again`;
  const crossed = `${formatCount(services.crossed_timeout_count)} of ${plural(services.timeout_count, "timeout")} ${services.crossed_timeout_count === 1 ? "is" : "are"} crossed`;
  const rest = hidden > 0 ? `; not shown: ${plural(hidden, "more card")}` : "";
  return (
    `Clients of ${cards.length > 1 ? "the slowest card, " : ""}${displayLabel(worst.device_name, 40)}${cards.length > 1 ? "," : ""} wait ${formatNs(worst.service_gap_ns)}: ${cause}; ` +
    `${formatCount(services.dropped_count)} of ${plural(services.arrived_count, "packet")} are lost, ${crossed}${rest}`
  );
}

/** One lane a network card: what its clients wait for, one after the other, with the timeouts that this reaches. */
export function networkGapChart(rows: NetworkRows, theme: Theme): Chart {
  const id = "network-gap";
  if (rows.cards.length === 0) return emptyChart(id, "There are no packets in this run.", theme);
  const sorted = rows.cards.toSorted((left, right) => right.service_gap_ns - left.service_gap_ns);
  const shown = sorted.slice(0, mostCards);
  const labels = uniqueLabels(shown.map((row) => displayLabel(row.device_name)));
  const lanes = shown.map((row, index) => ({ row, label: labels[index]! }));
  const y = {
    field: "label",
    type: "nominal",
    sort: labels,
    axis: { title: null, minExtent: labelWidth, maxExtent: labelWidth, domain: false },
  };
  const timeouts = timeoutLayers(lanes, rows.timeouts, y, theme);
  const body = {
    width: plotWidth,
    height: stepPx * lanes.length,
    layer: [...barLayers(lanes, Math.max(laneHeight, timeouts.heightPx) + 4, y, theme), ...timeouts.layers],
  };
  return finishChart({ id, title: title(rows, shown[0]!, sorted.length - shown.length), body }, theme);
}
