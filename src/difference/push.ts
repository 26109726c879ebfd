import { basename } from "node:path";

import { assert } from "../base/index.ts";
import { codeOf, type Column, type Table } from "../trace/index.ts";

export type TableRow = Readonly<Record<string, number | string | null>>;
export type Push = (table: Table, row: TableRow) => void;

/** Where something lies is no business of whoever reads the folder later. */
export function lastPart(path: string): string {
  return basename(path.replaceAll("\\", "/"));
}

export function labelCode(table: Table, column: string, label: string): number {
  const code = codeOf(table.columns.find(({ name }) => name === column) as Column, label);
  assert(code >= 0, `table ${table.name}, column ${column}: unknown label ${label}`);
  return code;
}
