import { displayLabel, formatCount, formatNs, formatRatio } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { logDomain, powersOfTen, shareLabel, timeLabel } from "./axes.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  type Layer,
  numberAxis,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
} from "./theme.ts";
import { bandLayers } from "./time-marks.ts";

type BinRow = CatalogueRow<"latency-over-time">;
type LimitRow = CatalogueRow<"timeouts">;

export interface LatencyRows {
  readonly bins: readonly BinRow[];
  readonly curve: readonly CatalogueRow<"latency-ecdf">[];
  readonly timeouts: readonly LimitRow[];
  readonly services: CatalogueRow<"service-headline">;
  readonly headline: CatalogueRow<"headline">;
}

const overTimeHeight = 230;
const curveHeight = 190;
/** A timeout farther above the longest latency than this says nothing about it. */
const nearTimeout = 20;
const lineHeight = 14;

/** No time has no place on a logarithmic scale. */
const place = (ns: number) => Math.max(1, ns);

const withUpdate = "with the update";
const withoutUpdate = "without the update";

function colourOf(theme: Theme, legendPx?: number): Layer {
  const names = Object.keys(theme.updates);
  const legend = legendPx === undefined ? null : { title: null, offset: legendPx };
  return { scale: { domain: names, range: names.map((name) => theme.updates[name]!) }, legend };
}

interface Frame {
  /** The range of latencies that both panels show. */
  readonly domain: readonly [low: number, high: number];
  readonly timeouts: readonly LimitRow[];
}

function frameOf({ bins, curve, timeouts }: LatencyRows): Frame {
  const values = curve.map((row) => place(row.latency_ns));
  const longest = Math.max(...values);
  const near = timeouts.filter((row) => row.kind === "request" && row.limit_ns <= longest * nearTimeout);
  const medians = bins.map((row) => place(row.alone_p50_ns));
  return { domain: logDomain([...values, ...medians, ...near.map((row) => row.limit_ns)]), timeouts: near };
}

/** Lengths of time that the guest gives up after; labels that would lie on each other are left to the tooltip. */
function timeoutLayers({ timeouts, domain }: Frame, theme: Theme): Layer[] {
  const values = timeouts.map((row) => ({
    limit_ns: row.limit_ns,
    label: `${displayLabel(row.timeout_name, 50)}, ${formatNs(row.limit_ns)}`,
    crossed: row.crossed_count === null ? "no request" : `by ${formatCount(row.crossed_count)} requests`,
  }));
  const yPx = (ns: number) => (Math.log(domain[1] / ns) / Math.log(domain[1] / domain[0])) * overTimeHeight;
  const labelled = values.filter(
    (row, index) => index === 0 || yPx(values[index - 1]!.limit_ns) - yPx(row.limit_ns) > lineHeight,
  );
  const y = { field: "limit_ns", type: "quantitative" };
  const tooltip = tooltipFields({ label: "Timeout", crossed: "Crossed" });
  return [
    {
      data: { values },
      mark: { type: "rule", color: theme.ink, strokeWidth: 1.2, strokeDash: [5, 3] },
      encoding: { y, tooltip },
    },
    {
      data: { values: labelled },
      mark: { type: "text", align: "left", baseline: "top", dx: 4, dy: 3 },
      encoding: { x: { value: 0 }, y, text: { field: "label", type: "nominal" } },
    },
  ];
}

const binTooltip = tooltipFields({
  from: "From the stop",
  requests: "Requests",
  median: "Median",
  longest: "Longest",
  alone: "Without the update",
});

function binValues(bins: readonly BinRow[]) {
  return bins.map((row) => ({
    start_ns: row.start_offset_ns,
    end_ns: row.end_offset_ns,
    p50_ns: place(row.p50_ns),
    worst_ns: place(row.worst_ns),
    alone_p50_ns: place(row.alone_p50_ns),
    alone_worst_ns: place(row.alone_worst_ns),
    from: formatNs(row.start_offset_ns),
    requests: formatCount(row.request_count),
    median: formatNs(row.p50_ns),
    longest: formatNs(row.worst_ns),
    alone: `median ${formatNs(row.alone_p50_ns)}, longest ${formatNs(row.alone_worst_ns)}`,
  }));
}

