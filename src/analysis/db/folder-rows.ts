import { type DuckDBConnection, DuckDBTableFunction, VARCHAR } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";

import { assert, FormatError, ToolError } from "../../base/index.ts";
import {
  type OpenFolder,
  readStoredTable,
  type StoredBatch,
  type Table,
  type TableSource,
  type TextBytes,
} from "../../trace/index.ts";
import { isLabelled, type SqlColumn, sqlColumns } from "./column-types.ts";
import {
  copyNumbers,
  copyValidity,
  type NumberArray,
  type RowRange,
  TextCopier,
  type Vector,
  vectorRows,
} from "./vector-copy.ts";

/** Name of the table function: `folder_rows('page_write')` gives the rows of that table. */
export const rowsFunction = "folder_rows";

const widths = { i64: 8, f64: 8, u32: 4, u16: 2, u8: 1 } as const;

/** The highest value of a column whose values stand for something; undefined where any number will do. */
function highestCode(column: SqlColumn): number | undefined {
  if (!column.stored) return undefined;
  if (isLabelled(column.stored)) return column.stored.labels.length - 1;
  return column.stored.unit === "flag" ? 1 : undefined;
}

function refuseCode(table: Table, { stored }: SqlColumn, code: number, highest: number): never {
  const place = `table ${table.name}, column ${stored!.name}`;
  throw stored!.unit === "flag"
    ? new FormatError(`${place}: flag ${code}; expected 0 or 1`)
    : new FormatError(`${place}: unknown code ${code}; the highest known is ${highest}`);
}

function* noBatches(): Generator<StoredBatch> {}

/** One reading of a table, batch by batch and, within a batch, vector by vector. */
class Scan {
  readonly #table: Table;
  readonly #columns: readonly SqlColumn[];
  readonly #batches: Generator<StoredBatch>;
  readonly #texts = new TextCopier();
  readonly #bytes = new Uint8Array(vectorRows);
  readonly #numbers = new Uint32Array(vectorRows);
  #batch: StoredBatch | undefined;
  #done = 0;

  constructor(table: Table, columns: readonly SqlColumn[], source: TableSource | undefined) {
    this.#table = table;
    this.#columns = columns;
    this.#batches = source ? readStoredTable(table, source) : noBatches();
  }

  /** Writes the next rows into a chunk and gives how many they are; 0 after the last. */
  fill(chunk: duckdb.DataChunk): number {
    if (!this.#batch || this.#done === this.#batch.rows) {
      const next = this.#batches.next();
      if (next.done === true) return 0;
      this.#batch = next.value;
      this.#done = 0;
    }
    const batch = this.#batch;
    const range = { start: this.#done, rows: Math.min(vectorRows, batch.rows - this.#done) };
    duckdb.data_chunk_set_size(chunk, range.rows);
    for (const [index, column] of this.#columns.entries()) {
      this.#copyColumn(duckdb.data_chunk_get_vector(chunk, index), column, batch, range);
    }
    this.#done += range.rows;
    return range.rows;
  }

  #copyColumn(vector: Vector, column: SqlColumn, batch: StoredBatch, range: RowRange): void {
    if (!column.stored) {
      for (let row = 0; row < range.rows; row++) this.#numbers[row] = batch.firstRow + range.start + row;
      copyNumbers(vector, 4, this.#numbers, { start: 0, rows: range.rows });
      return;
    }
    const { name, type } = column.stored;
    const values = batch.columns[name]!;
    const validity = batch.validity[name];
    if (type === "utf8") {
      this.#texts.copy(vector, values as TextBytes, range);
    } else if (highestCode(column) === undefined) {
      copyNumbers(vector, widths[type], values as NumberArray, range);
    } else {
      this.#takeCodes(column, { values: values as Uint8Array, validity }, range);
      copyNumbers(vector, 1, this.#bytes, { start: 0, rows: range.rows });
    }
    if (validity) copyValidity(vector, validity, range);
  }

  /** Codes that are known, with 0 in place of nulls: DuckDB looks labels up without asking. */
  #takeCodes(
    column: SqlColumn,
    { values, validity }: { values: Uint8Array; validity: Uint8Array | undefined },
    { start, rows }: RowRange,
  ): void {
    assert(values.BYTES_PER_ELEMENT === 1, `codes of ${values.BYTES_PER_ELEMENT} bytes`);
    const highest = highestCode(column)!;
    for (let row = 0; row < rows; row++) {
      const place = start + row;
      const isNull = validity !== undefined && ((validity[place >> 3]! >> (place & 7)) & 1) === 0;
      const code = isNull ? 0 : values[place]!;
      if (code > highest) refuseCode(this.#table, column, code, highest);
      this.#bytes[row] = code;
    }
  }

  close(): void {
    this.#batches.return(undefined);
  }
}

interface Bound {
  readonly table: Table;
  readonly columns: readonly SqlColumn[];
}

/**
 * Tables of a folder as a table function of DuckDB, read from their files whenever they are asked for: no table is held
 * in memory, and columns that a question does not name are not copied.
 *
 * Errors   what the reader found is kept and thrown by `rethrow`, since DuckDB passes on a message only
 * Cost     one vector of 2048 rows at a time, no object a row
 */
export class FolderRows {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #sources: OpenFolder["sources"];
  readonly #scans = new Set<Scan>();
  #failure: unknown;

  constructor(tables: readonly Table[], folder: OpenFolder) {
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#sources = folder.sources;
  }

  register(connection: DuckDBConnection): void {
    connection.registerTableFunction(
      DuckDBTableFunction.create({
        name: rowsFunction,
        parameterTypes: [VARCHAR],
        supportsProjectionPushdown: true,
        bindFunction: (info) =>
          this.#guard(info, () => {
            const name = String(info.getParameter(0));
            const table = this.#tables.get(name);
            if (!table) throw new FormatError(`no table ${name} in this folder`);
            const columns = sqlColumns(table);
            for (const column of columns) info.addResultColumn(column.name, column.type);
            info.setCardinality(this.#sources.get(name)?.rows ?? 0, true);
            info.setBindData({ table, columns } satisfies Bound);
          }),
        initFunction: (info) =>
          this.#guard(info, () => {
            const { table, columns } = info.getBindData() as Bound;
            const asked = info.getColumnIndexes().map((index) => columns[index]!);
            const scan = new Scan(table, asked, this.#sources.get(table.name));
            this.#scans.add(scan);
            // One reader a file; what stands behind it in the plan may still use every thread.
            info.setMaxThreads(1);
            info.setInitData(scan);
          }),
        mainFunction: (info, output) => {
          output.rowCount = 0;
          this.#guard(info, () => {
            const scan = info.getInitData() as Scan;
            if (scan.fill(output.chunk) > 0) return;
            scan.close();
            this.#scans.delete(scan);
          });
        },
      }),
    );
  }

  /** An error may not cross DuckDB's own stack: it is told of it and says so to whoever asked. */
  #guard(info: { setError(message: string): void }, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failure ??= error;
      info.setError((error as Error).message);
    }
  }

  /** Runs SQL of the tool's own; what the reader found goes before what DuckDB made of it. */
  async run(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw this.takeFailure() ?? error;
    }
  }

  /** What a reader found since the last time, if it is about the folder. */
  takeFailure(): ToolError | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure instanceof ToolError ? failure : undefined;
  }

  /** Lets go of files that a question did not read to their end. */
  close(): void {
    for (const scan of this.#scans) scan.close();
    this.#scans.clear();
  }
}
