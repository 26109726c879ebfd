import { displayText, formatCount, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { logDomain, powersOfTen, timeLabel } from "./axes.ts";
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

export interface LatencyRows {
  readonly bins: readonly CatalogueRow<"latency-over-time">[];
  readonly ecdf: readonly CatalogueRow<"latency-ecdf">[];
  readonly devices: readonly CatalogueRow<"request-latency">[];
  readonly timeouts: readonly CatalogueRow<"timeouts">[];
  readonly blackoutNs: number;
}

const without = "without the update";
const withUpdate = "with the update";

/** A time of 0 has no place on a logarithmic scale. */
const shown = (ns: number): number => Math.max(ns, 1);

function colourOf(theme: Theme): Layer {
  const names = [without, withUpdate];
  return {
    field: "update",
    type: "nominal",
    scale: { domain: names, range: names.map((name) => theme.latencies[name]!) },
    legend: { title: null, symbolType: "circle", symbolOpacity: 1 },
  };
}

function latencyAxis(domain: readonly [number, number]): Layer {
  return {
    field: "latency_ns",
    type: "quantitative",
    scale: { type: "log", domain, nice: false },
    axis: { title: "latency", values: powersOfTen(...domain), labelExpr: timeLabel },
  };
}

const tooltip = tooltipFields({
  update: "Update",
  from: "Submitted",
  requests: "Requests",
  median: "Median",
  worst: "Longest",
});

function binValues(bins: LatencyRows["bins"]) {
  return bins.flatMap((row) => {
    const shared = {
      middle_offset_ns: (row.start_offset_ns + row.end_offset_ns) / 2,
      from: `${formatNs(row.start_offset_ns)} from the stop`,
      requests: formatCount(row.request_count),
    };
    return (
      [
        [without, row.alone_worst_ns, row.alone_p50_ns],
        [withUpdate, row.worst_ns, row.p50_ns],
      ] as const
    ).map(([update, worstNs, medianNs]) => ({
      ...shared,
      update,
      latency_ns: shown(worstNs),
      median_ns: shown(medianNs),
      median: formatNs(medianNs),
      worst: formatNs(worstNs),
    }));
  });
}

/** Timeouts that lie within the latencies shown. */
function timeoutLayers({ timeouts }: LatencyRows, [, highNs]: readonly [number, number], theme: Theme): Layer[] {
  const values = timeouts
    .filter((row) => row.kind === "request" && row.limit_ns <= highNs)
    .map((row) => ({ latency_ns: row.limit_ns, label: displayText(row.timeout_name, 60) }));
  if (values.length === 0) return [];
  const y = { field: "latency_ns", type: "quantitative" };
  return [
    { data: { values }, mark: { type: "rule", strokeDash: [4, 3], color: theme.muted }, encoding: { y } },
    {
      data: { values },
      mark: { type: "text", align: "left", baseline: "bottom", dx: 4, dy: -2, x: 0, color: theme.muted },
      encoding: { y, text: { field: "label", type: "nominal" } },
    },
  ];
}

function overTime(rows: LatencyRows, domain: readonly [number, number], theme: Theme): Layer {
  const { bins, blackoutNs } = rows;
  const frame = [bins[0]!.start_offset_ns, bins.at(-1)!.end_offset_ns];
  const x = {
    field: "middle_offset_ns",
    type: "quantitative",
    scale: { domain: frame, nice: false },
    axis: {
      title: "request submitted, from the moment the VMs stop (s); the shaded blackout is as long as they stand still",
      labelExpr: secondsLabel,
      tickCount: 12,
    },
  };
  const y = { ...latencyAxis(domain), axis: { ...(latencyAxis(domain)["axis"] as object), ...numberAxis } };
  const color = colourOf(theme);
  return {
    width: plotWidth,
    height: 210,
    layer: [
      {
        data: { values: [{ from_ns: 0, to_ns: blackoutNs }] },
        mark: { type: "rect", color: theme.shade, clip: true },
        encoding: {
          x: { field: "from_ns", type: "quantitative" },
          x2: { field: "to_ns" },
          y: { value: 0 },
          y2: { value: "height" },
        },
      },
      {
        data: { values: binValues(bins) },
        layer: [
          {
            mark: { type: "rule", strokeWidth: 1, opacity: 0.6 },
            encoding: { x, y: { ...y, field: "median_ns" }, y2: { field: "latency_ns" }, color },
          },
          { mark: { type: "circle", size: 26, opacity: 0.9 }, encoding: { x, y, color, tooltip } },
        ],
      },
      ...timeoutLayers(rows, domain, theme),
    ],
  };
}

function distribution({ ecdf }: LatencyRows, domain: readonly [number, number], theme: Theme): Layer {
  const values = ecdf.map((row) => ({
    update: row.with_update ? withUpdate : without,
    latency_ns: shown(row.latency_ns),
    latency_ratio: row.latency_ratio,
  }));
  return {
    width: plotWidth,
    height: 190,
    data: { values },
    mark: { type: "line", interpolate: "step-after", strokeWidth: 2 },
    encoding: {
      x: latencyAxis(domain),
      y: {
        field: "latency_ratio",
        type: "quantitative",
        scale: { domain: [0, 1] },
        axis: { title: "share of requests that take no longer", format: ".0%", tickCount: 6, ...numberAxis },
      },
      color: { ...colourOf(theme), legend: null },
    },
  };
}

function title({ devices }: LatencyRows): string {
  const worst = devices.reduce((most, row) => ((row.worst_ns ?? 0) > (most.worst_ns ?? 0) ? row : most));
  const total = devices.reduce((sum, row) => sum + row.request_count, 0);
  return (
    `Of ${plural(total, "request")} around the update, the longest takes ${formatNs(worst.worst_ns ?? 0)} instead of ` +
    `${formatNs(worst.alone_worst_ns ?? 0)}; at ${displayText(worst.device_name, 30)} the 99th percentile goes from ` +
    `${formatNs(worst.alone_p99_ns ?? 0)} to ${formatNs(worst.p99_ns ?? 0)}`
  );
}

/** Latency of requests with and without the update, over time and as a distribution. */
export function requestLatencyChart(rows: LatencyRows, theme: Theme): Chart {
  const id = "request-latency";
  if (rows.bins.length === 0 || rows.ecdf.length === 0) {
    return emptyChart(id, "There are no requests with a known latency in this run.", theme);
  }
  const domain = logDomain(rows.ecdf.map((row) => shown(row.latency_ns)));
  const body = {
    vconcat: [overTime(rows, domain, theme), distribution(rows, domain, theme)],
    spacing: 28,
    resolve: { scale: { color: "independent" } },
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
