import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  ENUM,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from "@duckdb/node-api";

import { FormatError } from "../../base/index.ts";
import {
  type Batch,
  type Column,
  type ColumnData,
  type OpenFolder,
  readTable,
  runSchema,
  type RunHeader,
  type Table,
} from "../../trace/index.ts";

/** Rows that DuckDB takes at once. */
const chunkRows = 2048;

const duckTypes: Record<Column["type"], DuckDBType> = {
  i64: BIGINT,
  f64: DOUBLE,
  u32: UINTEGER,
  u16: USMALLINT,
  u8: UTINYINT,
  utf8: VARCHAR,
};

/** Tables whose row number other tables refer to; it becomes a column, since SQL has no row numbers to join on. */
const indexedTables = new Set(["vm", "device", "step", "trace_device"]);

function columnType(column: Column): DuckDBType {
  if (column.unit === "code" && column.labels) return ENUM(column.labels);
  if (column.unit === "flag") return BOOLEAN;
  return duckTypes[column.type];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function columnComment(column: Column): string {
  const nulls = column.nullMeans === undefined ? "" : ` Null: ${column.nullMeans}.`;
  return `[${column.unit}] ${column.doc}${nulls}`;
}

async function createTable(connection: DuckDBConnection, table: Table): Promise<void> {
  const indexName = `${table.name}_index`;
  const columns = table.columns.map((column) => {
    const notNull = column.nullMeans === undefined ? " NOT NULL" : "";
    return `"${column.name}" ${columnType(column).toString()}${notNull}`;
  });
  if (indexedTables.has(table.name)) columns.unshift(`"${indexName}" UINTEGER NOT NULL`);
  await connection.run(`CREATE TABLE "${table.name}" (${columns.join(", ")})`);
  await connection.run(`COMMENT ON TABLE "${table.name}" IS ${quote(table.doc)}`);
  for (const column of table.columns) {
    await connection.run(`COMMENT ON COLUMN "${table.name}"."${column.name}" IS ${quote(columnComment(column))}`);
  }
  if (indexedTables.has(table.name)) {
    await connection.run(`COMMENT ON COLUMN "${table.name}"."${indexName}" IS '[index] Number of the row, from 0.'`);
  }
}

/** Converts one cell; chosen once a column and not once a value. */
function cellReader(table: Table, column: Column): (data: ColumnData, row: number) => DuckDBValue {
  const { labels } = column;
  if (column.unit === "code" && labels) {
    return (data, row) => {
      const label = labels[data[row] as number];
      if (label === undefined) {
        throw new FormatError(
          `table ${table.name}, column ${column.name}: unknown code ${data[row]}; the highest known is ${labels.length - 1}`,
        );
      }
      return label;
    };
  }
  if (column.unit === "flag") {
    return (data, row) => {
      const value = data[row];
      if (value !== 0 && value !== 1) {
        throw new FormatError(`table ${table.name}, column ${column.name}: flag ${value}; expected 0 or 1`);
      }
      return value === 1;
    };
  }
  if (column.type === "i64") return (data, row) => BigInt(data[row] as number);
  return (data, row) => data[row]!;
}

class TableLoader {
  readonly #appender: DuckDBAppender;
  readonly #table: Table;
  readonly #types: readonly DuckDBType[];
  readonly #readers: readonly ((data: ColumnData, row: number) => DuckDBValue)[];

  constructor(appender: DuckDBAppender, table: Table) {
    this.#appender = appender;
    this.#table = table;
    const types = table.columns.map(columnType);
    this.#types = indexedTables.has(table.name) ? [UINTEGER, ...types] : types;
    this.#readers = table.columns.map((column) => cellReader(table, column));
  }

  append(batch: Batch): void {
    for (let start = 0; start < batch.rows; start += chunkRows) {
      this.#appendChunk(batch, start, Math.min(chunkRows, batch.rows - start));
    }
  }

  #appendChunk(batch: Batch, start: number, rows: number): void {
    const columns = this.#table.columns.map((column, index) => {
      const data = batch.columns[column.name]!;
      const nulls = batch.nulls[column.name];
      const read = this.#readers[index]!;
      return Array.from({ length: rows }, (_, offset) =>
        nulls?.[start + offset] === 1 ? null : read(data, start + offset),
      );
    });
    if (this.#types.length > columns.length) {
      columns.unshift(Array.from({ length: rows }, (_, offset) => batch.firstRow + start + offset));
    }
    const chunk = DuckDBDataChunk.create(this.#types, rows);
    chunk.setColumns(columns);
    this.#appender.appendDataChunk(chunk);
  }

  close(): void {
    this.#appender.closeSync();
  }
}

