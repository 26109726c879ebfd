import type { AnswersTo, QueryName } from "../queries.ts";
import { catalogue } from "../queries.ts";
import { html, type Markup } from "./markup.ts";

/** A piece of a report that names the questions whose answers it shows. */
export interface Sourced {
  readonly markup: Markup;
  readonly queries: readonly QueryName[];
}

/** Ties a piece to its questions: the answers to others are out of its reach, so no number lacks its source. */
export function sourced<const Name extends QueryName>(
  queries: readonly Name[],
  draw: (rows: AnswersTo<Name>) => Markup,
): (rows: AnswersTo<Name>) => Sourced {
  return (rows) => ({ queries, markup: draw(rows) });
}

/** Where the numbers come from: the files of SQL, each once. */
export function sourceNote(queries: readonly QueryName[]): Markup {
  const files = [...new Set(queries.map((name) => catalogue[name].file))];
  const names = files.map((file, index) => html`${index === 0 ? "" : ", "}<code>${file}.sql</code>`);
  return html`<span class="from">from ${names}</span>`;
}

/** A piece with its sources under it; nothing where it has nothing to say. */
export function withSource({ markup, queries }: Sourced): Markup {
  if (markup.text.trim() === "") return markup;
  return html`${markup}
    <p class="note">${sourceNote(queries)}</p>`;
}
