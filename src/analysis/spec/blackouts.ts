import { displayLabel, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  labelWidth,
  type Layer,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
  uniqueLabels,
} from "./theme.ts";

/** One update among several that are set beside each other. */
interface Blackout {
  /** Why it is shown, or what it is called. */
  readonly label: string;
  /** What it is, at length: it stands above its bar. */
  readonly words: string;
  readonly blackoutNs: number;
  readonly lowNs: number | null;
  readonly highNs: number | null;
  readonly parts: readonly { readonly phase: string; readonly partNs: number }[];
}

/** A run as it is called, with its answers. */
export interface NamedRun {
  readonly name: string;
  readonly phases: readonly CatalogueRow<"phases">[];
  readonly headline: CatalogueRow<"headline">;
}

const rowPx = 46;
const barPx = 18;
/** Room beside the longest bar for its length and range. */
const totalPx = 200;

function durationText({ blackoutNs, lowNs, highNs }: Blackout): string {
  if (lowNs === null || highNs === null) return formatNs(blackoutNs);
  return `${formatNs(blackoutNs)} (${formatNs(lowNs)} to ${formatNs(highNs)})`;
}

const partTooltip = tooltipFields({ label: "Update", phase: "Phase", part: "In this phase", total: "Blackout" });

interface Lanes {
  readonly labels: readonly string[];
  readonly y: object;
  readonly axisTitle: string;
}

function partLayer(blackouts: readonly Blackout[], { labels, y, axisTitle }: Lanes, theme: Theme): Layer {
  const phases = Object.keys(theme.phases).filter((phase) => phase in theme.phaseInks);
  const values = blackouts.flatMap((blackout, lane) =>
    blackout.parts.map(({ phase, partNs }) => ({
      lane,
      label: labels[lane]!,
      phase,
      phase_index: phases.indexOf(phase),
      part_ns: partNs,
      part: formatNs(partNs),
      total: durationText(blackout),
    })),
  );
  return {
    data: { values },
    mark: { type: "bar", height: barPx, yOffset: 10 },
    encoding: {
      x: {
        field: "part_ns",
        type: "quantitative",
        stack: "zero",
        axis: { title: axisTitle, labelExpr: secondsLabel, tickCount: 8 },
      },
      y,
      color: {
        field: "phase",
        type: "nominal",
        scale: { domain: phases, range: phases.map((phase) => theme.phases[phase]!) },
        legend: { title: null },
      },
      order: { field: "phase_index", type: "ordinal" },
      tooltip: partTooltip,
    },
  };
}

/** What each update is, above its bar, and how long it takes, at the bar's end. */
function textLayers(blackouts: readonly Blackout[], y: object, theme: Theme): Layer[] {
  const values = blackouts.map((blackout, lane) => ({
    lane,
    words: displayLabel(blackout.words, 110),
    total: durationText(blackout),
    blackout_ns: blackout.blackoutNs,
  }));
  return [
    {
      data: { values },
      mark: { type: "text", align: "left", baseline: "middle", dx: 1, yOffset: -9, color: theme.muted },
      encoding: { x: { value: 0 }, y, text: { field: "words", type: "nominal" } },
    },
    {
      data: { values },
      mark: { type: "text", align: "left", baseline: "middle", dx: 6, yOffset: 10 },
      encoding: { x: { field: "blackout_ns", type: "quantitative" }, y, text: { field: "total", type: "nominal" } },
    },
  ];
}

function barsBody(blackouts: readonly Blackout[], brackets: string, theme: Theme): Readonly<Record<string, unknown>> {
  const labels = uniqueLabels(blackouts.map(({ label }) => displayLabel(label)));
  const y = {
    field: "lane",
    type: "ordinal",
    axis: {
      title: null,
      labelExpr: `${JSON.stringify(labels)}[datum.value]`,
      minExtent: labelWidth,
      maxExtent: labelWidth,
      domain: false,
    },
  };
  return {
    width: plotWidth - totalPx,
    height: { step: rowPx },
    layer: [
      partLayer(blackouts, { labels, y, axisTitle: `blackout of the host (s); in brackets: ${brackets}` }, theme),
      ...textLayers(blackouts, y, theme),
    ],
  };
}

function title(blackouts: readonly Blackout[], noun: string): string {
  const sorted = blackouts.toSorted((one, two) => one.blackoutNs - two.blackoutNs);
  const [shortest, longest] = [sorted[0]!, sorted.at(-1)!];
  const most = longest.parts.reduce((best, part) => (part.partNs > best.partNs ? part : best));
  const end = `${formatNs(longest.blackoutNs)} (${displayLabel(longest.label, 40)}), ${formatNs(most.partNs)} of it in ${most.phase}`;
  if (sorted.length === 1) return `A blackout of ${end}`;
  const start = `${formatNs(shortest.blackoutNs)} (${displayLabel(shortest.label, 40)})`;
  return `Blackouts of ${plural(blackouts.length, noun)} reach from ${start} to ${end}`;
}

/** The blackouts of several runs, in the order in which they are given. */
export function blackoutByRunChart(runs: readonly NamedRun[], theme: Theme): Chart {
  const blackouts = runs.map(({ name, phases, headline }): Blackout => {
    const rows = phases.filter((row) => row.in_blackout);
    return {
      label: name,
      words: `scenario ${headline.scenario_name}, trace ${headline.trace_name}, Linux ${headline.kernel_from} to ${headline.kernel_to}`,
      blackoutNs: headline.blackout_ns,
      lowNs: headline.blackout_low_ns,
      highNs: headline.blackout_high_ns,
      parts: rows.map((row) => ({ phase: row.phase, partNs: row.phase_ns })),
    };
  });
  const id = "blackout-by-run";
  return finishChart(
    {
      id,
      title: title(blackouts, "run"),
      body: barsBody(blackouts, "every constant at the low or the high end of its range", theme),
    },
    theme,
  );
}

/** The blackouts of configurations that contrast. */
export function blackoutByConfigurationChart(rows: readonly CatalogueRow<"sweep-phases">[], theme: Theme): Chart {
  const id = "blackout-by-configuration";
  const first = rows.filter((row, index) => row.order_index !== rows[index - 1]?.order_index);
  if (first.length === 0) return emptyChart(id, "There is no configuration with a blackout in this sweep.", theme);
  const blackouts = first.map((row): Blackout => ({
    label: row.role_name,
    words: row.short_label ?? "",
    blackoutNs: row.blackout_ns,
    lowNs: row.low_ns,
    highNs: row.high_ns,
    parts: rows
      .filter(({ order_index: order }) => order === row.order_index)
      .map((part) => ({ phase: part.phase, partNs: part.part_ns })),
  }));
  return finishChart(
    { id, title: title(blackouts, "configuration"), body: barsBody(blackouts, "90 % of the draws", theme) },
    theme,
  );
}