/** The facts of `run.json` as a table of one row, so that SQL can name a result's inputs. */
function runFacts(header: RunHeader): readonly [name: string, type: string, value: DuckDBValue, doc: string][] {
  const whole = (value: number): DuckDBValue => BigInt(value);
  return [
    ["luoscope_version", "VARCHAR", header.luoscope_version, "[text] Version that made the run."],
    ["run_sha256", "VARCHAR", header.sha256, "[text] Identity of the run."],
    ["trace_name", "VARCHAR", header.trace.name, "[text] Name of the trace."],
    ["trace_sha256", "VARCHAR", header.trace.sha256, "[text] Identity of the trace."],
    ["scenario_name", "VARCHAR", header.scenario.name, "[text] Name of the scenario."],
    ["scenario_sha256", "VARCHAR", header.scenario.sha256, "[text] Identity of the scenario."],
    ["profile_name", "VARCHAR", header.profile.name, "[text] Name of the cost profile."],
    ["profile_sha256", "VARCHAR", header.profile.sha256, "[text] Identity of the cost profile."],
    ["constant_count", "BIGINT", whole(header.profile.constants), "[count] Constants of the profile."],
    ["assumed_constant_count", "BIGINT", whole(header.profile.assumed_constants), "[count] Those that are assumed."],
    ["seed", "BIGINT", whole(header.seed), "[count] Seed of the run."],
    ["kernel_from", "VARCHAR", header.kernel_from, "[text] Kernel that is replaced."],
    ["kernel_to", "VARCHAR", header.kernel_to, "[text] Kernel that takes over."],
    ["span_ns", "BIGINT", whole(header.span_ns), "[ns] Length of the run on the host's clock."],
    ["blackout_start_ns", "BIGINT", whole(header.blackout_start_ns), "[ns] First VM stands still, host's clock."],
    ["blackout_end_ns", "BIGINT", whole(header.blackout_end_ns), "[ns] Last VM runs again, host's clock."],
    ["scenario_json", "VARCHAR", header.scenario_json, "[text] The scenario, complete."],
  ];
}

async function loadFacts(connection: DuckDBConnection, header: RunHeader): Promise<void> {
  const facts = runFacts(header);
  await connection.run(`CREATE TABLE run (${facts.map(([name, type]) => `"${name}" ${type} NOT NULL`).join(", ")})`);
  await connection.run("COMMENT ON TABLE run IS 'What run.json says: one row.'");
  for (const [name, , , doc] of facts) await connection.run(`COMMENT ON COLUMN run."${name}" IS ${quote(doc)}`);
  const marks = facts.map((_, index) => `$${index + 1}`).join(", ");
  await connection.run(
    `INSERT INTO run VALUES (${marks})`,
    facts.map(([, , value]) => value),
  );
}

/** Makes the tables of the run format, empty; every query must bind against them. */
export async function createRunTables(connection: DuckDBConnection): Promise<void> {
  for (const table of runSchema.runTables) await createTable(connection, table);
}

/**
 * Copies a run folder into an open database, each table with its columns' units and meanings as comments.
 *
 * Shape    codes become ENUMs of their labels in the labels' order, flags BOOLEANs, int64 stays BIGINT; tables that
 *          others refer to by row number get that number as `<table>_index`
 * Errors   FormatError for anything that the reader refuses, an unknown code or a flag other than 0 and 1
 */
export async function loadRun(connection: DuckDBConnection, folder: OpenFolder<"run">): Promise<void> {
  await loadFacts(connection, folder.header);
  await createRunTables(connection);
  for (const table of runSchema.runTables) {
    const source = folder.sources.get(table.name);
    if (!source) continue;
    const loader = new TableLoader(await connection.createAppender(table.name), table);
    for (const batch of readTable(table, source)) loader.append(batch);
    loader.close();
  }
}
