import { type Batch, type Column, type OpenFolder, readRows, readTable, type Table } from "../../trace/index.ts";

/** Lets other work run, and throws when the export is to stop. */
export type Pause = () => Promise<void>;

export type Row = Readonly<Record<string, number | string | null>>;

/** Rows of a table that is known to be small; none if the folder lacks it. */
export function smallRows(folder: OpenFolder, table: Table): readonly Row[] {
  const source = folder.sources.get(table.name);
  return source ? readRows(table, source) : [];
}

/** Batches of a table that may be of any length, with a pause after each. */
export async function* batchesOf(folder: OpenFolder, table: Table, pause: Pause): AsyncGenerator<Batch> {
  const source = folder.sources.get(table.name);
  if (!source) return;
  for (const batch of readTable(table, source)) {
    yield batch;
    await pause();
  }
}

/** Reads one column of a batch; null where there is no value. */
export function cellsOf(batch: Batch, column: string): (row: number) => number | null {
  const values = batch.columns[column] as Float64Array;
  const nulls = batch.nulls[column];
  return nulls ? (row) => (nulls[row] === 1 ? null : values[row]!) : (row) => values[row]!;
}

/** As `cellsOf`, for texts. */
export function textsOf(batch: Batch, column: string): (row: number) => string | null {
  const values = batch.columns[column] as string[];
  const nulls = batch.nulls[column];
  return (row) => (nulls?.[row] === 1 ? null : values[row]!);
}

/** Word of a code; the code itself where the format knows none. */
export function labelOf(table: Table, column: string, code: unknown): string {
  const found: Column | undefined = table.columns.find(({ name }) => name === column);
  return found?.labels?.[code as number] ?? String(code);
}
