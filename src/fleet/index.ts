export { loadFleet } from "./load.ts";
export { countFleet, type FleetOptions, planFleet, runFleet } from "./run.ts";
export type { Fleet } from "./schema.ts";
