import { estimateTextPx, type Layer, plotWidth, type Theme, tooltipFields } from "./theme.ts";

const labelLanes = 4;
export const laneHeight = 15;
/** How far a label may stand out of the plot to the right, in px. */
const rightRoom = 80;

/** A moment that has a label above the plot. */
export interface TimeMark {
  readonly at_ns: number;
  readonly label: string;
}

export interface PlacedMark extends TimeMark {
  readonly name: string;
  readonly lane_px: number;
}

/** The stretch of time that a plot shows. */
export interface TimeFrame {
  readonly startNs: number;
  readonly endNs: number;
}

/**
 * Puts labels into lanes above the plot. From right to left, each takes the lowest lane above all labels that begin
 * under it: so no two overlap, and no rule runs through a label. One that would need a higher lane than there is has its
 * rule only, and its name in the rule's tooltip.
 */
export function placeMarks(marks: readonly TimeMark[], frame: TimeFrame): PlacedMark[] {
  const placed: (PlacedMark & { left: number; lane: number })[] = [];
  for (const mark of marks.toSorted((before, after) => after.at_ns - before.at_ns)) {
    const left = ((mark.at_ns - frame.startNs) / (frame.endNs - frame.startNs)) * plotWidth;
    const right = left + estimateTextPx(mark.label);
    const under = placed.filter((other) => other.lane >= 0 && other.left >= left && other.left < right);
    const lowest = Math.max(-1, ...under.map(({ lane }) => lane)) + 1;
    const lane = lowest >= labelLanes || right > plotWidth + rightRoom ? -1 : lowest;
    const label = lane < 0 ? "" : mark.label;
    placed.push({ ...mark, name: mark.label, label, left, lane, lane_px: lane < 0 ? 0 : -8 - lane * laneHeight });
  }
  return placed.toReversed().map(({ left: _left, lane: _lane, ...mark }) => mark);
}

/** Room that the labels take above the plot, in px. */
export function marksHeightPx(placed: readonly PlacedMark[]): number {
  return Math.max(0, ...placed.map((mark) => -mark.lane_px + laneHeight / 2));
}

const x = { field: "at_ns", type: "quantitative" };
const y = { field: "lane_px", type: "quantitative", scale: null };

/** A rule from each label to the plot's foot, and the labels. */
export function markLayers(placed: readonly PlacedMark[], tooltipHead: string, theme: Theme): Layer[] {
  return [
    {
      data: { values: placed },
      mark: { type: "rule", strokeDash: [3, 3], color: theme.muted },
      encoding: { x, y, y2: { value: "height" }, tooltip: tooltipFields({ name: tooltipHead }) },
    },
    {
      data: { values: placed.filter(({ label }) => label !== "") },
      mark: { type: "text", align: "left", baseline: "middle", dx: 3, color: theme.muted },
      encoding: { x, y, text: { field: "label", type: "nominal" } },
    },
  ];
}

/** A stretch in which VMs stand still as a band, with its label. */
export function bandLayers(band: TimeFrame, placed: readonly PlacedMark[], theme: Theme): Layer[] {
  return [
    {
      data: { values: [band] },
      mark: { type: "rect", color: theme.shade },
      encoding: {
        x: { field: "startNs", type: "quantitative" },
        x2: { field: "endNs" },
        y: { value: 0 },
        y2: { value: "height" },
      },
    },
    {
      data: { values: placed },
      mark: { type: "text", align: "left", baseline: "middle", fontWeight: "bold" },
      encoding: { x, y, text: { field: "label", type: "nominal" } },
    },
  ];
}
