/** Words between cells, as they were written. */
export interface Prose {
  readonly kind: "prose";
  readonly text: string;
}

/** A fence whose content is asked, drawn or run. */
export interface Cell {
  readonly kind: "sql" | "claim" | "chart" | "luoscope";
  /** Line of its opening fence, from 1. */
  readonly line: number;
  /** Folder that it asks, by its name in `data`; of a luoscope cell, null. */
  readonly folder: string | null;
  /** Chart that it draws; of other cells, null. */
  readonly chart: string | null;
  /** What stands inside the fence. */
  readonly body: string;
  /** The whole fence, as it was written. */
  readonly source: string;
  /** What stands between its output marks; null where there is no output yet. */
  readonly writtenOutput: string | null;
}

/** A folder that the cells ask: a path, or the words of the command that makes it. */
export interface DataSource {
  readonly name: string;
  readonly words: readonly string[];
  readonly isPath: boolean;
  readonly place: string;
}

/** A notebook as it was read; its parts in their order. */
export interface Notebook {
  /** Path of its file, as it was given. */
  readonly path: string;
  readonly title: string;
  /** Folder that its paths and commands start from. */
  readonly rootFolder: string;
  readonly data: readonly DataSource[];
  /** Everything up to the second `---`, as it was written. */
  readonly frontMatter: string;
  readonly parts: readonly (Prose | Cell)[];
}

/** What a cell came to. */
export type Output =
  | { readonly kind: "table"; readonly sql: string; readonly answer: TableAnswer }
  | { readonly kind: "claims"; readonly sql: string; readonly claims: readonly Claim[] }
  | { readonly kind: "chart"; readonly picture: Picture }
  | { readonly kind: "text"; readonly text: string };

/** Rows as they are shown: texts are made harmless by whoever writes them. */
export interface TableAnswer {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Figures stand to the right. */
  readonly isNumber: readonly boolean[];
  /** True if there are more rows than are shown. */
  readonly truncated: boolean;
}

/** A sentence that the folder bears out, or does not. */
export interface Claim {
  readonly text: string;
  readonly holds: boolean;
}

/** A chart for each place that it is shown in. */
export interface Picture {
  /** Name of its file. */
  readonly file: string;
  readonly title: string;
  /** As a file, with its title in it. */
  readonly svg: string;
  /** For a page that says the title itself, in its two colours; only where a page is made. */
  readonly page: { readonly light: string; readonly dark: string } | null;
}

/** A notebook that was run: what each cell came to. */
export interface FinishedNotebook {
  readonly notebook: Notebook;
  readonly outputs: ReadonlyMap<Cell, Output>;
}

/** The mark before a cell's output, and the one behind it; each on a line of its own. */
export const outputBegin = "<!-- output -->";
export const outputEnd = "<!-- /output -->";
