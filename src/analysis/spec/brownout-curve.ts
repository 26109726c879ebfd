import { displayLabel, formatCount, formatNs, formatRatio, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { shareLabel, type ZeroLog, zeroLog } from "./axes.ts";
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

type Row = CatalogueRow<"brownout-curve">;
type SummaryRow = CatalogueRow<"brownout-summary">;

export interface BrownoutRows {
  readonly curve: readonly Row[];
  readonly summary: readonly SummaryRow[];
}

const mostVms = 5;
/** Below this share of the time, the speed counts as full. */
const fullSpeedLoss = 0.01;

const mappingNames: Readonly<Record<string, string>> = {
  "small-pages": "if each 4 KiB page were mapped alone",
  "as-backed": "as the guest's memory is mapped",
};

function colourOf(legend: boolean, theme: Theme): Layer {
  const mappings = Object.keys(theme.mappings);
  return {
    field: "series",
    type: "nominal",
    scale: {
      domain: mappings.map((mapping) => mappingNames[mapping]!),
      range: mappings.map((mapping) => theme.mappings[mapping]!),
    },
    legend: legend ? { title: null } : null,
  };
}

function valuesOf(rows: readonly Row[], scale: ZeroLog) {
  return rows
    .filter((row) => row.lost_ratio > 0)
    .map((row) => ({
      series: mappingNames[row.mapping]!,
      mapping: row.mapping,
      start_ns: row.start_offset_ns,
      end_ns: row.end_offset_ns,
      lost_ratio: row.lost_ratio,
      zero: scale.zero,
      span: `${formatNs(row.start_offset_ns)} to ${formatNs(row.end_offset_ns)} after resume`,
      lost: formatRatio(row.lost_ratio),
      faults: formatCount(row.fault_count),
    }));
}

const tooltip = tooltipFields({ series: "Mapping", span: "When", lost: "Time lost", faults: "First touches" });

interface Panel {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly index: number;
  readonly count: number;
  readonly endNs: number;
  readonly scale: ZeroLog;
}

/** The line under which a VM counts as as fast as before. */
function fullSpeedLayers(theme: Theme): Layer[] {
  const values = [{ lost_ratio: fullSpeedLoss, label: "99 % of full speed" }];
  const y = { field: "lost_ratio", type: "quantitative" };
  return [
    {
      data: { values },
      mark: { type: "rule", color: theme.muted, strokeDash: [5, 3] },
      encoding: { y },
    },
    {
      data: { values },
      mark: { type: "text", align: "right", baseline: "bottom", dx: -4, dy: -2, color: theme.muted },
      encoding: { x: { value: plotWidth }, y, text: { field: "label", type: "nominal" } },
    },
  ];
}

/** Bars from the place of zero up, so that stretches in which nothing is lost are empty; as mapped in front. */
function panelOf({ name, rows, index, count, endNs, scale }: Panel, theme: Theme): Layer {
  const isLast = index === count - 1;
  const x = {
    field: "start_ns",
    type: "quantitative",
    scale: { domain: [0, endNs], nice: false },
    axis: isLast
      ? { title: "time from the VM's resume (s)", labelExpr: secondsLabel, tickCount: 12 }
      : { title: null, labels: false, tickCount: 12 },
  };
  const y = {
    field: "lost_ratio",
    type: "quantitative",
    scale: { type: "log", domain: scale.domain, nice: false },
    axis: {
      title: [...(count > 1 ? [displayLabel(name, 18)] : []), "time lost (logarithmic)"],
      values: scale.ticks,
      labelExpr: scale.labelExpr,
      ...numberAxis,
      titleX: -78,
    },
  };
  const values = valuesOf(rows, scale);
  const layers = Object.keys(theme.mappings).map((mapping) => ({
    transform: [{ filter: `datum.mapping === '${mapping}'` }],
    // The outline closes the seams between neighbours.
    mark: { type: "rect", stroke: theme.mappings[mapping], strokeWidth: 0.6 },
    encoding: { x, x2: { field: "end_ns" }, y, y2: { field: "zero" }, color: colourOf(index === 0, theme), tooltip },
  }));
  return {
    width: plotWidth,
    height: count > 2 ? 110 : 160,
    data: { values },
    layer: [...layers, ...fullSpeedLayers(theme)],
  };
}

/** When a VM is as fast as before. */
function backWords(row: SummaryRow, be: "is" | "be"): string {
  const never = be === "is" ? "never falls" : "never fall";
  return row.full_speed_ns === 0
    ? `${never} below 99 % of its speed`
    : `${be} back at 99 % of its speed after ${formatNs(row.full_speed_ns)}`;
}

function title(worst: SummaryRow, small: SummaryRow | undefined, hidden: number): string {
  const without =
    small === undefined
      ? ""
      : `; with each 4 KiB page mapped alone it would lose ${formatNs(small.lost_ns)} and ${backWords(small, "be")}`;
  const rest = hidden > 0 ? `; not shown: ${plural(hidden, "more VM")} with less` : "";
  return (
    `After its resume ${displayLabel(worst.vm_name, 40)} loses ${formatNs(worst.lost_ns)} to first touches of its memory and ` +
    `${backWords(worst, "is")}${without}${rest}`
  );
}

/** The share of its time that each VM loses after resume, on a logarithmic scale: small losses show too. */
export function brownoutCurveChart({ curve, summary }: BrownoutRows, theme: Theme): Chart {
  const id = "brownout-curve";
  const own = summary
    .filter((row) => row.mapping === "as-backed")
    .toSorted((left, right) => right.lost_ns - left.lost_ns);
  const worst = own[0];
  if (!worst || curve.length === 0)
    return emptyChart(id, "There are no first touches after resume in this run.", theme);
  const shown = own.slice(0, mostVms);
  const rows = shown.map((vm) => curve.filter((row) => row.vm_index === vm.vm_index));
  const scale = zeroLog(
    rows.flat().map((row) => row.lost_ratio),
    shareLabel,
    [fullSpeedLoss],
  );
  const endNs = Math.max(1, ...rows.flat().map((row) => row.end_offset_ns));
  const panels = rows.map((own, index) =>
    panelOf({ name: shown[index]!.vm_name, rows: own, index, count: rows.length, endNs, scale }, theme),
  );
  const body = { vconcat: panels, spacing: 10, resolve: { scale: { color: "independent" } } };
  const small = summary.find((row) => row.vm_index === worst.vm_index && row.mapping === "small-pages");
  return finishChart({ id, title: title(worst, small, own.length - shown.length), body }, theme);
}
