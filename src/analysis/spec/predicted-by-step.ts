import { displayLabel, displaySteps, displayText, formatCount, formatNs, formatRatio, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { errorWords, logDomain, percentLabel, powersOfTen, signedPercent, timeLabel } from "./axes.ts";
import { type LabelledPoint, labelLayers } from "./labels.ts";
import { type Chart, emptyChart, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"predicted-by-step">;
type HeadlineRow = CatalogueRow<"comparison-headline">;

const squarePx = 400;
const squareHeightPx = 330;
const axisPx = 64;
const betweenPx = 26;
const errorWidthPx = 2 * squarePx + axisPx + betweenPx;
const errorHeightPx = 190;
/** What differs by less is met; below it the lower panel has nothing to show. */
const shortestNs = 500_000;
const labelCount = 10;
/** Dots nearer to each other than this are as good as one. */
const dotPx = 2;
/** Ratio of an interval's ends whose line is no longer than a dot. */
const widestHidden = 1.25;

interface Frame {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

function tooltipOf(row: Row) {
  const others = row.update_count > 1 ? ` and ${formatCount(row.update_count - 1)} like it` : "";
  return {
    name: displayText(row.point_name, 120),
    update: displayText(row.update_name, 60) + others,
    predicted: formatNs(row.predicted_ns),
    recorded: formatNs(row.recorded_ns),
    error: signedPercent(row.error_ratio),
    interval: `${formatNs(row.low_ns)} to ${formatNs(row.high_ns)}${row.is_inside ? "" : ", missed"}`,
  };
}

const tooltip = tooltipFields({
  name: "What",
  update: "Recording",
  recorded: "Recorded",
  predicted: "Predicted",
  error: "Error",
  interval: "90 % interval",
});

/** The colours that a panel's rows have, in the theme's order. */
function colourOf(
  rows: readonly Row[],
  palette: Readonly<Record<string, string>>,
  field: "phase" | "point_name",
): Layer {
  const names = Object.keys(palette).filter((name) => rows.some((row) => row[field] === name));
  return {
    field: "group",
    type: "nominal",
    scale: { domain: names, range: names.map((name) => palette[name]!) },
    legend: { title: null, symbolType: "circle", symbolSize: 60, symbolOpacity: 1 },
  };
}

function valuesOf(rows: readonly Row[], field: "phase" | "point_name", [lowest]: readonly [number, number]) {
  return rows.map((row) => ({
    group: row[field],
    recorded_ns: row.recorded_ns,
    predicted_ns: row.predicted_ns,
    // An interval that begins at 0 has no place on a logarithmic scale: it begins at the plot's edge.
    low_ns: Math.max(row.low_ns, lowest),
    high_ns: row.high_ns,
    ...tooltipOf(row),
  }));
}

/** Leaves dots out that would lie on one of their own colour; the table has them. */
function thinOut(rows: readonly Row[], placeOf: (row: Row) => readonly [string | null, number, number]): Row[] {
  const dots = new Map<string, Row>();
  for (const row of rows) {
    const [colour, xPx, yPx] = placeOf(row);
    const place = `${colour} ${Math.round(xPx / dotPx)} ${Math.round(yPx / dotPx)}`;
    const other = dots.get(place);
    // What is ringed and labelled stays.
    if (row.outlier_index !== null || other === undefined || other.outlier_index === null) dots.set(place, row);
  }
  return [...dots.values()];
}

interface Square {
  readonly rows: readonly Row[];
  readonly field: "phase" | "point_name";
  readonly palette: Readonly<Record<string, string>>;
  readonly domain: readonly [number, number];
  readonly yTitle: string;
}

/** Predicted over recorded, both logarithmic, with the line on which they are equal. */
function squarePanel({ rows, field, palette, domain, yTitle }: Square, theme: Theme): Layer {
  const ticks = powersOfTen(...domain);
  const scale = { type: "log", domain, nice: false };
  const axis = (title: string) => ({ title, values: ticks, labelExpr: timeLabel });
  const x = { field: "recorded_ns", type: "quantitative", scale, axis: axis("recorded (logarithmic)") };
  const yAxis = { ...axis(yTitle), minExtent: axisPx, maxExtent: axisPx, titleX: -52 };
  const y = { field: "predicted_ns", type: "quantitative", scale, axis: yAxis };
  const color = colourOf(rows, palette, field);
  const pxPerLog = squarePx / Math.log(domain[1] / domain[0]);
  const dots = thinOut(rows, (row) => [
    row[field],
    Math.log(row.recorded_ns) * pxPerLog,
    Math.log(row.predicted_ns) * pxPerLog,
  ]);
  const diagonal = domain.map((ns) => ({ recorded_ns: ns, predicted_ns: ns }));
  return {
    width: squarePx,
    height: squareHeightPx,
    data: { values: valuesOf(dots, field, domain) },
    layer: [
      {
        data: { values: diagonal },
        mark: { type: "line", color: theme.muted, strokeWidth: 1, strokeDash: [4, 3] },
        encoding: { x, y },
      },
      {
        // The dot hides a shorter interval.
        transform: [{ filter: `datum.high_ns > ${widestHidden} * datum.low_ns` }],
        mark: { type: "rule", clip: true, strokeWidth: 1.2, opacity: 0.45 },
        encoding: { x, y: { ...y, field: "low_ns" }, y2: { field: "high_ns" }, color },
      },
      { mark: { type: "circle", size: 26, opacity: 0.85 }, encoding: { x, y, color, tooltip } },
    ],
  };
}

function errorFrame(rows: readonly Row[]): Frame {
  const [, high] = logDomain(
    rows.map((row) => row.recorded_ns),
    1.6,
  );
  const most = Math.max(0.02, ...rows.filter((row) => !row.is_negligible).map((row) => Math.abs(row.error_ratio)));
  return { x: [shortestNs, high], y: [-most * 1.2, most * 1.2] };
}

/** The first of steps that are joined. */
function shortName(name: string): string {
  const [first = "", ...others] = name.split(" + ");
  return displayLabel(first, 26) + (others.length > 0 ? " …" : "");
}

function outlierLabels(rows: readonly Row[], { x, y }: Frame): LabelledPoint[] {
  const width = Math.log(x[1] / x[0]);
  return rows
    .filter((row) => row.outlier_index !== null)
    .sort((left, right) => left.outlier_index! - right.outlier_index!)
    .slice(0, labelCount)
    .map((row) => ({
      xPx: (Math.log(row.recorded_ns / x[0]) / width) * errorWidthPx,
      yPx: ((y[1] - row.error_ratio) / (y[1] - y[0])) * errorHeightPx,
      text: `${displayLabel(row.update_name, 20)}: ${shortName(row.point_name)}`,
    }));
}

function errorAxes(frame: Frame) {
  const x = {
    field: "recorded_ns",
    type: "quantitative",
    scale: { type: "log", domain: frame.x, nice: false },
    axis: {
      title:
        "recorded length of the step (logarithmic, 0.5 ms and more); ringed: outside its 90 % interval and off by 0.5 ms or more",
      values: [shortestNs, ...powersOfTen(...frame.x)],
      labelExpr: timeLabel,
    },
  };
  const y = {
    field: "error_ratio",
    type: "quantitative",
    scale: { domain: frame.y, nice: false, clamp: true },
    axis: {
      title: "error: above 0 predicted too long",
      labelExpr: percentLabel,
      tickCount: 6,
      minExtent: axisPx,
      maxExtent: axisPx,
      titleX: -52,
    },
  };
  return { x, y };
}

function errorValues(rows: readonly Row[]) {
  return rows.map((row) => ({
    group: row.phase,
    recorded_ns: row.recorded_ns,
    error_ratio: row.error_ratio,
    low_ratio: row.low_ratio,
    high_ratio: row.high_ratio,
    is_outlier: row.outlier_index !== null,
    ...tooltipOf(row),
  }));
}

/** How far each step is off, as a share of the recorded length, with its interval. */
function errorPanel(rows: readonly Row[], theme: Theme): Layer {
  const frame = errorFrame(rows);
  const { x, y } = errorAxes(frame);
  const color = { ...colourOf(rows, theme.phases, "phase"), legend: null };
  const pxPerLog = errorWidthPx / Math.log(frame.x[1] / frame.x[0]);
  const pxPerRatio = errorHeightPx / (frame.y[1] - frame.y[0]);
  const dots = thinOut(rows, (row) => [row.phase, Math.log(row.recorded_ns) * pxPerLog, row.error_ratio * pxPerRatio]);
  return {
    width: errorWidthPx,
    height: errorHeightPx,
    data: { values: errorValues(dots) },
    layer: [
      {
        mark: { type: "rule", clip: true, strokeWidth: 1.2, opacity: 0.3 },
        encoding: { x, y: { ...y, field: "low_ratio" }, y2: { field: "high_ratio" }, color },
      },
      {
        data: { values: [{ error_ratio: 0 }] },
        mark: { type: "rule", color: theme.muted, strokeDash: [4, 3] },
        encoding: { y },
      },
      { mark: { type: "circle", size: 26, opacity: 0.85 }, encoding: { x, y, color, tooltip } },
      {
        transform: [{ filter: "datum.is_outlier" }],
        mark: { type: "point", size: 56, stroke: theme.ink, strokeWidth: 1, filled: false },
        encoding: { x, y, tooltip },
      },
      ...labelLayers(outlierLabels(rows, frame), { widthPx: errorWidthPx, heightPx: errorHeightPx }, theme),
    ],
  };
}

function title(rows: readonly Row[], headline: HeadlineRow): string {
  const share = formatRatio(headline.inside_step_count / headline.step_count);
  const inside = `${formatCount(headline.inside_step_count)} of ${plural(headline.step_count, "recorded step")} (${share}) lie inside their 90 % interval`;
  const farthest = rows.find((row) => row.series === "step" && row.outlier_index === 0);
  if (!farthest) return `${inside}; none of the others is off by 0.5 ms`;
  const name = `${displaySteps(farthest.point_name, 40)} of ${displayLabel(farthest.update_name, 30)}`;
  return `${inside}; the farthest outside, ${name}, is ${errorWords(farthest.error_ratio)}`;
}

/** Predicted over recorded, for steps and for whole quantities, and below it how far each step is off. */
export function predictedByStepChart(rows: readonly Row[], headline: HeadlineRow, theme: Theme): Chart {
  const id = "predicted-by-step";
  const steps = rows.filter((row) => row.series === "step");
  const quantities = rows.filter((row) => row.series === "quantity");
  if (steps.length === 0 || quantities.length === 0) {
    return emptyChart(id, "There is no update with both predicted and recorded times in this comparison.", theme);
  }
  const longer = steps.filter((row) => row.recorded_ns >= shortestNs);
  const domain = logDomain(rows.flatMap((row) => [row.recorded_ns, row.predicted_ns]));
  const squares = [
    { rows: steps, field: "phase", palette: theme.phases, domain, yTitle: "predicted, step by step" },
    { rows: quantities, field: "point_name", palette: theme.quantities, domain, yTitle: "predicted, as a whole" },
  ] as const;
  const body = {
    vconcat: [
      {
        hconcat: squares.map((square) => squarePanel(square, theme)),
        spacing: betweenPx,
        resolve: { scale: { color: "independent" } },
      },
      ...(longer.length > 0 ? [errorPanel(longer, theme)] : []),
    ],
    spacing: 18,
    resolve: { scale: { color: "independent" } },
  };
  return finishChart({ id, title: title(rows, headline), body }, theme);
}
