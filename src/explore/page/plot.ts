import { Error as ErrorLevel, logger, parse, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";

import { createTheme, finishChart, type Layer, type Theme } from "../../analysis/spec/theme.ts";
import type { Cell } from "./api.ts";
import { save } from "../../analysis/render/page/csv.ts";
import { button, element, tableCsv } from "./dom.ts";

/** The reader's scheme at the moment. */
export function currentTheme(): Theme {
  return createTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", "page");
}

/** Plots begin where the others do. */
export const leftAxis = { minExtent: 190, maxExtent: 190, titleX: -60 } as const;

/** What of a plot was brushed, by the field of the axis. */
export type Brushed = Readonly<Record<string, readonly [number, number]>>;

export interface PlotParts {
  readonly id: string;
  readonly heading: string;
  readonly note?: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Rows behind the picture, for those who take them along or cannot see it. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly onBrush?: (brushed: Brushed) => void;
}

/** A brush is done once it rests for so long. */
const restMs = 180;

/** Hears brushes that a hand makes: a view says what its brush holds when it is drawn, too, and rounded to pixels. */
function listen(view: View, container: HTMLElement, onBrush: (brushed: Brushed) => void): void {
  let timer = 0;
  let isByHand = false;
  container.addEventListener("pointerdown", () => (isByHand = true));
  view.addSignalListener("brush", (_name, value: unknown) => {
    if (!isByHand) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => onBrush(value as Brushed), restMs);
  });
}

/** The view's files: its specification with data, its picture, its rows. */
function exportTools(parts: PlotParts, spec: TopLevelSpec, view: () => View | undefined): HTMLElement {
  const columns = Object.keys(parts.rows[0] ?? {}).map((name) => ({ name }));
  const rows = parts.rows.map((row) => columns.map(({ name }) => row[name] ?? null));
  const saveSpec = () =>
    save(`${parts.id}.vl.json`, new Blob([JSON.stringify(spec, undefined, 2)], { type: "application/json" }));
  const savePicture = () =>
    void view()
      ?.toImageURL("png", 2)
      .then((url) => save(`${parts.id}.png`, url));
  return element(
    "div",
    { class: "tools" },
    button("Spec", `Spec: save the Vega-Lite specification of ${parts.heading}`, saveSpec),
    button("PNG", `PNG: save the picture of ${parts.heading}`, savePicture),
    button("CSV", `CSV: save the rows of ${parts.heading}`, () => save(`${parts.id}.csv`, tableCsv({ columns, rows }))),
  );
}

/** What Vega-Lite warns of is how it puts facets together; what is wrong is thrown. */
const quiet = logger(ErrorLevel);

/** Draws a plot as a panel; the one that it replaces is taken down. */
export function plot(parts: PlotParts, views: Map<string, View>): HTMLElement {
  const theme = currentTheme();
  const body = { ...parts.body, title: undefined, background: theme.paper };
  const { spec } = finishChart({ id: parts.id, title: parts.heading, body }, theme);
  const container = element("div", {
    class: "plot",
    role: "img",
    "aria-label": `${parts.heading}; the rows can be saved as CSV`,
  });
  views.get(parts.id)?.finalize();
  const view = new View(parse(compile(spec, { logger: quiet }).spec, undefined, { ast: true }), {
    renderer: "canvas",
    container,
    hover: true,
    expr: expressionInterpreter,
  });
  views.set(parts.id, view);
  if (parts.onBrush) listen(view, container, parts.onBrush);
  view.run();
  const note = parts.note === undefined ? [] : [element("small", {}, parts.note)];
  const heading = element("h2", {}, parts.heading, ...note);
  const head = element(
    "div",
    { class: "head" },
    heading,
    exportTools(parts, spec, () => views.get(parts.id)),
  );
  return element("section", { class: "panel", id: parts.id }, head, container);
}

/** A brush over x, or over both axes. */
export function brush(
  encodings: readonly ("x" | "y")[],
  value?: Readonly<Record<string, readonly [number, number]>>,
): Layer {
  return { name: "brush", select: { type: "interval", encodings }, ...(value ? { value } : {}) };
}
