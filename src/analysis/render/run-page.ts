import { confidenceSentence, displayText, headlineSentence } from "../format.ts";
import { buildCharts, type ReportRows } from "../spec/charts.ts";
import { buildComparisonCharts, type ComparisonRows } from "../spec/comparison-charts.ts";
import { comparisonIntroduction, comparisonTables, comparisonTwins } from "./comparison-page.ts";
import { html, type Markup } from "./markup.ts";
import type { PageContent, PageSection } from "./page-content.ts";
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

function measuredSection(rows: ReportRows, measured: ComparisonRows, ids: readonly string[]): PageSection {
  return {
    id: "measured",
    heading: "Model against measurement",
    markup: (pick) =>
      html`${comparisonIntroduction(measured)} ${profileNote(rows, measured)} ${pick(...ids)}
      ${comparisonTables(measured)}`,
  };
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

function sectionsOf(rows: ReportRows, measured: ComparisonRows | undefined): readonly PageSection[] {
  return [
    {
      id: "update",
      heading: "The update",
      markup: (pick) =>
        html`${pick("phase-gantt", "blackout-by-phase", "device-blame")}
          <h3 class="table">Phases</h3>
          ${withSource(phases(rows))}`,
    },
    {
      id: "memory",
      heading: "What it holds, and what would have happened",
      markup: (pick) => html`${pick("memory-overhead", "dirty-pages", "device-events")}`,
    },
    ...serviceSections(rows),
    { id: "costs", heading: "Constants behind the time", markup: () => withSource(costs(rows)) },
    ...(measured ? [measuredSection(rows, measured, Object.keys(comparisonTwins(measured)))] : []),
    { id: "inputs", heading: "Inputs", markup: () => inputsOf(rows, measured) },
  ];
}

/** The report of a run; with a comparison, the model's predictions beside recordings follow. */
export function runPage(rows: ReportRows, measured?: ComparisonRows): PageContent {
  const headline = rows.headline[0]!;
  const names = [headline.scenario_name, headline.trace_name].map((name) => displayText(name, 60));
  const kernels = [headline.kernel_from, headline.kernel_to].map((name) => displayText(name, 30));
  return {
    title: headline.scenario_name,
    kicker: `Live update of Linux ${kernels[0]!} to ${kernels[1]!}: scenario ${names[0]!}, trace ${names[1]!}`,
    headline: headlineSentence(headline),
    lede: confidenceSentence(headline),
    opening: html`${withSource(warnings(rows))} ${withSource(keyFigures(rows))}`,
    sections: sectionsOf(rows, measured),
    charts: (theme) => [...buildCharts(rows, theme), ...(measured ? buildComparisonCharts(measured, theme) : [])],
    twins: { ...twinTables(rows), ...(measured ? comparisonTwins(measured) : {}) },
    answers: () => ({ ...rows, ...measured }),
    inputs: rows.inputs,
    madeBy: rows.inputs.at(-1)?.input_name ?? "luoscope",
  };
}
