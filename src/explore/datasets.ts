import { join } from "node:path";

import { type AnalysedKind, analysedKind, type Database, openDatabase, runWith } from "../analysis/index.ts";
import { type CellGrid, readViewSql } from "./views.ts";

/** A folder that is explored. Clients know it by its number and never by a path. */
export interface Dataset {
  readonly name: string;
  readonly kind: AnalysedKind;
  readonly database: Database;
  /** Of a trace, what it holds. */
  readonly facts?: TraceFacts;
}

export interface TraceFacts extends CellGrid {
  readonly spanNs: number;
  readonly writeCount: number;
  readonly vms: readonly string[];
  readonly devices: readonly { readonly name: string; readonly vm: number }[];
  readonly marks: readonly { readonly name: string; readonly timeNs: number }[];
}

export interface Datasets {
  readonly all: readonly Dataset[];
  /** Closes the databases; their files are the caller's. */
  close(): void;
}

async function readFacts(database: Database): Promise<TraceFacts> {
  const { rows } = await runWith(database, readViewSql("trace-facts"), {}, { maxRows: 1_000_000 });
  const of = (what: string) =>
    rows.filter((row) => row[0] === what).map((row) => ({ name: row[2] as string, amount: Number(row[3]) }));
  const one = (what: string) => of(what)[0]?.amount ?? 0;
  return {
    spanNs: one("span"),
    timeCellNs: one("time-cell"),
    writeCount: one("writes"),
    cellFrames: of("memory-cell").map(({ amount }) => amount),
    guestFrames: of("vm").map(({ amount }) => amount),
    vms: of("vm").map(({ name }) => name),
    devices: of("device").map(({ name, amount }) => ({ name, vm: amount })),
    marks: of("mark").map(({ name, amount }) => ({ name, timeNs: amount })),
  };
}

async function openDataset(path: string, name: string, databasePath: string): Promise<Dataset> {
  const kind = analysedKind(path);
  const preparation = kind === "trace" ? [readViewSql("cells")] : [];
  const database = await openDatabase({ kind, path, databasePath, preparation });
  if (kind !== "trace") return { name, kind, database };
  return { name, kind, database, facts: await readFacts(database) };
}

/**
 * Loads folders whole into databases of their own, in a folder that the caller has made and takes away: no table is read from
 * its file at each question, and what is explored stays as it was when it was opened.
 *
 * Errors   as `openDatabase`
 */
export async function openDatasets(
  sources: readonly { readonly name: string; readonly path: string }[],
  { folder, progress }: { readonly folder: string; readonly progress?: (done: number, total: number) => void },
): Promise<Datasets> {
  const all: Dataset[] = [];
  const close = (): void => {
    for (const { database } of all) database.close();
  };
  try {
    for (const [index, { name, path }] of sources.entries()) {
      progress?.(index, sources.length);
      all.push(await openDataset(path, name, join(folder, `${index}.duckdb`)));
    }
  } catch (error) {
    close();
    throw error;
  }
  return { all, close };
}
