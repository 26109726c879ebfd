import { displayLabel, formatBytes, formatCount, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { bytesLabel, byteTicks, timeLabel } from "./axes.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  type Layer,
  numberAxis,
  plotWidth,
  type Theme,
  tooltipFields,
  uniqueLabels,
} from "./theme.ts";

type Row = CatalogueRow<"working-set-curve">;

const heightPx = 260;
const pageBytes = 4096;
/** Curves that can still be told apart. */
const mostVms = 6;

/** What is said of all windows of one length. */
const measures = ["mean of all windows", "window with most"] as const;

interface Curve {
  readonly label: string;
  readonly rows: readonly Row[];
}

/** The VMs that write most in their longest window, the most first. */
function curvesOf(rows: readonly Row[]): Curve[] {
  const byVm = Map.groupBy(rows, (row) => row.vm_index);
  const sorted = [...byVm.values()].toSorted((one, two) => two.at(-1)!.mean_pages - one.at(-1)!.mean_pages);
  const labels = uniqueLabels(sorted.map((curve) => displayLabel(curve[0]!.vm_name, 60)));
  return sorted.map((curve, index) => ({ label: labels[index]!, rows: curve }));
}

function title(curves: readonly Curve[]): string {
  const { label, rows } = curves[0]!;
  const words = (row: Row) => `${formatBytes(Math.round(row.mean_pages) * pageBytes)} in ${formatNs(row.window_ns)}`;
  const middle = rows[Math.floor((rows.length - 1) / 2)]!;
  const chosen = [...new Set([rows[0]!, middle, rows.at(-1)!])];
  const hidden = curves.length > mostVms ? `; not shown: ${plural(curves.length - mostVms, "more VM")}` : "";
  const who = curves.length > 1 ? `Of ${formatCount(curves.length)} VMs ${label} writes most: ` : `${label} writes `;
  return `${who}a mean of ${chosen.map(words).join(", ")}${hidden}`;
}

function pointsOf(curves: readonly Curve[]) {
  return curves.flatMap(({ label, rows }) =>
    rows.flatMap((row) => {
      const words = { windows: formatCount(row.window_count), length: formatNs(row.window_ns) };
      return [
        { ...words, label, window_ns: row.window_ns, measure: measures[0], memory_bytes: row.mean_pages * pageBytes },
        { ...words, label, window_ns: row.window_ns, measure: measures[1], memory_bytes: row.most_pages * pageBytes },
      ].map((point) => ({ ...point, memory: formatBytes(Math.round(point.memory_bytes)) }));
    }),
  );
}

function curveLayer(curves: readonly Curve[], theme: Theme): Layer {
  const labels = curves.map(({ label }) => label);
  const points = pointsOf(curves);
  const mostBytes = points.reduce((most, point) => Math.max(most, point.memory_bytes), 1);
  return {
    data: { values: points },
    mark: { type: "line", point: { size: 36 }, strokeWidth: 2 },
    encoding: {
      x: {
        field: "window_ns",
        type: "quantitative",
        scale: { type: "log", nice: false },
        axis: {
          title: "length of the window (logarithmic)",
          // Readings are never exactly evenly far apart.
          labelExpr: timeLabel.replaceAll("'~r'", "'.3~r'"),
          values: curves[0]!.rows.map((row) => row.window_ns),
        },
      },
      y: {
        field: "memory_bytes",
        type: "quantitative",
        scale: { zero: true },
        axis: {
          title: "different pages written in it",
          labelExpr: `datum.value === 0 ? '0' : ${bytesLabel}`,
          values: byteTicks(0, mostBytes, 6),
          ...numberAxis,
        },
      },
      color: {
        field: "label",
        type: "nominal",
        scale: { domain: labels, range: labels.map((_, index) => theme.configurations[index]!) },
        legend: curves.length > 1 ? { title: null, columns: 3, labelLimit: 260 } : null,
      },
      strokeDash: {
        field: "measure",
        type: "nominal",
        scale: {
          domain: measures,
          range: [
            [1, 0],
            [4, 3],
          ],
        },
        legend: null,
      },
      tooltip: tooltipFields({
        label: "VM",
        length: "Window",
        measure: "Over all windows",
        memory: "Written",
        windows: "Windows",
      }),
    },
  };
}

/** What the two lines of a VM are, at the first VM's: longer windows hold no less, so there is room above to the left. */
function nameLayers([first]: readonly Curve[], theme: Theme): Layer[] {
  const rowAt = (index: number) => first!.rows[Math.min(index, first!.rows.length - 1)]!;
  const [mean, most] = [rowAt(2), rowAt(1)];
  const texts = [
    { row: mean, pages: mean.mean_pages, text: measures[0], align: "right", baseline: "bottom", away: -6 },
    { row: most, pages: most.most_pages, text: measures[1], align: "left", baseline: "top", away: 6 },
  ];
  return texts.map(({ row, pages, text, align, baseline, away }) => ({
    data: { values: [{ window_ns: row.window_ns, memory_bytes: pages * pageBytes, text }] },
    mark: { type: "text", align, baseline, dx: away, dy: away, color: theme.muted },
    encoding: {
      x: { field: "window_ns", type: "quantitative" },
      y: { field: "memory_bytes", type: "quantitative" },
      text: { field: "text", type: "nominal" },
    },
  }));
}

/** How much memory a guest writes in a window of time, over the window's length. */
export function workingSetChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "working-set";
  const curves = curvesOf(rows);
  if (curves.length === 0) return emptyChart(id, "There are no page writes in this trace.", theme);
  const body = {
    width: plotWidth,
    height: heightPx,
    layer: [curveLayer(curves.slice(0, mostVms), theme), ...nameLayers(curves, theme)],
  };
  return finishChart({ id, title: title(curves), body }, theme);
}
