import { displayLabel, formatBytes, formatCount, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { timeLabel, type ZeroLog, zeroLog } from "./axes.ts";
import { type LabelledPoint, labelLayers, type PlotSize } from "./labels.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  type Layer,
  numberAxis,
  plotWidth,
  type Theme,
  tooltipFields,
} from "./theme.ts";

type Row = CatalogueRow<"alternatives">;

/** What the others are held against. */
const ownName = "live-update";
const mostVms = 3;
const size: PlotSize = { widthPx: plotWidth, heightPx: 280 };

const kernelNames = {
  replaced: "the host runs the new kernel afterwards",
  kept: "the host keeps its old kernel",
} as const;

interface Frame {
  readonly x: ZeroLog;
  readonly y: ZeroLog;
}

/** Marks at zero stand off the axis. */
function scaleOf(values: readonly number[]): ZeroLog {
  const scale = zeroLog(values, timeLabel);
  return { ...scale, domain: [scale.zero / 1.8, scale.domain[1]] };
}

/** Where a value stands between the ends of its axis, from 0 to 1. */
function placeOf({ domain }: ZeroLog, value: number): number {
  return Math.log(value / domain[0]) / Math.log(domain[1] / domain[0]);
}

function labelOf(row: Row): string {
  const name = displayLabel(row.alternative_name, 30);
  return row.feasible ? name : `${name}, not possible: ${displayLabel(row.reason, 40)}`;
}

/** The live update's label first, then those of what can be done. */
function labelPoints(rows: readonly Row[], { x, y }: Frame): LabelledPoint[] {
  const rank = (row: Row) => (row.alternative_name === ownName ? 0 : row.feasible ? 1 : 2);
  return rows
    .toSorted((left, right) => rank(left) - rank(right))
    .map((row) => ({
      xPx: placeOf(x, x.place(row.stopped_ns)) * size.widthPx,
      yPx: (1 - placeOf(y, y.place(row.degraded_ns))) * size.heightPx,
      text: labelOf(row),
    }));
}

function valuesOf(rows: readonly Row[], { x, y }: Frame, theme: Theme) {
  return rows.map((row) => ({
    stopped_ns: x.place(row.stopped_ns),
    degraded_ns: y.place(row.degraded_ns),
    kernel: row.replaces_kernel ? kernelNames.replaced : kernelNames.kept,
    fill: row.feasible ? colourOf(row, theme) : theme.paper,
    line: colourOf(row, theme),
    name: displayLabel(row.alternative_name, 60),
    possible: row.feasible ? "yes" : `no: ${displayLabel(row.reason, 80)}`,
    stopped: formatNs(row.stopped_ns),
    degraded: formatNs(row.degraded_ns),
    host: `${formatNs(row.total_ns)} a VM, ${formatNs(row.host_ns)} for ${formatCount(row.vm_count)}`,
    moved: formatBytes(row.moved_bytes),
    extra: formatBytes(row.extra_bytes),
    lost: row.lost_state === "" ? "none" : displayLabel(row.lost_state, 80),
  }));
}

function colourOf(row: Row, theme: Theme): string {
  return row.alternative_name === ownName ? theme.updates["with the update"]! : theme.ink;
}

const tooltip = tooltipFields({
  name: "Alternative",
  possible: "Possible",
  stopped: "VM stands still",
  degraded: "VM runs slower",
  host: "Takes",
  moved: "Bytes moved",
  extra: "Extra memory",
  lost: "State lost",
});

/** The place of zero lies apart from the scale: a line between them says that it is none of its powers. */
function zeroLayers({ x, y }: Frame, theme: Theme): Layer[] {
  const mark = { type: "rule", color: theme.muted, strokeWidth: 0.8, strokeDash: [2, 3] };
  const between = (scale: ZeroLog) => scale.zero * Math.sqrt(10);
  return [
    {
      data: { values: [{ stopped_ns: between(x) }] },
      mark,
      encoding: { x: { field: "stopped_ns", type: "quantitative" } },
    },
    {
      data: { values: [{ degraded_ns: between(y) }] },
      mark,
      encoding: { y: { field: "degraded_ns", type: "quantitative" } },
    },
  ];
}

