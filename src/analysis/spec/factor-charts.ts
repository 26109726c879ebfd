import { displayLabel, displayText, formatCount, formatNs, formatRatio, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { linearTimeLabel } from "./axes.ts";
import { type LabelledPoint, labelLayers } from "./labels.ts";
import { type Chart, emptyChart, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type MorrisRow = CatalogueRow<"sweep-morris">;
type SobolRow = CatalogueRow<"sweep-sobol">;

const scatter = { widthPx: 880, heightPx: 360 };
const labelCount = 10;
const factorNames = { axis: "axis of the plan", measured: "measured input", assumed: "assumed input" } as const;

function factorOf(row: { readonly factor_kind: string; readonly assumed: boolean }): keyof typeof factorNames {
  if (row.factor_kind === "axis") return "axis";
  return row.assumed ? "assumed" : "measured";
}

function colourOf(kinds: readonly (keyof typeof factorNames)[], theme: Theme): Layer {
  const present = (Object.keys(factorNames) as (keyof typeof factorNames)[]).filter((kind) => kinds.includes(kind));
  return {
    field: "kind",
    type: "nominal",
    scale: { domain: present.map((kind) => factorNames[kind]), range: present.map((kind) => theme.factors[kind]!) },
    legend: { title: null, symbolType: "circle", symbolSize: 70, symbolOpacity: 1 },
  };
}

function usedWords({ used_count: used, left_out_count: left }: MorrisRow | SobolRow, noun: string): string {
  return `${plural(used, noun)}${left > 0 ? `, ${formatCount(left)} left out` : ""}`;
}

function morrisTitle(rows: readonly MorrisRow[]): string {
  const first = rows[0]!;
  const bent = rows.filter((row) => row.sigma_ns > row.mu_star_ns).length;
  const names = rows.slice(0, 3).map((row) => displayLabel(row.factor_name, 28));
  const how =
    bent === 0
      ? "none acts mainly in a curve or together with others"
      : `${formatCount(bent)} act mainly in curves or together with others (above the line)`;
  return `Of ${plural(rows.length, "factor")}, ${names.join(", ")} matter most, the first by ${formatNs(first.mu_star_ns)} in the mean; ${how}; ${usedWords(first, "trajectory").replace("trajectorys", "trajectories")}`;
}

/** How much each factor matters against how unevenly it acts. */
export function morrisChart(rows: readonly MorrisRow[], theme: Theme): Chart {
  const id = "morris";
  const first = rows[0];
  if (!first) return emptyChart(id, "There are no elementary effects in this sweep.", theme);
  const most = Math.max(1, ...rows.map((row) => row.mu_star_high_ns)) * 1.04;
  const highest = Math.max(1, ...rows.map((row) => row.sigma_ns)) * 1.08;
  const values = rows.map((row) => ({
    mu_star_ns: row.mu_star_ns,
    low_ns: row.mu_star_low_ns,
    high_ns: row.mu_star_high_ns,
    sigma_ns: row.sigma_ns,
    kind: factorNames[factorOf(row)],
    name: displayText(row.factor_name, 80),
    size: `${formatNs(row.mu_star_ns)} (${formatNs(row.mu_star_low_ns)} to ${formatNs(row.mu_star_high_ns)})`,
    mean: formatNs(row.mu_ns),
    spread: formatNs(row.sigma_ns),
  }));
  const axis = (title: string) => ({ title, labelExpr: linearTimeLabel, tickCount: 8 });
  const x = {
    field: "mu_star_ns",
    type: "quantitative",
    scale: { domain: [0, most], nice: false },
    axis: axis("μ*: mean size of the factor's effect on the blackout, with its 95 % interval"),
  };
  const y = {
    field: "sigma_ns",
    type: "quantitative",
    scale: { domain: [0, highest], nice: false },
    axis: { ...axis("σ: how much the effect varies"), minExtent: 50 },
  };
  const color = colourOf(rows.map(factorOf), theme);
  const points: LabelledPoint[] = rows.slice(0, labelCount).map((row) => ({
    xPx: (row.mu_star_ns / most) * scatter.widthPx,
    yPx: scatter.heightPx * (1 - row.sigma_ns / highest),
    text: displayLabel(row.factor_name, 30),
  }));
  const end = Math.min(most, highest);
  const equal = [0, end].map((ns) => ({ mu_star_ns: ns, sigma_ns: ns }));
  const body = {
    width: scatter.widthPx,
    height: scatter.heightPx,
    data: { values },
    layer: [
      {
        data: { values: equal },
        mark: { type: "line", color: theme.muted, strokeWidth: 1, strokeDash: [4, 3] },
        encoding: { x, y },
      },
      {
        mark: { type: "rule", strokeWidth: 1.2, opacity: 0.4 },
        encoding: { x: { ...x, field: "low_ns" }, x2: { field: "high_ns" }, y, color },
      },
      {
        mark: { type: "circle", size: 60, opacity: 0.9 },
        encoding: {
          x,
          y,
          color,
          tooltip: tooltipFields({ name: "Factor", kind: "Is", size: "μ*", mean: "Mean effect", spread: "σ" }),
        },
      },
      ...labelLayers(points, scatter, theme),
    ],
  };
  return finishChart({ id, title: morrisTitle(rows), body }, theme);
}

const orders = {
  total: "total: what stays if all others are known",
  first: "first order: what goes if it is known",
} as const;
const mostFactors = 12;
const namePx = 230;
const barPx = 640;

function sobolValues(row: SobolRow, lane: number) {
  const common = { lane, name: displayText(row.factor_name, 80), kind: factorNames[factorOf(row)] };
  const words = (ratio: number) => (ratio < 0 ? `−${formatRatio(-ratio)}` : formatRatio(ratio));
  return (["total", "first"] as const).map((order) => {
    const [ratio, low, high] = [row[`${order}_ratio`], row[`${order}_low_ratio`], row[`${order}_high_ratio`]];
    return {
      ...common,
      order: orders[order],
      ratio,
      low,
      high,
      share: words(ratio),
      interval: `${words(low)} to ${words(high)}`,
    };
  });
}

function sobolTitle(rows: readonly SobolRow[], shown: number): string {
  const [first, second] = rows;
  const next = second ? `, then ${displayLabel(second.factor_name, 36)} (${formatRatio(second.total_ratio)})` : "";
  const rest = rows.length > shown ? `; not shown: ${plural(rows.length - shown, "factor")} with less` : "";
  return `${displayLabel(first!.factor_name, 40)} makes most of the blackout's variance: ${formatRatio(first!.total_ratio)} in total${next}; ${usedWords(first!, "sample")}${rest}`;
}

/** Whose doing the spread is: both shares of each factor with their intervals. */
export function sobolChart(rows: readonly SobolRow[], theme: Theme): Chart {
  const id = "sobol";
  if (rows.length === 0) return emptyChart(id, "There are no shares of variance in this sweep.", theme);
  const shown = rows.slice(0, mostFactors);
  const names = shown.map((row) => displayLabel(row.factor_name, 30) + (row.assumed ? " (assumed)" : ""));
  const values = shown.flatMap(sobolValues);
  const ends = values.flatMap(({ low, high, ratio }) => [low, high, ratio]);
  const x = {
    field: "ratio",
    type: "quantitative",
    scale: { domain: [Math.min(0, ...ends) - 0.02, Math.max(0.1, ...ends) + 0.02], nice: false },
    axis: { title: "share of the blackout's variance, with its 95 % interval", format: ".0%", tickCount: 9 },
  };
  const y = {
    field: "lane",
    type: "ordinal",
    scale: { paddingInner: 0.3, paddingOuter: 0.2 },
    axis: {
      title: null,
      labelExpr: `${JSON.stringify(names)}[datum.value]`,
      labelLimit: namePx - 8,
      minExtent: namePx,
      maxExtent: namePx,
      domain: false,
      grid: true,
    },
  };
  const yOffset = { field: "order", type: "nominal", scale: { domain: Object.values(orders), paddingOuter: 0.3 } };
  const color = {
    field: "order",
    type: "nominal",
    scale: { domain: Object.values(orders), range: theme.pairs },
    legend: { title: null, symbolType: "circle", symbolSize: 70, symbolOpacity: 1 },
  };
  const body = {
    width: barPx,
    height: { step: 26, for: "position" },
    data: { values },
    layer: [
      {
        data: { values: [{ ratio: 0 }] },
        mark: { type: "rule", color: theme.muted, strokeWidth: 1 },
        encoding: { x },
      },
      {
        mark: { type: "rule", strokeWidth: 2, opacity: 0.5 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y, yOffset, color },
      },
      {
        mark: { type: "circle", size: 60, opacity: 1 },
        encoding: {
          x,
          y,
          yOffset,
          color,
          tooltip: tooltipFields({
            name: "Factor",
            kind: "Is",
            order: "Share",
            share: "Estimate",
            interval: "95 % interval",
          }),
        },
      },
    ],
  };
  return finishChart({ id, title: sobolTitle(rows, shown.length), body }, theme);
}
