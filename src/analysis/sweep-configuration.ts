import { UsageError } from "../base/index.ts";
import type { Database } from "./db/open.ts";
import { runCatalogueQuery } from "./db/query.ts";
import { displayText } from "./format.ts";

/**
 * Number of the configuration that a user names, by its label or its number; `flag` is what it was named with.
 *
 * Errors   UsageError if there is none
 */
export async function findConfiguration(database: Database<"sweep">, text: string, flag: string): Promise<number> {
  const rows = await runCatalogueQuery(database, "sweep-labels");
  const number = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  const found = rows.find((row) => row.label === text) ?? rows.find((row) => row.configuration_index === number);
  if (found) return found.configuration_index;
  throw new UsageError(`${flag} ${displayText(text)}: no configuration of that name or number`, {
    hint: "`luoscope query FOLDER sweep-labels` lists them",
  });
}