interface Panel {
  readonly rows: readonly Row[];
  readonly frame: Frame;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isOnly: boolean;
}

function panelOf({ rows, frame, isFirst, isLast, isOnly }: Panel, theme: Theme): Layer {
  const axisScale = ({ domain }: ZeroLog) => ({ type: "log", domain, nice: false });
  const x = {
    field: "stopped_ns",
    type: "quantitative",
    scale: axisScale(frame.x),
    axis: {
      title: isLast ? "the VM stands still for (logarithmic)" : null,
      values: frame.x.ticks,
      labelExpr: frame.x.labelExpr,
    },
  };
  const y = {
    field: "degraded_ns",
    type: "quantitative",
    scale: axisScale(frame.y),
    axis: {
      title: [...(isOnly ? [] : [displayLabel(rows[0]!.vm_name, 30)]), "runs slower for (log)"],
      values: frame.y.ticks,
      labelExpr: frame.y.labelExpr,
      ...numberAxis,
    },
  };
  const shape = {
    field: "kernel",
    type: "nominal",
    scale: { domain: Object.values(kernelNames), range: ["circle", "triangle-up"] },
    legend: isFirst ? { title: null, symbolType: null, symbolFillColor: theme.ink, symbolStrokeWidth: 1 } : null,
  };
  return {
    width: size.widthPx,
    height: size.heightPx,
    data: { values: valuesOf(rows, frame, theme) },
    layer: [
      ...zeroLayers(frame, theme),
      {
        mark: { type: "point", size: 90, strokeWidth: 1.8, opacity: 1 },
        encoding: {
          x,
          y,
          shape,
          fill: { field: "fill", type: "nominal", scale: null },
          stroke: { field: "line", type: "nominal", scale: null },
          tooltip,
        },
      },
      ...labelLayers(labelPoints(rows, frame), size, theme),
    ],
  };
}

function costWords(row: Row): string {
  const slower = row.degraded_ns === 0 ? "does not slow it down" : `slows it down for ${formatNs(row.degraded_ns)}`;
  return `${formatNs(row.stopped_ns)} and ${slower}`;
}

function title(rows: readonly Row[], hidden: number): string {
  const vm = displayLabel(rows[0]!.vm_name, 40);
  const own = rows.find((row) => row.alternative_name === ownName);
  const others = rows.filter((row) => row !== own && row.feasible);
  const shortest = others.toSorted((left, right) => left.stopped_ns - right.stopped_ns)[0];
  const first = own ? `A live update stops ${vm} for ${costWords(own)}` : `${plural(rows.length, "way")} to update`;
  const second = shortest
    ? `; of ${plural(others.length, "other way")}, ${displayLabel(shortest.alternative_name, 30)} stops it least, for ${costWords(shortest)}`
    : "; nothing else is possible";
  const impossible = rows.filter((row) => !row.feasible).length;
  const third = impossible > 0 ? `; ${formatCount(impossible)} cannot be done (hollow)` : "";
  const rest = hidden > 0 ? `; not shown: ${plural(hidden, "more VM")}` : "";
  return `${first}${second}${third}${rest}`;
}

/** What else one could do: how long each VM stands still against how long it runs slower, both logarithmic. */
export function alternativesChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "alternatives";
  if (rows.length === 0) return emptyChart(id, "There are no alternatives in this run.", theme);
  const vms = [...new Set(rows.map((row) => row.vm_index))];
  const shown = vms.slice(0, mostVms).map((index) => rows.filter((row) => row.vm_index === index));
  const frame = {
    x: scaleOf(shown.flat().map((row) => row.stopped_ns)),
    y: scaleOf(shown.flat().map((row) => row.degraded_ns)),
  };
  const panels = shown.map((own, index) =>
    panelOf(
      { rows: own, frame, isFirst: index === 0, isLast: index === shown.length - 1, isOnly: shown.length === 1 },
      theme,
    ),
  );
  const body = { vconcat: panels, spacing: 14, resolve: { scale: { shape: "independent" } } };
  return finishChart({ id, title: title(shown[0]!, vms.length - shown.length), body }, theme);
}
