import { createHash } from "node:crypto";

import type { Spec } from "vega";

import { assert } from "../../base/index.ts";
import { displayText } from "../format.ts";
import type { Figure } from "../spec/figure.ts";
import { type Chart, createTheme, type Theme } from "../spec/theme.ts";
import { bundlePage } from "./bundle.ts";
import { bundledLicences } from "./licences.ts";
import { html, Markup } from "./markup.ts";
import { chartSection } from "./sections.ts";
import type { Sourced } from "./sources.ts";
import { pageStyle } from "./style.ts";
import { compileSpec } from "./svg.ts";

/** What a report says; how it becomes a page is the same for all. */
export interface PageContent {
  /** Name in the window's title; from outside. */
  readonly title: string;
  /** The finding, in one sentence. */
  readonly headline: string;
  readonly charts: (theme: Theme) => readonly Figure[];
  /** The data of each chart as a table, by the chart's id. */
  readonly twins: Readonly<Record<string, Sourced>>;
  /** The page's main part, with a drawn section for each chart, by its id, to be put where it belongs. */
  readonly body: (figures: ReadonlyMap<string, Markup>) => Markup;
  readonly madeBy: string;
}

interface CompiledChart {
  readonly id: string;
  readonly light: Spec;
  /** What the dark spec has in other places: path and value. */
  readonly dark: readonly Difference[];
  readonly zooms: Chart["zooms"];
}

type Difference = readonly [path: readonly string[], value: unknown];

/** Where two documents of one shape differ; light and dark charts do in colours and data sets only. */
function differences(from: unknown, to: unknown, path: readonly string[] = []): Difference[] {
  if (from === to) return [];
  if (typeof from !== "object" || typeof to !== "object" || from === null || to === null) return [[path, to]];
  const keys = Object.keys(to);
  if (Object.keys(from).join() !== keys.join()) return [[path, to]];
  return keys.flatMap((key) =>
    differences((from as Record<string, unknown>)[key], (to as Record<string, unknown>)[key], [...path, key]),
  );
}

/** A data set with its fields' names once and not in each row; a third of the bytes. */
interface DataSet {
  readonly fields: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

function packRows(values: readonly object[]): DataSet {
  const fields = [...new Set(values.flatMap((row) => Object.keys(row)))];
  // JSON knows no undefined: a field that a row lacks would come back as null.
  for (const row of values)
    assert(Object.keys(row).length === fields.length, "rows of a data set have the same fields");
  return { fields, rows: values.map((row) => fields.map((field) => (row as Record<string, unknown>)[field])) };
}

/** Takes data sets out of the specs: light and dark, and layers of one chart, share most of them. */
class DataPool {
  readonly sets: DataSet[] = [];
  readonly #numbers = new Map<string, number>();

  extract(spec: Spec): Spec {
    const data = (spec.data ?? []).map((source) => {
      if (!("values" in source) || !Array.isArray(source.values)) return source;
      return { ...source, values: this.#numberOf(source.values as object[]) };
    });
    return { ...spec, data };
  }

  #numberOf(values: readonly object[]): number {
    const key = JSON.stringify(values);
    const found = this.#numbers.get(key);
    if (found !== undefined) return found;
    this.#numbers.set(key, this.sets.length);
    this.sets.push(packRows(values));
    return this.sets.length - 1;
  }
}

/** Compiles a chart without its title and background: on the page the title is a heading. */
function compileForPage(chart: Chart, pool: DataPool): Spec {
  const { title: _title, ...spec } = chart.spec;
  return pool.extract({ ...compileSpec(spec), background: "transparent" });
}

/** JSON that may stand inside <script>: no character in it means anything to HTML. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
  });
}

function sourceHash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Nothing is fetched, and no script or style but the two in the page is obeyed. */
function securityPolicy(script: string): string {
  return [
    "default-src 'none'",
    `script-src ${sourceHash(script)}`,
    `style-src ${sourceHash(pageStyle)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** An element whose content must stay as it is, byte for byte: the policy holds its hash. */
function element(head: string, content: string): Markup {
  return new Markup(`<${head}>${content}</${head.split(" ")[0]!}>`);
}

function compileCharts(content: PageContent, pool: DataPool): CompiledChart[] {
  const light = content.charts(createTheme("light", "page"));
  const dark = content.charts(createTheme("dark", "page"));
  return light.flatMap((chart, index) => {
    if (chart.isEmpty) return [];
    const lightSpec = compileForPage(chart, pool);
    const darkSpec = compileForPage(dark[index]!, pool);
    return [{ id: chart.id, light: lightSpec, dark: differences(lightSpec, darkSpec), zooms: chart.zooms }];
  });
}

function mainPart(content: PageContent): Markup {
  const charts = content.charts(createTheme("light", "page"));
  const figures = new Map(
    charts.map((chart, index) => [chart.id, chartSection(chart, index, content.twins[chart.id]!)]),
  );
  return html`<main>
      ${content.body(figures)}
      <footer>
        Made by ${displayText(content.madeBy, 60)}. The page holds all its data and asks the network for nothing. Every
        number comes from the files of SQL that are named beside it: <code>luoscope query FOLDER NAME</code> asks again.
      </footer>
    </main>
    <div id="tooltip" role="tooltip" hidden></div>`;
}

/**
 * A report as one HTML file that needs no network and no other file.
 *
 * Shape    the same content gives the same bytes
 */
export async function renderPage(content: PageContent): Promise<string> {
  const script = await bundlePage();
  const pool = new DataPool();
  const charts = compileCharts(content, pool);
  const data = scriptJson({ pool: pool.sets, charts });
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${securityPolicy(script)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Live update: ${displayText(content.title, 60)}</title>
        ${element("style", pageStyle)}
      </head>
      <body>
        ${mainPart(content)} ${element('script type="application/json" id="charts"', data)} ${element("script", script)}
        ${new Markup(`<!--${bundledLicences}-->`)}
      </body>
    </html> `;
  return page.text;
}
