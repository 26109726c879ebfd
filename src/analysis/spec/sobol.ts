import { displayLabel, displayText, formatRatio, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { factorKind, factorNames, usedWords } from "./factors.ts";
import { laneAxis } from "./lanes.ts";
import { type Chart, emptyChart, finishChart, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"sweep-sobol">;

const orders = {
  total: "total: what stays if all others are known",
  first: "first order: what goes if it is known",
} as const;
const mostFactors = 12;
const namePx = 230;
const barPx = 640;

/** An estimate of a share may lie below 0. */
function shareText(ratio: number): string {
  return ratio < 0 ? `−${formatRatio(-ratio)}` : formatRatio(ratio);
}

function valuesOf(row: Row, lane: number) {
  const common = { lane, name: displayText(row.factor_name, 80), kind: factorNames[factorKind(row)] };
  return (["total", "first"] as const).map((order) => {
    const [ratio, low, high] = [row[`${order}_ratio`], row[`${order}_low_ratio`], row[`${order}_high_ratio`]];
    const interval = `${shareText(low)} to ${shareText(high)}`;
    return { ...common, order: orders[order], ratio, low, high, share: shareText(ratio), interval };
  });
}

const tooltip = tooltipFields({
  name: "Factor",
  kind: "Is",
  order: "Share",
  share: "Estimate",
  interval: "95 % interval",
});

function title(rows: readonly Row[], shown: number): string {
  const [first, second] = rows;
  const next = second ? `, then ${displayLabel(second.factor_name, 36)} (${shareText(second.total_ratio)})` : "";
  const rest = rows.length > shown ? `; not shown: ${plural(rows.length - shown, "factor")} with less` : "";
  return `${displayLabel(first!.factor_name, 40)} makes most of the blackout's variance: ${shareText(first!.total_ratio)} in total${next}; ${usedWords(first!, "sample", "samples")}${rest}`;
}

/** Whose doing the spread is: both shares of each factor with their intervals. */
export function sobolChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "sobol";
  if (rows.length === 0) return emptyChart(id, "There are no shares of variance in this sweep.", theme);
  const shown = rows.slice(0, mostFactors);
  const values = shown.flatMap(valuesOf);
  const ends = values.flatMap(({ low, high, ratio }) => [low, high, ratio]);
  const x = {
    field: "ratio",
    type: "quantitative",
    scale: { domain: [Math.min(0, ...ends) - 0.02, Math.max(0.1, ...ends) + 0.02], nice: false },
    axis: { title: "share of the blackout's variance, with its 95 % interval", format: ".0%", tickCount: 9 },
  };
  const names = shown.map((row) => displayLabel(row.factor_name, 26) + (row.assumed ? " (assumed)" : ""));
  const y = laneAxis(names, namePx);
  const orderNames = Object.values(orders);
  const yOffset = { field: "order", type: "nominal", scale: { domain: orderNames, paddingOuter: 0.3 } };
  const legend = { title: null, symbolType: "circle", symbolSize: 70, symbolOpacity: 1 };
  const color = { field: "order", type: "nominal", scale: { domain: orderNames, range: theme.pairs }, legend };
  const body = {
    width: barPx,
    height: { step: 26, for: "position" },
    data: { values },
    layer: [
      { data: { values: [{ ratio: 0 }] }, mark: { type: "rule", color: theme.muted }, encoding: { x } },
      {
        mark: { type: "rule", strokeWidth: 2, opacity: 0.5 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y, yOffset, color },
      },
      { mark: { type: "circle", size: 60, opacity: 1 }, encoding: { x, y, yOffset, color, tooltip } },
    ],
  };
  return finishChart({ id, title: title(rows, shown.length), body }, theme);
}
