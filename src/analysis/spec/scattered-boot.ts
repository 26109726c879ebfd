import { secNs } from "../../base/index.ts";
import { displayLabel, displayText, formatCount, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { signedPercent } from "./axes.ts";
import { type LabelledPoint, labelLayers } from "./labels.ts";
import { type Chart, emptyChart, finishChart, type Layer, secondsLabel, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"scattered-boot">;
type CurveRow = CatalogueRow<"scattered-curve">;

export interface ScatteredRows {
  readonly points: readonly Row[];
  readonly curve: readonly CurveRow[];
}

const size = { widthPx: 900, heightPx: 300 };
const axisPx = 64;

interface Frame {
  readonly mostCount: number;
  readonly mostNs: number;
}

function releasesOf({ points, curve }: ScatteredRows): readonly string[] {
  return [...new Set([...curve, ...points].map((row) => row.kernel_to))].sort();
}

function colourOf(releases: readonly string[], theme: Theme): Layer {
  return {
    field: "kernel",
    type: "nominal",
    scale: {
      domain: releases.map(releaseText),
      range: releases.map((_, index) => theme.releases[index % theme.releases.length]!),
    },
    legend: { title: null, symbolType: "circle", symbolSize: 60, symbolOpacity: 1 },
  };
}

function releaseText(release: string): string {
  return `into Linux ${displayText(release, 24)}`;
}

function axesOf({ mostCount, mostNs }: Frame) {
  const x = {
    field: "lone_count",
    type: "quantitative",
    scale: { domain: [0, mostCount], nice: false },
    axis: {
      title: "preserved folios that lie alone, or as many as make the new kernel step over as many regions",
      tickCount: 10,
    },
  };
  const y = {
    field: "ns",
    type: "quantitative",
    scale: { domain: [0, mostNs], nice: false },
    axis: {
      title: "reserve-preserved + free-memory (s)",
      labelExpr: secondsLabel,
      tickCount: 8,
      minExtent: axisPx,
      maxExtent: axisPx,
      titleX: -42,
    },
  };
  return { x, y };
}

function pointValues(points: readonly Row[]) {
  return points.map((row) => ({
    kernel: releaseText(row.kernel_to),
    lone_count: row.lone_count,
    ns: row.recorded_ns,
    low_ns: row.low_ns,
    high_ns: row.high_ns,
    scattered: row.scattered,
    update: displayText(row.update_name, 60),
    recorded: formatNs(row.recorded_ns),
    predicted: formatNs(row.predicted_ns),
    error: signedPercent(row.error_ratio),
    keys: formatCount(row.key_count),
    regions: formatCount(row.region_count),
  }));
}

const tooltip = tooltipFields({
  update: "Recording",
  kernel: "New kernel",
  keys: "Keys preserved",
  regions: "In runs",
  recorded: "Recorded",
  predicted: "Predicted",
  error: "Error",
});

/** The slowest first: where two labels lie on each other, the faster has none. */
function labelPoints(points: readonly Row[], { mostCount, mostNs }: Frame): LabelledPoint[] {
  return points
    .filter((row) => row.scattered)
    .sort((left, right) => right.recorded_ns - left.recorded_ns)
    .map((row) => ({
      xPx: (row.lone_count / mostCount) * size.widthPx,
      yPx: (1 - row.recorded_ns / mostNs) * size.heightPx,
      text: `${displayLabel(row.update_name, 24)}, ${formatNs(row.recorded_ns)}`,
    }));
}

function title(points: readonly Row[]): string {
  const scattered = points.filter((row) => row.scattered);
  const slowest = scattered.reduce((most, row) => (row.recorded_ns > most.recorded_ns ? row : most));
  const worst = Math.max(...scattered.map((row) => Math.abs(row.error_ratio)));
  // Of the same kernel, the update that preserves most nearly as much in few pieces.
  const distance = (row: Row): number => Math.abs(Math.log(row.key_count / slowest.key_count));
  const [like] = points
    .filter((row) => !row.scattered && row.kernel_to === slowest.kernel_to && row.key_count > 0)
    .sort((left, right) => distance(left) - distance(right));
  const beside =
    like === undefined
      ? ""
      : `, and ${formatCount(like.key_count)} that lie in ${formatCount(like.region_count)} runs ${formatNs(like.recorded_ns)}`;
  return (
    `Reserving ${formatCount(slowest.key_count)} scattered keys takes the new kernel ${formatNs(slowest.recorded_ns)}${beside}; ` +
    `the model's square law is off by ${(worst * 100).toFixed(1)} % at most`
  );
}

/** How long the new kernel takes to reserve scattered memory, with the model's square law. */
export function scatteredBootChart(rows: ScatteredRows, theme: Theme): Chart {
  const id = "scattered-boot";
  const { points, curve } = rows;
  const scattered = points.filter((row) => row.scattered);
  if (scattered.length === 0) {
    return emptyChart(
      id,
      "There is no recorded update in this comparison whose preserved folios lie scattered.",
      theme,
    );
  }
  const frame = {
    mostCount: Math.max(...points.map((row) => row.lone_count)) * 1.03,
    mostNs: Math.max(secNs / 1000, ...points.map((row) => Math.max(row.recorded_ns, row.high_ns))) * 1.04,
  };
  const { x, y } = axesOf(frame);
  const color = colourOf(releasesOf(rows), theme);
  const curveValues = curve.map((row) => ({
    kernel: releaseText(row.kernel_to),
    lone_count: row.lone_count,
    ns: row.curve_ns,
  }));
  const body = {
    width: size.widthPx,
    height: size.heightPx,
    data: { values: pointValues(points) },
    layer: [
      {
        data: { values: curveValues },
        mark: { type: "line", strokeWidth: 1.5, clip: true, opacity: 0.8 },
        encoding: { x, y, color },
      },
      {
        transform: [{ filter: "datum.scattered" }],
        mark: { type: "rule", strokeWidth: 1.5 },
        encoding: { x, y: { ...y, field: "low_ns" }, y2: { field: "high_ns" }, color },
      },
      {
        transform: [{ filter: "!datum.scattered" }],
        mark: { type: "circle", size: 18, opacity: 0.5 },
        encoding: { x, y, color, tooltip },
      },
      {
        transform: [{ filter: "datum.scattered" }],
        mark: { type: "circle", size: 64, opacity: 1 },
        encoding: { x, y, color, tooltip },
      },
      ...labelLayers(labelPoints(points, frame), size, theme),
    ],
  };
  return finishChart({ id, title: title(points), body }, theme);
}
