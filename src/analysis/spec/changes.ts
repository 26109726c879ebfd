import { formatPValue, formatDeltaRatio, mediansWords, rowWords } from "../difference-sentences.ts";
import { displayLabel, displayText, formatCount, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { percentLabel, powersOfTen } from "./axes.ts";
import { laneAxis, textColumnLayer } from "./lanes.ts";
import { type Chart, emptyChart, estimateTextPx, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"difference-forest">;
type HeadlineRow = CatalogueRow<"difference-headline">;

const namePx = 320;
const plotPx = 440;
/** Room to the right of the plot for the two medians, and for the share. */
const mediansPx = 185;
const sharePx = 80;
const lanePx = 22;

const verdictNames: Readonly<Record<string, string>> = {
  worse: "worse",
  better: "better",
  different: "different, neither end is better",
  "did-not-finish": "did not finish everywhere",
  inconclusive: "undecided",
  same: "the same",
};

const shapes: Readonly<Record<string, string>> = {
  worse: "square",
  better: "circle",
  different: "diamond",
  "did-not-finish": "triangle-up",
  inconclusive: "cross",
  same: "circle",
};

function nameOf(row: Row, { new_label: only }: HeadlineRow): string {
  const side = only === null ? ` in ${displayText(row.side_label, 20)}` : "";
  return rowWords(row) + side;
}

/** Up to here a scale for changes of all sizes is linear. */
const linearRatio = 0.01;

/** Powers of ten to both sides of zero, as many as have room for their labels: from zero outwards. */
function wideTicks([least, most]: readonly [number, number]): number[] {
  const place = (value: number): number => Math.sign(value) * Math.log1p(Math.abs(value) / linearRatio);
  const pxOf = (value: number): number => ((place(value) - place(least)) / (place(most) - place(least))) * plotPx;
  const powers = powersOfTen(linearRatio, Math.max(-least, most), 1000);
  const kept = [0];
  for (const sign of [1, -1]) {
    let last = 0;
    for (const power of powers) {
      const value = sign * power;
      const roomPx = (estimateTextPx(formatDeltaRatio(value)) + estimateTextPx(formatDeltaRatio(last))) / 2;
      if (value < least || value > most || Math.abs(pxOf(value) - pxOf(last)) < roomPx) continue;
      kept.push(value);
      last = value;
    }
  }
  return kept.sort((one, two) => one - two);
}

/** From where to where the scale reaches, and whether changes are too far apart for a linear one. */
function scaleOf(rows: readonly Row[]) {
  const ends = rows.flatMap(({ delta_ratio: ratio, low_ratio: low, high_ratio: high }) => [
    ratio,
    low ?? ratio,
    high ?? ratio,
  ]);
  const [least, most] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const sizes = rows
    .map((row) => Math.abs(row.delta_ratio))
    .filter((size) => size > 0)
    .sort((one, two) => one - two);
  const farthest = Math.max(-least, most);
  const isWide = farthest > 0.5 && farthest > 10 * (sizes[sizes.length >> 1] ?? farthest);
  if (!isWide) {
    const pad = Math.max((most - least) * 0.05, 0.001);
    return { domain: [least - pad, most + pad] as const, scale: { type: "linear", nice: false }, isWide };
  }
  const grown = (end: number): number => (end === 0 ? 0 : end * 1.3) + Math.sign(end) * 0.003;
  const domain = [least === 0 ? -0.003 : grown(least), most === 0 ? 0.003 : grown(most)] as const;
  return { domain, scale: { type: "symlog", constant: linearRatio, nice: false }, values: wideTicks(domain), isWide };
}

function valueOf(row: Row, headline: HeadlineRow, [least, most]: readonly [number, number]) {
  const interval =
    row.low_ratio === null || row.high_ratio === null
      ? "–"
      : `${formatDeltaRatio(row.low_ratio)} to ${formatDeltaRatio(row.high_ratio)}`;
  const floor = row.floor_ratio ?? 0;
  return {
    lane: row.lane_index,
    label: nameOf(row, headline),
    verdict: row.verdict,
    delta_ratio: row.delta_ratio,
    low_ratio: row.low_ratio,
    high_ratio: row.high_ratio,
    floor_low: Math.max(-floor, least),
    floor_high: Math.min(floor, most),
    medians: mediansWords(row),
    share: formatDeltaRatio(row.delta_ratio),
    interval,
    p_value: row.is_exact ? "exact" : formatPValue(row.adjusted_p_value),
    reason: displayText(row.reason, 120),
  };
}

const tooltip = tooltipFields({
  label: "Value",
  medians: "Medians",
  share: "Change",
  interval: "95 % interval",
  p_value: "p, corrected",
  reason: "Why",
});

function layersOf({ x, y }: { x: Layer; y: Layer }, verdicts: readonly string[], theme: Theme): Layer[] {
  const domain = verdicts;
  const legend = { title: null, labelExpr: `${JSON.stringify(verdictNames)}[datum.label]`, symbolSize: 60 };
  const color = {
    field: "verdict",
    type: "nominal",
    scale: { domain, range: domain.map((name) => theme.verdicts[name]) },
    legend,
  };
  const shape = { ...color, scale: { domain, range: domain.map((name) => shapes[name]) } };
  return [
    {
      mark: { type: "bar", color: theme.shade, height: { band: 1.45 } },
      encoding: { x: { ...x, field: "floor_low" }, x2: { field: "floor_high" }, y },
    },
    {
      data: { values: [{ zero: 0 }] },
      mark: { type: "rule", color: theme.muted, strokeWidth: 1 },
      encoding: { x: { ...x, field: "zero" } },
    },
    {
      transform: [{ filter: "isValid(datum.low_ratio)" }],
      mark: { type: "rule", strokeWidth: 2 },
      encoding: {
        x: { ...x, field: "low_ratio" },
        x2: { field: "high_ratio" },
        y,
        color,
        tooltip,
      },
    },
    {
      mark: { type: "point", filled: true, opacity: 1, size: 48 },
      encoding: { x, y, color, shape, tooltip },
    },
    textColumnLayer("medians", plotPx + mediansPx, y),
    textColumnLayer("share", plotPx + mediansPx + sharePx, y),
  ];
}

/** Of what is not sure the largest difference that would matter: beyond its floor. */
function unsureWords(rows: readonly Row[], headline: HeadlineRow): string {
  const most = rows.find(({ delta_ratio: ratio, floor_ratio: floor }) => Math.abs(ratio ?? 0) > (floor ?? 0));
  if (!most) return "no difference is sure, and none is beyond what counts as none";
  return `no difference is sure, the largest is ${formatDeltaRatio(most.delta_ratio)}, of ${displayLabel(nameOf(most, headline), 60)}`;
}

function title(rows: readonly Row[], headline: HeadlineRow): string {
  const first = rows[0]!;
  const { worse_count: worse, better_count: better, change_count: all } = headline;
  const counts = `${formatCount(worse)} of ${plural(all, "value")} ${worse === 1 ? "is" : "are"} worse and ${formatCount(better)} better`;
  const interval =
    first.low_ratio === null || first.high_ratio === null
      ? ""
      : ` (${formatDeltaRatio(first.low_ratio)} to ${formatDeltaRatio(first.high_ratio)})`;
  const isChanged = first.verdict !== "same" && first.verdict !== "inconclusive";
  const top = isChanged
    ? `${displayLabel(nameOf(first, headline), 60)} changes by ${formatDeltaRatio(first.delta_ratio)}${interval}`
    : unsureWords(rows, headline);
  const hidden =
    first.hidden_count === 0
      ? ""
      : `; not drawn: ${formatCount(first.hidden_count)} more, ${formatCount(first.hidden_changed_count)} of them changed`;
  const unplaced =
    first.unplaced_count === 0
      ? ""
      : `; ${plural(first.unplaced_count, "change")} from or to nothing ${first.unplaced_count === 1 ? "is" : "are"} not drawn`;
  return `${counts}: ${top}${hidden}${unplaced}`;
}

/** By which share each row changes, with its interval: what is worse first. */
export function changesChart(rows: readonly Row[], headline: HeadlineRow, theme: Theme): Chart {
  const id = "changes";
  if (rows.length === 0) {
    return emptyChart(id, "There is no value in this difference whose change is a share of its base.", theme);
  }
  const { domain, scale, values: ticks, isWide } = scaleOf(rows);
  const values = rows.map((row) => valueOf(row, headline, domain));
  const wide = isWide ? "; beyond 1 % the scale is logarithmic" : "";
  const x = {
    field: "delta_ratio",
    type: "quantitative",
    scale: { ...scale, domain, range: [0, plotPx] },
    axis: {
      title: `change as a share of the base, with its 95 % interval${wide}`,
      labelExpr: percentLabel,
      labelOverlap: "greedy",
      labelSeparation: 6,
      ...(ticks ? { values: ticks } : { tickCount: 5 }),
    },
  };
  const y = laneAxis(
    values.map(({ label }) => displayLabel(label, 46)),
    namePx,
  );
  const verdicts = Object.keys(verdictNames).filter((verdict) => rows.some((row) => row.verdict === verdict));
  const body = {
    width: plotPx + mediansPx + sharePx,
    height: { step: lanePx },
    data: { values },
    layer: layersOf({ x, y }, verdicts, theme),
  };
  return finishChart({ id, title: title(rows, headline), body }, theme);
}
