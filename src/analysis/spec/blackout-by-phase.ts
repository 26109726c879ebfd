import { displayLabel, formatBytes, formatCount, formatNs, plural } from "../format.ts";
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
  tooltipFields,
  uniqueLabels,
} from "./theme.ts";

type Row = CatalogueRow<"blackout-by-phase-vm">;

/** Room beside the bars for the sum and its range. */
const totalWidth = 90;

/** Nobody stands out where the shortest and the longest print alike. */
function whoStandsStill(rows: readonly Row[], worst: Row): string {
  const vmCount = new Set(rows.map(({ rank_index: rank }) => rank)).size;
  const alike = worst.hidden_vm_count === 0 && formatNs(rows.at(-1)!.blackout_ns) === formatNs(worst.blackout_ns);
  return alike && vmCount > 1
    ? `All ${formatCount(vmCount)} VMs stand still for`
    : `${displayLabel(worst.vm_name, 40)} stands still longest:`;
}

function title(rows: readonly Row[], worst: Row): string {
  const longest = rows
    .filter((row) => row.rank_index === worst.rank_index)
    .reduce((best, row) => (row.part_ns > best.part_ns ? row : best));
  const hidden =
    worst.hidden_vm_count > 0
      ? `; not shown: ${plural(worst.hidden_vm_count, "more VM")}, none above ${formatNs(worst.hidden_max_ns ?? 0)}`
      : "";
  return (
    `${whoStandsStill(rows, worst)} ${formatNs(worst.blackout_ns)}, ` +
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
    range: `${formatNs(row.low_ns)} to ${formatNs(row.high_ns)}`,
    memory: formatBytes(row.guest_bytes),
  }));
  const totals = firstOfVm.map((row, index) => ({
    label: labels[index]!,
    total: `${formatNs(row.blackout_ns)} (${formatNs(row.low_ns)} to ${formatNs(row.high_ns)})`,
  }));
  return { parts, totals };
}

const partTooltip = tooltipFields({
  label: "VM",
  phase: "Phase",
  part: "In this phase",
  total: "Stands still for",
  range: "Range",
  memory: "Memory",
});

function partLayer(parts: readonly object[], phases: readonly string[], y: object, theme: Theme): Layer {
  const title = "time a VM stands still (s); in brackets: with every constant at the low or the high end of its range";
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

/** What each VM's parts add up to, and where the sum would lie at either end of the constants, beside its bar. */
function totalLayer(totals: readonly object[], y: object, theme: Theme): Layer {
  return {
    data: { values: totals },
    mark: { type: "text", align: "left", baseline: "middle", dx: 8, color: theme.muted },
    encoding: { x: { value: plotWidth - totalWidth }, y, text: { field: "total", type: "nominal" } },
  };
}

/** One stacked bar a VM, the one that stands still longest first, with the range that the constants allow. */
export function blackoutByPhaseChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "blackout-by-phase";
  const worst = rows[0];
  if (!worst) return emptyChart(id, "There are no VMs in this run.", theme);
  const phases = Object.keys(theme.phases).filter((phase) => rows.some((row) => row.phase === phase));
  const firstOfVm = rows.filter((row, index) => index === 0 || rows[index - 1]!.rank_index !== row.rank_index);
  const labels = uniqueLabels(firstOfVm.map((row) => displayLabel(row.vm_name)));
  const { parts, totals } = valuesOf(rows, firstOfVm, labels, phases);
  const y = {
    field: "label",
    type: "nominal",
    sort: labels,
    axis: { title: null, minExtent: labelWidth, maxExtent: labelWidth, domain: false },
  };
  const body = {
    width: plotWidth - totalWidth,
    height: { step: 24 },
    layer: [partLayer(parts, phases, y, theme), totalLayer(totals, y, theme)],
  };
  const shown = worst.hidden_vm_count > 0 ? `The ${formatCount(firstOfVm.length)} worst VMs: ` : "";
  return finishChart({ id, title: shown + title(rows, worst), body }, theme);
}
