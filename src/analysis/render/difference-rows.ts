import type { Database } from "../db/open.ts";
import { queryNames } from "../queries.ts";
import { type DifferenceRows, unshownQueries } from "../spec/difference-charts.ts";
import { type QueryParameters, readAnswers } from "./report-rows.ts";

/** What of a long difference a page has room for; `luoscope query` has it all. */
const pageParameters: QueryParameters = {
  "difference-rows": { row_limit: 100, same_limit: 100 },
  "difference-waterfalls": { waterfall_limit: 20 },
  "difference-steps": { step_limit: 40, cause_limit: 5 },
  "difference-inputs": { input_limit: 60 },
  "difference-rules": { rule_limit: 60 },
  "difference-warnings": { warning_limit: 20 },
};

/** The answers that a difference's report shows: of many rows the first. */
export async function readDifferenceRows(database: Database<"difference">): Promise<DifferenceRows> {
  const names = queryNames("difference").filter((name) => !(unshownQueries as readonly string[]).includes(name));
  return (await readAnswers(database, names, pageParameters)) as unknown as DifferenceRows;
}
