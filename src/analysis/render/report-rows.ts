import type { AnalysedKind } from "../db/facts.ts";
import type { Database } from "../db/open.ts";
import { runCatalogueQuery } from "../db/query.ts";
import { type CatalogueRows, type QueryName, queryNames } from "../queries.ts";

/** Parameters of questions, where they are not the usual ones. */
export type QueryParameters = Partial<Record<QueryName, Readonly<Record<string, number>>>>;

/** Asks questions once each, in their order. */
export async function readAnswers(
  database: Database,
  names: readonly QueryName[],
  parameters: QueryParameters = {},
): Promise<Record<string, readonly object[]>> {
  const answers: [string, readonly object[]][] = [];
  for (const name of names) answers.push([name, await runCatalogueQuery(database, name, parameters[name] ?? {})]);
  return Object.fromEntries(answers);
}

/** Asks every question of the catalogue that fits the folder once. */
export async function readReportRows<Kind extends AnalysedKind>(
  database: Database<Kind>,
): Promise<CatalogueRows<Kind>> {
  return (await readAnswers(database, queryNames(database.kind))) as unknown as CatalogueRows<Kind>;
}
