import { msNs } from "../../base/index.ts";
import { displayText, formatBytes, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { powersOfTen, timeLabel } from "./axes.ts";
import { type LabelledPoint, labelLayers } from "./labels.ts";
import { type Chart, emptyChart, finishChart, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"alternatives">;

const size = { widthPx: 900, heightPx: 360 };
/** Where no time at all is drawn: a logarithmic scale has no 0. */
const noneNs = 0.3 * msNs;
/** The edge of the plot, below that. */
const lowNs = 0.1 * msNs;

const kernels = ["the host runs the new kernel", "the host keeps its kernel"] as const;

function placeOf(ns: number, highNs: number): number {
  return Math.log(Math.max(ns, noneNs) / lowNs) / Math.log(highNs / lowNs);
}

function axisOf(field: string, title: string, highNs: number) {
  return {
    field,
    type: "quantitative",
    scale: { type: "log", domain: [lowNs, highNs], nice: false },
    axis: {
      title,
      values: [noneNs, ...powersOfTen(msNs, highNs)],
      labelExpr: `datum.value <= ${noneNs} ? 'none' : (${timeLabel})`,
    },
  };
}

function labelOf(row: Row, isOnlyVm: boolean): string {
  const name = isOnlyVm ? row.alternative_name : `${row.alternative_name}, ${displayText(row.vm_name, 24)}`;
  return row.feasible ? name : `${name}: ${displayText(row.reason, 60)}`;
}

/** The update itself first, then those that stop a VM longest: where two labels lie on each other, the later has none. */
function labelPoints(rows: readonly Row[], highNs: number): LabelledPoint[] {
  const isOnlyVm = new Set(rows.map((row) => row.vm_name)).size === 1;
  const first = (row: Row): number => (row.alternative_name === "live-update" ? 0 : 1);
  return rows
    .toSorted((left, right) => first(left) - first(right) || right.stopped_ns - left.stopped_ns)
    .map((row) => ({
      xPx: placeOf(row.stopped_ns, highNs) * size.widthPx,
      yPx: (1 - placeOf(row.degraded_ns, highNs)) * size.heightPx,
      text: labelOf(row, isOnlyVm),
    }));
}

function title(rows: readonly Row[]): string {
  const [vmName] = rows.map((row) => row.vm_name);
  const own = rows.filter((row) => row.vm_name === vmName);
  const update = own.find((row) => row.alternative_name === "live-update");
  const movable = own.filter((row) => row.feasible && row.replaces_kernel && row !== update);
  const shortest = movable.reduce<Row | undefined>(
    (best, row) => (best === undefined || row.stopped_ns < best.stopped_ns ? row : best),
    undefined,
  );
  const stands =
    update === undefined ? "" : `The live update stops ${displayText(vmName!, 30)} for ${formatNs(update.stopped_ns)}`;
  if (shortest === undefined) return `${stands || "Nothing else"}; no other way can take it to a new kernel`;
  return (
    `${stands}; ${shortest.alternative_name} would stop it for ${formatNs(shortest.stopped_ns)}, slow it down for ` +
    `${formatNs(shortest.degraded_ns)}, move ${formatBytes(shortest.moved_bytes)}, and take ${formatNs(shortest.host_ns)} for all copies`
  );
}

/** What else one could do: how long the VM stops against how long it is slow. */
export function alternativesChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "alternatives";
  if (rows.length === 0) return emptyChart(id, "There are no alternatives in this run.", theme);
  const highNs = Math.max(1000 * msNs, ...rows.flatMap((row) => [row.stopped_ns, row.degraded_ns])) * 2;
  const values = rows.map((row) => ({
    name: row.alternative_name,
    vm: displayText(row.vm_name, 40),
    stopped_place_ns: Math.max(row.stopped_ns, noneNs),
    degraded_place_ns: Math.max(row.degraded_ns, noneNs),
    kernel: kernels[row.replaces_kernel ? 0 : 1],
    feasible: row.feasible,
    stopped: formatNs(row.stopped_ns),
    degraded: formatNs(row.degraded_ns),
    moved: formatBytes(row.moved_bytes),
    reason: displayText(row.reason, 120),
  }));
  const shape = {
    field: "kernel",
    type: "nominal",
    scale: { domain: kernels, range: ["circle", "diamond"] },
    legend: { title: null, symbolType: "circle", symbolStrokeWidth: 1.5, symbolStrokeColor: theme.muted },
  };
  const marks = (feasible: boolean) => ({
    transform: [{ filter: feasible ? "datum.feasible" : "!datum.feasible" }],
    mark: {
      type: "point",
      size: 110,
      strokeWidth: 2,
      opacity: 1,
      filled: feasible,
      color: feasible ? theme.quantities["preserve"] : theme.quantities["reboot_to_userspace"],
    },
    encoding: {
      x: axisOf("stopped_place_ns", "the VM's vCPUs stand still; hollow marks cannot be done", highNs),
      y: axisOf("degraded_place_ns", "the VM runs, but slower", highNs),
      shape,
      tooltip: tooltipFields({
        name: "Alternative",
        vm: "VM",
        stopped: "vCPUs stop",
        degraded: "Degraded",
        moved: "Moved",
        kernel: "Kernel",
        reason: "Cannot",
      }),
    },
  });
  const body = {
    width: size.widthPx,
    height: size.heightPx,
    data: { values },
    layer: [marks(true), marks(false), ...labelLayers(labelPoints(rows, highNs), size, theme)],
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
