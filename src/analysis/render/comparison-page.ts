import { comparisonSentence, displayText, formatCount, formatRatio, plural } from "../format.ts";
import { signedPercent } from "../spec/axes.ts";
import { buildComparisonCharts, type ComparisonRows } from "../spec/comparison-charts.ts";
import { comparisonTwinTables } from "./comparison-twins.ts";
import { html, type Markup, wholeTable } from "./markup.ts";
import type { PageContent } from "./page-content.ts";
import { figuresSection, inputsSection, type KeyFigure } from "./sections.ts";
import { sourced, withSource } from "./sources.ts";

export const comparisonTwins = comparisonTwinTables;

const inputsNote =
  "The same recordings, cost profile and version give the same comparison and the same report, byte for byte.";

function keyFigures(row: ComparisonRows["comparison-headline"][number]): KeyFigure[] {
  const share = (part: number, whole: number) => (whole === 0 ? "–" : formatRatio(part / whole));
  const blackout = row.median_ratio === null ? "–" : formatRatio(row.median_ratio);
  const worst =
    row.worst_ratio === null || row.worst_name === null
      ? "none is off by 0.5 ms"
      : `at worst ${signedPercent(row.worst_ratio)}, ${displayText(row.worst_name, 40)}`;
  return [
    { name: "Blackout is missed by", value: blackout, note: `in the median; ${worst}` },
    {
      name: "Quantities inside their interval",
      value: share(row.inside_quantity_count, row.quantity_count),
      note: `of ${formatCount(row.quantity_count)}; it is meant to hold 90 %`,
    },
    {
      name: "Steps inside their interval",
      value: share(row.inside_step_count, row.step_count),
      note: `of ${formatCount(row.step_count)} that recordings time`,
    },
    {
      name: "Updates compared",
      value: formatCount(row.update_count - row.traced_count),
      note: `${formatCount(row.unseen_count)} of them no fit has seen`,
    },
  ];
}

function notesSection(rows: ComparisonRows["notes"]): Markup {
  if (rows.length === 0) return html``;
  const items = rows.map((row) => {
    const others = row.update_count > 1 ? ` and ${plural(row.update_count - 1, "other")}` : "";
    const state = row.predicted ? "" : ", not predicted";
    return html`<li>
      ${displayText(row.detail, 400)} <small>(${displayText(row.update_name, 60)}${others}${state})</small>
    </li> `;
  });
  return html`<section class="warnings">
    <h2>${plural(rows.length, "doubt")} about this comparison</h2>
    <ul>
      ${items}
    </ul>
  </section>`;
}

function accuracySection(rows: ComparisonRows["accuracy"]): Markup {
  const table = wholeTable(
    [
      { head: "Quantity", cell: (row) => row.quantity },
      { head: "Updates", cell: (row) => (row.fitted ? "the profile was fitted to" : "no fit has seen") },
      { head: "How many", cell: (row) => formatCount(row.update_count), isNumber: true },
      { head: "Inside 90 % interval", cell: (row) => formatRatio(row.inside_count / row.update_count), isNumber: true },
      { head: "Median error", cell: (row) => formatRatio(row.median_ratio), isNumber: true },
      { head: "Worst error", cell: (row) => signedPercent(row.worst_ratio), isNumber: true },
      { head: "In recording", cell: (row) => displayText(row.worst_name, 60) },
    ],
    rows,
  );
  return html`<h3>Accuracy by quantity</h3>
    <p class="note">
      What differs by less than 0.5 ms counts as met. Updates that the profile was fitted to show how well it describes
      them, the others how well it predicts.
    </p>
    ${table}`;
}

const notes = sourced(["notes"], (rows) => notesSection(rows.notes));
const figures = sourced(["comparison-headline"], (rows) => figuresSection(keyFigures(rows["comparison-headline"][0]!)));
const accuracy = sourced(["accuracy"], (rows) => accuracySection(rows.accuracy));
const inputs = sourced(["comparison-inputs"], (rows) => inputsSection(rows["comparison-inputs"], inputsNote));

/** What stands before the charts. */
export function comparisonIntroduction(rows: ComparisonRows): Markup {
  return html`<p class="lede">${comparisonSentence(rows["comparison-headline"][0]!)}.</p>
    ${withSource(notes(rows))} ${withSource(figures(rows))}`;
}

/** What stands behind the charts. */
export function comparisonTables(rows: ComparisonRows): Markup {
  return withSource(accuracy(rows));
}

/** The report of a comparison alone. */
export function comparisonPage(rows: ComparisonRows): PageContent {
  const headline = rows["comparison-headline"][0]!;
  const ids = Object.keys(comparisonTwinTables(rows));
  return {
    title: `model against measurement, ${headline.profile_name}`,
    kicker: `Model against measurement: cost profile ${displayText(headline.profile_name, 60)}`,
    headline: comparisonSentence(headline),
    opening: html`${withSource(notes(rows))} ${withSource(figures(rows))}`,
    sections: [
      { id: "predictions", heading: "Predicted and recorded", markup: (pick) => html`${pick(...ids)}` },
      { id: "accuracy", heading: "How good that is", markup: () => comparisonTables(rows) },
      { id: "inputs", heading: "Inputs", markup: () => withSource(inputs(rows)) },
    ],
    charts: (theme) => buildComparisonCharts(rows, theme),
    twins: comparisonTwinTables(rows),
    answers: () => ({ ...rows }),
    inputs: rows["comparison-inputs"],
    madeBy: `luoscope ${headline.luoscope_version}`,
  };
}
