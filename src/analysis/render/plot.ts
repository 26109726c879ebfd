import { UsageError } from "../../base/index.ts";
import type { AnalysedKind } from "../db/facts.ts";
import { analysedKind, type Database, openDatabase } from "../db/open.ts";
import { catalogue, type QueryName } from "../queries.ts";
import { type Brand, brandTheme } from "../spec/brand.ts";
import type { Figure, FigureOf } from "../spec/figure.ts";
import { figureOfRuns, figuresOfKind, type NamedAnswers } from "../spec/registry.ts";
import { createTheme, type Mode, type Theme } from "../spec/theme.ts";
import { drawPicture, pictureEndings, type PictureEnding, type PrintSize } from "./picture.ts";
import { type QueryParameters, readAnswers } from "./report-rows.ts";
import { writeWhole } from "./report.ts";

/** A chart that can be drawn alone. */
export interface ChartInfo {
  readonly id: string;
  readonly kind: AnalysedKind;
  /** The question that it answers. */
  readonly answers: string;
  readonly queries: readonly QueryName[];
  /** What may be set, with the value that it has otherwise. */
  readonly parameters: Readonly<Record<string, number>>;
  /** True where it takes more than one folder. */
  readonly takesSeveral: boolean;
}

function parametersOf(name: QueryName): Readonly<Record<string, number>> {
  return catalogue[name].parameters;
}

/** Every chart, kind by kind. */
export function listCharts(): ChartInfo[] {
  const { id, answers, queries } = figureOfRuns;
  const ofRuns = { id, kind: "run" as const, answers, queries, parameters: {}, takesSeveral: true };
  const ofOne = (Object.keys(figuresOfKind) as AnalysedKind[]).flatMap((kind) =>
    figuresOfKind[kind].map((figure) => {
      const parameters = Object.assign({}, ...figure.queries.map(parametersOf)) as Record<string, number>;
      const about = { id: figure.id, kind, answers: figure.answers, queries: figure.queries };
      return { ...about, parameters, takesSeveral: false };
    }),
  );
  return [...ofOne, ofRuns];
}

function findFigure(kind: AnalysedKind, id: string): FigureOf<never> {
  const found = figuresOfKind[kind].find((figure) => figure.id === id);
  if (found) return found;
  const elsewhere = listCharts().find((chart) => chart.id === id);
  const ids = figuresOfKind[kind].map((figure) => figure.id).join(", ");
  throw new UsageError(
    elsewhere ? `${id} is a chart of a ${elsewhere.kind}, and this is a ${kind}` : `no chart ${id}`,
    {
      hint: `charts of a ${kind}: ${ids}; \`luoscope plot --list\` says what each answers`,
    },
  );
}

/** Gives each parameter to the questions that know it. */
function shareParameters(figure: FigureOf<never>, given: Readonly<Record<string, number>>): QueryParameters {
  for (const name of Object.keys(given)) {
    if (figure.queries.some((query) => name in parametersOf(query))) continue;
    const known = figure.queries.flatMap((query) => Object.keys(parametersOf(query)));
    throw new UsageError(`chart ${figure.id} has no parameter ${name}`, {
      hint: known.length === 0 ? "it has none" : `it has: ${[...new Set(known)].join(", ")}`,
    });
  }
  const own = (query: QueryName) => Object.entries(given).filter(([name]) => name in parametersOf(query));
  return Object.fromEntries(figure.queries.map((query) => [query, Object.fromEntries(own(query))]));
}

/** Draws one chart of an open folder: only its own questions are asked. */
export async function drawFigure(
  database: Database,
  id: string,
  look: { readonly theme: Theme; readonly parameters?: Readonly<Record<string, number>> },
): Promise<Figure> {
  const figure = findFigure(database.kind, id);
  const answers = await readAnswers(database, figure.queries, shareParameters(figure, look.parameters ?? {}));
  return figure.draw(answers as never, look.theme);
}

/** The format that a file's name asks for. */
export function endingOf(target: string): PictureEnding {
  const found = pictureEndings.find((ending) => target.toLowerCase().endsWith(ending));
  if (found) return found;
  throw new UsageError(`${target}: its name does not say what to draw`, {
    hint: `end it in ${pictureEndings.join(", ")}`,
  });
}

/** A folder that is drawn, and what it is called. */
export interface PlotSource {
  readonly name: string;
  readonly path: string;
}

export interface PlotOptions {
  /** One folder, or several where the chart takes them. */
  readonly sources: readonly PlotSource[];
  /** The chart's id. */
  readonly id: string;
  /** File to write; its ending says the format. */
  readonly target: string;
  readonly mode: Mode;
  readonly brand?: Brand | undefined;
  readonly size?: PrintSize;
  readonly parameters: Readonly<Record<string, number>>;
}

export interface Plot {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly widthMm: number;
  readonly heightMm: number;
  readonly textPt: number;
  readonly queries: readonly QueryName[];
}

/** Opens a folder of any kind for one piece of work. */
export async function withDatabase<Result>(
  path: string,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase({ kind: analysedKind(path), path });
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

async function drawRuns({ sources, parameters }: PlotOptions, theme: Theme): Promise<Figure> {
  const [unknown] = Object.keys(parameters);
  if (unknown !== undefined) throw new UsageError(`chart ${figureOfRuns.id} has no parameter ${unknown}`);
  const runs: NamedAnswers[] = [];
  for (const { name, path } of sources) {
    await withDatabase(path, async (database) => {
      if (database.kind !== "run")
        throw new UsageError(`${path} is a ${database.kind}, and ${figureOfRuns.id} takes runs`);
      runs.push({ name, answers: (await readAnswers(database, figureOfRuns.queries)) as NamedAnswers["answers"] });
    });
  }
  return figureOfRuns.draw(runs, theme);
}

async function drawOne({ sources, id, parameters }: PlotOptions, theme: Theme): Promise<Figure> {
  const [source, second] = sources;
  if (second) {
    throw new UsageError(`chart ${id} takes one folder, and ${sources.length} are given`, {
      hint: `${figureOfRuns.id} sets several runs beside each other; \`luoscope compare\` says what changed`,
    });
  }
  return withDatabase(source!.path, (database) => drawFigure(database, id, { theme, parameters }));
}

/**
 * Writes one chart as a picture or as its specification.
 *
 * Shape    the same folders and options give the same bytes; a PDF's depend on the browser that prints it too
 * Errors   UsageError where the folder has no such chart, or nothing to draw in it
 */
export async function plotChart(options: PlotOptions): Promise<Plot> {
  const { id, target, mode, brand, size } = options;
  const ending = endingOf(target);
  const theme = brandTheme(createTheme(mode), brand);
  const chart = await (id === figureOfRuns.id ? drawRuns(options, theme) : drawOne(options, theme));
  if (chart.isEmpty) throw new UsageError(chart.title, { hint: "another chart may have something to show" });
  const { content, widthMm, heightMm, textPt } = await drawPicture(chart, ending, size);
  writeWhole(target, content);
  return { id, title: chart.title, path: target, widthMm, heightMm, textPt, queries: chart.queries };
}
