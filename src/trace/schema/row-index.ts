import type { Table } from "./column.ts";

/** Tables whose row number other tables refer to. */
const indexedTables = new Set([
  "vm",
  "device",
  "step",
  "trace_device",
  "update",
  "alternative",
  "event_kind",
  "task",
  "counter_kind",
  "axis",
  "configuration",
  "input",
  "run",
  "composition",
  "batch",
]);

/** Name of the column that holds a row's number where rows are not counted, as in SQL; undefined if nothing refers to it. */
export function rowIndexName(table: Table): string | undefined {
  return table.isIndexed === true || indexedTables.has(table.name) ? `${table.name}_index` : undefined;
}
