import { displayText, html, renderPng, textColumn, tableMarkup } from "../analysis/index.ts";
import type { Cell, FinishedNotebook, Output, Picture, TableAnswer } from "./notebook.ts";
import type { Siblings } from "./page.ts";

// The shapes of nbformat 4.5, as far as they are written here.
type CellSource = string[];

interface MarkdownCell {
  readonly cell_type: "markdown";
  readonly id: string;
  readonly metadata: object;
  readonly attachments?: Record<string, Record<string, string>>;
  readonly source: CellSource;
}

interface CodeCell {
  readonly cell_type: "code";
  readonly id: string;
  readonly metadata: object;
  readonly execution_count: number;
  readonly source: CellSource;
  readonly outputs: readonly object[];
}

type JupyterCell = MarkdownCell | CodeCell;

/** nbformat writes text as a list of lines that keep their ends. */
function linesOf(text: string): CellSource {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** SQL as a text of Python's. */
function pythonText(sql: string): string {
  return `"""\n${sql.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"')}\n"""`;
}

/** The first cell: where the folders are, and how they are asked. */
function setupCode(databases: ReadonlyMap<string, string>): string {
  const entries = [...databases].map(([name, path]) => `    ${JSON.stringify(name)}: ${JSON.stringify(path)},`);
  return [
    "# pip install duckdb pandas",
    "import duckdb",
    "",
    "databases = {",
    ...entries,
    "}",
    "",
    "",
    "def ask(folder, sql):",
    "    with duckdb.connect(databases[folder], read_only=True) as connection:",
    "        return connection.sql(sql).df()",
  ].join("\n");
}

function askCode({ folder }: Cell, sql: string): string {
  return `ask(${JSON.stringify(folder)}, ${pythonText(sql)})`;
}

function claimCode(cell: Cell, sql: string): string {
  return `claims = ${askCode(cell, sql)}\nassert claims.all(axis=None), claims\nclaims.T`;
}

function tableData({ heads, rows }: TableAnswer): object {
  const columns = heads.map((head, index) => textColumn<readonly string[]>(head, (row) => row[index]!));
  const lines = [heads, ...rows].map((row) => row.map((cell) => displayText(cell, 120)).join("\t"));
  return { "text/html": linesOf(tableMarkup(columns, rows).text), "text/plain": linesOf(lines.join("\n")) };
}

function claimData(output: Extract<Output, { kind: "claims" }>): object {
  const { claims } = output;
  const columns = [
    textColumn<(typeof claims)[number]>("claim", ({ text }) => text),
    textColumn<(typeof claims)[number]>("holds", ({ holds }) => String(holds)),
  ];
  const lines = claims.map(({ text, holds }) => `${holds}\t${displayText(text, 200)}`);
  return { "text/html": linesOf(tableMarkup(columns, claims).text), "text/plain": linesOf(lines.join("\n")) };
}

/** Collects a notebook's cells and numbers them. */
class JupyterCells {
  readonly cells: JupyterCell[] = [];
  #executions = 0;

  #nextId(): string {
    return `cell-${String(this.cells.length + 1).padStart(3, "0")}`;
  }

  addMarkdown(text: string, attachments?: MarkdownCell["attachments"]): void {
    const id = this.#nextId();
    const more = attachments === undefined ? {} : { attachments };
    this.cells.push({ cell_type: "markdown", id, metadata: {}, ...more, source: linesOf(text) });
  }

  addCode(text: string, data?: object): void {
    const count = ++this.#executions;
    const id = this.#nextId();
    const result = { output_type: "execute_result", execution_count: count, metadata: {}, data };
    const outputs = data === undefined ? [] : [result];
    const source = linesOf(text);
    this.cells.push({ cell_type: "code", id, metadata: {}, execution_count: count, source, outputs });
  }
}

async function addPicture(cells: JupyterCells, { file, title, svg }: Picture): Promise<void> {
  const name = file.replace(/\.svg$/, ".png");
  const png = Buffer.from(await renderPng(svg)).toString("base64");
  const alt = html`${title}`.text.replaceAll(/[[\]`]/g, "");
  cells.addMarkdown(`![${alt}](attachment:${name})`, { [name]: { "image/png": png } });
}

async function addCell(cells: JupyterCells, cell: Cell, output: Output): Promise<void> {
  switch (output.kind) {
    case "table":
      cells.addCode(askCode(cell, output.sql), tableData(output.answer));
      break;
    case "claims":
      cells.addCode(claimCode(cell, output.sql), claimData(output));
      break;
    case "chart":
      await addPicture(cells, output.picture);
      break;
    case "text": {
      const lines = output.text.split("\n").map((line) => `    ${displayText(line, 400)}`);
      cells.addMarkdown(`    $ luoscope ${displayText(cell.body, 400)}\n\n${lines.join("\n")}`);
    }
  }
}

/** Links between notebooks lead from one .ipynb to the other. */
function withSiblings(text: string, siblings: Siblings): string {
  return text.replaceAll(/\]\(([^)#\s]+)\.md(?=[)#])/g, (link, name: string) =>
    siblings.has(`${name}.md`) ? `](${name}.ipynb` : link,
  );
}

/**
 * A notebook for Jupyter (nbformat 4.5) with its outputs: a Python kernel asks the same SQL of the same folders, kept as
 * DuckDB databases under the paths given here.
 *
 * Shape    the same outputs give the same bytes
 */
export async function ipynbOf(
  { notebook, outputs }: FinishedNotebook,
  { siblings, databases }: { readonly siblings: Siblings; readonly databases: ReadonlyMap<string, string> },
): Promise<string> {
  const cells = new JupyterCells();
  cells.addCode(setupCode(databases));
  for (const part of notebook.parts) {
    if (part.kind !== "prose") await addCell(cells, part, outputs.get(part)!);
    else if (part.text.trim() !== "") cells.addMarkdown(withSiblings(part.text.trim(), siblings));
  }
  const metadata = {
    kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
    language_info: { name: "python" },
  };
  return `${JSON.stringify({ cells: cells.cells, metadata, nbformat: 4, nbformat_minor: 5 }, undefined, 1)}\n`;
}
