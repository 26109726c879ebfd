import { plural } from "../format.ts";
import { catalogue, type QueryName } from "../queries.ts";
import type { CatalogueQuery } from "../catalogue-query.ts";
import { html, type Markup, tableMarkup } from "./markup.ts";
import { displayText } from "../format.ts";

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** Rows of a table that a page has room for; `luoscope query` has them all. */
const mostRows = 60;

/** An answer as it is: the columns' names say their units. */
export function answerTable(query: QueryName, answer: readonly object[]): Markup {
  const rows = answer as readonly Row[];
  const names = Object.keys(rows[0] ?? (catalogue[query] as CatalogueQuery).columns);
  const columns = names.map((name) => ({
    head: name,
    cell: (row: Row) => displayText(String(row[name] ?? ""), 120),
    isNumber: typeof rows[0]?.[name] === "number",
  }));
  const left = rows.length > mostRows ? html`<p class="note">${plural(rows.length - mostRows, "more row")}</p>` : "";
  return html`${tableMarkup(columns, rows.slice(0, mostRows))}${left}`;
}
