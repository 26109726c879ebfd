import type { AnswersTo, QueryName } from "../queries.ts";
import type { Chart, Theme } from "./theme.ts";

/** A chart that names the questions whose answers it shows. */
export interface Figure extends Chart {
  readonly queries: readonly QueryName[];
}

/** How a figure is drawn from all answers that a report has. */
export type FigureOf<Rows> = (rows: Rows, theme: Theme) => Figure;

/** Ties a chart to its questions: the answers to others are out of its reach, so no number lacks its source. */
export function figure<const Name extends QueryName>(
  queries: readonly Name[],
  draw: (rows: AnswersTo<Name>, theme: Theme) => Chart,
): FigureOf<AnswersTo<Name>> {
  return (rows, theme) => ({ ...draw(rows, theme), queries });
}
