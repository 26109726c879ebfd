import { displayText, formatCount, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import {
  type Chart,
  emptyChart,
  estimateTextPx,
  finishChart,
  numberAxis,
  type Layer,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
} from "./theme.ts";

type Row = CatalogueRow<"dirty-over-time">;
type MarkRow = CatalogueRow<"marks">;

export interface DirtyRows {
  readonly points: readonly Row[];
  readonly marks: readonly MarkRow[];
  readonly summary: CatalogueRow<"dirty-summary"> | undefined;
}

const labelLanes = 4;
const laneHeight = 15;
/** How far a label may stand out of the plot to the right, in px. */
const rightRoom = 80;

/** A moment that has a label above the plot. */
interface Mark {
  readonly host_time_ns: number;
  readonly label: string;
}

interface PlacedMark extends Mark {
  readonly name: string;
  readonly lane_px: number;
}

interface Frame {
  readonly startNs: number;
  readonly endNs: number;
}

/**
 * Puts labels into lanes above the plot. From right to left, each takes the lowest lane above all labels that begin
 * under it: so no two overlap, and no rule runs through a label. One that would need a higher lane than there is has its
 * rule only, and its name in the rule's tooltip.
 */
function placeMarks(marks: readonly Mark[], frame: Frame): PlacedMark[] {
  const placed: (PlacedMark & { left: number; lane: number })[] = [];
  for (const mark of marks.toSorted((before, after) => after.host_time_ns - before.host_time_ns)) {
    const left = ((mark.host_time_ns - frame.startNs) / (frame.endNs - frame.startNs)) * plotWidth;
    const right = left + estimateTextPx(mark.label);
    const under = placed.filter((other) => other.lane >= 0 && other.left >= left && other.left < right);
    const lowest = Math.max(-1, ...under.map(({ lane }) => lane)) + 1;
    const lane = lowest >= labelLanes || right > plotWidth + rightRoom ? -1 : lowest;
    const label = lane < 0 ? "" : mark.label;
    placed.push({ ...mark, name: mark.label, label, left, lane, lane_px: lane < 0 ? 0 : -8 - lane * laneHeight });
  }
  return placed.toReversed().map(({ left: _left, lane: _lane, ...mark }) => mark);
}

function markLayers(placed: readonly PlacedMark[], theme: Theme): Layer[] {
  const x = { field: "host_time_ns", type: "quantitative" };
  const y = { field: "lane_px", type: "quantitative", scale: null };
  const tooltip = tooltipFields({ name: "Phase of the workload" });
  return [
    {
      data: { values: placed },
      mark: { type: "rule", strokeDash: [3, 3], color: theme.muted },
      encoding: { x, y, y2: { value: "height" }, tooltip },
    },
    {
      data: { values: placed.filter(({ label }) => label !== "") },
      mark: { type: "text", align: "left", baseline: "middle", dx: 3, color: theme.muted },
      encoding: { x, y, text: { field: "label", type: "nominal" } },
    },
  ];
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

/** The blackout as a band; it holds no writes, since the guests stand still. */
function blackoutLayers(blackout: Frame, placed: readonly PlacedMark[], theme: Theme): Layer[] {
  const x = { field: "startNs", type: "quantitative" };
  return [
    {
      data: { values: [blackout] },
      mark: { type: "rect", color: theme.shade },
      encoding: { x, x2: { field: "endNs" }, y: { value: 0 }, y2: { value: "height" } },
    },
    {
      data: { values: placed },
      mark: { type: "text", align: "left", baseline: "middle", fontWeight: "bold" },
      encoding: {
        x: { field: "host_time_ns", type: "quantitative" },
        y: { field: "lane_px", type: "quantitative", scale: null },
        text: { field: "label", type: "nominal" },
      },
    },
  ];
}

function blackoutFrame(summary: DirtyRows["summary"]): Frame | undefined {
  const startNs = summary?.blackout_start_ns ?? 0;
  const endNs = summary?.blackout_end_ns ?? 0;
  return endNs > startNs ? { startNs, endNs } : undefined;
}

/** Labels above the plot, the blackout's among them. */
function placeLabels(rows: DirtyRows, frame: Frame, blackout: Frame | undefined) {
  const shown = rows.marks.filter((mark) => mark.host_time_ns >= frame.startNs && mark.host_time_ns <= frame.endNs);
  const marks: Mark[] = shown.map((mark) => ({
    host_time_ns: mark.host_time_ns,
    label: displayText(mark.mark_name, 28),
  }));
  if (!blackout) return { blackoutLabel: [], markLabels: placeMarks(marks, frame) };
  const own = { host_time_ns: blackout.startNs, label: `blackout ${formatNs(blackout.endNs - blackout.startNs)}` };
  const placed = placeMarks([own, ...marks], frame);
  const isOwn = (mark: PlacedMark) => mark.name === own.label && mark.host_time_ns === own.host_time_ns;
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
  const highestPx = Math.max(0, ...[...blackoutLabel, ...markLabels].map((mark) => -mark.lane_px + laneHeight / 2));
  const body = {
    width: plotWidth,
    height: 220,
    layer: [
      ...(blackout ? blackoutLayers(blackout, blackoutLabel, theme) : []),
      writeLayer(rows.points, highestPx, theme),
      ...markLayers(markLabels, theme),
    ],
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
