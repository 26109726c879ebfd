import { displayLabel, displayText, formatBytes, formatCount, formatNs, formatRatio, plural } from "./format.ts";
import type { CatalogueRow } from "./queries.ts";

type HeadlineRow = CatalogueRow<"difference-headline">;

/** Numbers without a unit of their own: whole ones in full, others with four digits. */
function formatNumber(value: number): string {
  if (value >= 1e15 || (!Number.isInteger(value) && value < 1000)) return String(Number(value.toPrecision(4)));
  return formatCount(Math.round(value));
}

function formatPositive(value: number, unit: string): string {
  switch (unit) {
    case "ns":
      return formatNs(value);
    case "bytes":
      return formatBytes(value);
    case "ratio":
      return formatRatio(value);
    case "pages":
      return `${formatNumber(value)} ${value === 1 ? "page" : "pages"}`;
    case "per_sec":
      return `${formatNumber(value)}/s`;
    default:
      return formatNumber(value);
  }
}

/** A value of a metric in its unit, for people. */
export function formatValue(value: number | null, unit: string): string {
  if (value === null) return "–";
  if (unit === "flag" && (value === 0 || value === 1)) return value === 1 ? "yes" : "no";
  return value < 0 ? `−${formatPositive(-value, unit)}` : formatPositive(value, unit);
}

/** Both medians of a change: `1.01 s → 2.46 s`. */
export function mediansWords(row: {
  readonly base_median: number | null;
  readonly new_median: number | null;
  readonly unit: string;
}): string {
  return `${formatValue(row.base_median, row.unit)} → ${formatValue(row.new_median, row.unit)}`;
}

/** A change of a metric with its sign. */
export function formatDelta(delta: number | null, unit: string): string {
  if (delta === null) return "–";
  if (delta === 0) return "0";
  return `${delta < 0 ? "−" : "+"}${formatPositive(Math.abs(delta), unit)}`;
}

/** A change as a share of the base, with its sign: `+143 %`, `−2.1 %`; one that is too small to be told from 0 says so. */
export function formatDeltaRatio(ratio: number | null): string {
  if (ratio === null) return "–";
  const percent = Math.abs(ratio * 100);
  const text = percent >= 10 ? formatNumber(Math.round(percent)) : percent.toFixed(percent < 0.1 ? 2 : 1);
  const sign = ratio < 0 ? "−" : "+";
  if (Number(text) === 0) return ratio === 0 ? "0 %" : `${sign}<0.01 %`;
  return `${sign}${text} %`;
}

export function formatPValue(value: number | null): string {
  if (value === null) return "–";
  return value < 0.0001 ? "< 0.0001" : String(Number(value.toPrecision(2)));
}

/** A metric's name as words, without the unit that its numbers have anyway. */
export function metricWords(metric: string, unit: string): string {
  const isNamed = unit !== "1" && unit !== "count" && metric.length > unit.length + 1 && metric.endsWith(`_${unit}`);
  const name = isNamed ? metric.slice(0, -unit.length - 1) : metric;
  return displayLabel(name, 60).replaceAll("_", " ");
}

/** A row's name: its metric, and where. */
export function rowWords({ metric, unit, label }: { metric: string; unit: string; label: string }): string {
  const name = metricWords(metric, unit);
  const where = displayLabel(label, 80);
  // Phase kexec is a phase's length: no need to say so twice.
  if (where.startsWith(`${name} `)) return where;
  return label === "" ? name : `${name} (${where})`;
}

/** Metrics, or values of metrics where some have several. */
function noun({ row_count: rows, metric_count: metrics }: HeadlineRow): string {
  return rows === metrics ? "metric" : "value";
}

const directions: Readonly<Record<string, readonly [more: string, less: string]>> = {
  ns: ["longer", "shorter"],
  bytes: ["larger", "smaller"],
};

