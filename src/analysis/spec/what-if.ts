import { displayLabel, displayText, formatBytes, formatCount, formatNs, formatRatio, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { linearTimeLabel } from "./axes.ts";
import { type Chart, emptyChart, estimateTextPx, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"sweep-what-if">;
type HeadlineRow = CatalogueRow<"sweep-headline">;

const mostColumns = 3;
/** Width of a line of panels with their axes. */
const linePx = 918;
const panelHeight = 170;
/** Room for the labels of the y axis, so that panels stand in columns. */
const axisPx = 44;
/** More axes than this are said and not drawn: the ones that do least. */
const mostPanels = 12;
/** An SLO farther above all else would flatten the curves. */
const farthestSlo = 3;

interface Frame {
  readonly panelPx: number;
  readonly highestNs: number;
  readonly sloNs: number | undefined;
  readonly sloText: string;
  readonly names: readonly [blackout: string, pause: string];
}

/** The values of one axis in their order; a scale keeps their numbers, since two labels may be equal. */
interface Panel {
  readonly rows: readonly Row[];
  readonly frame: Frame;
}

function placeOf(row: Row, place: number): number {
  return row.scale_kind === "ordinal" || row.value === null ? place : row.value;
}

function valuesOf({ rows, frame }: Panel) {
  const nsOr = (ns: number | null) => (ns === null ? "–" : formatNs(ns));
  return rows.flatMap((row, place) =>
    row.blackout_p50_ns === null
      ? []
      : [
          {
            place: placeOf(row, place),
            blackout_ns: row.blackout_p50_ns,
            low_ns: row.blackout_p5_ns ?? row.blackout_p50_ns,
            high_ns: row.blackout_p95_ns ?? row.blackout_p50_ns,
            pause_ns: row.slo_quantile_ns ?? row.blackout_p50_ns,
            chosen: row.is_chosen,
            blackout_name: frame.names[0],
            pause_name: frame.names[1],
            label: displayText(row.value_label, 60),
            blackout: nsOr(row.blackout_p50_ns),
            band: `${nsOr(row.blackout_p5_ns)} to ${nsOr(row.blackout_p95_ns)}`,
            pause: nsOr(row.slo_quantile_ns),
            memory: row.overhead_bytes === null ? "–" : formatBytes(row.overhead_bytes),
            keeps: row.is_feasible === true ? "yes" : "no",
          },
        ],
  );
}

const tooltip = tooltipFields({
  label: "Value",
  blackout: "Blackout, median",
  band: "5 to 95 % of draws",
  pause: "Pause at the SLO's share",
  memory: "Memory",
  keeps: "Keeps the SLO and the limit",
});

function xOf({ rows, frame }: Panel): Layer {
  const { scale_kind: kind, axis_key: key, value_count: count } = rows[0]!;
  const places = rows.map(placeOf);
  const most = Math.max(10, Math.floor(frame.panelPx / rows.length / 7.6));
  const labels = Object.fromEntries(rows.map((row, at) => [places[at]!, displayLabel(row.value_label, most)]));
  const axis = {
    title:
      displayLabel(key, 40) +
      (count > rows.length ? ` (${formatCount(rows.length)} of ${formatCount(count)} values)` : ""),
    titleFontWeight: "bold",
    labelExpr: `${JSON.stringify(labels)}[datum.value]`,
    labelAngle: 0,
    labelOverlap: "greedy",
    labelSeparation: 5,
    grid: false,
    values: places,
  };
  const type = kind === "ordinal" ? "ordinal" : "quantitative";
  const pad = { padding: 18, nice: false, domain: [Math.min(...places), Math.max(...places)] };
  const scales: Readonly<Record<string, Layer>> = {
    ordinal: { type: "point", padding: 0.5, domain: places },
    log: { type: "log", ...pad },
    linear: { ...pad, zero: false },
  };
  const scale = scales[kind];
  return { field: "place", type, scale, axis };
}

/** Values without an answer: a cross where their dot would stand. */
function missingLayers({ rows }: Panel, x: Layer, theme: Theme): Layer[] {
  const values = rows.flatMap((row, place) =>
    row.blackout_p50_ns === null
      ? [
          {
            place: placeOf(row, place),
            label: displayText(row.value_label, 60),
            why: row.configuration_index === null ? "constraints leave it out" : "refused or failed",
          },
        ]
      : [],
  );
  if (values.length === 0) return [];
  return [
    {
      data: { values },
      mark: { type: "text", text: "×", fontSize: 14, baseline: "bottom", dy: -1, color: theme.muted },
      encoding: { x, y: { value: panelHeight }, tooltip: tooltipFields({ label: "Value", why: "No answer" }) },
    },
  ];
}

function sloLayers({ frame }: Panel, theme: Theme): Layer[] {
  if (frame.sloNs === undefined) return [];
  return [
    {
      data: { values: [{ blackout_ns: frame.sloNs }] },
      mark: { type: "rule", color: theme.ink, strokeDash: [5, 3], strokeWidth: 1 },
      encoding: { y: { field: "blackout_ns", type: "quantitative" } },
    },
  ];
}

/** One legend above all panels: in one of them it would take its width from the others. */
function legendPanel({ names, sloNs, sloText }: Frame, theme: Theme): Layer {
  const items = [
    { text: names[0], color: theme.pairs[0], dash: [1, 0] },
    { text: names[1], color: theme.pairs[1], dash: [4, 2] },
    ...(sloNs === undefined ? [] : [{ text: sloText, color: theme.ink, dash: [5, 3] }]),
  ];
  let left = axisPx;
  const layers = items.flatMap(({ text, color, dash }) => {
    const values = [{ x: left, x2: left + 22, text }];
    left += 22 + 6 + estimateTextPx(text);
    const px = (field: string) => ({ field, type: "quantitative", scale: null });
    return [
      {
        data: { values },
        mark: { type: "rule", color, strokeDash: dash, strokeWidth: 2 },
        encoding: { x: px("x"), x2: { field: "x2" }, y: { value: 6 } },
      },
      {
        data: { values },
        mark: { type: "text", align: "left", baseline: "middle", dx: 6 },
        encoding: { x: px("x2"), y: { value: 6 }, text: { field: "text", type: "nominal" } },
      },
    ];
  });
  return { width: linePx, height: 12, layer: layers };
}

function panelOf(panel: Panel, theme: Theme): Layer {
  const { frame, rows } = panel;
  const x = xOf(panel);
  const y = {
    field: "blackout_ns",
    type: "quantitative",
    scale: { domain: [0, frame.highestNs * 1.06], nice: false },
    axis: { title: null, labelExpr: linearTimeLabel, tickCount: 5, minExtent: axisPx, maxExtent: axisPx },
  };
  const color = (field: string) => ({
    field,
    type: "nominal",
    scale: { domain: frame.names, range: theme.pairs },
    legend: null,
  });
  const ends = { y: { ...y, field: "low_ns" }, y2: { field: "high_ns" } };
  const band =
    rows[0]!.scale_kind === "ordinal"
      ? { mark: { type: "rule", strokeWidth: 12, opacity: 0.25, color: theme.pairs[0] }, encoding: { x, ...ends } }
      : { mark: { type: "area", opacity: 0.2, color: theme.pairs[0] }, encoding: { x, ...ends } };
  const line = { type: "line", strokeWidth: 1.8 };
  return {
    width: frame.panelPx,
    height: panelHeight,
    data: { values: valuesOf(panel) },
    layer: [
      band,
      {
        mark: { ...line, strokeDash: [4, 2] },
        encoding: { x, y: { ...y, field: "pause_ns" }, color: color("pause_name") },
      },
      { mark: line, encoding: { x, y, color: color("blackout_name") } },
      {
        mark: { type: "point", filled: true, size: 34, opacity: 1 },
        encoding: { x, y: { ...y, field: "pause_ns" }, color: color("pause_name"), tooltip },
      },
      {
        mark: { type: "point", size: 60, strokeWidth: 1.6, opacity: 1 },
        encoding: {
          x,
          y,
          color: color("blackout_name"),
          fill: { condition: { test: "datum.chosen", value: theme.pairs[0] }, value: theme.paper },
          tooltip,
        },
      },
      ...missingLayers(panel, x, theme),
      ...sloLayers(panel, theme),
    ],
  };
}

/** The values at which the axis makes the blackout longest and shortest, in words. */
function rangeWords(rows: readonly Row[]): string {
  const known = rows.filter((row) => row.blackout_p50_ns !== null);
  const sorted = known.toSorted((left, right) => left.blackout_p50_ns! - right.blackout_p50_ns!);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (!least || !most || least.blackout_p50_ns === most.blackout_p50_ns) return "leaves it as it is";
  const at = (row: Row) => `${formatNs(row.blackout_p50_ns!)} at ${displayLabel(row.value_label, 30)}`;
  return `moves the median blackout most, from ${at(least)} to ${at(most)}`;
}

function title(panels: readonly (readonly Row[])[], hidden: number): string {
  const widest = panels.toSorted((left, right) => (right[0]!.span_ns ?? 0) - (left[0]!.span_ns ?? 0))[0]!;
  const still = panels.filter(([row]) => row!.span_ns === 0 && row!.axis_key !== widest[0]!.axis_key);
  const stillNames = still.map(([row]) => displayLabel(row!.axis_key, 24)).slice(0, 3);
  const none = still.length === 0 ? "" : `; no effect on it: ${stillNames.join(", ")}${still.length > 3 ? ", …" : ""}`;
  const rest = hidden > 0 ? `; not shown: ${plural(hidden, "axis", "axes")} with less effect` : "";
  if (panels.length + hidden === 1)
    return `${displayLabel(widest[0]!.axis_key, 40)} ${rangeWords(widest)}`.replace(" most,", "");
  return `Of ${plural(panels.length + hidden, "axis", "axes")}, ${displayLabel(widest[0]!.axis_key, 40)} ${rangeWords(widest)}${none}${rest}`;
}

function frameOf(panels: readonly (readonly Row[])[], headline: HeadlineRow): Frame {
  const tops = panels.flat().flatMap((row) => [row.blackout_p95_ns ?? 0, row.slo_quantile_ns ?? 0]);
  const highestNs = Math.max(1, ...tops);
  const sloNs = headline.slo_pause_ns <= farthestSlo * highestNs ? headline.slo_pause_ns : undefined;
  const columns = Math.min(mostColumns, panels.length);
  return {
    panelPx: Math.floor((linePx - 8 * (columns - 1)) / columns) - axisPx,
    highestNs: Math.max(highestNs, sloNs ?? 0),
    sloNs,
    sloText: `SLO: ${formatNs(headline.slo_pause_ns)}`,
    names: [
      headline.repeat_count > 0
        ? "blackout, median (band: 5 to 95 % of draws)"
        : "blackout with all inputs at their medians",
      `pause that ${formatRatio(headline.slo_vm_ratio)} of VMs keep to${headline.repeat_count > 0 ? ", over all draws" : ""}`,
    ],
  };
}

/** What each axis does, all others as recommended: a panel an axis, with the band over the draws and the SLO. */
export function whatIfChart(rows: readonly Row[], headline: HeadlineRow, theme: Theme): Chart {
  const id = "what-if";
  const all = [...new Set(rows.map((row) => row.axis_index))].map((axis) =>
    rows.filter((row) => row.axis_index === axis),
  );
  const known = all.filter((own) => own.some((row) => row.blackout_p50_ns !== null));
  if (known.length === 0) {
    return emptyChart(id, "There is no axis with more than one value in this sweep, so nothing to vary.", theme);
  }
  const widest = known.toSorted((left, right) => (right[0]!.span_ns ?? 0) - (left[0]!.span_ns ?? 0));
  const shown = known.filter((own) => widest.indexOf(own) < mostPanels);
  const frame = frameOf(shown, headline);
  const panels = shown.map((own) => panelOf({ rows: own, frame }, theme));
  const lines = Array.from({ length: Math.ceil(panels.length / mostColumns) }, (_, line) => ({
    hconcat: panels.slice(line * mostColumns, (line + 1) * mostColumns),
    spacing: 8,
  }));
  const body = {
    vconcat: [legendPanel(frame, theme), ...lines],
    spacing: 16,
    resolve: { scale: { color: "independent", x: "independent", y: "independent" } },
  };
  return finishChart({ id, title: title(shown, known.length - shown.length), body }, theme);
}
