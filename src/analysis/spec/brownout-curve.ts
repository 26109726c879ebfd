import { displayText, formatCount, formatNs, formatRatio } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
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

export interface BrownoutRows {
  readonly curve: readonly CatalogueRow<"brownout-curve">[];
  readonly summary: readonly CatalogueRow<"brownout-summary">[];
}

/** What a guest that gets 99 % of its work done loses. */
const fullSpeedLossRatio = 0.01;

const mappings: Readonly<Record<string, string>> = {
  "as-backed": "as its folios are mapped",
  "small-pages": "as if every 4 KiB page were mapped alone",
};

function title({ summary }: BrownoutRows): string {
  const real = summary.filter((row) => row.mapping === "as-backed");
  const worst = real.reduce((most, row) => (row.lost_ns > most.lost_ns ? row : most));
  const small = summary.find((row) => row.mapping === "small-pages" && row.vm_name === worst.vm_name);
  const spared = small === undefined ? "" : `; mapped in 4 KiB pages it would lose ${formatNs(small.lost_ns)}`;
  const since =
    worst.full_speed_ns === 0
      ? "it is never slower than 99 %"
      : `it is back at 99 % of its speed after ${formatNs(worst.full_speed_ns)}`;
  return (
    `After its resume ${displayText(worst.vm_name, 40)} loses ${formatNs(worst.lost_ns)} in ` +
    `${formatCount(worst.fault_count)} first touches, and ${since}${spared}`
  );
}

function curveValues({ curve }: BrownoutRows) {
  return curve.map((row) => ({
    vm: displayText(row.vm_name, 40),
    mapping: mappings[row.mapping]!,
    series: `${displayText(row.vm_name, 60)} ${row.mapping}`,
    start_offset_ns: row.start_offset_ns,
    lost_ratio: row.lost_ratio,
    lost: formatRatio(row.lost_ratio),
    faults: formatCount(row.fault_count),
    from: formatNs(row.start_offset_ns),
  }));
}

function curveLayer(values: ReturnType<typeof curveValues>, y: Layer, theme: Theme): Layer {
  const names = Object.values(mappings);
  return {
    data: { values },
    mark: { type: "line", interpolate: "step-after", strokeWidth: 1.6 },
    encoding: {
      x: {
        field: "start_offset_ns",
        type: "quantitative",
        scale: { nice: false },
        axis: { title: "time since the VM's resume (s)", labelExpr: secondsLabel, tickCount: 12 },
      },
      y,
      color: {
        field: "mapping",
        type: "nominal",
        scale: { domain: names, range: names.map((name) => theme.mappings[name]!) },
        legend: { title: null, symbolType: "stroke", symbolStrokeWidth: 3, labelLimit: 400 },
      },
      detail: { field: "series", type: "nominal" },
      tooltip: tooltipFields({ vm: "VM", mapping: "Memory", from: "From", lost: "Lost", faults: "First touches" }),
    },
  };
}

function limitLayers(y: Layer, theme: Theme): Layer[] {
  const values = [{ lost_ratio: fullSpeedLossRatio, label: "99 % of full speed" }];
  return [
    { data: { values }, mark: { type: "rule", strokeDash: [4, 3], color: theme.muted }, encoding: { y } },
    {
      data: { values },
      mark: { type: "text", align: "right", baseline: "bottom", dy: -2, x: plotWidth - 4, color: theme.muted },
      encoding: { y, text: { field: "label", type: "nominal" } },
    },
  ];
}

/** How much of its time each VM loses in faults of first touches, from its resume on. */
export function brownoutCurveChart(rows: BrownoutRows, theme: Theme): Chart {
  const id = "brownout-curve";
  if (rows.curve.length === 0 || rows.summary.every((row) => row.mapping !== "as-backed")) {
    return emptyChart(id, "There are no first touches after the resume in this run.", theme);
  }
  const values = curveValues(rows);
  const mostRatio = Math.max(fullSpeedLossRatio, ...values.map((value) => value.lost_ratio)) * 1.08;
  const y = {
    field: "lost_ratio",
    type: "quantitative",
    scale: { domain: [0, mostRatio], nice: false },
    axis: { title: "time lost in faults", format: "~%", tickCount: 6, ...numberAxis },
  };
  const body = { width: plotWidth, height: 190, layer: [curveLayer(values, y, theme), ...limitLayers(y, theme)] };
  return finishChart({ id, title: title(rows), body }, theme);
}