/** From the median to the longest of each bin; without the update on top, so that what the update adds shows. */
function overTimePanel(rows: LatencyRows, frame: Frame, theme: Theme): Layer {
  const { blackout_ns: blackoutNs } = rows.headline;
  const x = {
    field: "start_ns",
    type: "quantitative",
    scale: { nice: false, zero: false },
    axis: {
      title: "when a request is submitted, from the moment the VMs stop (s)",
      labelExpr: secondsLabel,
      tickCount: 12,
    },
  };
  const yOf = (field: string) => ({
    field,
    type: "quantitative",
    scale: { type: "log", domain: frame.domain, nice: false },
    axis: {
      title: "latency, median to longest (logarithmic)",
      values: powersOfTen(...frame.domain),
      labelExpr: timeLabel,
      ...numberAxis,
    },
  });
  const series = (name: string, prefix: string) => ({
    // The outline shows bins of one request, whose median is the longest.
    mark: { type: "rect", stroke: theme.updates[name], strokeWidth: 1.6 },
    encoding: {
      x,
      x2: { field: "end_ns" },
      y: yOf(`${prefix}p50_ns`),
      y2: { field: `${prefix}worst_ns` },
      color: { datum: name, type: "nominal", ...colourOf(theme, 22) },
      tooltip: binTooltip,
    },
  });
  const blackout = { at_ns: 0, name: "", label: `blackout ${formatNs(blackoutNs)}`, lane_px: -8 };
  return {
    width: plotWidth,
    height: overTimeHeight,
    data: { values: binValues(rows.bins) },
    layer: [
      ...(blackoutNs > 0 ? bandLayers({ startNs: 0, endNs: blackoutNs }, [blackout], theme) : []),
      series(withUpdate, ""),
      series(withoutUpdate, "alone_"),
      ...timeoutLayers(frame, theme),
    ],
  };
}

/** Which share of the requests takes as long or longer, both logarithmic: the tail is as readable as the middle. */
function curvePanel(rows: LatencyRows, frame: Frame, theme: Theme): Layer {
  const values = rows.curve.map((row, index) => ({
    series: row.with_update ? withUpdate : withoutUpdate,
    step_index: index,
    latency_ns: place(row.latency_ns),
    longer_ratio: row.longer_ratio,
    latency: formatNs(row.latency_ns),
    share: formatRatio(row.longer_ratio),
  }));
  const lowest = Math.min(...values.map((row) => row.longer_ratio)) / 1.3;
  const x = {
    field: "latency_ns",
    type: "quantitative",
    scale: { type: "log", domain: frame.domain, nice: false },
    axis: { title: "latency (logarithmic)", values: powersOfTen(...frame.domain), labelExpr: timeLabel },
  };
  const y = {
    field: "longer_ratio",
    type: "quantitative",
    scale: { type: "log", domain: [lowest, 1], nice: false },
    axis: {
      title: "requests as long or longer (log)",
      values: powersOfTen(lowest, 1, 8),
      labelExpr: shareLabel,
      ...numberAxis,
    },
  };
  const color = { field: "series", type: "nominal", ...colourOf(theme) };
  const line = (name: string, strokeWidth: number) => ({
    transform: [{ filter: `datum.series === '${name}'` }],
    mark: { type: "line", interpolate: "step-before", strokeWidth },
    encoding: { x, y, color, order: { field: "step_index", type: "quantitative" } },
  });
  return {
    width: plotWidth,
    height: curveHeight,
    data: { values },
    layer: [
      line(withUpdate, 2.6),
      line(withoutUpdate, 1.6),
      {
        data: { values: frame.timeouts.map((row) => ({ limit_ns: row.limit_ns })) },
        mark: { type: "rule", color: theme.ink, strokeWidth: 1.2, strokeDash: [5, 3] },
        encoding: { x: { field: "limit_ns", type: "quantitative" } },
      },
      {
        // A line has one tooltip; invisible dots give each step its own.
        mark: { type: "circle", size: 60, opacity: 0 },
        encoding: { x, y, color, tooltip: tooltipFields({ series: "Requests", latency: "Latency", share: "As long" }) },
      },
    ],
  };
}

function title({ services }: LatencyRows): string {
  const time = (ns: number | null) => formatNs(ns ?? 0);
  return (
    `With the update the longest of ${formatCount(services.request_count)} requests takes ${time(services.worst_ns)}, ` +
    `${time(services.alone_worst_ns)} without; 1 of 100 takes ${time(services.p99_ns)} or more (${time(services.alone_p99_ns)}), ` +
    `half take ${time(services.p50_ns)} or more (${time(services.alone_p50_ns)})`
  );
}

/** How long requests take with the update and without it: over time, and as distributions. */
export function requestLatencyChart(rows: LatencyRows, theme: Theme): Chart {
  const id = "request-latency";
  if (rows.bins.length === 0 || rows.curve.length === 0) {
    return emptyChart(id, "There are no requests in this run.", theme);
  }
  const frame = frameOf(rows);
  const body = {
    vconcat: [overTimePanel(rows, frame, theme), curvePanel(rows, frame, theme)],
    spacing: 16,
    resolve: { scale: { color: "independent" } },
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
