import { displayText, formatBytes, formatCount, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  labelWidth,
  type Layer,
  plotWidth,
  secondsLabel,
  type Theme,
  uniqueLabels,
} from "./theme.ts";

type Row = CatalogueRow<"blackout-by-phase-vm">;

function title(rows: readonly Row[], worst: Row): string {
  const longest = rows
    .filter((row) => row.rank_index === worst.rank_index)
    .reduce((best, row) => (row.part_ns > best.part_ns ? row : best));
  const hidden =
    worst.hidden_vm_count > 0
      ? `; not shown: ${plural(worst.hidden_vm_count, "more VM")}, none above ${formatNs(worst.hidden_max_ns ?? 0)}`
      : "";
  return (
    `${displayText(worst.vm_name, 40)} stands still longest: ${formatNs(worst.blackout_ns)}, ` +
    `${formatNs(longest.part_ns)} of it in ${longest.phase}${hidden}`
  );
}

function valuesOf(
  rows: readonly Row[],
  firstOfVm: readonly Row[],
  labels: readonly string[],
  phases: readonly string[],
) {
  const labelOf = new Map(firstOfVm.map((row, index) => [row.vm_index, labels[index]!]));
  const parts = rows.map((row) => ({
    label: labelOf.get(row.vm_index)!,
    phase: row.phase,
    phase_index: phases.indexOf(row.phase),
    part_ns: row.part_ns,
    part: formatNs(row.part_ns),
    total: formatNs(row.blackout_ns),
    memory: formatBytes(row.guest_bytes),
  }));
  const totals = firstOfVm.map((row, index) => ({
    label: labels[index]!,
    blackout_ns: row.blackout_ns,
    low_ns: row.low_ns,
    high_ns: row.high_ns,
    total: formatNs(row.blackout_ns),
    range: `${formatNs(row.low_ns)} to ${formatNs(row.high_ns)}`,
  }));
  return { parts, totals };
}

const partTooltip = [
  { field: "label", type: "nominal", title: "VM" },
  { field: "phase", type: "nominal", title: "Phase" },
  { field: "part", type: "nominal", title: "In this phase" },
  { field: "total", type: "nominal", title: "Stands still for" },
  { field: "memory", type: "nominal", title: "Memory" },
];
const rangeTooltip = [
  { field: "label", type: "nominal", title: "VM" },
  { field: "total", type: "nominal", title: "Stands still for" },
  { field: "range", type: "nominal", title: "Range" },
];

function partLayer(parts: readonly object[], phases: readonly string[], y: object, theme: Theme): Layer {
  const title = "time a VM stands still (s); the line spans the low and high ends of the constants";
  return {
    data: { values: parts },
    mark: { type: "bar", height: { band: 0.68 } },
    encoding: {
      x: {
        field: "part_ns",
        type: "quantitative",
        stack: "zero",
        axis: { title, labelExpr: secondsLabel, tickCount: 10 },
      },
      y,
      color: {
        field: "phase",
        type: "nominal",
        scale: { domain: phases, range: phases.map((phase) => theme.phases[phase]!) },
        legend: { title: null },
      },
      order: { field: "phase_index", type: "ordinal" },
      tooltip: partTooltip,
    },
  };
}

/** The range of each VM's time, as a line with ends, and the time itself beside it. */
function rangeLayers(totals: readonly object[], y: object, theme: Theme): Layer[] {
  const data = { values: totals };
  const ends = (["low_ns", "high_ns"] as const).map((field) => ({
    data,
    mark: { type: "tick", thickness: 1.5, height: 9, color: theme.ink },
    encoding: { x: { field, type: "quantitative" }, y },
  }));
  return [
    {
      data,
      mark: { type: "rule", strokeWidth: 1.5, color: theme.ink },
      encoding: { x: { field: "low_ns", type: "quantitative" }, x2: { field: "high_ns" }, y, tooltip: rangeTooltip },
    },
    ...ends,
    {
      data,
      mark: { type: "text", align: "left", baseline: "middle", dx: 8, color: theme.muted },
      encoding: { x: { field: "high_ns", type: "quantitative" }, y, text: { field: "total", type: "nominal" } },
    },
  ];
}

/** One stacked bar a VM, the one that stands still longest first, with the range that the constants allow. */
export function blackoutByPhaseChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "blackout-by-phase";
  const worst = rows[0];
  if (!worst) return emptyChart(id, "There are no VMs in this run.", theme);
  const phases = Object.keys(theme.phases).filter((phase) => rows.some((row) => row.phase === phase));
  const firstOfVm = rows.filter((row, index) => index === 0 || rows[index - 1]!.rank_index !== row.rank_index);
  const labels = uniqueLabels(firstOfVm.map((row) => displayText(row.vm_name, 30)));
  const { parts, totals } = valuesOf(rows, firstOfVm, labels, phases);
  const y = {
    field: "label",
    type: "nominal",
    sort: labels,
    axis: { title: null, minExtent: labelWidth, maxExtent: labelWidth, domain: false },
  };
  const body = {
    width: plotWidth,
    height: { step: 24 },
    layer: [partLayer(parts, phases, y, theme), ...rangeLayers(totals, y, theme)],
  };
  const shown = worst.hidden_vm_count > 0 ? `The ${formatCount(firstOfVm.length)} worst VMs: ` : "";
  return finishChart({ id, title: shown + title(rows, worst), body }, theme);
}
