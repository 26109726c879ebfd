import { BIGINT } from "@duckdb/node-api";

import type { Database } from "./open.ts";
import { answerOf, type SqlAnswer, sqlFailure } from "./query.ts";

/**
 * Asks with whole numbers as named parameters: `$from_ns` and the like.
 *
 * Errors   as `runSql`; InterruptedError after an abort
 */
export async function runWith(
  database: Database,
  sql: string,
  parameters: Readonly<Record<string, number>>,
  { maxRows, signal }: { readonly maxRows: number; readonly signal?: AbortSignal },
): Promise<SqlAnswer> {
  const interrupt = () => database.connection.interrupt();
  signal?.addEventListener("abort", interrupt, { once: true });
  try {
    const values = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, BigInt(value)]));
    const types = Object.fromEntries(Object.keys(parameters).map((name) => [name, BIGINT]));
    return answerOf(await database.connection.streamAndReadUntil(sql, maxRows + 1, values, types), maxRows);
  } catch (error) {
    throw sqlFailure(database, error, signal);
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}
