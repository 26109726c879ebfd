import type { Figure } from "../spec/figure.ts";
import type { Theme } from "../spec/theme.ts";
import type { Markup } from "./markup.ts";
import type { InputRow } from "./sections.ts";
import type { Sourced } from "./sources.ts";

/** Puts figures where it is called, by their ids. */
export type PickFigures = (...ids: readonly string[]) => readonly Markup[];

/** A part of a page with a heading of its own; one without anything to say is left out. */
export interface PageSection {
  readonly id: string;
  readonly heading: string;
  readonly markup: (pick: PickFigures) => Markup;
}

/** What a report says; how it becomes a page is the same for all. */
export interface PageContent {
  /** Name in the window's title; from outside. */
  readonly title: string;
  /** What the page is about; it stands above the finding. */
  readonly kicker: string;
  /** The finding, in one sentence. */
  readonly headline: string;
  /** What else there is to know at once. */
  readonly lede?: string;
  /** Doubts and key figures: they stand before all sections, whichever are asked for. */
  readonly opening: Markup;
  readonly sections: readonly PageSection[];
  readonly charts: (theme: Theme) => readonly Figure[];
  /** The data of each chart as a table, by the chart's id. */
  readonly twins: Readonly<Record<string, Sourced>>;
  /** Answers to the questions of a chart, by the question's name. */
  readonly answers: (chartId: string) => Readonly<Record<string, readonly object[]>>;
  /** What the answers follow from. */
  readonly inputs: readonly InputRow[];
  readonly madeBy: string;
}
