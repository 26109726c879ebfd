export { openRunDatabase, type OpenRunDatabaseOptions, type RunDatabase } from "./db/open.ts";
export { readCatalogueSql, runCatalogueQuery, runSql, type SqlAnswer } from "./db/query.ts";
export {
  confidenceSentence,
  displayText,
  formatBytes,
  formatCount,
  formatNs,
  formatRatio,
  headlineSentence,
  plural,
} from "./format.ts";
export { catalogue, type CatalogueQuery, type CatalogueRow, type QueryName } from "./queries.ts";
export { buildReport, type Report, type ReportOptions } from "./render/report.ts";
