import type { RowSpec } from "./db/row-spec.ts";

/** One question that the command line, reports and tests share. */
export interface CatalogueQuery {
  /** Name of the file in sql/, without its ending. */
  readonly file: string;
  readonly doc: string;
  /** Whole-number parameters with their usual values. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly columns: RowSpec;
}
