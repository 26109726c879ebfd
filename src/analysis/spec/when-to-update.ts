import { displayLabel, displayText, formatCount, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { linearTimeLabel } from "./axes.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  labelWidth,
  type Layer,
  numberAxis,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
} from "./theme.ts";
import { markLayers, marksHeightPx, type PlacedMark, placeMarks, type TimeFrame } from "./time-marks.ts";

type Row = CatalogueRow<"moments">;
type WindowRow = CatalogueRow<"moment-windows">;

export interface MomentRows {
  readonly moments: readonly Row[];
  readonly windows: readonly WindowRow[];
  readonly distribution: readonly CatalogueRow<"moment-distribution">[];
  readonly marks: readonly CatalogueRow<"marks">[];
}

const panelHeight = 64;
const flatHeight = 16;

interface Measure {
  readonly field: "stalled_ns" | "dropped_count" | "lost_ns" | "blackout_ns";
  readonly name: readonly string[];
  readonly format: (value: number) => string;
  readonly labelExpr: string;
}

const measures: readonly Measure[] = [
  {
    field: "stalled_ns",
    name: ["added to latencies", "of all requests"],
    format: formatNs,
    labelExpr: linearTimeLabel,
  },
  {
    field: "dropped_count",
    name: ["packets lost"],
    format: formatCount,
    labelExpr: "format(datum.value, datum.value < 1000 ? '~r' : '~s')",
  },
  { field: "blackout_ns", name: ["blackout"], format: formatNs, labelExpr: linearTimeLabel },
  { field: "lost_ns", name: ["lost in brownout", "by the worst VM"], format: formatNs, labelExpr: linearTimeLabel },
];

/** Whether the trace shows what a start does. */
const seen = { whole: "yes", part: "no: the trace ends before" };

function valuesOf(rows: readonly Row[]) {
  return rows.map((row) => ({
    start_ns: row.start_ns,
    end_ns: row.end_ns,
    stalled_ns: row.stalled_ns,
    dropped_count: row.dropped_count,
    blackout_ns: row.blackout_ns,
    lost_ns: row.lost_ns,
    start: `${formatNs(row.start_ns)}${row.mark_name === "" ? "" : `, ${displayText(row.mark_name, 40)}`}`,
    stalled: formatNs(row.stalled_ns),
    longest: formatNs(row.worst_latency_ns),
    dropped: formatCount(row.dropped_count),
    blackout: formatNs(row.blackout_ns),
    lost: formatNs(row.lost_ns),
    seen: row.complete ? seen.whole : seen.part,
  }));
}

const tooltip = tooltipFields({
  start: "Start",
  stalled: "Added to latencies",
  longest: "Longest latency",
  dropped: "Packets lost",
  blackout: "Blackout",
  lost: "Lost in brownout",
  seen: "All seen",
});

/** The best and the worst times to start in, behind the bars of every panel. */
function windowLayer(windows: readonly WindowRow[], legend: boolean, legendPx: number, theme: Theme): Layer {
  const values = windows.map((row) => ({
    start_ns: row.start_ns,
    end_ns: row.end_ns,
    kind: row.is_best ? "best times to start" : "worst times to start",
    start: `${formatNs(row.start_ns)} to ${formatNs(row.end_ns)}`,
    stalled: formatNs(row.stalled_ns),
    dropped: formatCount(row.dropped_count),
  }));
  return {
    data: { values },
    mark: { type: "rect", opacity: 0.3 },
    encoding: {
      x: { field: "start_ns", type: "quantitative" },
      x2: { field: "end_ns" },
      y: { value: 0 },
      y2: { value: "height" },
      color: {
        field: "kind",
        type: "nominal",
        scale: {
          domain: ["best times to start", "worst times to start"],
          range: [theme.windows["best"]!, theme.windows["worst"]!],
        },
        legend: legend ? { title: null, offset: legendPx + 6, symbolOpacity: 0.4 } : null,
      },
      tooltip: tooltipFields({
        kind: "Window",
        start: "Starts",
        stalled: "Added to latencies, mean",
        dropped: "Packets lost, mean",
      }),
    },
  };
}

/** A panel's name, in the room of its axis. */
function nameLayer({ name }: Measure, heightPx: number, theme: Theme): Layer {
  const dy = name.length > 1 ? -6 : 0;
  return {
    data: { values: [{}] },
    mark: { type: "text", align: "left", baseline: "middle", text: [...name], color: theme.muted, dy },
    encoding: { x: { value: -labelWidth }, y: { value: heightPx / 2 } },
  };
}

