import { displayText, formatCount, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  numberAxis,
  type Layer,
  plotWidth,
  secondsLabel,
  type Theme,
} from "./theme.ts";
import {
  bandLayers,
  markLayers,
  marksHeightPx,
  type PlacedMark,
  placeMarks,
  type TimeFrame,
  type TimeMark,
} from "./time-marks.ts";

type Row = CatalogueRow<"dirty-over-time">;
type MarkRow = CatalogueRow<"marks">;

export interface DirtyRows {
  readonly points: readonly Row[];
  readonly marks: readonly MarkRow[];
  readonly summary: CatalogueRow<"dirty-summary"> | undefined;
}

const writeTooltip = [
  { field: "from", type: "nominal", title: "From" },
  { field: "dirty_pages_per_sec", type: "quantitative", format: ",.0f", title: "All writes (pages/s)" },
  { field: "first_touch_pages_per_sec", type: "quantitative", format: ",.0f", title: "First since resume (pages/s)" },
];

/** One series of rates as touching bars, each as wide as its stretch of time. */
function seriesLayer(field: string, series: string, legendPx: number, theme: Theme): Layer {
  const names = Object.keys(theme.writes);
  const color = {
    datum: series,
    type: "nominal",
    scale: { domain: names, range: names.map((name) => theme.writes[name]!) },
    legend: { title: null, offset: legendPx + 6 },
  };
  const x = {
    field: "start_ns",
    type: "quantitative",
    scale: { nice: false, zero: false },
    axis: { title: "time on the host's clock since the trace's start (s)", labelExpr: secondsLabel, tickCount: 12 },
  };
  const y = {
    field,
    type: "quantitative",
    scale: { zero: true, domainMin: 0 },
    axis: { title: "4 KiB pages written a second", labelExpr: "format(datum.value, '~s')", ...numberAxis },
  };
  return {
    // The outline closes the seams between neighbours.
    mark: { type: "rect", stroke: theme.writes[series], strokeWidth: 0.8 },
    encoding: { x, x2: { field: "end_ns" }, y, y2: { datum: 0 }, color, tooltip: writeTooltip },
  };
}

function writeLayer(rows: readonly Row[], legendPx: number, theme: Theme): Layer {
  const values = rows.map((row) => ({
    start_ns: row.start_ns,
    end_ns: row.end_ns,
    from: formatNs(row.start_ns),
    dirty_pages_per_sec: row.dirty_pages_per_sec,
    first_touch_pages_per_sec: row.first_touch_pages_per_sec,
  }));
  const fresh = {
    ...seriesLayer("first_touch_pages_per_sec", "first write since resume", legendPx, theme),
    transform: [{ filter: "datum.first_touch_pages_per_sec > 0" }],
  };
  return { data: { values }, layer: [seriesLayer("dirty_pages_per_sec", "all writes", legendPx, theme), fresh] };
}

function blackoutFrame(summary: DirtyRows["summary"]): TimeFrame | undefined {
  const startNs = summary?.blackout_start_ns ?? 0;
  const endNs = summary?.blackout_end_ns ?? 0;
  return endNs > startNs ? { startNs, endNs } : undefined;
}

/** Labels above the plot, the blackout's among them. */
function placeLabels(rows: DirtyRows, frame: TimeFrame, blackout: TimeFrame | undefined) {
  const shown = rows.marks.filter((mark) => mark.host_time_ns >= frame.startNs && mark.host_time_ns <= frame.endNs);
  const marks: TimeMark[] = shown.map((mark) => ({
    at_ns: mark.host_time_ns,
    label: displayText(mark.mark_name, 28),
  }));
  if (!blackout) return { blackoutLabel: [], markLabels: placeMarks(marks, frame) };
  const own = { at_ns: blackout.startNs, label: `blackout ${formatNs(blackout.endNs - blackout.startNs)}` };
  const placed = placeMarks([own, ...marks], frame);
  const isOwn = (mark: PlacedMark) => mark.name === own.label && mark.at_ns === own.at_ns;
  return { blackoutLabel: placed.filter(isOwn), markLabels: placed.filter((mark) => !isOwn(mark)) };
}

function title(rows: DirtyRows): string {
  const { summary } = rows;
  if (!summary) return "Guests write memory before and after the blackout";
  return (
    `Guests write ${formatCount(summary.before_pages)} pages before they stop and ${formatCount(summary.after_pages)} after they resume, ` +
    `${formatCount(summary.first_touch_pages)} of these for the first time`
  );
}

/** The rate at which guests write memory, with the blackout as a gap and the workload's phases as marks. */
export function dirtyPagesChart(rows: DirtyRows, theme: Theme): Chart {
  const id = "dirty-pages";
  const first = rows.points[0];
  const last = rows.points.at(-1);
  if (!first || !last) return emptyChart(id, "There are no page writes in this run.", theme);
  const blackout = blackoutFrame(rows.summary);
  const frame = { startNs: first.start_ns, endNs: Math.max(last.end_ns, blackout?.endNs ?? 0) };
  const { blackoutLabel, markLabels } = placeLabels(rows, frame, blackout);
  const highestPx = marksHeightPx([...blackoutLabel, ...markLabels]);
  const body = {
    width: plotWidth,
    height: 220,
    layer: [
      // It holds no writes, since the guests stand still.
      ...(blackout ? bandLayers(blackout, blackoutLabel, theme) : []),
      writeLayer(rows.points, highestPx, theme),
      ...markLayers(markLabels, "Phase of the workload", theme),
    ],
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
