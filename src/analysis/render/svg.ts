import { logger, parse, resetSVGDefIds, type Spec, View, Warn } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { textMetrics } from "vega-scenegraph";

import { InvariantError } from "../../base/index.ts";
import { measureText } from "./font.ts";

/** Compiles a chart; a warning means that a spec of ours is wrong and is not let through. */
export function compileSpec(spec: TopLevelSpec): Spec {
  const warnings: string[] = [];
  const quiet = logger(Warn, undefined, (_method, _level, messages) => warnings.push(messages.join(" ")));
  const compiled = compile(spec, { logger: quiet }).spec;
  if (warnings.length > 0) throw new InvariantError(`vega-lite: ${warnings.join("; ")}`);
  return compiled;
}

/** Lays text out by the shipped font; without a canvas Vega would only guess, and cut labels off. */
function useShippedFont(): void {
  textMetrics.width = (item, text) => {
    const shown = String(text ?? "").trim();
    const isBold = item.fontWeight === "bold" || Number(item.fontWeight) >= 600;
    return measureText(shown, item.fontSize ?? 11, isBold ? "bold" : "normal");
  };
}

/** Attributes that hold places and sizes in px; nothing else in a picture is rounded, least of all its texts. */
const placeAttribute = /(?<= )(?:transform|d|x2?|y2?|width|height)="[^"<]*"/g;

/** Hundredths of a px are enough; Vega writes fifteen digits of each number. */
function roundPlaces(svg: string): string {
  return svg.replace(/<[^>]*>/g, (tag) =>
    tag.replace(placeAttribute, (attribute) =>
      attribute.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(2)))),
    ),
  );
}

/** Draws a chart as SVG text; one at a time, since Vega numbers clip paths in one count. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  useShippedFont();
  resetSVGDefIds();
  const view = new View(parse(compileSpec(spec)), { renderer: "none" });
  try {
    return roundPlaces(await view.toSVG());
  } finally {
    view.finalize();
  }
}
