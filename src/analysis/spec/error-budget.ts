import { displayLabel, displayText, formatCount, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { zeroLog } from "./axes.ts";
import { laneAxis, textColumnLayer } from "./lanes.ts";
import { type Chart, emptyChart, finishChart, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"sweep-budget">;

const namePx = 300;
const plotPx = 420;
/** Room for what each lane comes to, in words. */
const textPx = 190;
const lanePx = 22;

/** Updates for a label; without a pause any number fits. */
function countText(count: number | null): string {
  return count === null ? "any" : formatCount(count);
}

function rangeText(row: Row): string {
  const { update_count: count, least_count: least, most_count: most } = row;
  return least === most ? countText(count) : `${countText(count)} (${countText(least)} to ${countText(most)})`;
}

function valueOf(row: Row, lane: number, place: (value: number) => number) {
  return {
    lane,
    objective: row.objective,
    count: place(row.update_count!),
    least: place(row.least_count ?? row.update_count!),
    most: place(row.most_count ?? row.update_count!),
    name: displayText(row.label, 200),
    fits: rangeText(row),
    pause: `${formatNs(row.pause_ns)} (${formatNs(row.low_ns)} to ${formatNs(row.high_ns)})`,
    allowance: formatNs(row.allowance_ns),
  };
}

const tooltip = tooltipFields({
  name: "Configuration",
  objective: "Objective",
  fits: "Updates that fit",
  pause: "Longest pause of a VM",
  allowance: "Downtime allowed",
});

function title(rows: readonly Row[]): string {
  const [first] = rows;
  const own = rows.filter((row) => row.configuration_index === first!.configuration_index);
  const parts = own.map((row, index) => {
    const range =
      row.least_count === row.most_count
        ? ""
        : ` (${countText(row.least_count)} to ${countText(row.most_count)} by the draws)`;
    return `${countText(row.update_count)}${index === 0 ? " updates" : ""}${range} at ${row.objective}`;
  });
  const days = formatCount(first!.window_days_count);
  return `With ${displayLabel(first!.label, 80)}, the downtime that ${days} days allow is enough for ${parts.join(", ")}`;
}

/** How many updates fit into a quarter: a lane a configuration and objective, with the range over the draws. */
export function errorBudgetChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "error-budget";
  const known = rows.filter((row) => row.update_count !== null);
  if (known.length === 0)
    return emptyChart(id, "There is no pause in this sweep that would take from a budget.", theme);
  const counts = known.flatMap((row) => [row.update_count!, row.least_count ?? 0, row.most_count ?? 0]);
  const zero = zeroLog(counts, "format(datum.value, ',~r')");
  // Without a zero there is no place for it.
  const skip = counts.includes(0) ? 0 : 1;
  const scale = { ...zero, domain: [zero.ticks[skip]!, zero.domain[1]], ticks: zero.ticks.slice(skip) };
  const objectives = [...new Set(known.map((row) => row.objective))];
  const values = known.map((row, lane) => valueOf(row, lane, scale.place));
  const labels = known.map((row) =>
    row.objective === objectives[0] ? `${formatCount(row.rank_index + 1)}. ${displayLabel(row.short_label, 44)}` : "",
  );
  const y = laneAxis(labels, namePx);
  const x = {
    field: "count",
    type: "quantitative",
    scale: { type: "log", domain: scale.domain, nice: false },
    axis: { title: "updates a quarter (logarithmic)", values: scale.ticks, labelExpr: scale.labelExpr },
  };
  const color = {
    field: "objective",
    type: "nominal",
    scale: { domain: objectives, range: theme.pairs.slice(0, objectives.length) },
    legend: { title: "each VM is up for", symbolType: "circle", symbolSize: 70, symbolOpacity: 1 },
  };
  const body = {
    width: plotPx + textPx,
    height: { step: lanePx },
    data: { values },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 3, opacity: 0.45 },
        encoding: {
          x: { ...x, field: "least", scale: { ...x.scale, range: [0, plotPx] } },
          x2: { field: "most" },
          y,
          color,
        },
      },
      {
        mark: { type: "circle", size: 70, opacity: 1 },
        encoding: { x: { ...x, scale: { ...x.scale, range: [0, plotPx] } }, y, color, tooltip },
      },
      textColumnLayer("fits", plotPx + textPx, y),
    ],
  };
  return finishChart({ id, title: title(known), body }, theme);
}
