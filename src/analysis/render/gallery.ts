import { UsageError } from "../../base/index.ts";
import type { AnalysedKind } from "../db/facts.ts";
import { plural } from "../format.ts";
import type { Figure, FigureOf } from "../spec/figure.ts";
import { figureOfRuns, figuresOfKind, type NamedAnswers } from "../spec/registry.ts";
import type { Theme } from "../spec/theme.ts";
import { answerTable } from "./answer-table.ts";
import { html } from "./markup.ts";
import type { PageContent, PageSection, PickFigures } from "./page-content.ts";
import { renderPage } from "./page.ts";
import { type PlotSource, withDatabase } from "./plot.ts";
import { readAnswers } from "./report-rows.ts";
import { writeWhole } from "./report.ts";
import type { Sourced } from "./sources.ts";

type Answers = Readonly<Record<string, readonly object[]>>;

/** Charts of one folder, or of several runs together. */
interface GalleryPart {
  readonly heading: string;
  /** What stands behind `luoscope plot CHART`. */
  readonly folders: string;
  readonly figures: readonly Omit<FigureOf<never>, "draw">[];
  readonly charts: (theme: Theme) => readonly Figure[];
  readonly answers: Answers;
}

const headings: Readonly<Record<AnalysedKind, string>> = {
  trace: "A trace: what guests did",
  run: "A run: one update, replayed",
  sweep: "A sweep: many configurations",
  difference: "A difference: two results compared",
  comparison: "A comparison: the model beside recordings",
  fleet: "A fleet: a rollout over hosts",
};

async function readFolder({ name, path }: PlotSource): Promise<GalleryPart> {
  return withDatabase(path, async (database) => {
    const figures = figuresOfKind[database.kind];
    const answers = await readAnswers(database, [...new Set(figures.flatMap(({ queries }) => queries))]);
    const charts = (theme: Theme) => figures.map(({ draw }) => draw(answers as never, theme));
    return { heading: headings[database.kind], folders: name, figures, charts, answers };
  });
}

async function readRuns(sources: readonly PlotSource[]): Promise<GalleryPart> {
  const runs: NamedAnswers[] = [];
  for (const { name, path } of sources) {
    const answers = await withDatabase(path, async (database) => readAnswers(database, figureOfRuns.queries));
    runs.push({ name, answers: answers as NamedAnswers["answers"] });
  }
  const joined = (query: (typeof figureOfRuns.queries)[number]) =>
    runs.flatMap(({ name, answers }) => answers[query].map((row) => ({ run: name, ...row })));
  return {
    heading: "Runs beside each other",
    folders: sources.map(({ name, path }) => `${name}=${path}`).join(" "),
    figures: [figureOfRuns],
    charts: (theme) => [figureOfRuns.draw(runs, theme)],
    answers: Object.fromEntries(figureOfRuns.queries.map((query) => [query, joined(query)])),
  };
}

function twinsOf({ figures, answers }: GalleryPart): [string, Sourced][] {
  return figures.map(({ id, queries }) => [
    id,
    { queries, markup: html`${queries.map((query) => answerTable(query, answers[query]!))}` },
  ]);
}

function partSection({ heading, folders, figures }: GalleryPart, index: number): PageSection {
  const shown = (pick: PickFigures) =>
    figures.map(
      ({ id, answers }) =>
        html`${pick(id)}
          <p class="note">${answers} <code>luoscope plot ${id} ${folders} -o ${id}.svg</code></p>`,
    );
  return { id: `part-${index}`, heading, markup: (pick) => html`${shown(pick)}` };
}

function galleryPage(parts: readonly GalleryPart[], madeBy: string): PageContent {
  const chartCount = parts.flatMap(({ figures }) => figures).length;
  return {
    title: "gallery of charts",
    kicker: "Gallery",
    headline: `${plural(chartCount, "chart")}, each of which can be drawn alone`,
    opening: html``,
    sections: parts.map(partSection),
    charts: (theme) => parts.flatMap((part) => part.charts(theme)),
    twins: Object.fromEntries(parts.flatMap(twinsOf)),
    answers: (id) => parts.find(({ figures }) => figures.some((figure) => figure.id === id))!.answers,
    inputs: [],
    madeBy,
  };
}

export interface GalleryOptions {
  /** Folders whose charts are shown, one of a kind. */
  readonly folders: readonly PlotSource[];
  /** Runs that are set beside each other; none are needed. */
  readonly runs: readonly PlotSource[];
  /** HTML file to write. */
  readonly target: string;
  readonly madeBy: string;
}

export interface Gallery {
  readonly path: string;
  readonly chartCount: number;
}

/**
 * Writes a page with every chart of some folders, each with the command that draws it alone.
 *
 * Shape    the same folders give the same bytes
 * Errors   UsageError for two folders of one kind; else as `plotChart`
 */
export async function buildGallery({ folders, runs, target, madeBy }: GalleryOptions): Promise<Gallery> {
  const parts: GalleryPart[] = [];
  for (const folder of folders) {
    const part = await readFolder(folder);
    const twin = parts.find(({ heading }) => heading === part.heading);
    if (twin) {
      throw new UsageError(`${twin.folders} and ${folder.path} have the same charts`, { hint: "name one of a kind" });
    }
    parts.push(part);
  }
  if (runs.length > 0) parts.push(await readRuns(runs));
  writeWhole(target, await renderPage(galleryPage(parts, madeBy)));
  return { path: target, chartCount: parts.flatMap(({ figures }) => figures).length };
}
