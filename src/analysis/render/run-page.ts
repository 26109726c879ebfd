import { confidenceSentence, displayText, headlineSentence } from "../format.ts";
import { buildCharts, type ReportRows } from "../spec/charts.ts";
import { buildComparisonCharts, type ComparisonRows } from "../spec/comparison-charts.ts";
import { comparisonIntroduction, comparisonTables, comparisonTwins } from "./comparison-page.ts";
import { html, type Markup } from "./markup.ts";
import type { PageContent } from "./page.ts";
import { costsSection, inputsSection, phasesSection, runFigures, warningsSection } from "./sections.ts";
import { twinTables } from "./twin-tables.ts";

const inputsNote =
  "The same trace, scenario, cost profile, seed and version give the same run and the same report, byte for byte.";

/** Says so where the constants that were measured are not those that the run was made with. */
function profileNote(rows: ReportRows, measured: ComparisonRows): Markup {
  const own = rows.inputs.find((row) => row.input_kind === "cost profile");
  const { profile_name: name, profile_sha256: sha256 } = measured["comparison-headline"][0]!;
  if (own?.sha256 === sha256) return html``;
  return html`<p class="note">
    The recordings were predicted with cost profile ${displayText(name, 60)}; this run uses
    ${displayText(own?.input_name ?? "another", 60)}.
  </p>`;
}

function measuredSection(rows: ReportRows, measured: ComparisonRows, figures: readonly Markup[]): Markup {
  return html`<h2 id="measured">Model against measurement</h2>
    ${comparisonIntroduction(measured)} ${profileNote(rows, measured)} ${figures} ${comparisonTables(measured)}`;
}

/** The report of a run; with a comparison, the model's predictions beside recordings follow. */
export function runPage(rows: ReportRows, measured?: ComparisonRows): PageContent {
  const headline = rows.headline[0]!;
  const names = [headline.scenario_name, headline.trace_name].map((name) => displayText(name, 60));
  const kernels = [headline.kernel_from, headline.kernel_to].map((name) => displayText(name, 30));
  const compared = (measured?.["comparison-inputs"] ?? []).filter((row) => row.input_kind === "comparison");
  const ownCount = Object.keys(twinTables(rows)).length;
  return {
    title: headline.scenario_name,
    headline: headlineSentence(headline),
    charts: (theme) => [...buildCharts(rows, theme), ...(measured ? buildComparisonCharts(measured, theme) : [])],
    twins: { ...twinTables(rows), ...(measured ? comparisonTwins(measured) : {}) },
    body: (figures) =>
      html`<p class="kicker">
          Live update of Linux ${kernels[0]!} to ${kernels[1]!}: scenario ${names[0]!}, trace ${names[1]!}
        </p>
        <h1>${headlineSentence(headline)}.</h1>
        <p class="lede">${confidenceSentence(headline)}</p>
        ${warningsSection(rows.warnings)} ${runFigures(headline)}
        <noscript><p class="note">The charts need JavaScript; the table under each holds the same data.</p></noscript>
        ${figures.slice(0, ownCount)} ${phasesSection(rows.phases)} ${costsSection(rows["cost-breakdown"])}
        ${measured ? measuredSection(rows, measured, figures.slice(ownCount)) : html``}
        ${inputsSection([...rows.inputs, ...compared], inputsNote)}`,
    madeBy: rows.inputs.at(-1)?.input_name ?? "luoscope",
  };
}