interface PanelFrame extends TimeFrame {
  readonly windows: readonly WindowRow[];
  readonly marks: readonly PlacedMark[];
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function xOf({ startNs, endNs, isLast }: PanelFrame): Layer {
  return {
    field: "start_ns",
    type: "quantitative",
    scale: { domain: [startNs, endNs], nice: false },
    axis: isLast
      ? {
          title: "start of the update, on the trace's clock (s); faded: the trace ends before the blackout would",
          labelExpr: secondsLabel,
          tickCount: 12,
        }
      : { title: null, labels: false, ticks: false, tickCount: 12 },
  };
}

/** What does not depend on the start is said in words and takes little room. */
function isFlat(rows: readonly Row[], { field, format }: Measure): boolean {
  return rows.every((row) => format(row[field]) === format(rows[0]![field]));
}

function dataLayer(rows: readonly Row[], measure: Measure, frame: PanelFrame, theme: Theme): Layer {
  const { field, format, labelExpr } = measure;
  if (isFlat(rows, measure)) {
    return {
      data: { values: [{ start_ns: frame.startNs, text: `${format(rows[0]![field])} at every start` }] },
      mark: { type: "text", align: "left", baseline: "middle", dx: 4 },
      encoding: { x: xOf(frame), y: { value: flatHeight / 2 }, text: { field: "text", type: "nominal" } },
    };
  }
  const y = {
    field,
    type: "quantitative",
    scale: { zero: true, domainMin: 0 },
    axis: { title: null, labelExpr, tickCount: 3, ...numberAxis },
  };
  const scale = {
    domain: Object.values(seen),
    range: [theme.writes["first write since resume"]!, theme.writes["all writes"]!],
  };
  const shade = { field: "seen", type: "nominal", scale, legend: null };
  return {
    data: { values: valuesOf(rows) },
    // The outline closes the seams between neighbours.
    mark: { type: "rect", strokeWidth: 0.8 },
    encoding: {
      x: xOf(frame),
      x2: { field: "end_ns" },
      y,
      y2: { datum: 0 },
      fill: shade,
      stroke: shade,
      tooltip,
    },
  };
}

function panelOf(rows: readonly Row[], measure: Measure, frame: PanelFrame, theme: Theme): Layer {
  const heightPx = isFlat(rows, measure) ? flatHeight : panelHeight;
  const data = dataLayer(rows, measure, frame, theme);
  const name = nameLayer(measure, heightPx, theme);
  // Nothing runs through a sentence.
  if (isFlat(rows, measure) && !frame.isFirst) return { width: plotWidth, height: heightPx, layer: [data, name] };
  const rules = frame.marks.map((mark) => ({ ...mark, label: "", lane_px: 0 }));
  const windows = windowLayer(frame.windows, frame.isFirst, marksHeightPx(frame.marks), theme);
  const marks = markLayers(frame.isFirst ? frame.marks : rules, "Phase of the workload", theme);
  return { width: plotWidth, height: heightPx, layer: [windows, data, ...marks, name] };
}

/** In which window, for a sentence. */
function windowWords(row: WindowRow): string {
  const mark = row.mark_name === "" ? "" : ` (${displayLabel(row.mark_name, 24)})`;
  return `${formatNs(row.start_ns)} to ${formatNs(row.end_ns)}${mark}`;
}

function title({ windows, distribution }: MomentRows): string {
  const best = windows[0];
  const worst = windows.at(-1);
  const stalled = distribution.find((row) => row.measure_name === "added to latencies");
  if (!best || !worst || !stalled) return "No start of the update has its whole blackout in the trace";
  const half = `half of ${formatCount(stalled.moment_count)} starts add ${formatNs(stalled.p50_ns)} or more`;
  const packets = worst.dropped_count === 0 ? "" : ` and loses ${formatCount(worst.dropped_count)} packets`;
  return (
    `Started at ${windowWords(best)} the update adds a mean of ${formatNs(best.stalled_ns)} to the latencies of all requests ` +
    `together, at ${windowWords(worst)} ${formatNs(worst.stalled_ns)}${packets}; ${half}`
  );
}

/** What the update costs by the moment at which it is started, in small multiples over the trace's time. */
export function whenToUpdateChart(rows: MomentRows, theme: Theme): Chart {
  const id = "when-to-update";
  const first = rows.moments[0];
  const last = rows.moments.at(-1);
  if (!first || !last) return emptyChart(id, "There are no other starts of the update in this run.", theme);
  const frame = { startNs: first.start_ns, endNs: Math.max(last.end_ns, first.start_ns + 1) };
  const marks = placeMarks(
    rows.marks
      .filter((mark) => mark.trace_time_ns >= frame.startNs && mark.trace_time_ns <= frame.endNs)
      .map((mark) => ({ at_ns: mark.trace_time_ns, label: displayText(mark.mark_name, 28) })),
    frame,
  );
  const panels = measures.map((measure, index) => {
    const ends = { isFirst: index === 0, isLast: index === measures.length - 1 };
    return panelOf(rows.moments, measure, { ...frame, ...ends, windows: rows.windows, marks }, theme);
  });
  const body = {
    vconcat: panels,
    spacing: 8,
    resolve: { scale: { color: "independent", x: "independent", y: "independent" } },
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
