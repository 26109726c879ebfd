import { displayText, formatBytes, formatCount, formatNs, formatRatio, plural } from "../format.ts";
import { buildSweepCharts, type SweepRows } from "../spec/sweep-charts.ts";
import { configurationsSection, failuresSection, stepsSection, uncertainSection } from "./sweep-sections.ts";
import { type SweepFacts, sweepReasons, sweepSentence } from "../sweep-sentences.ts";
import { html, type Markup } from "./markup.ts";
import type { PageContent, PageSection } from "./page-content.ts";
import { figuresSection, inputsSection, type KeyFigure } from "./sections.ts";
import { sourced, withSource } from "./sources.ts";
import { bytesOr, nsOr, ratioOr, sweepTwinTables } from "./sweep-twins.ts";

function factsOf(rows: Pick<SweepRows, "sweep-headline" | "sweep-recommendation">): SweepFacts {
  return { headline: rows["sweep-headline"][0]!, best: rows["sweep-recommendation"][0] };
}

function keyFigures({ headline, best }: SweepFacts): KeyFigure[] {
  const bad = headline.refused_count + headline.failed_count;
  const runs = { name: "Runs", value: formatCount(headline.run_count), note: `${formatCount(bad)} refused or failed` };
  const inputs = {
    name: "Assumed inputs",
    value: `${formatCount(headline.assumed_input_count)} of ${formatCount(headline.input_count)}`,
    note: "uncertain ones; nobody measured them",
  };
  const feasible = {
    name: "Configurations that keep all",
    value: `${formatCount(headline.feasible_count)} of ${formatCount(headline.configuration_count)}`,
    note:
      headline.memory_limit_bytes > 0 ? `memory limit ${formatBytes(headline.memory_limit_bytes)}` : "no memory limit",
  };
  if (!best) return [runs, inputs, feasible];
  const band = `${nsOr(best.blackout_p5_ns)} to ${nsOr(best.blackout_p95_ns)} in 5 to 95 % of draws`;
  const share = formatRatio(headline.slo_vm_ratio);
  return [
    {
      name: `Pause that ${share} of VMs keep to`,
      value: nsOr(best.slo_quantile_ns),
      note: `SLO ${displayText(headline.slo_name, 40)}: ${formatNs(headline.slo_pause_ns)}`,
    },
    {
      name: "VMs within the SLO",
      value: ratioOr(best.attained_ratio),
      note: `${share} promised: ${displayText(headline.slo_source, 60)}`,
    },
    {
      name: "Draws that keep the SLO",
      value: ratioOr(best.held_ratio),
      note: `of ${formatCount(headline.repeat_count)}`,
    },
    { name: "Blackout, median", value: nsOr(best.blackout_p50_ns), note: band },
    {
      name: "Memory overhead",
      value: bytesOr(best.overhead_bytes),
      note: `${bytesOr(best.scratch_bytes)} of it scratch`,
    },
    feasible,
    runs,
    inputs,
  ];
}

function reasonsSection(facts: SweepFacts): Markup {
  const sentences = sweepReasons(facts);
  if (sentences.length === 0) return html``;
  const items = sentences.map((sentence) => html`<li>${sentence}</li> `);
  return html`<ul class="reasons">
    ${items}
  </ul>`;
}

function doubtsSection({ headline }: SweepFacts): Markup {
  const bad = headline.refused_count + headline.failed_count;
  if (bad === 0) return html``;
  return html`<section class="warnings">
    <h2>${plural(bad, "run")} of ${formatCount(headline.run_count)} ${bad === 1 ? "has" : "have"} no answer</h2>
    <ul>
      <li>
        ${formatCount(headline.refused_count)} refused, ${formatCount(headline.failed_count)} failed; the first:
        ${displayText(headline.reason ?? "", 300)}
      </li>
    </ul>
  </section>`;
}

const parts = {
  doubts: sourced(["sweep-headline", "sweep-recommendation"], (rows) => doubtsSection(factsOf(rows))),
  figures: sourced(["sweep-headline", "sweep-recommendation"], (rows) => figuresSection(keyFigures(factsOf(rows)))),
  reasons: sourced(["sweep-headline", "sweep-recommendation"], (rows) => reasonsSection(factsOf(rows))),
  configurations: sourced(["sweep-configurations", "sweep-headline"], (rows) =>
    configurationsSection(rows["sweep-configurations"], rows["sweep-headline"][0]!),
  ),
  steps: sourced(["sweep-steps"], (rows) => stepsSection(rows["sweep-steps"])),
  uncertain: sourced(["sweep-uncertain"], (rows) => uncertainSection(rows["sweep-uncertain"])),
  failures: sourced(["sweep-failures"], (rows) => failuresSection(rows["sweep-failures"])),
  inputs: sourced(["sweep-inputs", "sweep-headline"], (rows) => {
    const { seed, repeat_count: repeats } = rows["sweep-headline"][0]!;
    const note = `Seed ${formatCount(seed)}, ${plural(repeats, "draw")} a configuration. The same plan, traces, cost profiles, seed and version give the same results and the same report, byte for byte.`;
    return inputsSection(rows["sweep-inputs"], note);
  }),
};

function sectionsOf(rows: SweepRows): readonly PageSection[] {
  return [
    { id: "why", heading: "Why", markup: () => withSource(parts.reasons(rows)) },
    {
      id: "choice",
      heading: "What to choose",
      markup: (pick) => html`${pick("pareto")} ${withSource(parts.configurations(rows))}`,
    },
    {
      id: "what-if-axes",
      heading: "What if",
      markup: (pick) =>
        html`${pick("what-if", "blackout-by-configuration", "contributions")} ${withSource(parts.steps(rows))}`,
    },
    {
      id: "promises",
      heading: "What is promised",
      markup: (pick) => html`${pick("slo-attainment", "error-budget")}`,
    },
    {
      id: "measure",
      heading: "What to measure better",
      markup: (pick) => html`${pick("tornado", "morris", "sobol")} ${withSource(parts.uncertain(rows))}`,
    },
    { id: "failures", heading: "Runs without an answer", markup: () => withSource(parts.failures(rows)) },
    { id: "inputs", heading: "Inputs", markup: () => withSource(parts.inputs(rows)) },
  ];
}

/** The report of a sweep: what to choose, why, what if, and what to measure better. */
export function sweepPage(rows: SweepRows): PageContent {
  const facts = factsOf(rows);
  return {
    title: facts.headline.plan_name,
    kicker: `What-if sweep: ${displayText(facts.headline.plan_name, 100)}`,
    headline: sweepSentence(facts),
    opening: html`${withSource(parts.doubts(rows))} ${withSource(parts.figures(rows))}`,
    sections: sectionsOf(rows),
    charts: (theme) => buildSweepCharts(rows, theme),
    twins: sweepTwinTables(rows),
    answers: () => ({ ...rows }),
    inputs: rows["sweep-inputs"],
    madeBy: `luoscope ${facts.headline.luoscope_version}`,
  };
}
