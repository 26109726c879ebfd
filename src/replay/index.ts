export type { ReplayEffects } from "./engine.ts";
export { type FinishedRun, replay, type ReplayOptions } from "./run.ts";
export { agentConfigOf, hostConfigOf, listHostAssumptions } from "./scenario/resolve.ts";
export { agentSchema, folioProblem, hostSchema, vmFields } from "./scenario/schema.ts";
export { checkScenario, loadScenario, readScenario } from "./scenario/load.ts";
export type { Scenario } from "./scenario/schema.ts";
export { type PhaseStep, WhatIf, type WhatIfAnswer, type WhatIfCase } from "./what-if.ts";
