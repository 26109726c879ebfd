import { z } from "zod";

import { type Database, type QueryName, queryNames, runCatalogueQuery, runSql } from "../analysis/index.ts";
import { UsageError } from "../base/index.ts";
import type { Dataset } from "./datasets.ts";
import { answerView, type ViewName, viewRequests } from "./views.ts";

/** Longest that one question may take. */
export const questionTimeoutMs = 10_000;
/** Rows that the box for SQL shows. */
const mostSqlRows = 1000;
/** Questions that are answered at a time; each has DuckDB's threads to itself for a moment. */
const mostAtOnce = 4;

const sqlRequest = z.strictObject({ sql: z.string().max(20_000) });

/** Lets so many in at a time, the others wait in their order. */
export class Turnstile {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

const turnstile = new Turnstile(mostAtOnce);

/** Asks on a connection of its own, for as long as the client waits and the clock allows. */
async function ask<Answer>(
  { database }: Dataset,
  gone: AbortSignal,
  work: (database: Database, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  return turnstile.pass(async () => {
    gone.throwIfAborted();
    const own = await database.again();
    const clock = AbortSignal.timeout(questionTimeoutMs);
    try {
      return await work(own, AbortSignal.any([gone, clock]));
    } catch (error) {
      if (!clock.aborted) throw error;
      throw new UsageError(`this takes longer than ${questionTimeoutMs / 1000} s`, {
        hint: "ask for less time, or less memory; `luoscope query` has no limit",
      });
    } finally {
      own.close();
    }
  });
}

/** One question of the catalogue. */
export async function answerQuestion(dataset: Dataset, name: string, gone: AbortSignal): Promise<unknown> {
  if (!(queryNames(dataset.kind) as readonly string[]).includes(name)) throw new UsageError(`no question ${name}`);
  return ask(dataset, gone, async (database) => ({ rows: await runCatalogueQuery(database, name as QueryName) }));
}

/** One view of a trace. */
export async function answerTraceView(
  dataset: Dataset,
  name: string,
  query: Readonly<Record<string, string>>,
  gone: AbortSignal,
): Promise<unknown> {
  const { facts } = dataset;
  if (!facts || !(name in viewRequests)) throw new UsageError(`no view ${name}`);
  return ask(dataset, gone, (database, signal) =>
    answerView(database, facts, { name: name as ViewName, query }, signal),
  );
}

/** One statement of the user's, on a database that cannot be written and reaches no file. */
export async function answerSql(dataset: Dataset, body: unknown, gone: AbortSignal): Promise<unknown> {
  const { sql } = sqlRequest.parse(body);
  return ask(dataset, gone, (database, signal) => runSql(database, sql, { maxRows: mostSqlRows, signal }));
}
