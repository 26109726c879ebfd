import type { Table } from "./column.ts";

/** Name of the column that holds a row's number where rows are not counted, as in SQL; undefined if nothing refers to it. */
export function rowIndexName({ name, isIndexed }: Table): string | undefined {
  return isIndexed === true ? `${name}_index` : undefined;
}
