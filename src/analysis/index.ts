export { type CopyFormat, harmlessText } from "./db/copy-sql.ts";
export { type AnalysedKind, describeFacts } from "./db/facts.ts";
export {
  type ForeignColumns,
  readForeignTable,
  type TableFormat,
  tableFormat,
  type TextTable,
  writeForeignTable,
} from "./db/foreign-table.ts";
export { asideFolder, type ParquetColumns, ParquetParts } from "./db/parquet-parts.ts";
export { type CopyTarget, FolderCopier } from "./db/folder-copy.ts";
export { analysedKind, type Database, openDatabase, type OpenDatabaseOptions } from "./db/open.ts";
export { readCatalogueSql, runCatalogueQuery, runSql, type SqlAnswer } from "./db/query.ts";
export { runWith } from "./db/parameters.ts";
export { type AnswerFile, writeAnswer } from "./db/write-answer.ts";
export {
  confidenceSentence,
  displayText,
  formatBytes,
  formatCount,
  formatLongNs,
  formatNs,
  formatRatio,
  formatVmSeconds,
  fleetSentence,
  headlineSentence,
  plural,
} from "./format.ts";
export { formatDelta, formatDeltaRatio, formatValue } from "./difference-sentences.ts";
export { catalogue, type CatalogueQuery, type CatalogueRow, type QueryName, queryNames } from "./queries.ts";
export { escapeHtml, html, Markup, numberColumn, textColumn, tableMarkup } from "./render/markup.ts";
export {
  buildGallery,
  buildReport,
  bundleScript,
  drawChart,
  listCharts,
  plotChart,
  readBrand,
  readCharts,
  renderPng,
  writeChart,
  writeFleetCharts,
} from "./render/on-demand.ts";
export { pageStyle } from "./render/style.ts";
export type { DrawCharts } from "./render/draw-chart.ts";
export { findConfiguration } from "./sweep-configuration.ts";
export { sweepSentence } from "./sweep-sentences.ts";
export type { Report, ReportFormat, ReportOptions } from "./render/report.ts";
export type { ChartInfo, Plot } from "./render/plot.ts";
