import { displayLabel, displaySteps, displayText, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { type Chart, emptyChart, finishChart, type Layer, secondsLabel, type Theme, tooltipFields } from "./theme.ts";
import { barKind, isSum, barLayer, connectorLayer, longerWords, nsOrDash, signedNs } from "./waterfall.ts";

type Row = CatalogueRow<"kernel-waterfall">;

/** Names of joined steps are long. */
const namePx = 250;
const barPx = 600;
/** Room to the right of the bars for what changed as recorded, and again as predicted. */
const columnPx = 78;
const lanePx = 21;

function changeText(row: Row): string {
  return isSum(row) ? formatNs(row.end_ns) : signedNs(row.end_ns - row.start_ns);
}

function labelOf(row: Row): string {
  if (isSum(row)) return `Linux ${displayText(row.step_name, 24)}`;
  return displaySteps(row.step_name, 40);
}

function valueOf(row: Row) {
  const predicted = row.predicted_end_ns === null ? "–" : formatNs(Math.abs(row.predicted_end_ns - row.start_ns));
  const sign = (row.predicted_end_ns ?? 0) < row.start_ns ? "−" : "+";
  return {
    lane: row.row_index,
    label: labelOf(row),
    kind: barKind(row, isSum(row)),
    start_ns: row.start_ns,
    end_ns: row.end_ns,
    predicted_end_ns: row.predicted_end_ns,
    change: changeText(row),
    older: nsOrDash(row.older_ns),
    newer: nsOrDash(row.newer_ns),
    predicted: isSum(row) || predicted === "–" ? predicted : sign + predicted,
    cost:
      row.cost_name === null
        ? "–"
        : `${displayText(row.cost_name, 60)}, ${formatNs(Math.abs(row.cost_change_ns ?? 0))} ${(row.cost_change_ns ?? 0) < 0 ? "less" : "more"}`,
  };
}

const tooltip = tooltipFields({
  label: "Step",
  older: "Older kernel",
  newer: "Newer kernel",
  change: "Recorded change",
  predicted: "Predicted",
  cost: "Mostly",
});

interface Panel {
  readonly rows: readonly Row[];
  readonly axisTitle: string;
  readonly domain: readonly [number, number];
}

/** A column of texts to the right of the bars, under its head. */
function columnLayers(field: string, head: string, index: number, { y, color }: { y: Layer; color: string }): Layer[] {
  const mark = { type: "text", align: "right", baseline: "middle", color };
  const xPx = barPx + (index + 1) * columnPx;
  return [
    { mark, encoding: { x: { value: xPx }, y, text: { field, type: "nominal" } } },
    {
      data: { values: [{ head }] },
      mark: { ...mark, x: xPx, y: -8, color: undefined },
      encoding: { text: { field: "head", type: "nominal" }, color: { value: color } },
    },
  ];
}

function axesOf({ axisTitle, domain }: Panel, values: readonly { lane: number; label: string }[]) {
  // Lanes are numbers, since two steps may share a name; their labels come from the rows.
  const names = JSON.stringify(Object.fromEntries(values.map(({ lane, label }) => [lane, label])));
  const x = {
    field: "end_ns",
    type: "quantitative",
    scale: { domain, nice: false },
    axis: { title: axisTitle, labelExpr: secondsLabel, tickCount: 10 },
  };
  const y = {
    field: "lane",
    type: "ordinal",
    scale: { paddingInner: 0.3, paddingOuter: 0.2 },
    axis: {
      title: null,
      labelExpr: `${names}[datum.value]`,
      labelLimit: namePx - 8,
      minExtent: namePx,
      maxExtent: namePx,
      domain: false,
    },
  };
  return { x, y };
}

function panelOf(panel: Panel, theme: Theme): Layer {
  const values = panel.rows.map(valueOf);
  const axes = axesOf(panel, values);
  const { x, y } = axes;
  const color = {
    field: "kind",
    type: "nominal",
    scale: { domain: Object.keys(theme.changes), range: Object.values(theme.changes) },
    legend: {
      title: null,
      labelLimit: 300,
      labelExpr: "{shorter: 'shorter under the newer kernel', longer: 'longer', sum: 'sum'}[datum.label]",
    },
  };
  return {
    width: barPx,
    height: { step: lanePx },
    data: { values },
    layer: [
      connectorLayer(values, axes, theme),
      barLayer(axes, { color, tooltip }),
      {
        transform: [{ filter: "isValid(datum.predicted_end_ns)" }],
        mark: { type: "tick", color: theme.ink, thickness: 1.5, size: lanePx - 3 },
        encoding: { x: { ...x, field: "predicted_end_ns" }, y, tooltip },
      },
      ...columnLayers("change", "recorded", 0, { y, color: theme.ink }),
      ...columnLayers("predicted", "predicted", 1, { y, color: theme.muted }),
    ],
  };
}

function title(rows: readonly Row[]): string {
  const blackout = rows.filter((row) => row.in_blackout);
  const older = blackout.find((row) => row.row_kind === "older");
  const newer = blackout.find((row) => row.row_kind === "newer");
  const steps = blackout.filter((row) => row.row_kind === "step");
  if (!older || !newer || steps.length === 0) return "The same update under two kernels";
  const most = steps.reduce((best, row) =>
    Math.abs(row.end_ns - row.start_ns) > Math.abs(best.end_ns - best.start_ns) ? row : best,
  );
  const cost =
    most.cost_name === null || most.cost_change_ns === null
      ? ""
      : ` (${displayText(most.cost_name, 40)}: predicted ${formatNs(Math.abs(most.cost_change_ns))} ${most.cost_change_ns < 0 ? "less" : "more"})`;
  return (
    `Under Linux ${displayText(newer.step_name, 24)} the same update's blackout is ${longerWords(newer.end_ns - older.end_ns)} than under ` +
    `${displayText(older.step_name, 24)}: ${displaySteps(most.step_name, 50)} alone is ${longerWords(most.end_ns - most.start_ns)}${cost}`
  );
}

/** From one kernel to a newer one, step by step: the blackout above, what happens while the VMs run below. */
export function kernelWaterfallChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "kernel-waterfall";
  const first = rows[0];
  if (!first) {
    return emptyChart(
      id,
      "There is no update in this comparison that was recorded on one host with one workload under two kernels, each into itself.",
      theme,
    );
  }
  const most = Math.max(...rows.flatMap((row) => [row.start_ns, row.end_ns, row.predicted_end_ns ?? 0]));
  const domain: readonly [number, number] = [0, most * 1.02];
  const names = `${displayLabel(first.older_name, 30)} and ${displayLabel(first.newer_name, 30)}`;
  const panels = [
    { inBlackout: true, axisTitle: `blackout (s): bars as recorded in ${names}; ticks as predicted` },
    { inBlackout: false, axisTitle: "while the VMs run (s)" },
  ].flatMap(({ inBlackout, axisTitle }) => {
    const own = rows.filter((row) => row.in_blackout === inBlackout);
    return own.length === 0 ? [] : [panelOf({ rows: own, axisTitle, domain }, theme)];
  });
  const body = { vconcat: panels, spacing: 18, resolve: { scale: { y: "independent" } } };
  return finishChart({ id, title: title(rows), body }, theme);
}
