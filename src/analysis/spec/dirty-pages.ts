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
} from "./theme.ts";

type Row = CatalogueRow<"dirty-over-time">;
type MarkRow = CatalogueRow<"marks">;

export interface DirtyRows {
  readonly points: readonly Row[];
  readonly marks: readonly MarkRow[];
  readonly summary: CatalogueRow<"dirty-summary"> | undefined;
}

const labelLanes = 3;
const laneHeight = 15;

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

/** Puts each label into the lowest lane where it meets no other; one without room is left to its tooltip. */
function placeMarks(marks: readonly Mark[], frame: Frame): PlacedMark[] {
  const taken = Array.from({ length: labelLanes }, () => [] as (readonly [left: number, right: number])[]);
  return marks.map((mark) => {
    const left = ((mark.host_time_ns - frame.startNs) / (frame.endNs - frame.startNs)) * plotWidth;
    const right = left + estimateTextPx(mark.label);
    const fits = (lane: (typeof taken)[number]) => lane.every(([from, to]) => right <= from || left >= to);
    const lane = right > plotWidth + 60 ? -1 : taken.findIndex(fits);
    if (lane >= 0) taken[lane]!.push([left, right]);
    return {
      ...mark,
      name: mark.label,
      label: lane < 0 ? "" : mark.label,
      lane_px: -8 - Math.max(0, lane) * laneHeight,
    };
  });
}

function markLayers(placed: readonly PlacedMark[], theme: Theme): Layer[] {
  const x = { field: "host_time_ns", type: "quantitative" };
  const y = { field: "lane_px", type: "quantitative", scale: null };
  const tooltip = [{ field: "name", type: "nominal", title: "Phase of the workload" }];
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
    mark: { type: "rect", strokeWidth: 0.6 },
    encoding: { x, x2: { field: "end_ns" }, y, y2: { datum: 0 }, color, stroke: { ...color }, tooltip: writeTooltip },
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

/** Labels above the plot: the blackout's first, so that it always has its place. */
function placeLabels(rows: DirtyRows, frame: Frame, blackout: Frame | undefined) {
  const shown = rows.marks.filter((mark) => mark.host_time_ns >= frame.startNs && mark.host_time_ns <= frame.endNs);
  const own = blackout
    ? [{ host_time_ns: blackout.startNs, label: `blackout ${formatNs(blackout.endNs - blackout.startNs)}` }]
    : [];
  const marks = shown.map((mark) => ({ host_time_ns: mark.host_time_ns, label: displayText(mark.mark_name, 28) }));
  const placed = placeMarks([...own, ...marks], frame);
  return { blackoutLabel: placed.slice(0, own.length), markLabels: placed.slice(own.length) };
}

function title(rows: DirtyRows): string {
  const { summary } = rows;
  if (!summary) return "Guests write memory before and after the blackout";
  return (
    `Guests write ${formatCount(summary.before_pages)} pages before they stop and ${formatCount(summary.after_pages)} after they resume, ` +
    `${formatCount(summary.first_touch_pages)} of those for the first time since`
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
