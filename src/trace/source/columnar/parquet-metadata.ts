import { FormatError } from "../../../base/index.ts";
import type { ColumnInfo, TimeUnit } from "./column-values.ts";
import { countOf, listOf, numberOf, structOf, textOf, ThriftReader, type ThriftStruct } from "./thrift.ts";

/** Types of stored values (parquet.thrift, Type). */
export const parquetTypes = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, bytes: 6 } as const;

export interface ParquetColumn extends ColumnInfo {
  readonly type: number;
  readonly isOptional: boolean;
  readonly isUnsigned: boolean;
  /** What a stored whole number is divided by. */
  readonly divisor: number;
}

/** One column of a row group: where its pages are. */
export interface ColumnChunk {
  readonly codec: number;
  readonly start: number;
  readonly end: number;
}

export interface RowGroup {
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
}

export interface ParquetMetadata {
  readonly columns: readonly ParquetColumn[];
  readonly groups: readonly RowGroup[];
}

const maxValues = 8_000_000;

function refuse(what: string): never {
  throw new FormatError(`damaged Parquet metadata: ${what}`);
}

const isStruct = (value: unknown): value is ThriftStruct => value instanceof Map;

function timeUnitOf(element: ThriftStruct): TimeUnit | undefined {
  const converted = numberOf(element, 6);
  if (converted === 9) return "ms";
  if (converted === 10) return "us";
  const unit = structOf(structOf(structOf(element, 10), 8), 2);
  if (unit?.has(1) === true) return "ms";
  if (unit?.has(2) === true) return "us";
  return unit?.has(3) === true ? "ns" : undefined;
}

function kindOf(type: number, divisor: number): ColumnInfo["kind"] {
  switch (type) {
    case parquetTypes.boolean:
      return "whole";
    case parquetTypes.int32:
    case parquetTypes.int64:
      return divisor === 1 ? "whole" : "real";
    case parquetTypes.float:
    case parquetTypes.double:
      return "real";
    case parquetTypes.bytes:
      return "text";
    default:
      return "other";
  }
}

/** Decimal numbers are whole ones and a scale. */
function divisorOf(element: ThriftStruct): number {
  const logical = structOf(structOf(element, 10), 5);
  if (!logical && numberOf(element, 6) !== 5) return 1;
  const scale = numberOf(logical, 1) ?? numberOf(element, 7) ?? 0;
  return 10 ** (scale >= 0 && scale < 300 ? scale : refuse("the scale of a decimal number"));
}

/** Leaves of the schema in their order; those inside of others or repeated cannot be read. */
function readColumns(elements: readonly ThriftStruct[]): ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  let at = 1;
  const take = (isTop: boolean): void => {
    const element = elements[at++] ?? refuse("its schema ends too early");
    const children = numberOf(element, 5) ?? 0;
    if (children > 0) {
      for (let child = 0; child < children; child++) take(false);
      return;
    }
    const repetition = numberOf(element, 3) ?? 0;
    const converted = numberOf(element, 6) ?? -1;
    const integer = structOf(structOf(element, 10), 10);
    const type = numberOf(element, 1) ?? -1;
    const divisor = divisorOf(element);
    columns.push({
      name: textOf(element, 4),
      kind: isTop && repetition !== 2 ? kindOf(type, divisor) : "other",
      timeUnit: timeUnitOf(element),
      type,
      isOptional: repetition === 1,
      isUnsigned: (converted >= 11 && converted <= 14) || integer?.get(2) === false,
      divisor,
    });
  };
  for (let top = numberOf(elements[0], 5) ?? 0; top > 0; top--) take(true);
  return columns;
}

function readChunk(value: unknown, fileBytes: number): ColumnChunk {
  const chunk = isStruct(value) ? value : refuse("a column of a row group");
  if (chunk.has(1)) refuse("a column in a file of its own, which is not read");
  const meta = structOf(chunk, 3) ?? refuse("a column without its metadata, as encrypted files have them");
  const dataStart = countOf(meta, 9, "where the pages begin");
  const dictionaryStart = numberOf(meta, 11);
  // Some writers leave a 0 where there is no dictionary.
  const start = dictionaryStart !== undefined && dictionaryStart > 0 ? Math.min(dictionaryStart, dataStart) : dataStart;
  const end = start + countOf(meta, 7, "the size of a column");
  if (end > fileBytes) refuse("a column that leaves the file");
  return { codec: countOf(meta, 4, "a codec"), start, end };
}

/** Reads the metadata at a file's end (parquet.thrift, FileMetaData). */
export function readParquetMetadata(footer: Uint8Array, fileBytes: number): ParquetMetadata {
  const root = new ThriftReader(footer, 0, maxValues).struct();
  const columns = readColumns(listOf(root, 2).filter(isStruct));
  const groups = listOf(root, 4).map((value) => {
    const group = isStruct(value) ? value : refuse("a row group");
    const chunks = listOf(group, 1).map((chunk) => readChunk(chunk, fileBytes));
    if (chunks.length !== columns.length) refuse("the number of columns of a row group");
    return { rows: countOf(group, 3, "the rows of a row group"), chunks };
  });
  return { columns, groups };
}
