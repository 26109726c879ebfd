export { batchRows } from "./arrow.ts";
export { writeArrowFile } from "./arrow-file.ts";
export {
  type ComparisonDescription,
  type DifferenceDescription,
  type SweepDescription,
  describeFolder,
  type FleetDescription,
  type FolderDescription,
  type RunDescription,
  type TableDescription,
  type TraceDescription,
  type VmDescription,
} from "./describe.ts";
export { dumpFolder, folderKind } from "./dump.ts";
export { FolderWriter, openFolder, type OpenFolder } from "./folder.ts";
export {
  type ComparisonHeader,
  type DifferenceHeader,
  type FleetHeader,
  type FolderHeader,
  type FolderKind,
  folderKinds,
  folderTables,
  type RunHeader,
  type SweepHeader,
  type TraceHeader,
} from "./header.ts";
export { type DroppedRows, type ImportReport, type SourceReport, type TableReport } from "./import/importer.ts";
export type { ImportOptions } from "./import/import-trace.ts";
export { importTrace, listImportFormats } from "./import/on-demand.ts";
export type { WarningReport } from "./import/warnings.ts";
export { PageSet } from "./page-set.ts";
export {
  checkHash,
  readRows,
  readStoredTable,
  readTable,
  type StoredBatch,
  type StoredColumn,
  type TableSource,
  type TextBytes,
} from "./read.ts";
export { type Batch, codeOf, type Column, type ColumnData, type Table } from "./schema/column.ts";
export { rowIndexName } from "./schema/row-index.ts";
export * as comparisonSchema from "./schema/comparison-tables.ts";
export * as differenceSchema from "./schema/difference-tables.ts";
export * as fleetSchema from "./schema/fleet-tables.ts";
export * as runSchema from "./schema/run-tables.ts";
export * as sweepSchema from "./schema/sweep-tables.ts";
export * as traceSchema from "./schema/trace-tables.ts";
export { type Cell, type TableFile, TableWriter } from "./write.ts";
export { type TraceIssue, type TraceIssueCode, validateTrace } from "./validate.ts";
export { defaultLimits, type ImportLimits, parseLimits } from "./source/limits.ts";
export { quote, showPath } from "./text.ts";
