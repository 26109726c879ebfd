export { loadFleet } from "./load.ts";
export { countFleet, planFleet, runFleet } from "./run.ts";
export type { Fleet } from "./schema.ts";
