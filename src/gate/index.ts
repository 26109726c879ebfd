export type * from "./gate-result.ts";
