export { compare, type CompareOptions, defaultSettings } from "./compare.ts";
export type * from "./difference.ts";
export { verdicts } from "./difference.ts";
export { parseFilter, type RowFilter } from "./filter.ts";
export { measure } from "./measure/open.ts";
export { writeStored } from "./measure/stored.ts";
export type * from "./measurement.ts";
export type * from "./metric.ts";
export { metricUnits, polarities } from "./metric.ts";
export {
  byWeight,
  changeText,
  countsText,
  formatDimensions,
  isChanged,
  medianOf,
  rowName,
  shareText,
  type SidedRow,
  sidedRows,
  sideTitle,
  valueText,
  verdictWords,
  whyText,
} from "./sides.ts";
