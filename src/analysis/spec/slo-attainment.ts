import { displayLabel, displayText, formatNs, formatRatio } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { linearTimeLabel, roundLogTicks, timeLabel } from "./axes.ts";
import { type Chart, emptyChart, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"sweep-attainment">;
type HeadlineRow = CatalogueRow<"sweep-headline">;

const widthPx = 880;
const heightPx = 300;
/** Pauses that differ by more have a logarithmic scale. */
const widestLinear = 12;

/** A configuration as the legend names it: why it is shown, what it is, what it attains. */
function seriesOf(row: Row, headline: HeadlineRow): string {
  const attained = `${formatRatio(row.attained_ratio)} ≤ ${formatNs(headline.slo_pause_ns)}`;
  return `${row.role_name}: ${displayLabel(row.short_label, 76)} (${attained})`;
}

function valuesOf(own: readonly Row[], series: string, [from, to]: readonly [number, number]) {
  const shown = (pauseNs: number, ratio: number) => ({
    pause_ns: pauseNs,
    within_ratio: ratio,
    series,
    name: displayText(own[0]!.label, 200),
    pause: formatNs(pauseNs),
    within: formatRatio(ratio),
  });
  // A curve begins at nobody and goes on at everybody to the plot's edges.
  return [shown(from, 0), ...own.map((row) => shown(row.pause_ns, row.within_ratio)), shown(to, 1)];
}

const tooltip = tooltipFields({ name: "Configuration", within: "Share of VMs", pause: "Stand still at most" });

function sloLayers(headline: HeadlineRow, [from, to]: readonly [number, number], theme: Theme): Layer[] {
  const { slo_pause_ns: sloNs, slo_vm_ratio: ratio } = headline;
  const mark = { type: "rule", color: theme.ink, strokeDash: [5, 3], strokeWidth: 1 };
  const text = { type: "text", fontSize: 10, color: theme.ink };
  const vertical = sloNs >= from && sloNs <= to;
  const data = {
    values: [
      {
        pause_ns: sloNs,
        within_ratio: ratio,
        words: `SLO ${displayText(headline.slo_name, 40)}: ${formatNs(sloNs)}`,
        share: `${formatRatio(ratio)} of VMs`,
      },
    ],
  };
  const x = { field: "pause_ns", type: "quantitative" };
  const y = { field: "within_ratio", type: "quantitative" };
  return [
    ...(vertical
      ? [
          { data, mark, encoding: { x } },
          {
            data,
            mark: { ...text, align: "left", baseline: "bottom", dx: -2, dy: -3 },
            encoding: { x, y: { value: 0 }, text: { field: "words", type: "nominal" } },
          },
        ]
      : []),
    { data, mark: { ...mark, strokeDash: [2, 3] }, encoding: { y } },
    {
      data,
      mark: { ...text, align: "left", baseline: "middle", dx: 4, color: theme.muted },
      encoding: { x: { value: widthPx }, y, text: { field: "share", type: "nominal" } },
    },
  ];
}

function title(rows: readonly Row[], headline: HeadlineRow): string {
  const first = rows[0]!;
  const others = rows.filter((row) => row.order_index !== first.order_index);
  const worst = others.toSorted((left, right) => left.attained_ratio - right.attained_ratio)[0];
  const own = `With ${displayLabel(first.label, 90)}, ${formatRatio(first.attained_ratio)} of VMs stand still for at most ${formatNs(headline.slo_pause_ns)} over all draws`;
  const rest = worst
    ? `; of those beside it, the least share is ${formatRatio(worst.attained_ratio)} (${worst.role_name})`
    : "";
  return `${own}; ${formatRatio(headline.slo_vm_ratio)} are promised${rest}`;
}

function colourOf(series: readonly string[], theme: Theme): Layer {
  return {
    field: "series",
    type: "nominal",
    scale: { domain: series, range: theme.configurations.slice(0, series.length) },
    legend: {
      title: null,
      direction: "vertical",
      columns: 1,
      symbolType: "stroke",
      symbolStrokeWidth: 3,
      symbolSize: 200,
      labelLimit: widthPx,
      offset: 18,
    },
  };
}

/** Share of VMs that stand still for at most so long, over all draws: a curve a configuration. */
export function sloAttainmentChart(rows: readonly Row[], headline: HeadlineRow, theme: Theme): Chart {
  const id = "slo-attainment";
  if (rows.length === 0) return emptyChart(id, "There are no pauses of VMs in this sweep.", theme);
  const groups = [...new Set(rows.map((row) => row.order_index))].map((order) =>
    rows.filter((row) => row.order_index === order),
  );
  const series = groups.map((own) => seriesOf(own[0]!, headline));
  const positive = rows.map((row) => row.pause_ns).filter((ns) => ns > 0);
  const [low, high] = [Math.min(...positive, headline.slo_pause_ns), Math.max(...positive, headline.slo_pause_ns)];
  const isLog = high / low > widestLinear && positive.length === rows.length;
  const domain: readonly [number, number] = isLog ? [low / 1.3, high * 1.15] : [0, high * 1.05];
  const x = {
    field: "pause_ns",
    type: "quantitative",
    scale: isLog ? { type: "log", domain, nice: false } : { domain, nice: false },
    axis: {
      title: `a VM stands still for at most${isLog ? " (logarithmic)" : ""}`,
      ...(isLog
        ? { labelExpr: timeLabel, values: roundLogTicks(...domain) }
        : { labelExpr: linearTimeLabel, tickCount: 9 }),
    },
  };
  const y = {
    field: "within_ratio",
    type: "quantitative",
    scale: { domain: [0, 1] },
    axis: { title: "share of VMs, over all draws", format: ".0%", tickCount: 6, minExtent: 44 },
  };
  const body = {
    width: widthPx,
    height: heightPx,
    layer: [
      ...sloLayers(headline, domain, theme),
      {
        data: { values: groups.flatMap((own, index) => valuesOf(own, series[index]!, domain)) },
        mark: { type: "line", interpolate: "step-after", strokeWidth: 1.8 },
        encoding: {
          x,
          y,
          color: colourOf(series, theme),
          tooltip,
        },
      },
    ],
  };
  return finishChart({ id, title: title(rows, headline), body }, theme);
}
