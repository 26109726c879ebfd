/** What runs in the report: draws the charts, follows the reader's colour scheme, zooms, and shows tooltips. */
import { parse, type Spec, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";

import { csv, type CsvCell, save } from "./csv.ts";
import { hideTooltip, showTooltip } from "./tooltip.ts";
import { guardScrolling, wireZoomButtons } from "./zoom.ts";

interface PageZoom {
  readonly signal: string;
  readonly domain: readonly [number, number];
}

interface PageChart {
  readonly id: string;
  readonly light: Spec;
  /** Places in which the dark spec differs, with its values there. */
  readonly dark: readonly (readonly [path: readonly string[], value: unknown])[];
  readonly zooms: readonly PageZoom[];
}

/** A data set with its fields' names once and not in each row. */
interface DataSet {
  readonly fields: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

interface PageData {
  /** Data sets; a spec's `values` may be the number of one. */
  readonly pool: readonly DataSet[];
  readonly charts: readonly PageChart[];
  /** Rows of each figure's questions, by the figure's place on the page and the question's name. */
  readonly answers: readonly Readonly<Record<string, DataSet>>[];
}

interface DataSource {
  values?: unknown;
}

function unpackRows({ fields, rows }: DataSet): object[] {
  return rows.map((row) => Object.fromEntries(fields.map((field, index) => [field, row[index]])));
}

/** A copy of the spec with its data put back; Vega changes rows in place, so each drawing gets its own. */
function withData(spec: Spec, pool: PageData["pool"]): Spec {
  const data = ((spec.data ?? []) as DataSource[]).map((source) =>
    typeof source.values === "number" ? { ...source, values: unpackRows(pool[source.values]!) } : source,
  );
  return { ...spec, data } as Spec;
}

function darkSpec(chart: PageChart): Spec {
  const spec = structuredClone(chart.light);
  for (const [path, value] of chart.dark) {
    const parent = path.slice(0, -1).reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], spec);
    (parent as Record<string, unknown>)[path.at(-1)!] = value;
  }
  return spec;
}

function drawChart(chart: PageChart, pool: PageData["pool"], isDark: boolean): View | undefined {
  const container = document.querySelector<HTMLElement>(`#${chart.id} .plot`);
  if (!container) return undefined;
  container.replaceChildren();
  // The interpreter evaluates expressions as trees: the page's policy forbids code from text.
  const runtime = parse(withData(isDark ? darkSpec(chart) : chart.light, pool), undefined, { ast: true });
  const view = new View(runtime, { renderer: "svg", container, hover: true, expr: expressionInterpreter });
  view.tooltip((_handler, event, _item, value) => (value ? showTooltip(event, value) : hideTooltip()));
  view.run();
  // The container is the picture, with the finding as its name; marks within would be read one by one.
  container.querySelector("svg")?.setAttribute("aria-hidden", "true");
  return view;
}

/** Lets the reader keep the rows of a question, exactly as they were answered. */
function wireDownloads({ answers }: PageData): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-csv]")) {
    const name = button.dataset["csv"]!;
    const rows = answers[Number(button.dataset["figure"]) - 1]?.[name];
    if (!rows) continue;
    button.addEventListener("click", () => save(`${name}.csv`, csv(rows.fields, rows.rows as readonly CsvCell[][])));
  }
}

function start(): void {
  const text = document.querySelector("#charts")?.textContent ?? "";
  const data = JSON.parse(text) as PageData;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const views = new Map<string, View>();
  const draw = (isDark: boolean) => {
    hideTooltip();
    for (const chart of data.charts) {
      views.get(chart.id)?.finalize();
      const view = drawChart(chart, data.pool, isDark);
      if (view) views.set(chart.id, view);
    }
    document.documentElement.dataset["drawn"] = isDark ? "dark" : "light";
  };
  draw(dark.matches);
  dark.addEventListener("change", () => draw(dark.matches));
  // Paper is white.
  addEventListener("beforeprint", () => draw(false));
  addEventListener("afterprint", () => draw(dark.matches));
  for (const chart of data.charts) wireZoomButtons(chart.id, chart.zooms, () => views.get(chart.id));
  wireDownloads(data);
  guardScrolling(data.charts.filter(({ zooms }) => zooms.length > 0).map(({ id }) => id));
}

start();
