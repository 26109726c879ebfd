import { displayLabel, displayText, formatCount, formatMeasure, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { laneAxis, textColumnLayer } from "./lanes.ts";
import { type Chart, emptyChart, finishChart, type Layer, secondsLabel, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"sweep-tornado">;
type HeadlineRow = CatalogueRow<"sweep-headline">;

const namePx = 230;
const barPx = 520;
const textPx = 150;
const lanePx = 23;

const endNames = { low: "input at its low end", high: "input at its high end" } as const;

function isAssumed(row: Row): boolean {
  return row.input_name !== null && row.assumed_count > 0;
}

function labelOf(row: Row): string {
  if (row.input_name !== null) return displayLabel(row.input_name, 26) + (isAssumed(row) ? " (assumed)" : "");
  return `any of ${plural(row.input_count, "other")}`;
}

/** Two bars an input, one to each side of the base; an assumed one is hollow. */
function valuesOf(row: Row, theme: Theme) {
  const value = (ns: number | null, unit: string | null) => (ns === null ? "–" : formatMeasure(ns, unit ?? "number"));
  const common = {
    lane: row.row_index,
    base_ns: row.base_ns,
    label: labelOf(row),
    range: `${formatNs(row.low_ns)} to ${formatNs(row.high_ns)}`,
    interval:
      row.low === null
        ? "–"
        : `${value(row.low, row.unit)} to ${value(row.high, row.unit)}, median ${value(row.base, row.unit)}`,
    per: row.per === null || row.per === "" ? "–" : displayText(row.per, 90),
  };
  return (["low", "high"] as const).map((end) => ({
    ...common,
    end: endNames[end],
    end_ns: end === "low" ? row.low_ns : row.high_ns,
    fill: isAssumed(row) ? theme.paper : theme.ends[end]!,
  }));
}

const tooltip = tooltipFields({
  label: "Input",
  end: "End",
  range: "Blackout, low to high",
  interval: "Its interval",
  per: "Paid for one",
});

/** The base, and the SLO where it is near. */
function ruleLayers(baseNs: number, sloNs: number | undefined, theme: Theme): Layer[] {
  const rule = (ns: number, dash: readonly number[], words: string): Layer[] => {
    const data = { values: [{ end_ns: ns, words }] };
    const x = { field: "end_ns", type: "quantitative" };
    return [
      { data, mark: { type: "rule", color: theme.ink, strokeDash: dash, strokeWidth: 1 }, encoding: { x } },
      {
        data,
        mark: { type: "text", baseline: "bottom", align: "left", dx: 3, dy: -3, fontSize: 10, color: theme.muted },
        encoding: { x, y: { value: 0 }, text: { field: "words", type: "nominal" } },
      },
    ];
  };
  return [
    ...rule(baseNs, [], `base ${formatNs(baseNs)}`),
    ...(sloNs === undefined ? [] : rule(sloNs, [5, 3], `SLO ${formatNs(sloNs)}`)),
  ];
}

function title(rows: readonly Row[]): string {
  const first = rows[0]!;
  const named = rows.filter((row) => row.input_name !== null);
  const assumed = named.filter(isAssumed);
  const names = assumed.slice(0, 3).map((row) => displayLabel(row.input_name!, 24));
  const one = `${displayLabel(first.input_name!, 40)} alone moves the blackout of the plan's scenario from ${formatNs(first.low_ns)} to ${formatNs(first.high_ns)}`;
  const two =
    assumed.length === 0
      ? "none of those shown is assumed"
      : `measure better: ${names.join(", ")} (${formatCount(assumed.length)} of the ${formatCount(named.length)} that matter most ${assumed.length === 1 ? "is" : "are"} assumed, hollow)`;
  const unknown =
    first.unknown_count > 0
      ? `; ${plural(first.unknown_count, "input")} without an effect: a run was refused or failed`
      : "";
  return `${one}; ${two}${unknown}`;
}

/** From end to end of all bars, with the SLO where it is near. */
function frameOf(rows: readonly Row[], { slo_pause_ns: limitNs }: HeadlineRow) {
  const all = rows.flatMap((row) => [row.base_ns, row.low_ns, row.high_ns]);
  const sloNs = limitNs > Math.min(...all) / 2 && limitNs < Math.max(...all) * 1.3 ? limitNs : undefined;
  const ends = [...all, ...(sloNs === undefined ? [] : [sloNs])];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const pad = Math.max(1, (high - low) * 0.04);
  return { domain: [Math.max(0, low - pad), high + pad], sloNs };
}

/** What one uncertain input after the other makes of the blackout, the widest on top. */
export function tornadoChart(rows: readonly Row[], headline: HeadlineRow, theme: Theme): Chart {
  const id = "tornado";
  if (rows[0]?.input_name === undefined || rows[0].input_name === null) {
    return emptyChart(id, "There are no runs in this sweep that vary one uncertain input at a time.", theme);
  }
  const values = rows.flatMap((row) => valuesOf(row, theme));
  const { domain, sloNs } = frameOf(rows, headline);
  const x = {
    field: "base_ns",
    type: "quantitative",
    scale: { domain, nice: false, zero: false, range: [0, barPx] },
    axis: { title: "blackout of the plan's scenario (s)", labelExpr: secondsLabel, tickCount: 9 },
  };
  const y = laneAxis(rows.map(labelOf), namePx);
  const stroke = {
    field: "end",
    type: "nominal",
    scale: { domain: Object.values(endNames), range: [theme.ends["low"]!, theme.ends["high"]!] },
    legend: { title: null, symbolStrokeWidth: 8, symbolType: "stroke", offset: 20 },
  };
  const body = {
    width: barPx + textPx,
    height: { step: lanePx },
    data: { values },
    layer: [
      {
        mark: { type: "bar", strokeWidth: 1.4 },
        encoding: {
          x,
          x2: { field: "end_ns" },
          y,
          stroke,
          fill: { field: "fill", type: "nominal", scale: null },
          tooltip,
        },
      },
      ...ruleLayers(rows[0].base_ns, sloNs, theme),
      {
        ...textColumnLayer("range", barPx + textPx, y),
        transform: [{ filter: `datum.end === '${endNames.low}'` }],
      },
    ],
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
