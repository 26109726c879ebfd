import {
  decisionSentence,
  differenceSentence,
  formatDelta,
  formatDeltaRatio,
  mediansWords,
  rowWords,
} from "../difference-sentences.ts";
import { displayLabel, displayText, formatCount, formatRatio, plural } from "../format.ts";
import { buildDifferenceCharts, type DifferenceRows } from "../spec/difference-charts.ts";
import {
  changedInputsSection,
  changedSection,
  doubtsSection,
  gateHeading,
  gateSection,
  stepsSection,
  unchangedSection,
  waterfallsSection,
} from "./difference-sections.ts";
import { differenceTwinTables } from "./difference-twins.ts";
import { html } from "./markup.ts";
import type { PageContent, PageSection } from "./page-content.ts";
import { figuresSection, type InputRow, inputsSection, type KeyFigure } from "./sections.ts";
import { sourced, withSource } from "./sources.ts";

type HeadlineRow = DifferenceRows["difference-headline"][number];

/** The change that the headline names. */
function topFigure({ top_metric: metric, top_unit: unit, top_label: label, ...row }: HeadlineRow): KeyFigure {
  if (metric === null || unit === null) return { name: "Largest change", value: "–", note: "nothing changed" };
  const medians = { base_median: row.top_base_median, new_median: row.top_new_median, unit };
  return {
    name: `Change of ${displayLabel(rowWords({ metric, unit, label: label ?? "" }), 40)}`,
    value: row.top_delta_ratio === null ? formatDelta(row.top_delta, unit) : formatDeltaRatio(row.top_delta_ratio),
    note: mediansWords(medians),
  };
}

function keyFigures(row: HeadlineRow): KeyFigure[] {
  const of = `of ${plural(row.change_count, "value")}`;
  const missing = row.only_base_count + row.only_new_count;
  return [
    { name: "Worse", value: formatCount(row.worse_count), note: of },
    { name: "Better", value: formatCount(row.better_count), note: of },
    topFigure(row),
    {
      name: "Undecided",
      value: formatCount(row.inconclusive_count),
      note: `more samples would tell; ${formatCount(row.same_count)} are the same`,
    },
    {
      name: "On one side only",
      value: formatCount(missing),
      note: `${formatCount(row.only_base_count)} missing, ${formatCount(row.only_new_count)} new`,
    },
    {
      name: "Did not finish",
      value: formatCount(row.unfinished_count),
      note: `${formatCount(row.different_count)} different, neither end better`,
    },
    {
      name: "Tests",
      value: formatCount(row.test_count),
      note: `any false alarm: at most ${formatRatio(row.alpha_ratio)}`,
    },
    {
      name: "Samples of noisy values",
      value: formatCount(row.sample_count),
      note: `${plural(row.noisy_row_count, "noisy row")} of ${formatCount(row.row_count)}`,
    },
  ];
}

/** Sides as inputs, each with its file where that has another name. */
function sideInputs(sides: DifferenceRows["difference-sides"]): readonly InputRow[] {
  return sides.map((row) => ({
    ...row,
    input_name: row.file === "" || row.file === row.input_name ? row.input_name : `${row.input_name} (${row.file})`,
  }));
}

const parts = {
  doubts: sourced(["difference-warnings"], (rows) => doubtsSection(rows["difference-warnings"])),
  figures: sourced(["difference-headline"], (rows) => figuresSection(keyFigures(rows["difference-headline"][0]!))),
  gate: sourced(["difference-rules", "difference-headline"], (rows) =>
    gateSection(rows["difference-rules"], rows["difference-headline"][0]!),
  ),
  changed: sourced(["difference-rows", "difference-headline"], (rows) =>
    changedSection(rows["difference-rows"], rows["difference-headline"][0]!),
  ),
  unchanged: sourced(["difference-rows", "difference-headline"], (rows) =>
    unchangedSection(rows["difference-rows"], rows["difference-headline"][0]!),
  ),
  steps: sourced(["difference-steps"], (rows) => stepsSection(rows["difference-steps"])),
  waterfalls: sourced(["difference-waterfalls", "difference-headline"], (rows) =>
    waterfallsSection(rows["difference-waterfalls"], rows["difference-headline"][0]!),
  ),
  changedInputs: sourced(["difference-inputs", "difference-headline"], (rows) =>
    changedInputsSection(rows["difference-inputs"], rows["difference-headline"][0]!),
  ),
  sides: sourced(["difference-sides", "difference-headline"], (rows) => {
    const { seed } = rows["difference-headline"][0]!;
    const note = `Seed ${String(seed)}. The same results, settings, seed and version give the same difference and the same report, byte for byte.`;
    return inputsSection(sideInputs(rows["difference-sides"]), note);
  }),
};

function sectionsOf(rows: DifferenceRows): readonly PageSection[] {
  const headline = rows["difference-headline"][0]!;
  return [
    { id: "gate", heading: gateHeading(headline), markup: () => withSource(parts.gate(rows)) },
    {
      id: "changed",
      heading: "What changed",
      markup: (pick) =>
        html`${pick("changes")} ${withSource(parts.changed(rows))} ${withSource(parts.unchanged(rows))}`,
    },
    {
      id: "why",
      heading: "What makes it so",
      markup: (pick) =>
        html`${pick("change-waterfall")} ${withSource(parts.steps(rows))} ${withSource(parts.waterfalls(rows))}`,
    },
    { id: "noise", heading: "How sure that is", markup: (pick) => html`${pick("samples")}` },
    { id: "changed-inputs", heading: "What went in", markup: () => withSource(parts.changedInputs(rows)) },
    { id: "inputs", heading: "Inputs", markup: () => withSource(parts.sides(rows)) },
  ];
}

/** The report of a difference: what became worse, whether the gate lets it pass, and what the change is made of. */
export function differencePage(rows: DifferenceRows): PageContent {
  const headline = rows["difference-headline"][0]!;
  return {
    title: headline.title,
    kicker: `Difference: ${displayText(headline.title, 100)}`,
    headline: differenceSentence(headline),
    lede: decisionSentence(headline),
    opening: html`${withSource(parts.doubts(rows))} ${withSource(parts.figures(rows))}`,
    sections: sectionsOf(rows),
    charts: (theme) => buildDifferenceCharts(rows, theme),
    twins: differenceTwinTables(rows),
    answers: () => ({ ...rows }),
    inputs: sideInputs(rows["difference-sides"]),
    madeBy: `luoscope ${headline.luoscope_version}`,
  };
}
