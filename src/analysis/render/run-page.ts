import { assertDefined } from "../../base/index.ts";
import { confidenceSentence, displayText, headlineSentence } from "../format.ts";
import { buildCharts, type ReportRows } from "../spec/charts.ts";
import { buildComparisonCharts, type ComparisonRows } from "../spec/comparison-charts.ts";
import { comparisonIntroduction, comparisonTables, comparisonTwins } from "./comparison-page.ts";
import { html, type Markup } from "./markup.ts";
import type { PageContent } from "./page.ts";
import { costsSection, inputsSection, phasesSection, runFigures, warningsSection } from "./sections.ts";
import { serviceSections } from "./service-sections.ts";
import { sourced, withSource } from "./sources.ts";
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

const warnings = sourced(["warnings"], (rows) => warningsSection(rows.warnings));
const keyFigures = sourced(["headline", "service-headline"], (rows) =>
  runFigures(rows.headline[0]!, rows["service-headline"][0]!),
);
const phases = sourced(["phases"], (rows) => phasesSection(rows.phases));
const costs = sourced(["cost-breakdown"], (rows) => costsSection(rows["cost-breakdown"]));

function inputsOf(rows: ReportRows, measured: ComparisonRows | undefined): Markup {
  const compared = (measured?.["comparison-inputs"] ?? []).filter((row) => row.input_kind === "comparison");
  const markup = inputsSection([...rows.inputs, ...compared], inputsNote);
  return withSource({ markup, queries: measured ? ["inputs", "comparison-inputs"] : ["inputs"] });
}

/** The report of a run; with a comparison, the model's predictions beside recordings follow. */
export function runPage(rows: ReportRows, measured?: ComparisonRows): PageContent {
  const headline = rows.headline[0]!;
  const names = [headline.scenario_name, headline.trace_name].map((name) => displayText(name, 60));
  const kernels = [headline.kernel_from, headline.kernel_to].map((name) => displayText(name, 30));
  const measuredTwins = measured ? comparisonTwins(measured) : {};
  return {
    title: headline.scenario_name,
    headline: headlineSentence(headline),
    charts: (theme) => [...buildCharts(rows, theme), ...(measured ? buildComparisonCharts(measured, theme) : [])],
    twins: { ...twinTables(rows), ...measuredTwins },
    body: (figures) => {
      const pick = (...ids: readonly string[]) => ids.map((id) => assertDefined(figures.get(id), `figure ${id}`));
      return html`<p class="kicker">
          Live update of Linux ${kernels[0]!} to ${kernels[1]!}: scenario ${names[0]!}, trace ${names[1]!}
        </p>
        <h1>${headlineSentence(headline)}.</h1>
        <p class="lede">${confidenceSentence(headline)}</p>
        ${withSource(warnings(rows))} ${withSource(keyFigures(rows))}
        <noscript><p class="note">The charts need JavaScript; the table under each holds the same data.</p></noscript>
        ${pick("phase-gantt", "blackout-by-phase", "device-blame", "memory-overhead", "dirty-pages", "device-events")}
        ${serviceSections(rows, pick)} ${withSource(phases(rows))} ${withSource(costs(rows))}
        ${measured ? measuredSection(rows, measured, pick(...Object.keys(measuredTwins))) : html``}
        ${inputsOf(rows, measured)}`;
    },
    madeBy: rows.inputs.at(-1)?.input_name ?? "luoscope",
  };
}
