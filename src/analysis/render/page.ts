import { createHash } from "node:crypto";

import type { Spec } from "vega";

import { assert, assertDefined, UsageError } from "../../base/index.ts";
import { displayText } from "../format.ts";
import { type Brand, brandStyle, brandTheme } from "../spec/brand.ts";
import type { Figure } from "../spec/figure.ts";
import { type Chart, createTheme, type Mode } from "../spec/theme.ts";
import { bundlePage } from "./bundle.ts";
import { bundledLicences } from "./licences.ts";
import { html, Markup } from "./markup.ts";
import { chartSection } from "./sections.ts";
import type { PageContent, PageSection } from "./page-content.ts";
import { pageStyle, type Paper, paperStyle } from "./style.ts";
import { compileSpec } from "./svg.ts";

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
function securityPolicy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${sourceHash(script)}`,
    `style-src ${sourceHash(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** An element whose content must stay as it is, byte for byte: the policy holds its hash. */
function element(head: string, content: string): Markup {
  return new Markup(`<${head}>${content}</${head.split(" ")[0]!}>`);
}

function compileCharts(charts: LightAndDark, pool: DataPool): CompiledChart[] {
  return charts.light.flatMap((chart, index) => {
    if (chart.isEmpty) return [];
    const lightSpec = compileForPage(chart, pool);
    const darkSpec = compileForPage(charts.dark[index]!, pool);
    return [{ id: chart.id, light: lightSpec, dark: differences(lightSpec, darkSpec), zooms: chart.zooms }];
  });
}

/** Figures in the order in which sections show them, drawn for both schemes. */
interface LightAndDark {
  readonly light: readonly Figure[];
  readonly dark: readonly Figure[];
}

/** Sections asked for, in that order; all of them if none is. */
function chooseSections({ sections }: PageContent, ids: readonly string[] | undefined): readonly PageSection[] {
  if (ids === undefined) return sections;
  return ids.map((id) => {
    const found = sections.find((section) => section.id === id);
    if (found) return found;
    throw new UsageError(`there is no section ${displayText(id, 40)} in this report`, {
      hint: `its sections: ${sections.map((section) => section.id).join(", ")}`,
    });
  });
}

/** The figures that sections pick, in their order, once each. */
function figureIds(sections: readonly PageSection[]): string[] {
  const ids = new Set<string>();
  for (const { markup } of sections) {
    markup((...picked) => {
      for (const id of picked) ids.add(id);
      return [];
    });
  }
  return [...ids];
}

function drawFigures(content: PageContent, ids: readonly string[], brand: Brand | undefined): LightAndDark {
  const draw = (mode: Mode) => {
    const all = new Map(content.charts(brandTheme(createTheme(mode, "page"), brand)).map((chart) => [chart.id, chart]));
    return ids.map((id) => assertDefined(all.get(id), `figure ${id}`));
  };
  return { light: draw("light"), dark: draw("dark") };
}

/** The sections of a page and their figures, in their order. */
export function layOut(
  content: PageContent,
  { sections: ids, brand }: PageOptions,
): { readonly sections: readonly PageSection[]; readonly figures: LightAndDark } {
  const sections = chooseSections(content, ids);
  return { sections, figures: drawFigures(content, figureIds(sections), brand) };
}

interface DrawnSection {
  readonly id: string;
  readonly heading: string;
  readonly markup: Markup;
}

function drawSections(
  content: PageContent,
  sections: readonly PageSection[],
  figures: readonly Figure[],
): readonly DrawnSection[] {
  const drawn = new Map(
    figures.map((chart, index) => {
      const placed = { chart, number: index + 1, twin: content.twins[chart.id]!, inputs: content.inputs };
      return [chart.id, chartSection(placed)];
    }),
  );
  const pick = (...ids: readonly string[]) => ids.map((id) => drawn.get(id)!);
  const all = sections.map(({ id, heading, markup }) => ({ id, heading, markup: markup(pick) }));
  return all.filter(({ markup }) => markup.text.trim() !== "");
}

/** Sections and, below each, its figures by their findings. */
function contentsMarkup(sections: readonly DrawnSection[], figures: readonly Figure[]): Markup {
  const items = sections.map(({ id, heading, markup }) => {
    const own = figures.flatMap((chart, index) =>
      markup.text.includes(`<figure id="${chart.id}">`)
        ? [html`<li class="of-figure"><a href="#${chart.id}">Figure ${index + 1}. ${chart.title}</a></li> `]
        : [],
    );
    return html`<li>
      <a href="#${id}">${heading}</a>
      ${
        own.length === 0
          ? ""
          : html`<ol>
              ${own}
            </ol>`
      }
    </li> `;
  });
  return html`<nav aria-label="Contents">
    <details open>
      <summary>Contents</summary>
      <ol>
        ${items}
      </ol>
    </details>
  </nav>`;
}

function mainPart(
  content: PageContent,
  drawn: readonly DrawnSection[],
  { figures, footer }: { readonly figures: readonly Figure[]; readonly footer: string | undefined },
): Markup {
  const sections = drawn.map(
    ({ id, heading, markup }) =>
      html`<section id="${id}" aria-labelledby="heading-${id}">
        <h2 id="heading-${id}">${heading}</h2>
        ${markup}
      </section> `,
  );
  return html`<a class="skip" href="#main">To the content</a>
    <div class="page">
      <header>
        <p class="kicker">${content.kicker}</p>
        <h1>${content.headline}.</h1>
        ${content.lede === undefined ? "" : html`<p class="lede">${content.lede}</p>`}
      </header>
      ${contentsMarkup(drawn, figures)}
      <main id="main" tabindex="-1">
        ${content.opening}
        <noscript><p class="note">The charts need JavaScript; the table under each holds the same data.</p></noscript>
        ${sections}
        <footer>
          ${footer === undefined ? "" : html`<p>${displayText(footer, 300)}</p>`} Made by
          ${displayText(content.madeBy, 60)}. The page holds all its data and asks the network for nothing. Every number
          comes from the files of SQL that are named beside it:
          <code>luoscope query FOLDER NAME</code> asks again.
        </footer>
      </main>
    </div>
    <div id="tooltip" role="tooltip" hidden></div>`;
}

/** Longest text of an answer that the page holds; names may be of any length, and hold anything. */
const mostTextChars = 200;

function shortTexts(rows: readonly object[]): object[] {
  const short = (value: unknown) => (typeof value === "string" ? displayText(value, mostTextChars) : value);
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, short(value)])));
}

