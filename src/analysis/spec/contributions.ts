import { displayLabel, displaySteps, displayText, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { laneAxis, textColumnLayer } from "./lanes.ts";
import { type Chart, emptyChart, finishChart, secondsLabel, type Theme, tooltipFields } from "./theme.ts";
import { barKind, isSum, barLayer, connectorLayer, kindColor, longerWords, nsOrDash, signedNs } from "./waterfall.ts";

type Row = CatalogueRow<"sweep-contributions">;

const namePx = 310;
const barPx = 540;
/** Room to the right of the bars for the change. */
const textPx = 90;
const lanePx = 22;

const kindNames: Readonly<Record<string, string>> = { shorter: "shorter", longer: "longer", sum: "blackout" };

function labelOf(row: Row): string {
  if (row.row_kind === "from") return `from: ${displayLabel(row.from_short_label, 40)}`;
  if (row.row_kind === "to") return `to: ${displayLabel(row.to_short_label, 40)}`;
  if (row.row_kind === "others") return plural(row.step_count, "other step");
  return `${row.phase ?? ""}: ${displaySteps(row.step, 30)}`;
}

/** A change with its sign; of a sum its length. */
function changeText(row: Row): string {
  if (isSum(row)) return formatNs(row.end_ns);
  return signedNs(row.end_ns - row.start_ns);
}

function valueOf(row: Row) {
  return {
    lane: row.row_index,
    label: labelOf(row),
    kind: barKind(row, isSum(row)),
    start_ns: row.start_ns,
    end_ns: row.end_ns,
    change: changeText(row),
    from: nsOrDash(row.from_ns),
    to: nsOrDash(row.to_ns),
  };
}

const tooltip = tooltipFields({ label: "Step", from: "From", to: "To", change: "Change" });

function title(rows: readonly Row[]): string {
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const changeNs = last.end_ns - first.end_ns;
  const steps = rows.filter((row) => row.row_kind === "step");
  const between = `from ${displayLabel(first.from_short_label, 70)} to ${displayLabel(first.to_short_label, 70)}`;
  if (steps.length === 0) return `No step of the blackout changes ${between}`;
  const most = steps[0]!;
  const own = `${displaySteps(most.step, 40)} (${most.phase}) alone is ${longerWords(most.end_ns - most.start_ns)}`;
  const whole = changeNs === 0 ? "is as long" : `gets ${longerWords(changeNs)}`;
  return `With all inputs at their medians the blackout ${whole} ${between}: ${own}`;
}

/** From one configuration's blackout to another's, step by step, the largest changes first. */
export function contributionsChart(rows: readonly Row[], theme: Theme): Chart {
  const id = "contributions";
  if (rows.length === 0) {
    return emptyChart(id, "There are no two configurations in this sweep whose steps could be compared.", theme);
  }
  const values = rows.map(valueOf);
  const most = Math.max(1, ...rows.flatMap((row) => [row.start_ns, row.end_ns]));
  const x = {
    field: "end_ns",
    type: "quantitative",
    scale: { domain: [0, most * 1.02], nice: false, range: [0, barPx] },
    axis: { title: "blackout with all inputs at their medians (s)", labelExpr: secondsLabel, tickCount: 10 },
  };
  const y = laneAxis(
    values.map(({ label }) => displayText(label, 60)),
    namePx,
  );
  const color = kindColor(values, kindNames, theme);
  const body = {
    width: barPx + textPx,
    height: { step: lanePx },
    data: { values },
    layer: [
      connectorLayer(values, { x, y }, theme),
      barLayer({ x, y }, { color, tooltip }),
      textColumnLayer("change", barPx + textPx, y),
    ],
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
