import { gibBytes } from "../../base/index.ts";
import { displayLabel, displayText, formatBytes, formatCount } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { errorWords, percentLabel, powersOfTen, signedPercent } from "./axes.ts";
import { type Chart, emptyChart, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"residuals-by-driver">;
type CorrelationRow = CatalogueRow<"driver-correlations">;
type AccuracyRow = CatalogueRow<"accuracy">;
type Driver =
  | "moved_pages"
  | "folio_count"
  | "region_visit_count"
  | "ram_bytes"
  | "cpu_count"
  | "node_count"
  | "session_file_count";

export interface ResidualRows {
  readonly residuals: readonly Row[];
  readonly correlations: readonly CorrelationRow[];
  readonly accuracy: readonly AccuracyRow[];
}

const panelWidthPx = 112;
const panelHeightPx = 84;
const betweenPx = 18;
const axisPx = 88;

/** What each column of panels is over; a base of 2 for what comes in powers of two. */
const drivers: readonly { readonly field: Driver; readonly title: string; readonly base: 2 | 10 }[] = [
  { field: "moved_pages", title: "pages moved", base: 10 },
  { field: "folio_count", title: "folios", base: 10 },
  { field: "region_visit_count", title: "region visits", base: 10 },
  { field: "ram_bytes", title: "RAM (GiB)", base: 2 },
  { field: "cpu_count", title: "CPUs", base: 2 },
  { field: "node_count", title: "NUMA nodes", base: 2 },
  { field: "session_file_count", title: "sessions and files", base: 10 },
];

/** On a scale that has 0 too, values up to this lie evenly. */
const linearUpTo = 100;

function powersOfTwo(low: number, high: number): number[] {
  const first = Math.ceil(Math.log2(low) - 1e-9);
  const count = Math.floor(Math.log2(high) + 1e-9) - first + 1;
  const powers = Array.from({ length: Math.max(0, count) }, (_, index) => 2 ** (first + index));
  return powers.filter((_, index) => powers.length <= 4 || index % 2 === 0);
}

/** Scale and ticks of a driver: logarithmic, and even near 0 where there are zeros. */
function xOf(rows: readonly Row[], { field, base }: (typeof drivers)[number]) {
  const values = rows.map((row) => row[field]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (low > 0) {
    const ticks = base === 2 ? powersOfTwo(low, high) : powersOfTen(low, high, 3);
    return { scale: { type: "log", base, domain: [low / 1.3, high * 1.3], nice: false }, ticks };
  }
  const top = Math.max(1, high);
  const ticks = [0, ...powersOfTen(linearUpTo * 10, Math.max(linearUpTo * 10, top), 2)];
  return { scale: { type: "symlog", constant: linearUpTo, domain: [-linearUpTo / 4, top * 1.6], nice: false }, ticks };
}

function labelOf(field: Driver): string {
  return field === "ram_bytes" ? `format(datum.value / ${gibBytes}, '~r')` : "format(datum.value, '~s')";
}

function fitOf(row: Row, theme: Theme): string {
  return Object.keys(theme.fits)[row.fitted ? 0 : 1]!;
}

function valuesOf(rows: readonly Row[], theme: Theme) {
  return rows.map((row) => ({
    quantity: row.quantity,
    error_ratio: row.error_ratio,
    ...Object.fromEntries(drivers.map(({ field }) => [field, row[field]])),
    fit: fitOf(row, theme),
    alpha: row.is_negligible ? 0.25 : 0.9,
    update: displayText(row.update_name, 60),
    error: signedPercent(row.error_ratio) + (row.is_negligible ? ", less than 0.5 ms" : ""),
    host: `${formatCount(row.cpu_count)} CPUs, ${formatCount(row.node_count)} nodes, ${formatBytes(row.ram_bytes)}`,
    preserved: `${formatCount(row.folio_count)} folios, ${formatCount(row.moved_pages)} pages moved`,
    visits: formatCount(row.region_visit_count),
  }));
}

const tooltip = tooltipFields({
  update: "Recording",
  error: "Error",
  host: "Host",
  preserved: "Preserved",
  visits: "Region visits",
});

interface PanelParts {
  readonly quantity: string;
  readonly driver: (typeof drivers)[number];
  readonly x: ReturnType<typeof xOf>;
  readonly most: number;
  readonly rank: number | null;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Only the outer panels have labels: those to the left and below. */
function axesOf({ driver, x, most, quantity, isFirst, isLast }: PanelParts) {
  const name = quantity.split("_to_").map((part, index) => (index === 0 ? part : `to ${part}`));
  return {
    x: {
      field: driver.field,
      type: "quantitative",
      scale: x.scale,
      axis: {
        title: isLast ? driver.title : null,
        values: x.ticks,
        labelExpr: labelOf(driver.field),
        labels: isLast,
        ticks: isLast,
      },
    },
    y: {
      field: "error_ratio",
      type: "quantitative",
      scale: { domain: [-most, most], nice: false, clamp: true },
      axis: {
        title: isFirst ? name : null,
        labelExpr: percentLabel,
        tickCount: 4,
        labels: isFirst,
        ...(isFirst ? { minExtent: axisPx, maxExtent: axisPx, titleX: -64 } : { minExtent: 0, maxExtent: 0 }),
      },
    },
  };
}

function colourOf(theme: Theme): Layer {
  const fits = Object.keys(theme.fits);
  return {
    field: "fit",
    type: "nominal",
    scale: { domain: fits, range: fits.map((name) => theme.fits[name]!) },
    legend: {
      title: "faint: off by less than 0.5 ms; ρ: rank correlation of error and driver",
      titleOrient: "right",
      titleLimit: 500,
      titlePadding: 14,
      symbolType: "circle",
      symbolSize: 60,
      symbolOpacity: 1,
      offset: 22,
    },
  };
}

function panelOf(parts: PanelParts, theme: Theme): Layer {
  const { x, y } = axesOf(parts);
  const opacity = { field: "alpha", type: "quantitative", scale: null };
  const rank = parts.rank === null ? "" : `ρ ${signed(parts.rank)}`;
  const corner = { align: "right", baseline: "bottom", x: panelWidthPx, y: -2 };
  return {
    width: panelWidthPx,
    height: panelHeightPx,
    transform: [{ filter: { field: "quantity", equal: parts.quantity } }],
    layer: [
      {
        data: { values: [{ error_ratio: 0 }] },
        mark: { type: "rule", color: theme.muted, strokeDash: [3, 3] },
        encoding: { y },
      },
      { mark: { type: "circle", size: 18 }, encoding: { x, y, color: colourOf(theme), opacity, tooltip } },
      {
        data: { values: [{ rank }] },
        mark: { type: "text", fontSize: 10, color: theme.muted, ...corner },
        encoding: { text: { field: "rank", type: "nominal" } },
      },
    ],
  };
}

function signed(rank: number): string {
  return `${rank < 0 ? "−" : ""}${Math.abs(rank).toFixed(2)}`;
}

/** Half the height of a quantity's panels: what is worth showing, and a little more; short things may lie farther out. */
function mostRatio(rows: readonly Row[]): number {
  const counted = rows.filter((row) => !row.is_negligible).map((row) => Math.abs(row.error_ratio));
  return Math.max(0.01, ...counted) * 1.25;
}

/** Below this nobody would draw a line through the points. */
const weakCorrelation = 0.5;

function title({ accuracy, correlations }: ResidualRows): string {
  const worst = accuracy.reduce((most, row) => (Math.abs(row.worst_ratio) > Math.abs(most.worst_ratio) ? row : most));
  const known = correlations.filter((row) => row.rank_correlation_ratio !== null);
  const missed = `the worst prediction, ${worst.quantity} of ${displayLabel(worst.worst_name, 30)}, is ${errorWords(worst.worst_ratio)}`;
  if (known.length === 0) return missed.replace("the", "The");
  const strongest = known.reduce((most, row) =>
    Math.abs(row.rank_correlation_ratio!) > Math.abs(most.rank_correlation_ratio!) ? row : most,
  );
  const driver = drivers.find(({ field }) => field === strongest.driver)?.title ?? strongest.driver;
  const rank = strongest.rank_correlation_ratio!;
  const rankText = `rank correlation ${signed(rank)}`;
  const finding =
    Math.abs(rank) < weakCorrelation
      ? `No driver pulls the errors one way (${rankText} at most: ${strongest.quantity} with ${driver})`
      : `Errors of ${strongest.quantity} go with ${driver} (${rankText})`;
  return `${finding}; ${missed}`;
}

/** Errors of each quantity over each thing that its cost depends on: a slope shows a driver that is modelled wrongly. */
export function residualsByDriverChart(rows: ResidualRows, theme: Theme): Chart {
  const id = "residuals-by-driver";
  const { residuals, correlations } = rows;
  const quantities = [...new Set(residuals.map((row) => row.quantity))];
  if (quantities.length === 0) {
    return emptyChart(id, "There is no update with both predicted and recorded times in this comparison.", theme);
  }
  const scales = drivers.map((driver) => xOf(residuals, driver));
  const panels = quantities.flatMap((quantity, row) => {
    const own = residuals.filter((residual) => residual.quantity === quantity);
    const most = mostRatio(own);
    const rankOf = (field: Driver) =>
      correlations.find((each) => each.quantity === quantity && each.driver === field)?.rank_correlation_ratio ?? null;
    const isLast = row === quantities.length - 1;
    return drivers.map((driver, column) => {
      const rank = rankOf(driver.field);
      return panelOf({ quantity, driver, x: scales[column]!, most, rank, isFirst: column === 0, isLast }, theme);
    });
  });
  const body = {
    data: { values: valuesOf(residuals, theme) },
    concat: panels,
    columns: drivers.length,
    spacing: betweenPx,
    // Plots and not their labels make the grid, so that panels of one driver stand under each other.
    bounds: "flush",
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
