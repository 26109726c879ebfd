import type { Database } from "../db/open.ts";
import { queryNames } from "../queries.ts";
import { type SweepRows, unshownQueries } from "../spec/sweep-charts.ts";
import { findConfiguration } from "../sweep-configuration.ts";
import { type QueryParameters, readAnswers } from "./report-rows.ts";

/** Configurations of the page's table; `luoscope query` has them all. */
const pageConfigurations = 20;

/** The configurations whose blackouts are set against each other; without one, the usual one. */
export interface SweepChoice {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The answers that a sweep's report shows: of many configurations the first. */
export async function readSweepRows(database: Database<"sweep">, { from, to }: SweepChoice = {}): Promise<SweepRows> {
  const parameters: QueryParameters = {
    "sweep-configurations": { configuration_limit: pageConfigurations },
    "sweep-contributions": {
      ...(from === undefined ? {} : { from_index: await findConfiguration(database, from, "--from") }),
      ...(to === undefined ? {} : { to_index: await findConfiguration(database, to, "--to") }),
    },
  };
  const names = queryNames("sweep").filter((name) => !(unshownQueries as readonly string[]).includes(name));
  return (await readAnswers(database, names, parameters)) as unknown as SweepRows;
}
