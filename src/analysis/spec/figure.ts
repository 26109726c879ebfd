import { assert } from "../../base/index.ts";
import type { AnswersTo, QueryName } from "../queries.ts";
import type { Chart, Theme } from "./theme.ts";

/** A chart that names the questions whose answers it shows. */
export interface Figure extends Chart {
  readonly queries: readonly QueryName[];
}

/** A figure before its rows: what it needs, and how it is drawn from all answers that a report has. */
export interface FigureOf<Rows> {
  /** The chart's id. */
  readonly id: string;
  /** What it answers, for those who look for a chart. */
  readonly answers: string;
  readonly queries: readonly QueryName[];
  readonly draw: (rows: Rows, theme: Theme) => Figure;
}

/** Ties a chart to its questions: the answers to others are out of its reach, so no number lacks its source. */
export function figure<const Name extends QueryName>(
  about: { readonly id: string; readonly answers: string; readonly queries: readonly Name[] },
  draw: (rows: AnswersTo<Name>, theme: Theme) => Chart,
): FigureOf<AnswersTo<Name>> {
  const drawFigure = (rows: AnswersTo<Name>, theme: Theme): Figure => {
    const chart = draw(rows, theme);
    assert(chart.id === about.id, `figure ${about.id} draws chart ${chart.id}`);
    return { ...chart, queries: about.queries };
  };
  return { ...about, draw: drawFigure };
}
