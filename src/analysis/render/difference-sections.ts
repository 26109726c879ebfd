import { formatDelta, formatPValue, formatDeltaRatio, mediansWords, rowWords } from "../difference-sentences.ts";
import { displayText, formatCount, formatNs, plural } from "../format.ts";
import type { DifferenceRows } from "../spec/difference-charts.ts";
import { nsOrDash, signedNs } from "../spec/waterfall.ts";
import { html, type Markup, numberColumn, type TableColumn, tableMarkup, textColumn, wholeTable } from "./markup.ts";

type RowOf<Name extends keyof DifferenceRows> = DifferenceRows[Name][number];

/** How to ask for what a page has no room for. */
function moreNote(count: number, noun: string, query: string): Markup {
  if (count === 0) return html``;
  return html`<p class="note">${plural(count, `more ${noun}`)}: <code>luoscope query FOLDER ${query}</code></p>`;
}

const outcomeWords: Readonly<Record<string, string>> = {
  pass: "holds",
  warn: "does not hold: warning",
  fail: "does not hold",
  inconclusive: "undecided",
};

const ruleColumns: readonly TableColumn<RowOf<"difference-rules">>[] = [
  {
    head: "Outcome",
    cell: (row) => {
      const word = outcomeWords[row.outcome] ?? row.outcome;
      return row.outcome === "pass" ? word : html`<span class="badge">${word}</span>`;
    },
  },
  { head: "Rule", cell: (row) => html`<code>${displayText(row.rule, 120)}</code>` },
  numberColumn("Rows", (row) => formatCount(row.row_count)),
  numberColumn("Broken", (row) => formatCount(row.breach_count)),
  numberColumn("Undecided", (row) => formatCount(row.undecided_count)),
  { head: "Stands in", cell: (row) => `${displayText(row.file, 40)}, line ${row.line}` },
  { head: "Why", cell: (row) => displayText(row.reason, 240) },
];

const gateWords: Readonly<Record<string, string>> = {
  pass: "The gate lets it pass",
  warn: "The gate warns",
  fail: "The gate fails",
  inconclusive: "The gate cannot decide",
};

/** What the gate says, in three words. */
export function gateHeading({ gate_outcome: outcome }: RowOf<"difference-headline">): string {
  return gateWords[outcome ?? ""] ?? outcome ?? "No gate";
}

/** Why the gate says so; nothing without one. */
export function gateSection(rules: DifferenceRows["difference-rules"], headline: RowOf<"difference-headline">): Markup {
  if (headline.gate_outcome === null) return html``;
  const { rule_count: all, failed_rule_count: failed, undecided_rule_count: undecided } = headline;
  const counts = `${formatCount(failed)} of ${plural(all, "rule")} ${failed === 1 ? "fails" : "fail"}, ${formatCount(headline.warned_rule_count)} ${headline.warned_rule_count === 1 ? "warns" : "warn"}, ${formatCount(undecided)} undecided`;
  const again =
    headline.iteration_count > 0 ? `; samples were collected anew ${plural(headline.iteration_count, "time")}` : "";
  return html`<p class="note">${counts}${again}. Policy: ${displayText(headline.gate_policy ?? "–", 60)}.</p>
    ${rules.length === 0 ? html`` : wholeTable(ruleColumns, rules)}
    ${moreNote(rules[0]?.hidden_count ?? 0, "rule", "difference-rules")}`;
}

const interval = (row: RowOf<"difference-rows">): string =>
  row.delta_low === null || row.delta_high === null
    ? "–"
    : `${formatDelta(row.delta_low, row.unit)} to ${formatDelta(row.delta_high, row.unit)}`;

function samplesText(row: RowOf<"difference-rows">): string {
  const side = (count: number, failed: number) =>
    formatCount(count) + (failed > 0 ? ` (${formatCount(failed)} failed)` : "");
  return `${side(row.base_sample_count, row.base_failed_count)} / ${side(row.new_sample_count, row.new_failed_count)}`;
}

function rowColumns(headline: RowOf<"difference-headline">): TableColumn<RowOf<"difference-rows">>[] {
  const side = textColumn<RowOf<"difference-rows">>("Side", (row) => displayText(row.side_label, 40));
  return [
    textColumn("Verdict", (row) => row.verdict),
    {
      head: "Value",
      cell: (row) => {
        const hidden = row.hidden_dimensions === "" ? "" : `over all of ${displayText(row.hidden_dimensions, 60)}`;
        return html`${displayText(rowWords(row), 100)} <small>${hidden}</small>`;
      },
    },
    ...(headline.new_label === null ? [side] : []),
    numberColumn("Medians", mediansWords),
    numberColumn("Change", (row) => formatDelta(row.delta, row.unit)),
    numberColumn("Share", (row) => formatDeltaRatio(row.delta_ratio)),
    numberColumn("95 % interval", interval),
    numberColumn("p, corrected", (row) => (row.is_exact ? "exact" : formatPValue(row.adjusted_p_value))),
    numberColumn("Samples", samplesText),
    textColumn("Why", (row) => row.reason),
  ];
}

