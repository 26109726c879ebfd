export type * from "./difference.ts";
export { verdicts } from "./difference.ts";
export type * from "./measurement.ts";
export type * from "./metric.ts";
