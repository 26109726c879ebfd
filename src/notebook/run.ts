import { basename } from "node:path";

import {
  analysedKind,
  type Database,
  drawChart,
  type DrawCharts,
  openDatabase,
  readCatalogueSql,
  readCharts,
  runSql,
  type SqlAnswer,
} from "../analysis/index.ts";
import { type Json, ToolError, UsageError } from "../base/index.ts";
import { type DataFolders, type NotebookEffects, runWords } from "./folders.ts";
import type { Cell, Claim, FinishedNotebook, Notebook, Output, Picture, TableAnswer } from "./notebook.ts";
import { checkTeller, expandWords, splitWords } from "./words.ts";

/** Rows of an answer that are shown: more of them nobody reads. */
const shownRows = 40;
/** Columns that a page has room for, and more. */
const maxColumns = 40;
/** Lines of a command's text that are shown. */
const shownLines = 120;

/** A folder that cells ask, open for as long as its notebook runs. */
interface OpenFolder {
  readonly database: Database;
  charts?: DrawCharts;
}

/** What the cells of one notebook share. */
class NotebookRun {
  readonly #notebook: Notebook;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #effects: NotebookEffects;
  readonly #forPage: boolean;
  readonly #open = new Map<string, OpenFolder>();

  constructor(
    notebook: Notebook,
    { paths, effects, forPage }: { paths: ReadonlyMap<string, string>; effects: NotebookEffects; forPage: boolean },
  ) {
    this.#notebook = notebook;
    this.#paths = paths;
    this.#effects = effects;
    this.#forPage = forPage;
  }

