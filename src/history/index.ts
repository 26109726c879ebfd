export { addToHistory, type HistoryPlace, readHistory } from "./history.ts";
export { findTrends, type Shift, type Trend, type TrendFilter } from "./trend.ts";
