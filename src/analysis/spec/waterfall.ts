import { formatNs } from "../format.ts";
import type { Layer, Theme } from "./theme.ts";

/** A bar of a waterfall: the next one begins where it ends. */
export interface WaterfallBar {
  readonly lane: number;
  readonly end_ns: number;
}

export interface WaterfallAxes {
  readonly x: Layer;
  readonly y: Layer;
}

/** A length with its sign: `+1.42 s`, `−20.0 ms`. */
export function signedNs(ns: number): string {
  return ns === 0 ? "0" : `${ns < 0 ? "−" : "+"}${formatNs(Math.abs(ns))}`;
}

export function nsOrDash(ns: number | null): string {
  return ns === null ? "–" : formatNs(ns);
}

/** How much longer or shorter, in words. */
export function longerWords(ns: number): string {
  return `${formatNs(Math.abs(ns))} ${ns < 0 ? "shorter" : "longer"}`;
}

/** Whether a row is one of both wholes, and no step: of two configurations or sides, or of two kernels. */
export function isSum({ row_kind: kind }: { readonly row_kind: string }): boolean {
  return kind === "from" || kind === "to" || kind === "older" || kind === "newer";
}

/** What a bar is: a length as a whole, or what a step adds or takes. */
export function barKind(row: { readonly start_ns: number; readonly end_ns: number }, isSum: boolean): string {
  if (isSum) return "sum";
  return row.end_ns < row.start_ns ? "shorter" : "longer";
}

/** Thin lines from the end of one bar to the lane below. */
export function connectorLayer(values: readonly WaterfallBar[], { x, y }: WaterfallAxes, theme: Theme): Layer {
  const lines = values.slice(0, -1).map(({ lane, end_ns: endNs }, index) => ({
    lane,
    next_lane: values[index + 1]!.lane,
    end_ns: endNs,
  }));
  return {
    data: { values: lines },
    mark: { type: "rule", color: theme.muted, strokeWidth: 1, opacity: 0.7 },
    encoding: { x, y, y2: { field: "next_lane" } },
  };
}

/** The bars themselves; an outline keeps a change of a microsecond visible. */
export function barLayer(
  { x, y }: WaterfallAxes,
  { color, tooltip }: { readonly color: Layer; readonly tooltip: readonly Layer[] },
): Layer {
  return {
    mark: { type: "bar", strokeWidth: 1, stroke: { expr: "scale('color', datum.kind)" } },
    encoding: { x: { ...x, field: "start_ns" }, x2: { field: "end_ns" }, y, color, tooltip },
  };
}

/** Colours of the kinds of bars that are there, under names of their own. */
export function kindColor(
  values: readonly { readonly kind: string }[],
  names: Readonly<Record<string, string>>,
  theme: Theme,
): Layer {
  const kinds = Object.keys(names).filter((kind) => values.some((value) => value.kind === kind));
  return {
    field: "kind",
    type: "nominal",
    scale: { domain: kinds, range: kinds.map((kind) => theme.deltas[kind]!) },
    legend: { title: null, labelExpr: `${JSON.stringify(names)}[datum.label]` },
  };
}