  close(): void {
    for (const { database } of this.#open.values()) database.close();
  }

  async run(cell: Cell): Promise<Output> {
    switch (cell.kind) {
      case "sql":
        return this.#ask(cell, (sql, answer) => ({ kind: "table", sql, answer: tableAnswer(answer) }));
      case "claim":
        return this.#ask(cell, (sql, answer) => ({ kind: "claims", sql, claims: claimsOf(answer) }));
      case "chart":
        return { kind: "chart", picture: await this.#draw(cell) };
      case "luoscope":
        return { kind: "text", text: await this.#tell(cell) };
    }
  }

  async #folder(name: string): Promise<OpenFolder> {
    const known = this.#open.get(name);
    if (known) return known;
    const path = this.#paths.get(name)!;
    const folder = { database: await openDatabase({ kind: analysedKind(path), path }) };
    this.#open.set(name, folder);
    return folder;
  }

  async #ask({ folder, body }: Cell, toOutput: (sql: string, answer: SqlAnswer) => Output): Promise<Output> {
    const { database } = await this.#folder(folder!);
    const sql = readCatalogueSql(database.kind, body) ?? body;
    const { signal } = this.#effects;
    const options = { maxRows: shownRows, ...(signal === undefined ? {} : { signal }) };
    return toOutput(sql, await runSql(database, sql, options));
  }

  async #draw({ folder, chart }: Cell): Promise<Picture> {
    const open = await this.#folder(folder!);
    const charts = (open.charts ??= await readCharts(open.database));
    const drawn = await drawChart(charts, chart!, { mode: "light", medium: "image" });
    if (!drawn) {
      const { ids } = charts;
      throw new UsageError(`${folder} has no chart ${chart}, or nothing to draw in it`, {
        hint: ids.length === 0 ? `there are no charts of a ${open.database.kind}` : `it has ${ids.join(", ")}`,
      });
    }
    const file = `${basename(this.#notebook.path, ".md")}-${folder}-${chart}.svg`;
    return { file, ...drawn, page: this.#forPage ? await drawForPage(charts, chart!) : null };
  }

  async #tell(cell: Cell): Promise<string> {
    const { path, rootFolder } = this.#notebook;
    const at = { rootFolder, place: `${path}:${cell.line}` };
    const folderOf = (name: string): string => {
      const found = this.#paths.get(name);
      if (found !== undefined) return found;
      throw new UsageError(`${at.place}: there is no folder {${name}}`, {
        hint: `the front matter's data has ${[...this.#paths.keys()].join(", ")}`,
      });
    };
    const words = expandWords(splitWords(cell.body, at.place), { ...at, folderOf });
    checkTeller(words, at.place);
    const { stdout } = await runWords(words, at, this.#effects);
    return shortText(withNames(stdout, this.#paths));
  }
}

async function drawForPage(charts: DrawCharts, id: string): Promise<Picture["page"]> {
  const light = await drawChart(charts, id, { mode: "light", medium: "page" });
  const dark = await drawChart(charts, id, { mode: "dark", medium: "page" });
  return { light: light!.svg, dark: dark!.svg };
}

/** Text with the names of folders for their paths, which differ from machine to machine. */
function withNames(text: string, paths: ReadonlyMap<string, string>): string {
  return [...paths].reduce((named, [name, path]) => named.replaceAll(path, name), text);
}

function shortText(text: string): string {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= shownLines) return lines.join("\n");
  return [...lines.slice(0, shownLines), `… and ${lines.length - shownLines} lines more`].join("\n");
}

function cellText(value: Json): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Numbers stay as SQL gives them: whoever writes the cell rounds there. */
function tableAnswer({ columns, rows, truncated }: SqlAnswer): TableAnswer {
  if (columns.length > maxColumns) {
    throw new UsageError(`an answer of ${columns.length} columns`, {
      hint: `name those to show, ${maxColumns} at most`,
    });
  }
  return {
    heads: columns.map(({ name }) => name),
    rows: rows.map((row) => row.map(cellText)),
    isNumber: columns.map((_, index) => rows.every((row) => row[index] === null || typeof row[index] === "number")),
    truncated,
  };
}

function claimsOf({ columns, rows }: SqlAnswer): Claim[] {
  const hint = 'write each sentence as the name of a condition: select max(blackout_ns) < 5e9 as "all are back in 5 s"';
  if (rows.length !== 1) throw new UsageError(`a claim is one row, and this has ${rows.length}`, { hint });
  return columns.map(({ name, type }, index) => {
    if (type !== "BOOLEAN") throw new UsageError(`"${name.slice(0, 60)}" is ${type}, and no condition`, { hint });
    return { text: name, holds: rows[0]![index] === true };
  });
}

/** Errors of a cell name its place; what kind of error it is stays. */
function atCell(notebook: Notebook, cell: Cell, error: unknown): unknown {
  const place = `${notebook.path}:${cell.line}: `;
  if (!(error instanceof ToolError) || error.message.startsWith(place) || error.exitCode === 130) return error;
  const { message, exitCode, hint } = error;
  return new ToolError(`${place}${message}`, exitCode, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

/** What a run is made for. */
export interface RunOptions {
  readonly folders: DataFolders;
  readonly effects: NotebookEffects;
  /** Whether charts are drawn for a page, too. */
  readonly forPage: boolean;
}

/**
 * Makes a notebook's folders, and asks, draws or runs each cell.
 *
 * Shape    the same folders give the same outputs
 * Errors   ToolError with `file:line` of the cell that is wrong; no output is kept then
 */
export async function runNotebook(notebook: Notebook, options: RunOptions): Promise<FinishedNotebook> {
  const { folders, effects, forPage } = options;
  const run = new NotebookRun(notebook, { paths: await folders.of(notebook), effects, forPage });
  const outputs = new Map<Cell, Output>();
  try {
    for (const cell of notebook.parts) {
      if (cell.kind === "prose") continue;
      outputs.set(
        cell,
        await run.run(cell).catch((error: unknown) => {
          throw atCell(notebook, cell, error);
        }),
      );
    }
  } finally {
    run.close();
  }
  return { notebook, outputs };
}