/** What the largest change is. */
function topWords(row: HeadlineRow): string {
  const { top_metric: metric, top_label: label, top_unit: unit, top_delta: delta, top_verdict: verdict } = row;
  if (metric === null || unit === null) return "";
  const name = `the ${rowWords({ metric, unit, label: label ?? "" })}`;
  const side = row.new_label === null ? ` in ${displayText(row.top_side_label ?? "", 40)}` : "";
  if (verdict === "did-not-finish") return `${name} did not finish${side}`;
  if (verdict === "only-base") return `${name} is missing${side}`;
  if (verdict === "only-new") return `${name} is new${side}`;
  if (delta === null || row.top_new_median === null) return `${name}${side}`;
  const [more, less] = directions[unit] ?? ["higher", "lower"];
  const share = row.top_delta_ratio === null ? "" : ` (${formatDeltaRatio(row.top_delta_ratio)})`;
  const step =
    row.top_step === null || row.top_step_ratio === null || row.top_step_ratio <= 0
      ? ""
      : `, of which ${displayText(row.top_step, 50)} (${displayText(row.top_phase ?? "", 20)}) ${formatRatio(row.top_step_ratio)}`;
  if (unit === "flag") return `${name} is ${formatValue(row.top_new_median, unit)}${side}`;
  return `${name} is ${formatValue(Math.abs(delta), unit)}${share} ${delta < 0 ? less : more}${side}${step}`;
}

function sidesWords(row: HeadlineRow): string {
  const base = displayText(row.base_label ?? "", 60);
  if (row.new_label !== null) return `in ${displayText(row.new_label, 60)}`;
  return `in ${plural(row.side_count - 1, "side")} than in ${base}`;
}

/** What else changed, in a few words. */
function otherWords(row: HeadlineRow): string[] {
  const words: readonly (readonly [number, string])[] = [
    [row.worse_count, "worse"],
    [row.unfinished_count, "did not finish"],
    [row.only_base_count, "missing"],
    [row.only_new_count, "new"],
    [row.different_count, "different"],
    [row.better_count, "better"],
  ];
  return words.flatMap(([count, word]) => (count > 0 ? [`${formatCount(count)} ${word}`] : []));
}

/** What became worse, by how much and by what, in one sentence. */
export function differenceSentence(row: HeadlineRow): string {
  if (row.change_count === 0) return "This difference has nothing that two sides could be compared in";
  const of = plural(row.change_count, noun(row));
  if (row.top_verdict === "inconclusive") {
    const others = otherWords(row);
    const more = others.length === 0 ? "" : `, ${others.join(", ")}`;
    return `${formatCount(row.inconclusive_count)} of ${of} cannot be decided ${sidesWords(row)}${more}: ${topWords(row)}`;
  }
  if (row.changed_count === 0) {
    const open =
      row.inconclusive_count > 0
        ? `; ${formatCount(row.inconclusive_count)} ${row.inconclusive_count === 1 ? "is" : "are"} undecided`
        : "";
    const where = row.new_label === null ? sidesWords(row).replace(" than in ", " from ") : sidesWords(row);
    return `None of ${of} changes ${where}${open}`;
  }
  const top = topWords(row);
  if (row.worse_count > 0) {
    const verb = row.worse_count === 1 ? "is" : "are";
    return `${formatCount(row.worse_count)} of ${of} ${verb} worse ${sidesWords(row)}: ${top}`;
  }
  return `None of ${of} is worse ${sidesWords(row)}, ${otherWords(row).join(", ")}: ${top}`;
}

/** What stands behind the headline: how it was decided, and what the gate says. */
export function decisionSentence(row: HeadlineRow): string {
  const others = otherWords(row);
  const counts = others.length === 0 ? "" : `${others.join(", ")}; `;
  const rest = `${formatCount(row.same_count)} the same, ${formatCount(row.inconclusive_count)} undecided.`;
  const tests =
    row.test_count === 0
      ? "Nothing had to be tested: every value is exact, or has too few samples."
      : `${plural(row.test_count, "test")} of noisy values, corrected for their number: the chance of any false alarm is at most ${formatRatio(row.alpha_ratio)}; below ${plural(row.min_sample_count, "sample")} a side nothing is decided.`;
  return `${counts}${rest} ${tests}`;
}
