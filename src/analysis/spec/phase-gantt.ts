import { displayLabel, displayText, formatCount, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import {
  type Chart,
  emptyChart,
  estimateTextPx,
  finishChart,
  labelWidth,
  type Layer,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
  uniqueLabels,
  type Zoom,
} from "./theme.ts";

type PhaseRow = CatalogueRow<"phases">;
type ChainRow = CatalogueRow<"critical-chain">;
type StepRow = CatalogueRow<"steps-gantt">;
type HeadlineRow = CatalogueRow<"headline">;

export interface GanttRows {
  readonly phases: readonly PhaseRow[];
  readonly steps: readonly StepRow[];
  readonly headline: HeadlineRow;
  /** The steps that decide the blackout's length. */
  readonly chain: readonly ChainRow[];
}

/** More lanes than this make no readable chart; the table under it has them all. */
const maxLanes = 60;
const laneHeight = 19;
const phaseLane = "phase";
const kernelLane = "kernel";
const blackoutLane = "blackout (see below)";

interface Bar {
  readonly lane: string;
  readonly phase: string;
  readonly start_offset_ns: number;
  readonly end_offset_ns: number;
  readonly [tooltip: string]: string | number;
}

const stepTooltip = tooltipFields({
  step: "Step",
  phase: "Phase",
  vm: "VM",
  start: "Start",
  duration: "Duration",
  range: "Range",
  detail: "Detail",
});
const phaseTooltip = tooltipFields({ phase: "Phase", start: "Start", duration: "Duration", range: "Range" });

function stepBar(row: StepRow, lane: string): Bar {
  const merged = row.piece_count > 1 ? `${formatCount(row.piece_count)} pieces, ` : "";
  return {
    lane,
    phase: row.phase,
    start_offset_ns: row.start_offset_ns,
    end_offset_ns: row.end_offset_ns,
    step: displayText(row.step_name, 60),
    vm: row.vm_name === null ? (row.piece_count > 1 ? "several" : "whole host") : displayText(row.vm_name, 60),
    start: `${formatNs(row.start_offset_ns)} after the VMs stop`,
    duration: merged + formatNs(row.busy_ns),
    range: `${formatNs(row.low_ns)} to ${formatNs(row.high_ns)}`,
    detail: displayText(row.detail, 120),
  };
}

function phaseBar(row: PhaseRow, lane: string): Bar {
  return {
    lane,
    phase: row.phase,
    start_offset_ns: row.start_offset_ns,
    end_offset_ns: row.end_offset_ns,
    start: `${formatNs(row.start_offset_ns)} after the VMs stop`,
    duration: formatNs(row.phase_ns),
    range: `${formatNs(row.low_ns)} to ${formatNs(row.high_ns)}`,
  };
}

interface Lane {
  readonly label: string;
  readonly row: StepRow;
}

function lanesOf(rows: readonly StepRow[]): Map<number, Lane> {
  const first = rows.filter((row, index) => index === 0 || rows[index - 1]!.lane_index !== row.lane_index);
  const labels = uniqueLabels(first.map((row) => displayLabel(row.step_name)));
  return new Map(first.map((row, index) => [row.lane_index, { label: labels[index]!, row }]));
}

interface PanelParts {
  readonly lanes: readonly string[];
  readonly domain: readonly [startNs: number, endNs: number];
  readonly layers: readonly Layer[];
  readonly axisTitle: string;
}

function panel(parts: PanelParts): Layer {
  return {
    width: plotWidth,
    height: Math.max(1, parts.lanes.length) * laneHeight,
    layer: [axes(parts), ...parts.layers],
  };
}

/** The axes, given once a panel: layers of one panel share them. */
function axes(parts: Omit<PanelParts, "layers">): Layer {
  const x = {
    field: "start_offset_ns",
    type: "quantitative",
    scale: { domain: parts.domain, nice: false, zero: false },
    axis: { title: parts.axisTitle, labelExpr: secondsLabel, tickCount: 10 },
  };
  const y = {
    field: "lane",
    type: "nominal",
    sort: parts.lanes,
    scale: { domain: parts.lanes, paddingInner: 0.25, paddingOuter: 0.15 },
    axis: { title: null, minExtent: labelWidth, maxExtent: labelWidth, domain: false },
  };
  return { data: { values: [] }, mark: { type: "point" }, encoding: { x, y } };
}

const yLane = { field: "lane", type: "nominal" } as const;
const xStart = { field: "start_offset_ns", type: "quantitative" } as const;
const xEnd = { field: "end_offset_ns" } as const;

/** Makes the narrowest of bars easy to point at: an invisible outline under the bars that has their tooltip. */
function targetLayer(bars: readonly Bar[]): Layer {
  return {
    data: { values: bars },
    mark: { type: "bar", clip: true, fill: "#000", fillOpacity: 0, stroke: "#000", strokeOpacity: 0, strokeWidth: 8 },
    encoding: { x: xStart, x2: xEnd, y: yLane, tooltip: stepTooltip },
  };
}

function barLayer(bars: readonly Bar[], theme: Theme, tooltip: readonly Layer[], zoom?: string): Layer {
  const phases = Object.keys(theme.phases);
  const color = {
    field: "phase",
    type: "nominal" as const,
    scale: { domain: phases, range: phases.map((phase) => theme.phases[phase]!) },
    legend: null,
  };
  return {
    data: { values: bars },
    // The outline has the bar's colour: a step of a microsecond is still a visible line.
    mark: { type: "bar", clip: true, strokeWidth: 1 },
    encoding: { x: xStart, x2: xEnd, y: yLane, color, stroke: { ...color }, tooltip },
    ...(zoom === undefined
      ? {}
      : { params: [{ name: zoom, select: { type: "interval", encodings: ["x"] }, bind: "scales" }] }),
  };
}

/** The time that a lane takes, in a column to the right of the plot. */
function durationLayer(lanes: readonly { lane: string; duration: string }[], theme: Theme): Layer {
  return {
    data: { values: [...lanes] },
    // Vega-Lite would clip it with the zoomable bars.
    mark: { type: "text", align: "left", baseline: "middle", color: theme.muted, clip: false },
    encoding: { x: { value: plotWidth + 8 }, y: yLane, text: { field: "duration", type: "nominal" } },
  };
}

function laneDurations(lanes: readonly Lane[]): { lane: string; duration: string }[] {
  return lanes.map(({ label, row }) => ({
    lane: label,
    duration: formatNs(row.lane_ns) + (row.lane_piece_count > 1 ? `, ${formatCount(row.lane_piece_count)} parts` : ""),
  }));
}

function shadeLayer(headline: HeadlineRow, theme: Theme): Layer {
  return {
    data: { values: [{ start_offset_ns: 0, end_offset_ns: headline.blackout_ns }] },
    mark: { type: "rect", clip: true, color: theme.shade },
    encoding: { x: xStart, x2: xEnd, y: { value: 0 }, y2: { value: "height" } },
  };
}

function updateDomain(rows: GanttRows): [startNs: number, endNs: number] {
  return [rows.phases[0]!.start_offset_ns, Math.max(...rows.phases.map((row) => row.end_offset_ns))];
}

/** Steps while VMs run: before and after the blackout, which is one lane here. */
function updatePanel(rows: GanttRows, lanes: readonly Lane[], theme: Theme): Layer {
  const before = lanes.filter(({ row }) => row.start_offset_ns < 0);
  const after = lanes.filter(({ row }) => row.start_offset_ns >= 0);
  const labelOf = new Map(lanes.map(({ label, row }) => [row.lane_index, label]));
  const bars = rows.steps
    .filter((row) => labelOf.has(row.lane_index))
    .map((row) => stepBar(row, labelOf.get(row.lane_index)!));
  const blackout = rows.phases.filter((row) => row.in_blackout).map((row) => phaseBar(row, blackoutLane));
  const durations = [...laneDurations(lanes), { lane: blackoutLane, duration: formatNs(rows.headline.blackout_ns) }];
  return panel({
    lanes: [...before.map(({ label }) => label), blackoutLane, ...after.map(({ label }) => label)],
    domain: updateDomain(rows),
    axisTitle: "whole update: time from the moment the VMs stop (s); VMs run outside the shaded blackout",
    layers: [
      shadeLayer(rows.headline, theme),
      targetLayer(bars),
      barLayer(bars, theme, stepTooltip, "zoom_update"),
      barLayer(blackout, theme, phaseTooltip),
      durationLayer(durations, theme),
    ],
  });
}

/** Names of phases or kernels inside their bars, where they fit. */
function bandLabels(rows: readonly Omit<KernelBand, "fill">[], blackoutNs: number): Layer {
  const values = rows.flatMap(({ bar, texts, ink }) => {
    const roomPx = (length(bar) / blackoutNs) * plotWidth;
    const text = texts.find((candidate) => estimateTextPx(candidate) <= roomPx);
    return text === undefined ? [] : [{ ...bar, text, ink }];
  });
  return {
    data: { values },
    mark: { type: "text", align: "left", baseline: "middle", dx: 5, clip: true },
    encoding: {
      x: xStart,
      y: yLane,
      text: { field: "text", type: "nominal" },
      color: { field: "ink", type: "nominal", scale: null },
    },
  };
}

interface KernelBand {
  readonly bar: Bar;
  readonly texts: readonly string[];
  readonly ink: string;
  readonly fill: string;
}

/** Which kernel runs: the new one from its first step of the chain on. */
function kernelBands(rows: GanttRows, theme: Theme): KernelBand[] {
  const { kernel_from: from, kernel_to: to, blackout_ns: blackoutNs } = rows.headline;
  const switchNs = rows.chain.find(({ kernel }) => kernel === "new")?.start_offset_ns ?? blackoutNs;
  const band = (startNs: number, endNs: number, text: string, fill: string): KernelBand => ({
    bar: { lane: kernelLane, phase: "", start_offset_ns: startNs, end_offset_ns: endNs },
    texts: [text],
    ink: theme.ink,
    fill,
  });
  return [
    band(0, switchNs, `old: ${displayText(from, 24)}`, theme.kernels[0]!),
    band(switchNs, blackoutNs, `new: ${displayText(to, 24)}`, theme.kernels[1]!),
  ].filter(({ bar }) => length(bar) > 0);
}

function kernelLayers(rows: GanttRows, theme: Theme): Layer[] {
  const bands = kernelBands(rows, theme);
  const rects = {
    data: { values: bands.map(({ bar, fill }) => ({ ...bar, fill })) },
    mark: { type: "bar", clip: true },
    encoding: { x: xStart, x2: xEnd, y: yLane, color: { field: "fill", type: "nominal", scale: null } },
  };
  return [rects, bandLabels(bands, rows.headline.blackout_ns)];
}

function length(bar: Bar): number {
  return bar.end_offset_ns - bar.start_offset_ns;
}

/** A thin line through the steps that decide the blackout's length, down from each to the next that waits for it. */
function chainLayer(chain: readonly ChainRow[], lanes: readonly Lane[], theme: Theme): Layer {
  const keyOf = (row: { readonly phase: string; readonly step_name: string }) => `${row.phase} ${row.step_name}`;
  const labelOf = new Map(lanes.map(({ label, row }) => [keyOf(row), label]));
  const shown = chain.filter((row) => labelOf.has(keyOf(row)));
  const points = shown.flatMap((row, index) => {
    const lane = labelOf.get(keyOf(row))!;
    const nextNs = shown[index + 1]?.start_offset_ns ?? row.start_offset_ns + row.took_ns;
    return [row.start_offset_ns, nextNs].map((atNs) => ({ lane, start_offset_ns: atNs }));
  });
  return {
    data: { values: points.map((point, order) => ({ ...point, order })) },
    mark: { type: "line", clip: true, color: theme.ink, strokeWidth: 1.2, interpolate: "linear" },
    encoding: { x: xStart, y: yLane, order: { field: "order", type: "quantitative" } },
  };
}

/** Steps while VMs stand still, under a strip with the phases and one with the kernel that runs. */
function blackoutPanel(rows: GanttRows, lanes: readonly Lane[], theme: Theme): Layer {
  const labelOf = new Map(lanes.map(({ label, row }) => [row.lane_index, label]));
  const steps = rows.steps.filter((row) => labelOf.has(row.lane_index));
  const bars = steps.map((row) => stepBar(row, labelOf.get(row.lane_index)!));
  const strip = rows.phases.filter((row) => row.in_blackout).map((row) => phaseBar(row, phaseLane));
  const stripLabels = strip.map((bar) => ({
    bar,
    texts: [`${bar.phase} ${bar["duration"]}`, bar.phase],
    ink: theme.phaseInks[bar.phase] ?? theme.ink,
  }));
  const durations = [...laneDurations(lanes), { lane: phaseLane, duration: formatNs(rows.headline.blackout_ns) }];
  return panel({
    lanes: [phaseLane, kernelLane, ...lanes.map(({ label }) => label)],
    domain: [0, rows.headline.blackout_ns],
    axisTitle: "blackout: time from the moment the VMs stop (s); no VM runs until its resume",
    layers: [
      chainLayer(rows.chain, lanes, theme),
      targetLayer(bars),
      barLayer(bars, theme, stepTooltip, "zoom_blackout"),
      barLayer(strip, theme, phaseTooltip),
      bandLabels(stripLabels, rows.headline.blackout_ns),
      ...kernelLayers(rows, theme),
      durationLayer(durations, theme),
    ],
  });
}

function title(rows: GanttRows): string {
  const longest = rows.phases
    .filter((row) => row.in_blackout)
    .reduce((best, row) => (row.phase_ns > best.phase_ns ? row : best));
  return (
    `VMs stand still for ${formatNs(rows.headline.blackout_ns)}, ${formatNs(longest.phase_ns)} of it in ${longest.phase}; ` +
    `preserving beforehand takes ${formatNs(rows.headline.preserve_ns)} while they run`
  );
}

/**
 * The update as lanes of steps: above, the whole of it with the blackout shaded; below, the blackout alone.
 *
 * Both panels zoom in x, each on its own.
 */
export function phaseGanttChart(rows: GanttRows, theme: Theme): Chart {
  const id = "phase-gantt";
  const inBlackout = rows.phases.filter((row) => row.in_blackout);
  if (inBlackout.length === 0 || rows.headline.blackout_ns <= 0) {
    return emptyChart(id, "There are no blackout phases in this run.", theme);
  }
  const lanes = [...lanesOf(rows.steps).values()].slice(0, maxLanes);
  const outside = lanes.filter(({ row }) => !row.in_blackout);
  const inside = lanes.filter(({ row }) => row.in_blackout);
  const body = {
    vconcat: [updatePanel(rows, outside, theme), blackoutPanel(rows, inside, theme)],
    spacing: 22,
  };
  const { blackout_ns: blackoutNs } = rows.headline;
  const zooms: readonly Zoom[] = [
    { signal: "zoom_update_start_offset_ns", label: "whole update", domain: updateDomain(rows) },
    { signal: "zoom_blackout_start_offset_ns", label: "blackout", domain: [0, blackoutNs] },
  ];
  return finishChart({ id, title: title(rows), body, zooms }, theme);
}
