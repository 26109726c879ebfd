import { displayLabel, displayText, formatCount, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { linearTimeLabel } from "./axes.ts";
import { factorColour, factorKind, factorNames, usedWords } from "./factors.ts";
import { type LabelledPoint, labelLayers } from "./labels.ts";
import { type Chart, emptyChart, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"sweep-morris">;

const size = { widthPx: 880, heightPx: 360 };
const labelCount = 10;

interface Frame {
  readonly mostNs: number;
  readonly highestNs: number;
}

function title(rows: readonly Row[]): string {
  const first = rows[0]!;
  const bent = rows.filter((row) => row.sigma_ns > row.mu_star_ns).length;
  const names = rows.slice(0, 3).map((row) => displayLabel(row.factor_name, 28));
  const matter = `${names.join(", ")} ${names.length === 1 ? "matters" : "matter"} most`;
  const how =
    bent === 0
      ? "none acts mainly in a curve or together with others"
      : `${formatCount(bent)} ${bent === 1 ? "acts" : "act"} mainly in curves or together with others (above the line)`;
  const rest = usedWords(first, "trajectory", "trajectories");
  return `Of ${plural(rows.length, "factor")}, ${matter}, the first by ${formatNs(first.mu_star_ns)} in the mean; ${how}; ${rest}`;
}

function valueOf(row: Row) {
  return {
    mu_star_ns: row.mu_star_ns,
    low_ns: row.mu_star_low_ns,
    high_ns: row.mu_star_high_ns,
    sigma_ns: row.sigma_ns,
    kind: factorNames[factorKind(row)],
    name: displayText(row.factor_name, 80),
    size: `${formatNs(row.mu_star_ns)} (${formatNs(row.mu_star_low_ns)} to ${formatNs(row.mu_star_high_ns)})`,
    mean: formatNs(row.mu_ns),
    spread: formatNs(row.sigma_ns),
  };
}

const tooltip = tooltipFields({ name: "Factor", kind: "Is", size: "μ*", mean: "Mean effect", spread: "σ" });

function axesOf({ mostNs, highestNs }: Frame): { readonly x: Layer; readonly y: Layer } {
  const axis = (name: string) => ({ title: name, labelExpr: linearTimeLabel, tickCount: 8 });
  return {
    x: {
      field: "mu_star_ns",
      type: "quantitative",
      scale: { domain: [0, mostNs], nice: false },
      axis: axis("μ*: mean size of the factor's effect on the blackout, with its 95 % interval"),
    },
    y: {
      field: "sigma_ns",
      type: "quantitative",
      scale: { domain: [0, highestNs], nice: false },
      axis: { ...axis("σ: how much the effect varies"), minExtent: 50 },
    },
  };
}

function labelPoints(rows: readonly Row[], { mostNs, highestNs }: Frame): LabelledPoint[] {
  return rows.slice(0, labelCount).map((row) => ({
    xPx: (row.mu_star_ns / mostNs) * size.widthPx,
    yPx: size.heightPx * (1 - row.sigma_ns / highestNs),
    text: displayLabel(row.factor_name, 30),
  }));
}

/** How much each factor matters against how unevenly it acts. */
export function morrisChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "morris";
  if (rows.length === 0) return emptyChart(id, "There are no elementary effects in this sweep.", theme);
  const frame = {
    mostNs: Math.max(1, ...rows.map((row) => row.mu_star_high_ns)) * 1.04,
    highestNs: Math.max(1, ...rows.map((row) => row.sigma_ns)) * 1.08,
  };
  const { x, y } = axesOf(frame);
  const color = factorColour(rows.map(factorKind), theme);
  const equal = [0, Math.min(frame.mostNs, frame.highestNs)].map((ns) => ({ mu_star_ns: ns, sigma_ns: ns }));
  const body = {
    width: size.widthPx,
    height: size.heightPx,
    data: { values: rows.map(valueOf) },
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
      { mark: { type: "circle", size: 60, opacity: 0.9 }, encoding: { x, y, color, tooltip } },
      ...labelLayers(labelPoints(rows, frame), size, theme),
    ],
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
