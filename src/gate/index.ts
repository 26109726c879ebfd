export { baselinePath, checkBaseline } from "./baseline.ts";
export { judgeGate } from "./gate.ts";
export type * from "./gate-result.ts";
export { loadPolicy, type Policy } from "./policy.ts";
