import { displayText } from "../format.ts";

/** Text that is known to be markup; everything else is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Markup | readonly Markup[];

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character]!);
}

function pieceText(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "object") return piece.map(({ text }) => text).join("");
  return escapeHtml(String(piece));
}

/** Markup from a template: what is put in is escaped unless it is markup itself; the source's indents are left out. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const parts = strings.map((text, index) => {
    const piece = index < pieces.length ? pieceText(pieces[index]!) : "";
    return text.replace(/\n\s+/g, "\n") + piece;
  });
  return new Markup(parts.join(""));
}

/** One column of a table: its head with the unit, and how a row's cell is written. */
export interface TableColumn<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string | Markup;
  /** Figures stand to the right. */
  readonly isNumber?: boolean;
}

/** A column of texts, of whatever origin. */
export function textColumn<Row>(head: string, cell: (row: Row) => string): TableColumn<Row> {
  return { head, cell: (row) => displayText(cell(row), 120) };
}

export function numberColumn<Row>(head: string, cell: (row: Row) => string): TableColumn<Row> {
  return { head, cell, isNumber: true };
}

function tableElement<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): Markup {
  const heads = columns.map((column) =>
    column.isNumber ? html`<th scope="col" class="n">${column.head}</th>` : html`<th scope="col">${column.head}</th>`,
  );
  const cell = (column: TableColumn<Row>, row: Row) =>
    column.isNumber ? html`<td class="n">${column.cell(row)}</td>` : html`<td>${column.cell(row)}</td>`;
  const lines = rows.map((row) => new Markup(`<tr>${columns.map((column) => cell(column, row).text).join("")}</tr>\n`));
  return html`<table>
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${lines}
    </tbody>
  </table>`;
}

/** A table for people that scrolls in its own box once it is long. */
export function tableMarkup<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): Markup {
  return html`<div class="scroll" tabindex="0">${tableElement(columns, rows)}</div>`;
}

/** A table for people that stands there in full. */
export function wholeTable<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): Markup {
  return html`<div class="scroll whole">${tableElement(columns, rows)}</div>`;
}