export function changedSection(
  rows: DifferenceRows["difference-rows"],
  headline: RowOf<"difference-headline">,
): Markup {
  const changed = rows.filter((row) => row.is_changed);
  if (changed.length === 0) return html``;
  const columns = rowColumns(headline);
  const table = changed.length > 20 ? tableMarkup(columns, changed) : wholeTable(columns, changed);
  return html`<h3 class="table">${plural(headline.changed_count, "change")}, for the worse first</h3>
    ${table} ${moreNote(changed[0]!.hidden_count, "change", "difference-rows")}`;
}

/** What did not change is there for whoever looks for it, and folded. */
export function unchangedSection(
  rows: DifferenceRows["difference-rows"],
  headline: RowOf<"difference-headline">,
): Markup {
  const same = rows.filter((row) => !row.is_changed);
  if (same.length === 0) return html``;
  const counts = `${formatCount(headline.same_count)} the same, ${formatCount(headline.inconclusive_count)} undecided`;
  return html`<details>
    <summary>What did not change: ${counts}</summary>
    ${tableMarkup(rowColumns(headline), same)} ${moreNote(same[0]!.hidden_count, "row", "difference-rows")}
  </details>`;
}

const stepColumns: readonly TableColumn<RowOf<"difference-steps">>[] = [
  textColumn("Phase", (row) => row.phase),
  textColumn("Step", (row) => row.step),
  numberColumn("Base", (row) => nsOrDash(row.base_ns)),
  numberColumn("New", (row) => nsOrDash(row.new_ns)),
  numberColumn("Change", (row) => signedNs(row.delta_ns)),
  numberColumn("Of the difference", (row) => formatDeltaRatio(row.share_ratio)),
  textColumn("Constant", (row) => row.cause ?? ""),
  numberColumn("Base", (row) => nsOrDash(row.cause_base_ns)),
  numberColumn("New", (row) => nsOrDash(row.cause_new_ns)),
  textColumn("Paid for one", (row) => row.cause_per ?? ""),
];

/** What each step of the drawn length is made of, on both sides; folded. */
export function stepsSection(rows: DifferenceRows["difference-steps"]): Markup {
  if (rows.length === 0) return html``;
  return html`<details>
    <summary>What each step is made of, by the model</summary>
    ${tableMarkup(stepColumns, rows)}
  </details>`;
}

const waterfallColumns: readonly TableColumn<RowOf<"difference-waterfalls">>[] = [
  textColumn("Length", (row) => rowWords({ ...row, unit: "ns" })),
  textColumn("Side", (row) => row.side_label),
  numberColumn("Base", (row) => formatNs(row.base_ns)),
  numberColumn("New", (row) => formatNs(row.new_ns)),
  numberColumn("Change", (row) => signedNs(row.delta_ns)),
  textColumn("Mostly", (row) => (row.step === null ? "" : `${row.step} (${row.phase ?? ""})`)),
  numberColumn("Of the difference", (row) => formatDeltaRatio(row.step_ratio)),
  numberColumn("Unexplained", (row) => formatDeltaRatio(row.unexplained_ratio)),
  numberColumn("waterfall_index", (row) => formatCount(row.waterfall_index)),
];

export function waterfallsSection(
  rows: DifferenceRows["difference-waterfalls"],
  headline: RowOf<"difference-headline">,
): Markup {
  if (headline.waterfall_count < 2) return html``;
  const rest = headline.waterfall_count - rows.length;
  return html`<h3 class="table">
      ${plural(headline.waterfall_count, "length")} that can be taken apart, the drawn one first
    </h3>
    ${wholeTable(waterfallColumns, rows)} ${moreNote(rest, "length", "difference-waterfalls")}`;
}

const inputColumns = (headline: RowOf<"difference-headline">): TableColumn<RowOf<"difference-inputs">>[] => [
  ...(headline.new_label === null
    ? [textColumn<RowOf<"difference-inputs">>("Side", (row) => displayText(row.side_label, 40))]
    : []),
  textColumn("Input", (row) => row.input_kind),
  { head: "Field", cell: (row) => html`<code>${displayText(row.field === "" ? "as a whole" : row.field, 80)}</code>` },
  textColumn("Base", (row) => row.base_value ?? "none"),
  textColumn("New", (row) => row.new_value ?? "none"),
];

export function changedInputsSection(
  rows: DifferenceRows["difference-inputs"],
  headline: RowOf<"difference-headline">,
): Markup {
  if (rows.length === 0) {
    return html`<p class="note">
      No input differs that is known of both sides: what changed is noise, or lies outside of them.
    </p>`;
  }
  const table = (rows.length > 20 ? tableMarkup : wholeTable)(inputColumns(headline), rows);
  return html`<p class="note">${plural(headline.input_change_count, "difference")}.</p>
    ${table} ${moreNote(rows[0]!.hidden_count, "difference", "difference-inputs")}`;
}

export function doubtsSection(rows: DifferenceRows["difference-warnings"]): Markup {
  if (rows.length === 0) return html``;
  const items = rows.map((row) => html`<li>${displayText(row.detail, 400)}</li> `);
  const count = rows.length + rows[0]!.hidden_count;
  return html`<section class="warnings">
    <h2>${plural(count, "doubt")} about this comparison</h2>
    <ul>
      ${items}
    </ul>
    ${moreNote(rows[0]!.hidden_count, "doubt", "difference-warnings")}
  </section>`;
}
