export type { ReplayEffects } from "./engine.ts";
export { type FinishedRun, replay, type ReplayOptions } from "./run.ts";
export { loadScenario } from "./scenario/load.ts";
export type { Scenario } from "./scenario/schema.ts";
