import { DuckDBTypeId } from "@duckdb/node-api";

import { quoteName, quoteText } from "./sql-text.ts";

/** Formats that DuckDB itself writes. */
export type CopyFormat = "parquet" | "csv" | "ndjson" | "json";

export interface CopyOptions {
  readonly format: CopyFormat;
  /** Writes texts as they are into CSV, also those that a spreadsheet would run. */
  readonly rawText?: boolean | undefined;
}

/** Rows of a row group of Parquet: what DuckDB holds in memory while it writes, and what a reader may skip. */
const rowGroupRows = 500_000;

// The target is made anew each time, so that DuckDB need not write beside it on its own.
const formatOptions: Readonly<Record<CopyFormat, string>> = {
  parquet: `FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE ${rowGroupRows}`,
  csv: "FORMAT csv, HEADER true",
  ndjson: "FORMAT json",
  json: "FORMAT json, ARRAY true",
};

/** Types of which a cell cannot begin with anything that a spreadsheet takes for a formula but a number's sign. */
const plainTypes = new Set<DuckDBTypeId>([
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIME,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
]);

/**
 * Texts that a spreadsheet may run: = + - @ and their full-width and small forms, also behind what does not show
 * (spaces, control characters, marks of direction); and texts that begin with a tab or the end of a line.
 *
 * Source   OWASP, CSV Injection
 */
const formula = String.raw`^([\t\r\n]|[\s\p{Z}\p{Cc}\p{Cf}]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}\x{FE66}\x{FE62}\x{FE63}\x{FE6B}])`;
const formulaPattern: RegExp = new RegExp(formula.replaceAll(/\\x\{(\w+)\}/g, String.raw`\u{$1}`), "u");

/** A text that no spreadsheet runs: with a single quote in front where it might. */
export function harmlessText(text: string): string {
  return formulaPattern.test(text) ? `'${text}` : text;
}

/** A column of what is to be written. */
export interface CopyColumn {
  readonly name: string;
  readonly typeId: DuckDBTypeId;
}

const typeIds = { VARCHAR: DuckDBTypeId.VARCHAR, DOUBLE: DuckDBTypeId.DOUBLE, BIGINT: DuckDBTypeId.BIGINT };

/** A column by the name of its type. */
export function columnOf(name: string, type: keyof typeof typeIds): CopyColumn {
  return { name, typeId: typeIds[type] };
}

function cell({ typeId }: CopyColumn, name: string, { format, rawText }: CopyOptions): string {
  // JSON has no word for what is no number.
  if (format === "ndjson" || format === "json") {
    const isFloat = typeId === DuckDBTypeId.DOUBLE || typeId === DuckDBTypeId.FLOAT;
    return isFloat ? `CASE WHEN isfinite(${name}) THEN ${name} END` : name;
  }
  if (format !== "csv" || rawText === true || plainTypes.has(typeId)) return name;
  const text = typeId === DuckDBTypeId.VARCHAR ? name : `${name}::VARCHAR`;
  return `CASE WHEN regexp_matches(${text}, ${quoteText(formula)}) THEN '''' || ${text} ELSE ${text} END`;
}

/** Names of an answer's columns, of which some formats allow each only once. */
function uniqueNames(columns: readonly CopyColumn[], { format, rawText }: CopyOptions): string[] {
  const used = new Set<string>();
  return columns.map(({ name }) => {
    const harmless = format === "csv" && rawText !== true ? harmlessText(name) : name;
    let unique = harmless;
    for (let count = 1; used.has(unique.toLowerCase()); count++) unique = `${harmless}_${count}`;
    used.add(unique.toLowerCase());
    return unique;
  });
}

/** SQL that writes rows to a Parquet file, as they are. */
export function copyParquetSql(source: string, path: string): string {
  return `COPY (SELECT * FROM ${source}) TO ${quoteText(path)} (${formatOptions.parquet}, USE_TMP_FILE false)`;
}

/**
 * SQL that writes rows to a file.
 *
 * `source` is what stands behind FROM: its columns are those given, in this order, whatever their names
 */
export function copySql(
  source: string,
  columns: readonly CopyColumn[],
  { path, limit, ...options }: CopyOptions & { readonly path: string; readonly limit?: number | undefined },
): string {
  const names = uniqueNames(columns, options);
  const inner = columns.map((_, index) => `c${index}`);
  const cells = columns.map(
    (column, index) => `${cell(column, inner[index]!, options)} AS ${quoteName(names[index]!)}`,
  );
  const limited = limit === undefined ? "" : ` LIMIT ${limit}`;
  const rows = `SELECT ${cells.join(", ")} FROM ${source} AS answer(${inner.join(", ")})${limited}`;
  return `COPY (${rows}) TO ${quoteText(path)} (${formatOptions[options.format]}, USE_TMP_FILE false)`;
}
