import type { Layer } from "./theme.ts";

/** Lanes are numbers, since two may share a name; their labels come from the rows, in their order. */
export function laneAxis(labels: readonly string[], namePx: number): Layer {
  return {
    field: "lane",
    type: "ordinal",
    scale: { paddingInner: 0.3, paddingOuter: 0.2 },
    axis: {
      title: null,
      labelExpr: `${JSON.stringify(labels)}[datum.value]`,
      labelLimit: namePx - 8,
      minExtent: namePx,
      maxExtent: namePx,
      domain: false,
    },
  };
}

/** A column of texts to the right of a plot, whose right edge is so far from its left one. */
export function textColumnLayer(field: string, rightPx: number, y: Layer): Layer {
  return {
    mark: { type: "text", align: "right", baseline: "middle" },
    encoding: { x: { value: rightPx }, y, text: { field, type: "nominal" } },
  };
}
