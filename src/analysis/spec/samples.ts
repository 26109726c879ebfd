import { formatValue, formatPValue, formatDeltaRatio, rowWords } from "../difference-sentences.ts";
import { displayLabel, displayText, formatCount, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { bytesLabel, linearTimeLabel, shareLabel } from "./axes.ts";
import { laneAxis, textColumnLayer } from "./lanes.ts";
import { type Chart, emptyChart, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type Group = CatalogueRow<"difference-groups">;
type Sample = CatalogueRow<"difference-samples">;

const namePx = 200;
const plotPx = 620;
/** Room to the right of the strips for median and number of samples. */
const textPx = 175;
const lanePx = 19;

const unitLabels: Readonly<Record<string, string>> = { ns: linearTimeLabel, bytes: bytesLabel, ratio: shareLabel };

/** One row: its sides below each other, on a scale of its own. */
interface Panel {
  readonly groups: readonly Group[];
  readonly samples: readonly Sample[];
}

function panelsOf(groups: readonly Group[], samples: readonly Sample[]): Panel[] {
  const panels = Map.groupBy(groups, (group) => group.panel_index);
  const strips = Map.groupBy(samples, (sample) => sample.panel_index);
  return [...panels].map(([index, own]) => ({ groups: own, samples: strips.get(index) ?? [] }));
}

function changedOf(groups: readonly Group[]): Group {
  return groups.find((group) => group.verdict !== null) ?? groups.at(-1)!;
}

function headOf(groups: readonly Group[]): string {
  const changed = changedOf(groups);
  const name = displayLabel(rowWords(changed), 90);
  const p = changed.adjusted_p_value === null ? "" : `, p ${formatPValue(changed.adjusted_p_value)}`;
  const sides = changed.hidden_side_count > 0 ? `; not drawn: ${plural(changed.hidden_side_count, "side")}` : "";
  return `${name}: ${changed.verdict ?? ""}, ${formatDeltaRatio(changed.delta_ratio)}${p}${sides}`;
}

function groupValue(group: Group, lane: number) {
  const failed = group.failed_count > 0 ? `, ${formatCount(group.failed_count)} failed` : "";
  return {
    lane,
    side: displayText(group.side_label, 60),
    median: group.median,
    summary: `${formatValue(group.median, group.unit)}, n ${formatCount(group.sample_count)}${failed}`,
    range: `${formatValue(group.least, group.unit)} to ${formatValue(group.most, group.unit)}`,
  };
}

/** From the least to the most of all samples, with some room where they are all one. */
function domainOf(samples: readonly Sample[]): readonly [number, number] {
  const values = samples.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const pad = Math.max((most - least) * 0.04, Math.abs(most) * 0.001, Number.MIN_VALUE);
  return [least - pad, most + pad];
}

function panelLayer({ groups, samples }: Panel, theme: Theme): Layer {
  const lanes = new Map(groups.map((group, lane) => [group.side_index, lane]));
  const values = groups.map(groupValue);
  const { unit } = groups[0]!;
  const strips = samples.map(({ side_index: side, value }) => ({
    lane: lanes.get(side)!,
    value,
    side: values[lanes.get(side)!]!.side,
    text: formatValue(value, unit),
  }));
  const x = {
    field: "value",
    type: "quantitative",
    scale: { domain: domainOf(samples), zero: false, nice: false, range: [0, plotPx] },
    axis: {
      title: null,
      labelExpr: unitLabels[unit] ?? "format(datum.value, ',.6~r')",
      tickCount: 6,
      labelOverlap: true,
    },
  };
  const y = laneAxis(
    values.map(({ side }) => displayLabel(side, 24)),
    namePx,
  );
  const color = {
    field: "lane",
    type: "nominal",
    scale: { domain: values.map(({ lane }) => lane), range: values.map(({ lane }) => theme.configurations[lane % 6]) },
    legend: null,
  };
  return {
    title: { text: headOf(groups), anchor: "start", frame: "bounds", fontSize: 11, fontWeight: "bold", offset: 4 },
    width: plotPx + textPx,
    height: { step: lanePx },
    data: { values },
    layer: [
      {
        data: { values: strips },
        mark: { type: "tick", thickness: 1.4, size: lanePx - 8, opacity: 0.65 },
        encoding: { x, y, color, tooltip: tooltipFields({ side: "Side", text: "Sample" }) },
      },
      {
        transform: [{ filter: "isValid(datum.median)" }],
        mark: { type: "tick", thickness: 2.6, size: lanePx - 3, color: theme.ink, opacity: 1 },
        encoding: {
          x: { ...x, field: "median" },
          y,
          tooltip: tooltipFields({ side: "Side", summary: "Median", range: "From least to most" }),
        },
      },
      textColumnLayer("summary", plotPx + textPx, y),
    ],
  };
}

function title(groups: readonly Group[]): string {
  const own = groups.filter((group) => group.panel_index === groups[0]!.panel_index);
  const changed = changedOf(own);
  const count = new Set(groups.map((group) => group.panel_index)).size + changed.hidden_count;
  const base = own.find((group) => group.side_index === 0);
  const medians =
    base === undefined
      ? formatValue(changed.median, changed.unit)
      : `from ${formatValue(base.median, changed.unit)} to ${formatValue(changed.median, changed.unit)}`;
  const over = own.map((group) => formatCount(group.sample_count)).join(" and ");
  const hidden = changed.hidden_count > 0 ? `; not drawn: ${formatCount(changed.hidden_count)} more` : "";
  const who =
    count === 1
      ? "The only noisy value that changed is"
      : `Of ${formatCount(count)} noisy values that changed the first is`;
  return `${who} ${displayLabel(rowWords(changed), 60)}: its median goes ${medians} (${formatDeltaRatio(changed.delta_ratio)}) over ${over} samples${hidden}`;
}

/** All samples of noisy rows that changed, side by side, with their medians. */
export function samplesChart(groups: readonly Group[], samples: readonly Sample[], theme: Theme): Chart {
  const id = "samples";
  if (groups.length === 0 || samples.length === 0) {
    return emptyChart(id, "There is no noisy value in this difference that changed and has samples.", theme);
  }
  const panels = panelsOf(groups, samples).filter((panel) => panel.samples.length > 0);
  const body = { vconcat: panels.map((panel) => panelLayer(panel, theme)), spacing: 14 };
  return finishChart({ id, title: title(groups), body }, theme);
}
