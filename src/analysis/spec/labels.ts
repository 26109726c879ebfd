import type { Layer, Theme } from "./theme.ts";

/** A point of a plot that may get a label, in px from the plot's upper left corner. */
export interface LabelledPoint {
  readonly xPx: number;
  readonly yPx: number;
  readonly text: string;
}

interface PlacedLabel extends LabelledPoint {
  readonly align: "left" | "right";
  /** The point that it names. */
  readonly pointXPx: number;
  readonly pointYPx: number;
  /** Lines above (below 0) or below the point. */
  readonly line: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const fontPx = 10;
const lineHeightPx = 14;
const gapPx = 8;
const dotPx = 5;

/** Places beside a point in the order in which they are tried: side, and lines above or below. */
const places = [
  ["left", 0],
  ["right", 0],
  ["left", 1],
  ["right", -1],
  ["left", -1],
  ["right", 1],
  ["left", 2],
  ["right", -2],
  ["left", -2],
  ["right", 2],
] as const;

/** Room that a label takes in its font, estimated. */
function widthOf(text: string): number {
  return text.length * 5.7 + 4;
}

function boxOf({ text, xPx, yPx, align }: PlacedLabel): Box {
  const left = align === "left" ? xPx : xPx - widthOf(text);
  return { left, right: left + widthOf(text), top: yPx - lineHeightPx / 2, bottom: yPx + lineHeightPx / 2 };
}

function overlaps(one: Box, two: Box): boolean {
  return one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom;
}

/**
 * Puts labels beside their points, the first points first. A label that finds no place without lying on another, on a
 * labelled point or over an edge is left out: the tooltip and the table have its name.
 */
function placeLabels(points: readonly LabelledPoint[], { widthPx, heightPx }: PlotSize): PlacedLabel[] {
  const dots = points.map(({ xPx, yPx }) => ({
    left: xPx - dotPx,
    right: xPx + dotPx,
    top: yPx - dotPx,
    bottom: yPx + dotPx,
  }));
  const placed: PlacedLabel[] = [];
  for (const { xPx, yPx, text } of points) {
    const candidates = places.map(([align, line]) => ({
      text,
      align,
      line,
      xPx: xPx + (align === "left" ? gapPx : -gapPx) * (line === 0 ? 1 : 2),
      yPx: yPx + line * lineHeightPx,
      pointXPx: xPx,
      pointYPx: yPx,
    }));
    const free = candidates.find((candidate) => {
      const box = boxOf(candidate);
      const isInside = box.left >= 0 && box.right <= widthPx && box.top >= 0 && box.bottom <= heightPx;
      return isInside && ![...placed.map(boxOf), ...dots].some((other) => overlaps(box, other));
    });
    if (free) placed.push(free);
  }
  return placed;
}

export interface PlotSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

const pxField = (field: string) => ({ field, type: "quantitative", scale: null });

/** Labels on ground of their own, so that lines do not run through them; those that moved away have a line to their point. */
export function labelLayers(points: readonly LabelledPoint[], size: PlotSize, theme: Theme): readonly Layer[] {
  const placed = placeLabels(points, size);
  const boxes = placed.map(boxOf);
  const grounds = {
    data: { values: boxes },
    mark: { type: "rect", color: theme.paper, opacity: 0.75 },
    encoding: { x: pxField("left"), x2: { field: "right" }, y: pxField("top"), y2: { field: "bottom" } },
  };
  const leaders = {
    data: { values: placed.filter(({ line }) => line !== 0) },
    mark: { type: "rule", color: theme.muted, strokeWidth: 0.8 },
    encoding: { x: pxField("pointXPx"), x2: { field: "xPx" }, y: pxField("pointYPx"), y2: { field: "yPx" } },
  };
  // Vega-Lite aligns a whole layer alike.
  const texts = (["left", "right"] as const).map((align) => ({
    data: { values: placed.filter((label) => label.align === align) },
    mark: { type: "text", align, baseline: "middle", fontSize: fontPx },
    encoding: { x: pxField("xPx"), y: pxField("yPx"), text: { field: "text", type: "nominal" } },
  }));
  return placed.length === 0 ? [] : [grounds, leaders, ...texts];
}
