export { loadFleet } from "./load.ts";
export { type FleetOptions, planFleet, runFleet } from "./run.ts";
export type { Fleet } from "./schema.ts";