/** Rows of the questions behind figures, for those who take them along. */
function packAnswers(content: PageContent, figures: readonly Figure[]): readonly Record<string, DataSet>[] {
  return figures.map((chart) => {
    if (chart.isEmpty) return {};
    const rows = content.answers(chart.id);
    return Object.fromEntries(chart.queries.map((name) => [name, packRows(shortTexts(rows[name] ?? []))]));
  });
}

/** How a page is made of its content. */
export interface PageOptions {
  /** Ids of the sections to show, in that order. */
  readonly sections?: readonly string[] | undefined;
  /** In the place of what the page is about; from the user. */
  readonly title?: string | undefined;
  readonly paper?: Paper | undefined;
  readonly brand?: Brand | undefined;
}

function titled(content: PageContent, { title }: PageOptions): PageContent {
  return title === undefined ? content : { ...content, kicker: displayText(title, 200) };
}

/**
 * A report as one HTML file that needs no network and no other file.
 *
 * Shape    the same content gives the same bytes
 */
export async function renderPage(content: PageContent, options: PageOptions = {}): Promise<string> {
  const script = await bundlePage();
  const { sections, figures } = layOut(content, options);
  const drawn = drawSections(content, sections, figures.light);
  const pool = new DataPool();
  const charts = compileCharts(figures, pool);
  const data = scriptJson({ pool: pool.sets, charts, answers: packAnswers(content, figures.light) });
  const style = pageStyle + brandStyle(options.brand) + paperStyle(options.paper ?? "a4");
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${securityPolicy(script, style)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${options.title ?? `Live update: ${displayText(content.title, 60)}`}</title>
        ${element("style", style)}
      </head>
      <body>
        ${mainPart(titled(content, options), drawn, { figures: figures.light, footer: options.brand?.footer })}
        ${element('script type="application/json" id="charts"', data)} ${element("script", script)}
        ${new Markup(`<!--${bundledLicences}-->`)}
      </body>
    </html> `;
  return page.text;
}
