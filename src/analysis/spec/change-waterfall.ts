import { formatDeltaRatio, rowWords } from "../difference-sentences.ts";
import { displayLabel, displaySteps, displayText, formatNs, formatRatio, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { linearTimeLabel } from "./axes.ts";
import { laneAxis, textColumnLayer } from "./lanes.ts";
import { type Chart, emptyChart, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";
import { barKind, isSum, barLayer, connectorLayer, kindColor, longerWords, nsOrDash, signedNs } from "./waterfall.ts";

type Row = CatalogueRow<"difference-waterfall">;

const namePx = 250;
const barPx = 400;
/** Room to the right of the bars: for the change, for its share, and for what causes it. */
const changePx = 85;
const sharePx = 65;
const causePx = 250;
const lanePx = 22;

const kindNames: Readonly<Record<string, string>> = { shorter: "shorter", longer: "longer", sum: "the whole" };

function labelOf(row: Row): string {
  switch (row.row_kind) {
    case "from":
      return `base: ${displayLabel(row.base_label, 26)}`;
    case "to":
      return `new: ${displayLabel(row.side_label, 26)}`;
    case "others":
      return plural(row.step_count, "other step");
    case "rest":
      return "not explained by a step";
    default:
      return `${displayText(row.phase ?? "", 13)}: ${displaySteps(row.step, 20)}`;
  }
}

/** The constant that changes a step most, and by how much. */
function causeText(row: Row): string {
  if (row.cause === null || row.cause_delta_ns === null) return "";
  return `${displayLabel(row.cause, 24)} ${signedNs(row.cause_delta_ns)}`;
}

function shareText(ratio: number | null): string {
  if (ratio === null) return "";
  return ratio <= -0.0001 ? `−${formatRatio(-ratio)}` : formatRatio(Math.abs(ratio));
}

function valueOf(row: Row) {
  return {
    lane: row.row_index,
    label: labelOf(row),
    kind: barKind(row, isSum(row)),
    start_ns: row.start_ns,
    end_ns: row.end_ns,
    change: isSum(row) ? formatNs(row.end_ns) : signedNs(row.end_ns - row.start_ns),
    share: shareText(row.share_ratio),
    cause: causeText(row),
    per: row.cause_per === null ? "–" : displayText(row.cause_per, 90),
    base: nsOrDash(row.base_ns),
    new: nsOrDash(row.new_ns),
  };
}

const tooltip = tooltipFields({
  label: "Step",
  base: "Base",
  new: "New",
  change: "Change",
  share: "Of the difference",
  cause: "Mostly",
  per: "Paid for one",
});

/** A column of texts that begin at one place, to the right of the bars. */
function causeLayer(leftPx: number, y: Layer, theme: Theme): Layer {
  return {
    mark: { type: "text", align: "left", baseline: "middle", color: theme.muted },
    encoding: { x: { value: leftPx }, y, text: { field: "cause", type: "nominal" } },
  };
}

function title(rows: readonly Row[]): string {
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const changeNs = last.end_ns - first.end_ns;
  const share = first.end_ns === 0 ? "" : ` (${formatDeltaRatio(changeNs / first.end_ns)})`;
  const between = `From ${displayLabel(first.base_label, 40)} to ${displayLabel(first.side_label, 40)}`;
  const name = `the ${rowWords({ metric: first.metric, label: first.label, unit: "ns" })}`;
  const whole = changeNs === 0 ? "is as long" : `gets ${longerWords(changeNs)}${share}`;
  const step = rows.find((row) => row.row_kind === "step");
  if (!step) return `${between} ${name} ${whole}, and no step explains it`;
  const cause = step.cause === null ? "" : `, mostly ${causeText(step)}`;
  const own = `${displaySteps(step.step, 40)} (${displayText(step.phase ?? "", 20)}) alone ${signedNs(step.end_ns - step.start_ns)}`;
  const part = step.share_ratio === null ? "" : `, ${shareText(step.share_ratio)} of the difference`;
  return `${between} ${name} ${whole}: ${own}${part}${cause}`;
}

/** From a length in the base to that in a new side, step by step, with what makes each step longer or shorter. */
export function changeWaterfallChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "change-waterfall";
  if (rows.length === 0) {
    return emptyChart(id, "There is no length in this difference that is known step by step on both sides.", theme);
  }
  const values = rows.map(valueOf);
  const ends = rows.flatMap((row) => [row.start_ns, row.end_ns]);
  const [least, most] = [Math.min(0, ...ends), Math.max(1, ...ends)];
  const name = rowWords({ metric: rows[0]!.metric, label: "", unit: "ns" });
  const x = {
    field: "end_ns",
    type: "quantitative",
    scale: { domain: [least, most * 1.02], nice: false, range: [0, barPx] },
    axis: { title: name, labelExpr: linearTimeLabel, tickCount: 6 },
  };
  const y = laneAxis(
    values.map(({ label }) => displayText(label, 60)),
    namePx,
  );
  const axes = { x, y };
  const body = {
    width: barPx + changePx + sharePx + causePx,
    height: { step: lanePx },
    data: { values },
    layer: [
      connectorLayer(values, axes, theme),
      barLayer(axes, { color: kindColor(values, kindNames, theme), tooltip }),
      textColumnLayer("change", barPx + changePx, y),
      textColumnLayer("share", barPx + changePx + sharePx, y),
      causeLayer(barPx + changePx + sharePx + 14, y, theme),
    ],
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
