export { addToHistory, type HistoryPlace, type HistoryPoint, readHistory } from "./history.ts";
export { findTrends, type Shift, type Trend, type TrendFilter } from "./trend.ts";
